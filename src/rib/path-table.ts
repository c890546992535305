import { entryAt, grownTo, type IdList, touched } from './column.ts';
import type { PrefixTable } from './prefix-table.ts';
import { type NlriOutput, NO_ID, type RouteKeys } from './route-keys.ts';

const MIN_SLOTS = 64;
const NONE = 0;

/**
 * Gives each pair of a prefix and a path identifier a small dense id, as `PrefixTable` does for prefixes alone: what ADD-PATH announces and
 * withdraws by (RFC 7911, 2). An id holds its prefix once. Open addressing as there; the ids of one prefix are a list besides.
 */
export class PathTable implements RouteKeys {
  readonly #prefixes: PrefixTable;
  #prefix: Uint32Array<ArrayBuffer> = new Uint32Array(MIN_SLOTS);
  #pathId: Uint32Array<ArrayBuffer> = new Uint32Array(MIN_SLOTS);
  /** Holders of an id; while the id is free, the next free id + 1. */
  #holders: Uint32Array<ArrayBuffer> = new Uint32Array(MIN_SLOTS);
  #index: Uint32Array<ArrayBuffer> = new Uint32Array(2 * MIN_SLOTS);
  #mask = 2 * MIN_SLOTS - 1;
  /** By prefix: id + 1 of the first in its list. */
  #first: Uint32Array<ArrayBuffer> = new Uint32Array(MIN_SLOTS);
  /** Id + 1 of the neighbours in the list: a peer may give one prefix very many paths, and take them back in any order. */
  #next: Uint32Array<ArrayBuffer> = new Uint32Array(MIN_SLOTS);
  #previous: Uint32Array<ArrayBuffer> = new Uint32Array(MIN_SLOTS);
  #firstFree = NONE;
  #end = 0;
  #size = 0;

  constructor(prefixes: PrefixTable) {
    this.#prefixes = prefixes;
  }

  /** Pairs held. */
  get size(): number {
    return this.#size;
  }

  /** Octets that the pairs take; room to grow is not counted. */
  get memory(): number {
    return this.#size * 32;
  }

  //   | path identifier (4) | length (1) | prefix |  (RFC 7911, 3)

  acquire(bytes: Uint8Array, at: number): number {
    const prefix = this.#prefixes.acquire(bytes, at + 4);
    const id = this.acquirePath(prefix, readPathId(bytes, at));
    this.#prefixes.release(prefix);
    return id;
  }

  /** The id of a pair, with one holder more. */
  acquirePath(prefix: number, pathId: number): number {
    const slot = this.#find(prefix, pathId);
    const found = this.#index[slot] as number;
    if (found === NONE) return this.#insert(slot, prefix, pathId);
    this.#holders[found - 1] = (this.#holders[found - 1] as number) + 1;
    return found - 1;
  }

  lookup(bytes: Uint8Array, at: number): number {
    const prefix = this.#prefixes.lookup(bytes, at + 4);
    return prefix === -1 ? -1 : (this.#index[this.#find(prefix, readPathId(bytes, at))] as number) - 1;
  }

  acquireAll(bytes: Uint8Array, ids: IdList): void {
    for (let at = 0; at < bytes.length; at = endOf(bytes, at)) ids.push(this.acquire(bytes, at));
  }

  lookupAll(bytes: Uint8Array, ids: IdList): void {
    for (let at = 0; at < bytes.length; at = endOf(bytes, at)) {
      const id = this.lookup(bytes, at);
      ids.push(id === -1 ? NO_ID : id);
    }
  }

  hold(id: number): void {
    this.#holders[id] = (this.#holders[id] as number) + 1;
  }

  release(id: number): void {
    const left = (this.#holders[id] as number) - 1;
    this.#holders[id] = left;
    if (left === 0) this.#remove(id);
  }

  releaseAll(ids: Uint32Array, length: number): void {
    for (let i = 0; i < length; i++) this.release(ids[i] as number);
  }

  prefixOf(id: number): number {
    return this.#prefix[id] as number;
  }

  pathIdOf(id: number): number {
    return this.#pathId[id] as number;
  }

  nlriSize(id: number): number {
    return 4 + this.#prefixes.nlriSize(this.#prefix[id] as number);
  }

  writeNlri(id: number, out: Uint8Array, at: number): number {
    const pathId = this.#pathId[id] as number;
    out[at] = pathId >>> 24;
    out[at + 1] = pathId >>> 16;
    out[at + 2] = pathId >>> 8;
    out[at + 3] = pathId;
    return this.#prefixes.writeNlri(this.#prefix[id] as number, out, at + 4);
  }

  writeRun(ids: Uint32Array, from: number, to: number, sets: Uint32Array, limit: number, out: NlriOutput): number {
    const set = entryAt(sets, ids[from] as number);
    let next = from;
    for (; next < to; next++) {
      const id = ids[next] as number;
      if (entryAt(sets, id) !== set || out.at + this.nlriSize(id) > limit) break;
      out.at = this.writeNlri(id, out.bytes, out.at);
    }
    return next;
  }

  /** The ids of a prefix, the lowest path identifier first. */
  of(prefix: number): readonly number[] {
    const ids: number[] = [];
    for (let link = entryAt(this.#first, prefix); link !== NONE; link = this.#next[link - 1] as number)
      ids.push(link - 1);
    return ids.sort((a, b) => this.pathIdOf(a) - this.pathIdOf(b));
  }

  /** The slot of the pair, or the empty slot where it belongs. */
  #find(prefix: number, pathId: number): number {
    let slot = hash(prefix, pathId) & this.#mask;
    for (;;) {
      const entry = this.#index[slot] as number;
      if (entry === NONE || (this.#prefix[entry - 1] === prefix && this.#pathId[entry - 1] === pathId)) return slot;
      slot = (slot + 1) & this.#mask;
    }
  }

  #insert(slot: number, prefix: number, pathId: number): number {
    const id = this.#newId();
    this.#prefixes.hold(prefix);
    this.#prefix[id] = prefix;
    this.#pathId[id] = pathId;
    this.#holders[id] = 1;
    this.#index[slot] = id + 1;
    this.#first = grownTo(this.#first, prefix + 1);
    const second = this.#first[prefix] as number;
    this.#first[prefix] = id + 1;
    this.#next[id] = second;
    this.#previous[id] = NONE;
    if (second !== NONE) this.#previous[second - 1] = id + 1;
    this.#size++;
    if (this.#size * 4 > this.#index.length * 3) this.#rehash();
    return id;
  }

  #newId(): number {
    if (this.#firstFree !== NONE) {
      const id = this.#firstFree - 1;
      this.#firstFree = this.#holders[id] as number;
      return id;
    }
    const id = this.#end++;
    this.#prefix = grownTo(this.#prefix, this.#end);
    this.#pathId = grownTo(this.#pathId, this.#end);
    this.#holders = grownTo(this.#holders, this.#end);
    this.#next = grownTo(this.#next, this.#end);
    this.#previous = grownTo(this.#previous, this.#end);
    return id;
  }

  #rehash(): void {
    const old = this.#index;
    this.#index = touched(2 * old.length);
    this.#mask = this.#index.length - 1;
    for (const entry of old) {
      if (entry === NONE) continue;
      this.#index[this.#find(this.#prefix[entry - 1] as number, this.#pathId[entry - 1] as number)] = entry;
    }
  }

  #remove(id: number): void {
    const prefix = this.#prefix[id] as number;
    this.#closeGap(this.#find(prefix, this.#pathId[id] as number));
    const next = this.#next[id] as number;
    const previous = this.#previous[id] as number;
    if (previous === NONE) this.#first[prefix] = next;
    else this.#next[previous - 1] = next;
    if (next !== NONE) this.#previous[next - 1] = previous;
    this.#holders[id] = this.#firstFree;
    this.#firstFree = id + 1;
    this.#size--;
    this.#prefixes.release(prefix);
  }

  /** As in the prefix table: shifts the run behind the hole back. */
  #closeGap(at: number): void {
    let hole = at;
    for (let slot = (hole + 1) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const entry = this.#index[slot] as number;
      if (entry === NONE) break;
      const home = hash(this.#prefix[entry - 1] as number, this.#pathId[entry - 1] as number) & this.#mask;
      if (((slot - home) & this.#mask) >= ((slot - hole) & this.#mask)) {
        this.#index[hole] = entry;
        hole = slot;
      }
    }
    this.#index[hole] = NONE;
  }
}

/** Where the NLRI at `at` ends. */
function endOf(bytes: Uint8Array, at: number): number {
  return at + 5 + (((bytes[at + 4] as number) + 7) >> 3);
}

function hash(prefix: number, pathId: number): number {
  let h = Math.imul(prefix, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15) ^ pathId, 0x85ebca77);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae3d);
  return (h ^ (h >>> 16)) >>> 0;
}

export function readPathId(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
    0
  );
}
