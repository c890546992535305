import { grownTo } from './column.ts';
import type { RouteKeys } from './route-keys.ts';

const MIN_SLOTS = 64;
/** The length of an id that is free; no prefix is so long. */
const FREE = 0xff;

/**
 * Gives each prefix of one family a small dense id, for as long as somebody holds it: every RIB is then columns indexed by id.
 *
 * Open addressing with linear probing over `Uint32Array`: the index holds id + 1, 0 is empty; deletion shifts the run back,
 * so there are no tombstones and a table that churns does not decay. (A Map keyed by bigint would hash only the low 64 bits of
 * an address, which are zero in every /64.)
 */
export class PrefixTable implements RouteKeys {
  /** Octets of an address: 4 or 16. */
  readonly octets: 4 | 16;
  readonly #words: 1 | 4;
  #addresses: Uint32Array<ArrayBuffer>;
  #lengths = new Uint8Array(MIN_SLOTS);
  /** Kept, so that deletion and growth look at no address: a run is long where prefixes are neighbours. */
  #hashes: Uint32Array<ArrayBuffer> = new Uint32Array(MIN_SLOTS);
  /** Holders of an id; while the id is free, the next free id + 1. */
  #holders: Uint32Array<ArrayBuffer> = new Uint32Array(MIN_SLOTS);
  #index: Uint32Array<ArrayBuffer> = new Uint32Array(2 * MIN_SLOTS);
  #mask = 2 * MIN_SLOTS - 1;
  #firstFree = 0;
  #end = 0;
  #size = 0;
  // The prefix being looked for: fields, since a tuple would be an allocation per prefix.
  #w0 = 0;
  #w1 = 0;
  #w2 = 0;
  #w3 = 0;
  #bits = 0;
  #hash = 0;

  constructor(octets: 4 | 16) {
    this.octets = octets;
    this.#words = octets === 4 ? 1 : 4;
    this.#addresses = new Uint32Array(MIN_SLOTS * this.#words);
  }

  /** Prefixes held. */
  get size(): number {
    return this.#size;
  }

  /** Octets that the prefixes take; room to grow is not counted. */
  get memory(): number {
    return this.#size * (4 * this.#words + 17);
  }

  /** One more than the largest id ever given: columns need this many entries. */
  get end(): number {
    return this.#end;
  }

  /**
   * The id of the prefix whose NLRI (length octet, then the address) is at `at`, with one holder more. The NLRI must have been checked;
   * its trailing bits are ignored (RFC 4271, 4.3).
   */
  acquire(bytes: Uint8Array, at: number): number {
    this.#load(bytes, at);
    const slot = this.#find();
    const found = this.#index[slot] as number;
    if (found !== 0) {
      this.#holders[found - 1] = (this.#holders[found - 1] as number) + 1;
      return found - 1;
    }
    return this.#insert(slot);
  }

  /** The id of the prefix at `at`, or -1. */
  lookup(bytes: Uint8Array, at: number): number {
    this.#load(bytes, at);
    return (this.#index[this.#find()] as number) - 1;
  }

  /** One more holder of an id that is held. */
  hold(id: number): void {
    this.#holders[id] = (this.#holders[id] as number) + 1;
  }

  /** One holder less; the last one frees the id for another prefix. */
  release(id: number): void {
    const left = (this.#holders[id] as number) - 1;
    this.#holders[id] = left;
    if (left === 0) this.#remove(id);
  }

  prefixOf(id: number): number {
    return id;
  }

  pathIdOf(_id: number): number {
    return 0;
  }

  /** Bits of the prefix. */
  lengthOf(id: number): number {
    return this.#lengths[id] as number;
  }

  /** Writes the address, host bits zero, to `out`. */
  writeAddress(id: number, out: Uint8Array, at: number): void {
    for (let i = 0, from = id * this.#words; i < this.#words; i++)
      writeWord(out, at + 4 * i, this.#addresses[from + i] as number);
  }

  /** Writes the NLRI of an id and returns where it ends: at most 1 + `octets` further on. */
  writeNlri(id: number, out: Uint8Array, at: number): number {
    const bits = this.#lengths[id] as number;
    out[at] = bits;
    const end = at + 1 + ((bits + 7) >> 3);
    const from = id * this.#words;
    const word = this.#addresses[from] as number;
    if (bits === 64 && this.#words === 4) {
      // Nearly every prefix of a pod network: written without the loop.
      writeWord(out, at + 1, word);
      writeWord(out, at + 5, this.#addresses[from + 1] as number);
      return end;
    }
    for (let to = at + 1, i = 0; to < end; i++, to += 4) {
      const bytes = this.#addresses[from + i] as number;
      out[to] = bytes >>> 24;
      if (to + 1 < end) out[to + 1] = bytes >>> 16;
      if (to + 2 < end) out[to + 2] = bytes >>> 8;
      if (to + 3 < end) out[to + 3] = bytes;
    }
    return end;
  }

  /** Octets that `writeNlri` will write. */
  nlriSize(id: number): number {
    return 1 + (((this.#lengths[id] as number) + 7) >> 3);
  }

  #load(bytes: Uint8Array, at: number): void {
    const bits = bytes[at] as number;
    const from = at + 1;
    const octets = (bits + 7) >> 3;
    this.#bits = bits;
    this.#w0 = readWord(bytes, from, octets, bits);
    if (this.#words === 1) return;
    this.#w1 = bits > 32 ? readWord(bytes, from + 4, octets - 4, bits - 32) : 0;
    this.#w2 = bits > 64 ? readWord(bytes, from + 8, octets - 8, bits - 64) : 0;
    this.#w3 = bits > 96 ? readWord(bytes, from + 12, octets - 12, bits - 96) : 0;
  }

  /** The slot of the loaded prefix, or the empty slot where it belongs. */
  #find(): number {
    this.#hash = hash(this.#w0, this.#w1, this.#w2, this.#w3, this.#bits);
    let slot = this.#hash & this.#mask;
    for (;;) {
      const entry = this.#index[slot] as number;
      if (entry === 0 || this.#isAt(entry - 1)) return slot;
      slot = (slot + 1) & this.#mask;
    }
  }

  #isAt(id: number): boolean {
    const from = id * this.#words;
    return (
      this.#addresses[from] === this.#w0 &&
      this.#lengths[id] === this.#bits &&
      (this.#words === 1 ||
        (this.#addresses[from + 1] === this.#w1 &&
          this.#addresses[from + 2] === this.#w2 &&
          this.#addresses[from + 3] === this.#w3))
    );
  }

  #insert(slot: number): number {
    const id = this.#newId();
    const from = id * this.#words;
    this.#addresses[from] = this.#w0;
    if (this.#words === 4) {
      this.#addresses[from + 1] = this.#w1;
      this.#addresses[from + 2] = this.#w2;
      this.#addresses[from + 3] = this.#w3;
    }
    this.#lengths[id] = this.#bits;
    this.#hashes[id] = this.#hash;
    this.#holders[id] = 1;
    this.#index[slot] = id + 1;
    this.#size++;
    // At most half full: neighbours fill whole lines, and where two such lines meet the runs get long.
    if (this.#size * 2 > this.#index.length) this.#rehash();
    return id;
  }

  #newId(): number {
    if (this.#firstFree !== 0) {
      const id = this.#firstFree - 1;
      this.#firstFree = this.#holders[id] as number;
      return id;
    }
    const id = this.#end++;
    if (id === this.#lengths.length) {
      const lengths = new Uint8Array(2 * id);
      lengths.set(this.#lengths);
      this.#lengths = lengths;
      this.#holders = grownTo(this.#holders, 2 * id);
      this.#hashes = grownTo(this.#hashes, 2 * id);
      this.#addresses = grownTo(this.#addresses, 2 * id * this.#words);
    }
    return id;
  }

  /** Walks the ids and not the slots, so that hashes are read in the order in which they lie. */
  #rehash(): void {
    const index = new Uint32Array(2 * this.#index.length);
    const mask = index.length - 1;
    for (let id = 0; id < this.#end; id++) {
      if (this.#lengths[id] === FREE) continue;
      let slot = (this.#hashes[id] as number) & mask;
      while (index[slot] !== 0) slot = (slot + 1) & mask;
      index[slot] = id + 1;
    }
    this.#index = index;
    this.#mask = mask;
  }

  #remove(id: number): void {
    let hole = (this.#hashes[id] as number) & this.#mask;
    while (this.#index[hole] !== id + 1) hole = (hole + 1) & this.#mask;
    // Move back every later entry of the run whose home lies at or before the hole (Knuth, 6.4, Algorithm R).
    for (let slot = (hole + 1) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const entry = this.#index[slot] as number;
      if (entry === 0) break;
      const home = (this.#hashes[entry - 1] as number) & this.#mask;
      if (((slot - home) & this.#mask) >= ((slot - hole) & this.#mask)) {
        this.#index[hole] = entry;
        hole = slot;
      }
    }
    this.#index[hole] = 0;
    this.#holders[id] = this.#firstFree;
    this.#lengths[id] = FREE;
    this.#firstFree = id + 1;
    this.#size--;
  }
}

/**
 * Eight prefixes side by side hash to eight slots side by side, which are one cache line of the index: prefixes come in order more often
 * than not, and a table of a million is larger than the caches. All but the three last bits of the prefix decide which line it is, and where in it
 * they begin: prefixes that are far apart are spread as if there were no lines.
 */
function hash(w0: number, w1: number, w2: number, w3: number, bits: number): number {
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

/** Up to four octets from `at` as a word, the bits past the prefix zero. `octets` and `bits` are those left, at least 0. */
function readWord(bytes: Uint8Array, at: number, octets: number, bits: number): number {
  if (bits >= 32)
    return (
      (((bytes[at] as number) << 24) |
        ((bytes[at + 1] as number) << 16) |
        ((bytes[at + 2] as number) << 8) |
        (bytes[at + 3] as number)) >>>
      0
    );
  if (bits === 0) return 0;
  let word = (bytes[at] as number) << 24;
  if (octets > 1) word |= (bytes[at + 1] as number) << 16;
  if (octets > 2) word |= (bytes[at + 2] as number) << 8;
  if (octets > 3) word |= bytes[at + 3] as number;
  return (word & (0xffffffff << (32 - bits))) >>> 0;
}

function writeWord(out: Uint8Array, at: number, word: number): void {
  out[at] = word >>> 24;
  out[at + 1] = word >>> 16;
  out[at + 2] = word >>> 8;
  out[at + 3] = word;
}
