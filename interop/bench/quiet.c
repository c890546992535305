// A BGP peer that is told nothing but that the other side is alive, and measures how long it hears nothing. Its family is IPv4 unicast, and its
// hold time 3 seconds, so that a KEEPALIVE is due each second. Prints what it saw as one JSON object per line, in milliseconds of CLOCK_MONOTONIC.
//
//   quiet FROM TO SECONDS
//
// It dials from one address to another, again and again, says `established`, and then for each line on standard input `silence`: the `longest`
// since the one before, the one that goes on included, and how often the session was `lost`; it comes back from that, and the silence counts on. If there is
// no session in SECONDS, it says `error` and ends.

#include "bgp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { AS = 65000, HOLD_TIME = 3, KEEPALIVE_MS = 1000, RETRY_MS = 20, OPEN_MS = 5000 };

static struct sockaddr_in6 from = {.sin6_family = AF_INET6}, speaker = {.sin6_family = AF_INET6};
static int session = -1, established;
static unsigned lost;
static double dialled, said, heard, longest;
static uint8_t buffer[1 << 16];
static size_t filled;

static void say(const uint8_t *m, size_t length) {
  said = now();
  if (send(session, m, length, MSG_NOSIGNAL) < 0) return;
}

static void send_keepalive(void) {
  uint8_t m[HEADER];
  put_header(m, sizeof m, KEEPALIVE);
  say(m, sizeof m);
}

static void hang_up(void) {
  close(session);
  session = -1, filled = 0;
  lost += established;
  established = 0;
}

static void dial(void) {
  session = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct timeval patience = {.tv_sec = 1};
  setsockopt(session, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  int on = 1;
  setsockopt(session, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (bind(session, (struct sockaddr *)&from, sizeof from) != 0) fail("bind: %s", strerror(errno));
  dialled = now();
  if (connect(session, (struct sockaddr *)&speaker, sizeof speaker) != 0) {
    hang_up();
    return;
  }
  uint8_t m[OPEN_LENGTH];
  put_open(m, (struct open){.as = AS, .hold_time = HOLD_TIME, .id = 0x0affff01, .afi = 1});
  say(m, sizeof m);
}

static void message(const uint8_t *m, double arrived) {
  if (m[18] == OPEN) send_keepalive();
  if (m[18] != KEEPALIVE && m[18] != UPDATE) return;
  if (heard == 0) {
    printf("{\"event\":\"established\",\"ms\":%.6f}\n", arrived);
    fflush(stdout);
  } else if (arrived - heard > longest) longest = arrived - heard;
  heard = arrived, established = 1;
}

static void receive(void) {
  ssize_t n = recv(session, buffer + filled, sizeof buffer - filled, 0);
  double arrived = now();
  if (n <= 0) {
    hang_up();
    return;
  }
  filled += n;
  size_t used = 0;
  while (filled - used >= HEADER) {
    uint8_t *m = buffer + used;
    unsigned length = get16(m + 16);
    if (length < HEADER || length > LONGEST) fail("a message of %u octets", length);
    if (filled - used < length) break;
    if (m[18] == NOTIFICATION) {
      hang_up();
      return;
    }
    message(m, arrived);
    used += length;
  }
  memmove(buffer, buffer + used, filled -= used);
}

static void answer(void) {
  double time = now(), open = heard > 0 ? time - heard : 0;
  printf("{\"event\":\"silence\",\"ms\":%.6f,\"longest\":%.6f,\"lost\":%u}\n", time, open > longest ? open : longest, lost);
  fflush(stdout);
  longest = 0, lost = 0;
}

int main(int argc, char **argv) {
  if (argc != 4 || inet_pton(AF_INET6, argv[1], &from.sin6_addr) != 1 || inet_pton(AF_INET6, argv[2], &speaker.sin6_addr) != 1) {
    fprintf(stderr, "usage: quiet FROM TO SECONDS\n");
    return 2;
  }
  speaker.sin6_port = htons(179);
  // What it measures is not how long the machine lets it wait.
  setpriority(PRIO_PROCESS, 0, -20);
  for (double deadline = now() + atof(argv[3]) * 1e3;;) {
    if (session < 0 && now() - dialled >= RETRY_MS) dial();
    double time = now(), next = session < 0 ? dialled + RETRY_MS : said + KEEPALIVE_MS;
    struct pollfd on[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = session, .events = POLLIN}};
    poll(on, 2, next > time ? (int)(next - time) + 1 : 0);
    if (on[1].revents) receive();
    char line[64];
    if (on[0].revents) {
      if (read(STDIN_FILENO, line, sizeof line) <= 0) return 0;
      answer();
    }
    time = now();
    if (heard == 0 && time > deadline) fail("no quiet session with %s", argv[2]);
    if (session >= 0 && !established && time - dialled > OPEN_MS) hang_up();
    if (session >= 0 && established && time - said >= KEEPALIVE_MS) send_keepalive();
  }
}
