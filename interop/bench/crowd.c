// Many BGP peers in one process, that measure: each brings a session up from an address of its own, and counts the IPv6 /64s that it is told.
// Prints what it saw as one JSON object per line; times are milliseconds of CLOCK_MONOTONIC, taken as soon as the kernel handed the bytes over.
//
//   crowd ADDRESS PEERS AT_ONCE FIRST ROUTES SECONDS
//
// Peers are fd00:c::1 and so on, in AS 65000. So many of them wait AT_ONCE for the OPEN of the other side at most, for a short listen backlog
// loses connections; whoever was refused or cut off dials again after 20 ms, and after five seconds without OPEN. It says `dialling`,
// `established` when all are, and `done` when each has every one of the ROUTES /64s from number FIRST on, which are known by the 32 bits after
// 2001:db8::/32. A line on standard input makes all hang up and dial again. If that is not reached in SECONDS, it says `error` and ends.

#include "bgp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { AS = 65000, HOLD_TIME = 240, KEEPALIVE_MS = 30000, RETRY_MS = 20, OPEN_MS = 5000, ROOM = 1 << 15 };
enum { MP_REACH = 14, EXTENDED_LENGTH = 0x10 };

struct peer {
  int fd;
  enum { WAITING, DIALLING, OPEN_SENT, OPEN_CONFIRM, ESTABLISHED } state;
  // When it dials again, or gives up waiting for OPEN.
  double timer;
  uint32_t count;
  uint64_t *present;
  size_t filled;
  uint8_t buffer[ROOM];
};

static struct peer *peers;
static struct sockaddr_in6 speaker = {.sin6_family = AF_INET6};
static uint32_t many, at_once, first, routes, waiting, established, complete;
static uint64_t updates, bytes;
static int poller, told;
static double arrived, patience, deadline;

static void tell(const char *event) {
  printf("{\"event\":\"%s\",\"ms\":%.6f,\"updates\":%lu,\"bytes\":%lu}\n", event, arrived, updates, bytes);
  fflush(stdout);
}

// A message is far smaller than what the kernel takes of an idle connection.
static void say(struct peer *p, const uint8_t *m, unsigned length) {
  if (send(p->fd, m, length, MSG_NOSIGNAL) < 0) return;
}

static void send_open(struct peer *p) {
  uint8_t m[OPEN_LENGTH];
  put_open(m, (struct open){.as = AS, .hold_time = HOLD_TIME, .id = 0x0a000001 + (p - peers), .afi = 2});
  say(p, m, sizeof m);
}

static void send_keepalive(struct peer *p) {
  uint8_t m[HEADER];
  put_header(m, sizeof m, KEEPALIVE);
  say(p, m, sizeof m);
}

static int waits_for_open(struct peer *p) { return p->state == DIALLING || p->state == OPEN_SENT; }

static void hang_up(struct peer *p, double retry) {
  if (p->fd >= 0) close(p->fd);
  waiting -= waits_for_open(p);
  if (p->state == ESTABLISHED) established--;
  if (routes > 0 && p->count == routes) complete--;
  memset(p->present, 0, (routes + 63) / 64 * 8);
  p->fd = -1, p->state = WAITING, p->timer = retry, p->count = 0, p->filled = 0;
}

static void dial(struct peer *p) {
  p->fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (p->fd < 0) fail("socket: %s", strerror(errno));
  struct sockaddr_in6 from = {.sin6_family = AF_INET6};
  inet_pton(AF_INET6, "fd00:c::", &from.sin6_addr);
  put32(from.sin6_addr.s6_addr + 12, p - peers + 1);
  int on = 1;
  setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // The network is local by a route; none of the addresses is an interface’s.
  setsockopt(p->fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof on);
  if (bind(p->fd, (struct sockaddr *)&from, sizeof from) != 0) fail("bind: %s", strerror(errno));
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = p};
  epoll_ctl(poller, EPOLL_CTL_ADD, p->fd, &event);
  p->state = DIALLING, p->timer = now() + OPEN_MS, waiting++;
  if (connect(p->fd, (struct sockaddr *)&speaker, sizeof speaker) != 0 && errno != EINPROGRESS) hang_up(p, now() + RETRY_MS);
}

static void nlri(struct peer *p, const uint8_t *at, const uint8_t *end) {
  while (at < end) {
    unsigned octets = (*at + 7) / 8;
    if (octets > 16 || at + 1 + octets > end) fail("an NLRI that does not fit");
    uint32_t number = *at == 64 && get32(at + 1) == 0x20010db8 ? get32(at + 5) - first : UINT32_MAX;
    at += 1 + octets;
    if (number >= routes) continue;
    uint64_t bit = 1ull << (number & 63), *word = p->present + (number >> 6);
    if (*word & bit) continue;
    *word |= bit;
    if (++p->count == routes) complete++;
  }
}

static void update(struct peer *p, const uint8_t *at, const uint8_t *end) {
  updates++;
  if (end - at < 4 || end - at < 4 + (long)get16(at)) fail("a short UPDATE");
  at += 2 + get16(at);
  const uint8_t *stop = at + 2 + get16(at);
  if (stop > end) fail("a short UPDATE");
  for (at += 2; at < stop;) {
    unsigned head = at[0] & EXTENDED_LENGTH ? 4 : 3;
    if (at + head > stop) fail("a short attribute");
    unsigned length = head == 4 ? get16(at + 2) : at[2], type = at[1];
    const uint8_t *value = at + head;
    at = value + length;
    if (at > stop) fail("a short attribute");
    if (type == MP_REACH && length >= 5 && get16(value) == 2 && value[2] == 1 && length >= 5u + value[3])
      nlri(p, value + 5 + value[3], at);
  }
}

static void message(struct peer *p, uint8_t *m, unsigned length) {
  bytes += length;
  if (m[18] == OPEN && p->state == OPEN_SENT) {
    p->state = OPEN_CONFIRM, waiting--;
    send_keepalive(p);
  } else if (m[18] == KEEPALIVE && p->state == OPEN_CONFIRM) {
    p->state = ESTABLISHED;
    established++;
  } else if (m[18] == UPDATE) update(p, m + HEADER, m + length);
}

static void receive(struct peer *p) {
  ssize_t n = recv(p->fd, p->buffer + p->filled, ROOM - p->filled, 0);
  arrived = now();
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) {
    hang_up(p, arrived + RETRY_MS);
    return;
  }
  p->filled += n;
  size_t used = 0;
  while (p->filled - used >= HEADER) {
    uint8_t *m = p->buffer + used;
    unsigned length = get16(m + 16);
    if (length < HEADER || length > LONGEST) fail("a message of %u octets", length);
    if (p->filled - used < length) break;
    if (m[18] == NOTIFICATION) {
      if (p->state == ESTABLISHED) fail("NOTIFICATION %u/%u", m[19], m[20]);
      hang_up(p, arrived + RETRY_MS);
      return;
    }
    message(p, m, length);
    used += length;
  }
  memmove(p->buffer, p->buffer + used, p->filled -= used);
}

static void connected(struct peer *p) {
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) {
    hang_up(p, now() + RETRY_MS);
    return;
  }
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = p};
  epoll_ctl(poller, EPOLL_CTL_MOD, p->fd, &event);
  p->state = OPEN_SENT;
  send_open(p);
}

static void begin(void) {
  told = 0, updates = 0, bytes = 0;
  for (uint32_t i = 0; i < many; i++) hang_up(peers + i, 0);
  arrived = now();
  deadline = arrived + patience;
  tell("dialling");
}

static void dial_on(double time) {
  for (uint32_t i = 0; i < many; i++) {
    struct peer *p = peers + i;
    if (waits_for_open(p) && time >= p->timer) hang_up(p, time);
    if (p->state == WAITING && time >= p->timer && waiting < at_once) dial(p);
  }
}

int main(int argc, char **argv) {
  if (argc != 7 || inet_pton(AF_INET6, argv[1], &speaker.sin6_addr) != 1) {
    fprintf(stderr, "usage: crowd ADDRESS PEERS AT_ONCE FIRST ROUTES SECONDS\n");
    return 2;
  }
  speaker.sin6_port = htons(179);
  many = strtoul(argv[2], NULL, 10), at_once = strtoul(argv[3], NULL, 10);
  first = strtoul(argv[4], NULL, 10), routes = strtoul(argv[5], NULL, 10);
  patience = atof(argv[6]) * 1e3;
  struct rlimit files = {many + 100, many + 100};
  setrlimit(RLIMIT_NOFILE, &files);
  poller = epoll_create1(EPOLL_CLOEXEC);
  // Its pages are there before any clock runs.
  peers = mmap(NULL, many * sizeof *peers, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (peers == MAP_FAILED) fail("no memory");
  for (uint32_t i = 0; i < many; i++) peers[i].fd = -1, peers[i].present = calloc((routes + 63) / 64 + 1, 8);
  struct epoll_event input = {.events = EPOLLIN};
  epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &input);
  begin();
  dial_on(now());
  for (double last_keepalive = now();;) {
    struct epoll_event events[256];
    int n = epoll_wait(poller, events, 256, RETRY_MS);
    for (int i = 0; i < n; i++) {
      struct peer *p = events[i].data.ptr;
      if (p == NULL) {
        char line[64];
        if (read(STDIN_FILENO, line, sizeof line) <= 0) return 0;
        begin();
        break;
      }
      if (p->state == DIALLING) connected(p);
      else if (p->fd >= 0) receive(p);
    }
    if (told == 0 && established == many) told = 1, tell("established");
    if (told == 1 && routes > 0 && complete == many) told = 2, tell("done");
    double time = now();
    if (established < many) dial_on(time);
    if (told < (routes > 0 ? 2 : 1) && time > deadline)
      fail("%u of %u sessions are up, %u have all routes", established, many, complete);
    if (time - last_keepalive > KEEPALIVE_MS) {
      last_keepalive = time;
      for (uint32_t i = 0; i < many; i++)
        if (peers[i].state == ESTABLISHED) send_keepalive(peers + i);
    }
  }
}
