// Where a prefix is looked for in an index whose size is a power of two, of which `mask` is one less.

/** Slots in a cache line: it has a place for each of eight neighbours. */
const LINE = 8;

/**
 * Eight prefixes side by side hash to eight slots side by side, which are one cache line of the index: prefixes come in order more often
 * than not, and a table of a million is larger than the caches. All but the three last bits of the prefix decide which line it is, and where in it
 * they begin: prefixes that are far apart are spread as if there were no lines.
 */
export function hash(w0: number, w1: number, w2: number, w3: number, bits: number): number {
  const shift = -bits & 31;
  const last = bits > 96 ? w3 : bits > 64 ? w2 : bits > 32 ? w1 : w0;
  const place = (last >>> shift) & 7;
  const own = place << shift;
  if (bits > 96) w3 ^= own;
  else if (bits > 64) w2 ^= own;
  else if (bits > 32) w1 ^= own;
  else w0 ^= own;
  let h = Math.imul(w0 ^ bits, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15) ^ w1, 0x85ebca77);
  h = Math.imul(h ^ (h >>> 13) ^ w2, 0xc2b2ae3d);
  h = Math.imul(h ^ (h >>> 16) ^ w3, 0x27d4eb2f);
  h ^= h >>> 15;
  return ((h & ~7) | (((h >>> 28) + place) & 7)) >>> 0;
}

/** The slot to look at after this one: all of them come in turn, for even if one place of every line is taken, a free slot has to be found. */
export function after(slot: number, mask: number): number {
  return slot + LINE <= mask ? slot + LINE : (slot + 1) & (LINE - 1);
}

/** How often `after` leads from one slot to another. */
export function steps(from: number, to: number, mask: number): number {
  const lines = (mask + 1) / LINE;
  return ((to >> 3) - (from >> 3) + ((to & (LINE - 1)) - (from & (LINE - 1))) * lines) & mask;
}
