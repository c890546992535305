// A BGP peer that measures: it brings a session up, counts the IPv6 /64s that it is told, and prints what it saw as one
// JSON object per line. Times are milliseconds of CLOCK_MONOTONIC, taken as soon as the kernel handed the bytes over.
//
//   sink dial ADDRESS TARGET SECONDS [each|slow]   connects, again and again until a connection gives an OPEN
//   sink listen TARGET SECONDS [each]         accepts instead
//   sink at ADDRESS TARGET SECONDS [each]     accepts at one of the addresses that the machine has
//   sink blast FIRST COUNT SECONDS            the other side, with nothing behind it: accepts, and writes COUNT /64s
//   sink feed ADDRESS FIRST COUNT SETS SECONDS   connects as `dial` does, and writes COUNT /64s with SETS attribute sets in turn
//
// A /64 is known by the 32 bits after 2001:db8::/32, and so is a /128. When TARGET distinct ones are announced, it says `done`, and
// `gone` when all were withdrawn after that. With `each`
// it tells every announcement and withdrawal from then on, with `slow` it reads 8 KB every 5 ms at most. If TARGET is not reached in SECONDS, or the session fails, it says `error`
// and ends; else it keeps the session until it is killed.

#include "bgp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SINK_AS = 65000, BLAST_AS = 65001, HOLD_TIME = 240, KEEPALIVE_MS = 10000 };
enum { SLOW_US = 5000, SLOW_ROOM = 8192, SLOW_WINDOW = 65536 };
enum { MP_REACH = 14, MP_UNREACH = 15, EXTENDED_LENGTH = 0x10 };

static int slow;

static void tell(const char *event, double ms) {
  printf("{\"event\":\"%s\",\"ms\":%.6f}\n", event, ms);
}

static void send_all(int fd, const uint8_t *bytes, size_t length) {
  while (length > 0) {
    ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);
    if (n < 0) {
      if (errno == EINTR) continue;
      return;  // The reader finds out why.
    }
    bytes += n, length -= n;
  }
}

static void send_open(int fd, unsigned as) {
  uint8_t m[OPEN_LENGTH];
  put_open(m, (struct open){.as = as, .hold_time = HOLD_TIME, .id = 0xc0000200 + as % 256, .afi = 2});
  send_all(fd, m, sizeof m);
}

static void send_keepalive(int fd) {
  uint8_t m[HEADER];
  put_header(m, sizeof m, KEEPALIVE);
  send_all(fd, m, sizeof m);
}

static void prepare(int fd) {
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// Before the connection, or the window is larger already.
static void narrow(int fd) {
  int octets = SLOW_WINDOW;
  if (slow) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &octets, sizeof octets);
}

static int dial(const char *address, double deadline) {
  struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(179)};
  if (inet_pton(AF_INET6, address, &to.sin6_addr) != 1) fail("%s is not an IPv6 address", address);
  for (;;) {
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {.tv_sec = 1};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    narrow(fd);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0) {
      patience.tv_sec = 0;
      setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
      prepare(fd);
      return fd;
    }
    if (now() > deadline) fail("no connection to %s: %s", address, strerror(errno));
    close(fd);
    usleep(20000);
  }
}

static int listener(const char *address) {
  int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_port = htons(179)};
  if (address != NULL && inet_pton(AF_INET6, address, &at.sin6_addr) != 1) fail("%s is not an IPv6 address", address);
  if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 4) != 0) fail("cannot listen: %s", strerror(errno));
  return fd;
}

static int await_connection(int listening, double deadline) {
  struct pollfd p = {.fd = listening, .events = POLLIN};
  double left = deadline - now();
  if (left <= 0 || poll(&p, 1, (int)left) <= 0) fail("nobody connected");
  int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
  if (fd < 0) fail("accept: %s", strerror(errno));
  prepare(fd);
  return fd;
}

// What was announced: one bit for each /64 of 2001:db8::/32. The kernel gives memory only to what is touched.
static uint64_t *present;
static uint32_t count, target;
static int each, done;
static uint64_t told_of;  // Routes in UPDATEs, announced or withdrawn.
static double arrived;  // When the bytes that are being read came.

static void route(uint32_t number, int announced) {
  told_of++;
  uint64_t bit = 1ull << (number & 63);
  uint64_t *word = present + (number >> 6);
  if (announced) count += !(*word & bit), *word |= bit;
  else count -= !!(*word & bit), *word &= ~bit;
  if (each && done) {
    printf("{\"event\":\"%s\",\"ms\":%.6f,\"route\":%u}\n", announced ? "announce" : "withdraw", arrived, number);
  }
}

static void nlri(const uint8_t *p, const uint8_t *end, int announced) {
  while (p < end) {
    unsigned octets = (*p + 7) / 8;
    if (octets > 16 || p + 1 + octets > end) fail("an NLRI that does not fit");
    if ((*p == 64 || *p == 128) && get32(p + 1) == 0x20010db8) route(get32(p + 5), announced);
    p += 1 + octets;
  }
}

static void update(const uint8_t *p, const uint8_t *end) {
  if (end - p < 4 || end - p < 4 + (long)get16(p)) fail("a short UPDATE");
  p += 2 + get16(p);
  const uint8_t *stop = p + 2 + get16(p);
  if (stop > end) fail("a short UPDATE");
  for (p += 2; p < stop;) {
    unsigned head = p[0] & EXTENDED_LENGTH ? 4 : 3;
    if (p + head > stop) fail("a short attribute");
    unsigned length = head == 4 ? get16(p + 2) : p[2], type = p[1];
    const uint8_t *value = p + head;
    p = value + length;
    if (p > stop) fail("a short attribute");
    if (length < 3 || get16(value) != 2 || value[2] != 1) continue;
    if (type == MP_UNREACH) nlri(value + 3, p, 0);
    if (type == MP_REACH && length >= 5u + value[3]) nlri(value + 5 + value[3], p, 1);
  }
}

struct reader {
  int fd;
  size_t used, filled;
  uint8_t buffer[1 << 20];
};

// The next message, or NULL when `wait` is over. The peer's end of the session is left in `ended`.
static const char *ended;
static char reason[64];

static uint8_t *next_message(struct reader *r, double wait) {
  for (;;) {
    size_t held = r->filled - r->used;
    uint8_t *m = r->buffer + r->used;
    if (held >= HEADER) {
      unsigned length = get16(m + 16);
      if (length < HEADER || length > LONGEST) fail("a message of %u octets", length);
      if (held >= length) {
        r->used += length;
        if (m[18] != NOTIFICATION) return m;
        snprintf(reason, sizeof reason, "NOTIFICATION %u/%u", m[19], m[20]);
        ended = reason;
        return NULL;
      }
    }
    memmove(r->buffer, m, held);
    r->used = 0, r->filled = held;
    fflush(stdout);
    struct pollfd p = {.fd = r->fd, .events = POLLIN};
    if (poll(&p, 1, wait > 0 ? (int)wait : 0) <= 0) return NULL;
    if (slow) usleep(SLOW_US);
    size_t room = sizeof r->buffer - held;
    ssize_t n = recv(r->fd, r->buffer + held, slow && room > SLOW_ROOM ? SLOW_ROOM : room, 0);
    arrived = now();
    if (n <= 0) {
      snprintf(reason, sizeof reason, "closed (%s)", n == 0 ? "end of stream" : strerror(errno));
      ended = reason;
      return NULL;
    }
    r->filled += n;
  }
}

static struct reader reader;

// Touches all of it before any clock runs: for the first octet that goes into a page the kernel has to find one, which for the whole took as long as a small table.
static void make_room(void) { memset(&reader, 0, sizeof reader); }

static void read_from(int fd) { reader.fd = fd, reader.used = 0, reader.filled = 0; }

static int listening = -1;

// Brings up a session as far as the peer's OPEN and our KEEPALIVE.
static void begin(const char *address, double deadline) {
  double connected;
  for (;;) {
    int fd = address == NULL ? await_connection(listening, deadline) : dial(address, deadline);
    connected = now();
    read_from(fd);
    ended = NULL;
    send_open(fd, SINK_AS);
    uint8_t *m = next_message(&reader, deadline - now());
    if (m != NULL && m[18] == OPEN) break;
    if (now() > deadline) fail("no session: %s", ended ? ended : "no OPEN came");
    close(fd);
    usleep(20000);
  }
  tell("accept", connected);
  tell("open", arrived);
  send_keepalive(reader.fd);
}

// Dials `to`, or accepts `at` an address, or at any.
static void sink(const char *to, const char *at, double deadline) {
  if (to == NULL) {
    listening = listener(at);
    tell("listening", now());
    fflush(stdout);
  }
  begin(to, deadline);

  uint64_t updates = 0, bytes = 0;
  int established = 0;
  double last_keepalive = now();
  for (;;) {
    uint8_t *m = next_message(&reader, 1000);
    if (ended) fail("session ended: %s", ended);
    if (m != NULL) {
      if (!established) tell("established", arrived);
      established = 1;
      bytes += get16(m + 16);
      if (m[18] == UPDATE) {
        if (updates++ == 0) tell("first", arrived);
        update(m + HEADER, m + get16(m + 16));
      }
      if (!done && count >= target) {
        done = 1;
        printf("{\"event\":\"done\",\"ms\":%.6f,\"routes\":%u,\"updates\":%lu,\"bytes\":%lu,\"told\":%lu}\n", arrived, count,
               updates, bytes, told_of);
      }
      if (done && target > 0 && count == 0) done = 0, tell("gone", arrived);
    }
    if (m == NULL || m[18] == KEEPALIVE) {
      double time = now();
      if (!done && time > deadline) fail("only %u of %u routes came, in %lu updates", count, target, updates);
      if (time - last_keepalive > KEEPALIVE_MS) send_keepalive(reader.fd), last_keepalive = time;
    }
  }
}

struct origin {
  unsigned as;
  const char *next_hop;
};

enum { FIXED = 4 + 5 + 16 + 13, COMMUNITY = 7, OVERHEAD = HEADER + 4 + FIXED + COMMUNITY };

// UPDATEs of `routes` /64s, as many as fit into each, with MP_REACH_NLRI, ORIGIN, AS_PATH and one community.
static uint8_t *build_set(uint8_t *m, struct origin from, uint32_t first, uint32_t routes, uint32_t community) {
  enum { MOST = (LONGEST - OVERHEAD) / 9 };
  while (routes > 0) {
    unsigned here = routes < MOST ? routes : MOST, length = OVERHEAD + here * 9;
    put_header(m, length, UPDATE);
    put16(m + 19, 0);
    put16(m + 21, length - HEADER - 4);
    uint8_t *p = m + 23;
    p[0] = 0x80 | EXTENDED_LENGTH, p[1] = MP_REACH;
    put16(p + 2, 5 + 16 + here * 9);
    put16(p + 4, 2), p[6] = 1, p[7] = 16;
    inet_pton(AF_INET6, from.next_hop, p + 8);
    p[24] = 0;
    for (p += 25, routes -= here; here-- > 0; p += 9, first++) p[0] = 64, put32(p + 1, 0x20010db8), put32(p + 5, first);
    const uint8_t attributes[] = {0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, from.as >> 8, from.as & 255, 0xc0, 8, 4};
    memcpy(p, attributes, sizeof attributes);
    put32(p + sizeof attributes, community);
    m += length;
  }
  return m;
}

// `routes` /64s, an equal part of them in each of `sets` attribute sets.
static size_t build(uint8_t *out, struct origin from, uint32_t first, uint32_t routes, uint32_t sets) {
  uint8_t *end = out;
  for (uint32_t set = 0, done = 0; set < sets; set++) {
    uint32_t until = (uint64_t)routes * (set + 1) / sets;
    end = build_set(end, from, first + done, until - done, (uint32_t)SINK_AS << 16 ^ set);
    done = until;
  }
  return end - out;
}

static uint8_t *allocate(uint32_t routes, uint32_t sets) {
  return malloc(routes * 10ull + (sets + 1ull) * OVERHEAD + (1 << 16));
}

static void feed(const char *address, uint32_t first, uint32_t routes, uint32_t sets, double deadline) {
  uint8_t *bytes = allocate(routes, sets);
  size_t length = build(bytes, (struct origin){SINK_AS, "fd00:b::1"}, first, routes, sets);
  begin(address, deadline);
  int sent = 0;
  double last_keepalive = now();
  for (;;) {
    uint8_t *m = next_message(&reader, 1000);
    if (ended) fail("session ended: %s", ended);
    if (m != NULL && m[18] == KEEPALIVE && !sent) {
      sent = 1;
      tell("established", arrived);
      tell("sending", now());
      send_all(reader.fd, bytes, length);
      tell("sent", now());
    }
    if (now() - last_keepalive > KEEPALIVE_MS) send_keepalive(reader.fd), last_keepalive = now();
  }
}

static void blast(uint32_t first, uint32_t routes, double deadline) {
  uint8_t *bytes = allocate(routes, 1);
  size_t length = build(bytes, (struct origin){BLAST_AS, "fd00:b::2"}, first, routes, 1);
  listening = listener(NULL);
  tell("listening", now());
  fflush(stdout);
  int fd = await_connection(listening, deadline);
  read_from(fd);
  send_open(fd, BLAST_AS);
  for (;;) {
    uint8_t *m = next_message(&reader, 1000);
    if (ended) exit(0);
    if (m != NULL && m[18] == OPEN) {
      send_keepalive(fd);
      send_all(fd, bytes, length);
    }
  }
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOFBF, 1 << 16);
  make_room();
  const char *mode = argc > 1 ? argv[1] : "";
  if (strcmp(mode, "blast") == 0 && argc == 5) {
    blast(strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10), now() + atof(argv[4]) * 1e3);
    return 0;
  }
  if (strcmp(mode, "feed") == 0 && argc == 7) {
    feed(argv[2], strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10), strtoul(argv[5], NULL, 10),
         now() + atof(argv[6]) * 1e3);
    return 0;
  }
  int dials = strcmp(mode, "dial") == 0;
  int binds = strcmp(mode, "at") == 0;
  int at = dials || binds ? 3 : 2;
  if ((!dials && !binds && strcmp(mode, "listen") != 0) || argc < at + 2) {
    fprintf(stderr, "usage: sink dial ADDRESS TARGET SECONDS [each] | listen TARGET SECONDS [each] | at ADDRESS TARGET SECONDS [each] | blast FIRST COUNT SECONDS | feed ADDRESS FIRST COUNT SETS SECONDS\n");
    return 2;
  }
  target = strtoul(argv[at], NULL, 10);
  each = argc > at + 2 && strcmp(argv[at + 2], "each") == 0;
  slow = argc > at + 2 && strcmp(argv[at + 2], "slow") == 0;
  present = mmap(NULL, 1ull << 29, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (present == MAP_FAILED) fail("no memory");
  sink(dials ? argv[2] : NULL, binds ? argv[2] : NULL, now() + atof(argv[at + 1]) * 1e3);
}
