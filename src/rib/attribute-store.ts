import { grownTo, touched } from './column.ts';

const MIN_SETS = 64;
const MIN_ARENA = 4096;
/** Octets of an id in the columns and in the index. */
const COLUMNS = 28;

/**
 * Interns path attribute sets by their bytes: the same bytes are the same id, for as long as somebody holds it. Id 0 is never given,
 * so a column can use it for "no route".
 *
 * The bytes lie in one arena: a hundred thousand sets are not a hundred thousand objects for the garbage collector.
 * A set is `next hop length, next hop, attributes`: see `wire/attribute-set.ts`.
 */
export class AttributeStore {
  #arena: Uint8Array<ArrayBuffer> = new Uint8Array(MIN_ARENA);
  #used = 0;
  #garbage = 0;
  #start: Uint32Array<ArrayBuffer> = new Uint32Array(MIN_SETS);
  #length: Uint32Array<ArrayBuffer> = new Uint32Array(MIN_SETS);
  #hashes: Uint32Array<ArrayBuffer> = new Uint32Array(MIN_SETS);
  /** Holders of an id; while the id is free, the next free id. */
  #holders: Uint32Array<ArrayBuffer> = new Uint32Array(MIN_SETS);
  /** How often an id was freed. */
  #generations: Uint32Array<ArrayBuffer> = new Uint32Array(MIN_SETS);
  #index: Uint32Array<ArrayBuffer> = new Uint32Array(2 * MIN_SETS);
  #mask = 2 * MIN_SETS - 1;
  #firstFree = 0;
  #end = 1;
  #size = 0;

  /** Sets held. */
  get size(): number {
    return this.#size;
  }

  /** Octets that the sets take, with their columns; room to grow is not counted. */
  get memory(): number {
    return this.#used - this.#garbage + COLUMNS * this.#size;
  }

  /** Octets of a set. */
  lengthOf(id: number): number {
    return this.#length[id] as number;
  }

  /** The id of a set, with one holder more; the bytes are copied when they are new. */
  acquire(bytes: Uint8Array): number {
    const hash = hashOf(bytes);
    let slot = hash & this.#mask;
    for (;;) {
      const id = this.#index[slot] as number;
      if (id === 0) return this.#insert(bytes, hash, slot);
      if (this.#hashes[id] === hash && this.#equals(id, bytes)) {
        this.#holders[id] = (this.#holders[id] as number) + 1;
        return id;
      }
      slot = (slot + 1) & this.#mask;
    }
  }

  hold(id: number, count = 1): void {
    this.#holders[id] = (this.#holders[id] as number) + count;
  }

  release(id: number): void {
    const left = (this.#holders[id] as number) - 1;
    this.#holders[id] = left;
    if (left === 0) this.#remove(id);
  }

  /** Changes when an id comes to mean another set, so that whoever remembers one need not hold it. */
  generationOf(id: number): number {
    return this.#generations[id] as number;
  }

  /** A view that is good until the store changes. */
  bytesOf(id: number): Uint8Array {
    const start = this.#start[id] as number;
    return this.#arena.subarray(start, start + (this.#length[id] as number));
  }

  #equals(id: number, bytes: Uint8Array): boolean {
    if (this.#length[id] !== bytes.length) return false;
    const start = this.#start[id] as number;
    for (let i = 0; i < bytes.length; i++) if (this.#arena[start + i] !== bytes[i]) return false;
    return true;
  }

  #insert(bytes: Uint8Array, hash: number, slot: number): number {
    const id = this.#newId();
    if (this.#used + bytes.length > this.#arena.length) this.#makeRoom(bytes.length);
    this.#arena.set(bytes, this.#used);
    this.#start[id] = this.#used;
    this.#length[id] = bytes.length;
    this.#used += bytes.length;
    this.#hashes[id] = hash;
    this.#holders[id] = 1;
    this.#index[slot] = id;
    this.#size++;
    if (this.#size * 4 > this.#index.length * 3) this.#rehash();
    return id;
  }

  #newId(): number {
    if (this.#firstFree !== 0) {
      const id = this.#firstFree;
      this.#firstFree = this.#holders[id] as number;
      return id;
    }
    const id = this.#end++;
    this.#start = grownTo(this.#start, this.#end);
    this.#length = grownTo(this.#length, this.#end);
    this.#hashes = grownTo(this.#hashes, this.#end);
    this.#holders = grownTo(this.#holders, this.#end);
    this.#generations = grownTo(this.#generations, this.#end);
    return id;
  }

  /** Moves the live sets to a fresh arena; twice as large only when they fill more than half of this one. */
  #makeRoom(more: number): void {
    const live = this.#used - this.#garbage;
    let size = this.#arena.length;
    while (size < 2 * (live + more)) size *= 2;
    const arena = new Uint8Array(size);
    let used = 0;
    for (const id of this.#index) {
      if (id === 0) continue;
      arena.set(this.bytesOf(id), used);
      this.#start[id] = used;
      used += this.#length[id] as number;
    }
    this.#arena = arena;
    this.#used = used;
    this.#garbage = 0;
  }

  #rehash(): void {
    const old = this.#index;
    this.#index = touched(2 * old.length);
    this.#mask = this.#index.length - 1;
    for (const id of old) {
      if (id === 0) continue;
      let slot = (this.#hashes[id] as number) & this.#mask;
      while (this.#index[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#index[slot] = id;
    }
  }

  #remove(id: number): void {
    let hole = (this.#hashes[id] as number) & this.#mask;
    while (this.#index[hole] !== id) hole = (hole + 1) & this.#mask;
    // As in the prefix table: close the run behind the hole.
    for (let slot = (hole + 1) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const entry = this.#index[slot] as number;
      if (entry === 0) break;
      const home = (this.#hashes[entry] as number) & this.#mask;
      if (((slot - home) & this.#mask) >= ((slot - hole) & this.#mask)) {
        this.#index[hole] = entry;
        hole = slot;
      }
    }
    this.#index[hole] = 0;
    this.#garbage += this.#length[id] as number;
    this.#holders[id] = this.#firstFree;
    this.#firstFree = id;
    this.#generations[id] = (this.#generations[id] as number) + 1;
    this.#size--;
  }
}

function hashOf(bytes: Uint8Array): number {
  let h = 0x811c9dc5 ^ bytes.length;
  for (let i = 0; i < bytes.length; i++) h = Math.imul(h ^ (bytes[i] as number), 0x01000193);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca77);
  return (h ^ (h >>> 13)) >>> 0;
}
