import { entryAt, grownTo, IdList, roomFor, touched } from './column.ts';
import { after, hash, steps } from './probing.ts';
import { type NlriOutput, NO_ID, type RouteKeys } from './route-keys.ts';

const MIN_SLOTS = 64;
/** The length of an id that is free; no prefix is so long. */
const FREE = 0xff;
/** Octets of NLRI for which there is made room at once. */
const SLICE = 1024;

/**
 * Gives each prefix of one family a small dense id, for as long as somebody holds it: every RIB is then columns indexed by id.
 *
 * Open addressing over `Uint32Array`: the index holds id + 1, 0 is empty; deletion shifts the run back, so there are no tombstones and a table
 * that churns does not decay. The slot after a slot is that in the same place of the next line: neighbours fill whole lines, and where two such
 * lines meet, each prefix of the second is one step further and not eight. (A Map keyed by bigint would hash only the low 64 bits of an
 * address, which are zero in every /64.)
 */
export class PrefixTable implements RouteKeys {
  /** Octets of an address: 4 or 16. */
  readonly octets: 4 | 16;
  readonly #words: 1 | 4;
  #addresses: Int32Array<ArrayBuffer>;
  #lengths = new Uint8Array(MIN_SLOTS);
  /** Kept, so that deletion and growth look at no address. */
  #hashes: Uint32Array<ArrayBuffer> = new Uint32Array(MIN_SLOTS);
  /** Holders of an id; while the id is free, the next free id + 1. */
  #holders: Uint32Array<ArrayBuffer> = new Uint32Array(MIN_SLOTS);
  #index: Uint32Array<ArrayBuffer> = new Uint32Array(2 * MIN_SLOTS);
  #mask = 2 * MIN_SLOTS - 1;
  #firstFree = 0;
  #end = 0;
  #size = 0;
  /** Where the id of a single prefix is put. */
  readonly #one = new IdList();

  constructor(octets: 4 | 16) {
    this.octets = octets;
    this.#words = octets === 4 ? 1 : 4;
    this.#addresses = new Int32Array(MIN_SLOTS * this.#words);
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
    const one = this.#one;
    one.clear();
    this.#makeRoom(1);
    this.#resolve(bytes, at, at + 1, one, true);
    return one.ids[0] as number;
  }

  /** The id of the prefix at `at`, or -1. */
  lookup(bytes: Uint8Array, at: number): number {
    const one = this.#one;
    one.clear();
    this.#resolve(bytes, at, at + 1, one, false);
    const id = one.ids[0] as number;
    return id === NO_ID ? -1 : id;
  }

  acquireAll(bytes: Uint8Array, ids: IdList): void {
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(at + SLICE, bytes.length);
      // A prefix has one octet at least.
      this.#makeRoom(end - at);
      ids.reserve(end - at);
      at = this.#resolve(bytes, at, end, ids, true);
    }
  }

  lookupAll(bytes: Uint8Array, ids: IdList): void {
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(at + SLICE, bytes.length);
      ids.reserve(end - at);
      at = this.#resolve(bytes, at, end, ids, false);
    }
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

  releaseAll(ids: Uint32Array, length: number): void {
    const holders = this.#holders;
    for (let i = 0; i < length; i++) {
      const id = ids[i] as number;
      const left = (holders[id] as number) - 1;
      holders[id] = left;
      if (left === 0) this.#remove(id);
    }
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

  writeRun(ids: Uint32Array, from: number, to: number, sets: Uint32Array, limit: number, out: NlriOutput): number {
    const lengths = this.#lengths;
    const addresses = this.#addresses;
    const words = this.#words;
    const { bytes, view } = out;
    const set = entryAt(sets, ids[from] as number);
    let at = out.at;
    let next = from;
    for (; next < to; next++) {
      const id = ids[next] as number;
      if (entryAt(sets, id) !== set) break;
      const bits = lengths[id] as number;
      const end = at + 1 + ((bits + 7) >> 3);
      if (end > limit) break;
      if (bits === 64 && words === 4) {
        // Nearly every prefix of a pod network: written without a loop.
        view.setInt8(at, 64);
        view.setInt32(at + 1, addresses[4 * id] as number);
        view.setInt32(at + 5, addresses[4 * id + 1] as number);
      } else this.writeNlri(id, bytes, at);
      at = end;
    }
    out.at = at;
    return next;
  }

  /**
   * Appends the id of each prefix whose NLRI begins from `at` to before `end`; returns where the last one ends. One that is not there is put in where
   * `isWanted`, for which there has to be room, and else is NO_ID.
   *
   * One loop over columns that are in local variables, and no call that is not inlined: nothing that another part of the program does makes V8
   * throw away its code.
   */
  #resolve(bytes: Uint8Array, at: number, end: number, ids: IdList, isWanted: boolean): number {
    const addresses = this.#addresses;
    const lengths = this.#lengths;
    const hashes = this.#hashes;
    const holders = this.#holders;
    const index = this.#index;
    const mask = this.#mask;
    const words = this.#words;
    const out = ids.ids;
    let count = ids.length;
    let free = this.#firstFree;
    let last = this.#end;
    let size = this.#size;
    while (at < end) {
      const bits = bytes[at] as number;
      const octets = (bits + 7) >> 3;
      const w0 = readWord(bytes, at + 1, octets, bits);
      const w1 = bits > 32 ? readWord(bytes, at + 5, octets - 4, bits - 32) : 0;
      const w2 = bits > 64 ? readWord(bytes, at + 9, octets - 8, bits - 64) : 0;
      const w3 = bits > 96 ? readWord(bytes, at + 13, octets - 12, bits - 96) : 0;
      at += 1 + octets;
      const h = hash(w0, w1, w2, w3, bits);
      for (let slot = h & mask; ; slot = after(slot, mask)) {
        const entry = index[slot] as number;
        if (entry === 0) {
          out[count] = NO_ID;
          if (!isWanted) break;
          const id = free === 0 ? last++ : free - 1;
          if (free !== 0) free = holders[id] as number;
          const from = id * words;
          addresses[from] = w0;
          if (words === 4) {
            addresses[from + 1] = w1;
            addresses[from + 2] = w2;
            addresses[from + 3] = w3;
          }
          lengths[id] = bits;
          hashes[id] = h;
          holders[id] = 1;
          index[slot] = id + 1;
          size++;
          out[count] = id;
          break;
        }
        const id = entry - 1;
        const from = id * words;
        if (
          addresses[from] === w0 &&
          lengths[id] === bits &&
          (words === 1 || (addresses[from + 1] === w1 && addresses[from + 2] === w2 && addresses[from + 3] === w3))
        ) {
          if (isWanted) holders[id] = (holders[id] as number) + 1;
          out[count] = id;
          break;
        }
      }
      count++;
    }
    ids.length = count;
    this.#firstFree = free;
    this.#end = last;
    this.#size = size;
    return at;
  }

  /** For so many prefixes more. The index is at most half full, and an eighth when it has grown. */
  #makeRoom(more: number): void {
    const free = this.#end - this.#size;
    if (this.#end + more - free > this.#lengths.length) this.#grow(this.#end + more - free);
    const slots = (this.#size + more) * 2;
    if (slots > this.#index.length) this.#rehash(roomFor(slots, this.#index.length));
  }

  #grow(size: number): void {
    this.#holders = grownTo(this.#holders, size);
    this.#hashes = grownTo(this.#hashes, size);
    const addresses = new Int32Array(this.#holders.length * this.#words);
    addresses.set(this.#addresses);
    this.#addresses = addresses;
    const lengths = new Uint8Array(this.#holders.length);
    lengths.set(this.#lengths);
    this.#lengths = lengths;
  }

  /** Walks the ids and not the slots, so that hashes are read in the order in which they lie. */
  #rehash(slots: number): void {
    const index = touched(slots);
    const mask = slots - 1;
    for (let id = 0; id < this.#end; id++) {
      if (this.#lengths[id] === FREE) continue;
      let slot = (this.#hashes[id] as number) & mask;
      while (index[slot] !== 0) slot = after(slot, mask);
      index[slot] = id + 1;
    }
    this.#index = index;
    this.#mask = mask;
  }

  #remove(id: number): void {
    const index = this.#index;
    const hashes = this.#hashes;
    const mask = this.#mask;
    let hole = (hashes[id] as number) & mask;
    while (index[hole] !== id + 1) hole = after(hole, mask);
    // Move back every later entry of the run whose home lies at or before the hole (Knuth, 6.4, Algorithm R).
    for (let slot = after(hole, mask); ; slot = after(slot, mask)) {
      const entry = index[slot] as number;
      if (entry === 0) break;
      const home = (hashes[entry - 1] as number) & mask;
      if (steps(home, slot, mask) >= steps(hole, slot, mask)) {
        index[hole] = entry;
        hole = slot;
      }
    }
    index[hole] = 0;
    this.#holders[id] = this.#firstFree;
    this.#lengths[id] = FREE;
    this.#firstFree = id + 1;
    this.#size--;
  }
}

/** Up to four octets from `at` as a word, signed so that V8 has it in a register, the bits past the prefix zero. `octets` and `bits` are those left, at least 0. */
function readWord(bytes: Uint8Array, at: number, octets: number, bits: number): number {
  if (bits >= 32)
    return (
      ((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)
    );
  if (bits === 0) return 0;
  let word = (bytes[at] as number) << 24;
  if (octets > 1) word |= (bytes[at + 1] as number) << 16;
  if (octets > 2) word |= (bytes[at + 2] as number) << 8;
  if (octets > 3) word |= bytes[at + 3] as number;
  return word & (0xffffffff << (32 - bits));
}

function writeWord(out: Uint8Array, at: number, word: number): void {
  out[at] = word >>> 24;
  out[at + 1] = word >>> 16;
  out[at + 2] = word >>> 8;
  out[at + 3] = word;
}
