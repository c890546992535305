// What the programs that measure share: the clock, octets, and how they say that they failed.

#define _GNU_SOURCE
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { OPEN = 1, UPDATE = 2, NOTIFICATION = 3, KEEPALIVE = 4, HEADER = 19, LONGEST = 4096 };
enum { OPEN_LENGTH = HEADER + 10 + 16 };

static inline double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

__attribute__((noreturn, format(printf, 1, 2))) static void fail(const char *format, ...) {
  char text[256];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  printf("{\"event\":\"error\",\"ms\":%.6f,\"text\":\"%s\"}\n", now(), text);
  fflush(stdout);
  exit(1);
}

static inline unsigned get16(const uint8_t *p) { return p[0] << 8 | p[1]; }
static inline uint32_t get32(const uint8_t *p) { return (uint32_t)get16(p) << 16 | get16(p + 2); }
static inline void put16(uint8_t *p, unsigned v) { p[0] = v >> 8, p[1] = v; }
static inline void put32(uint8_t *p, uint32_t v) { put16(p, v >> 16), put16(p + 2, v); }

static inline void put_header(uint8_t *p, unsigned length, uint8_t type) {
  memset(p, 0xff, 16);
  put16(p + 16, length);
  p[18] = type;
}

struct open {
  unsigned as, hold_time;
  uint32_t id;
  // Its unicast is the one family.
  unsigned afi;
};

static inline void put_open(uint8_t *m, struct open from) {
  // Capabilities, in one parameter: the family, route refresh, 4-octet AS number.
  const uint8_t fields[] = {4, 0, 0, 0, 0, 0, 0, 0, 0, 16, 2, 14, 1, 4, 0, from.afi, 0, 1, 2, 0, 65, 4};
  put_header(m, OPEN_LENGTH, OPEN);
  memcpy(m + HEADER, fields, sizeof fields);
  put16(m + 20, from.as);
  put16(m + 22, from.hold_time);
  put32(m + 24, from.id);
  put32(m + 41, from.as);
}
