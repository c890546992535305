import type { AttributeStore } from './attribute-store.ts';
import { grownTo, type IdList } from './column.ts';
import type { PrefixTable } from './prefix-table.ts';
import { NO_ID } from './route-keys.ts';

const NONE = 0;

/** Who put a path in: what one owner adds, another never touches. */
export type Owner = 'api' | 'config' | 'plan';
/** As the column has them. The most explicit first: on a tie it is announced. */
const codes: Record<Owner, number> = { config: 0, plan: 1, api: 2 };
const owners = Object.keys(codes) as readonly Owner[];

/** Orders two attribute sets by preference: negative when the first is better (RFC 4271, 9.1.2.2). */
export type Preference = (first: number, second: number) => number;

/**
 * The paths that this speaker originates, for one family. A path is one row of columns, its slot; the paths of a prefix are a linked
 * list, nearly always of one. Path identity is (prefix, path id, owner).
 */
export class LocRib {
  readonly #table: PrefixTable;
  readonly #store: AttributeStore;
  readonly #preference: Preference;
  /** By prefix id: slot + 1 of its first path. */
  #first: Uint32Array<ArrayBuffer> = new Uint32Array(64);
  /** Of this prefix id and those after it nothing is written there yet, and nothing is read: see `touched`. */
  #reach = 0;
  #prefix: Uint32Array<ArrayBuffer> = new Uint32Array(64);
  #pathId: Uint32Array<ArrayBuffer> = new Uint32Array(64);
  #attributes: Uint32Array<ArrayBuffer> = new Uint32Array(64);
  #created: Uint32Array<ArrayBuffer> = new Uint32Array(64);
  /** Slot + 1 of the prefix's next path; of a free slot, the next free one. */
  #next: Uint32Array<ArrayBuffer> = new Uint32Array(64);
  /** Grows with each use of a slot, so that an old uuid names nothing. Odd while the slot is in use. */
  #generation: Uint32Array<ArrayBuffer> = new Uint32Array(64);
  #owner = new Uint8Array(64);
  #firstFree = NONE;
  #end = 0;
  #paths = 0;

  constructor(table: PrefixTable, store: AttributeStore, preference: Preference) {
    this.#table = table;
    this.#store = store;
    this.#preference = preference;
  }

  /** Paths held. */
  get size(): number {
    return this.#paths;
  }

  /**
   * Puts in a path or changes the attributes of the one that is there. Takes over one hold of `attributes`; the hold of `prefix` stays the caller's.
   * Returns its slot.
   */
  set(prefix: number, pathId: number, owner: Owner, attributes: number, createdSeconds: number): number {
    const found = this.find(prefix, pathId, owner);
    const slot = found === -1 ? this.#add(prefix, pathId, owner) : found;
    if (found !== -1) this.#store.release(this.#attributes[slot] as number);
    this.#attributes[slot] = attributes;
    this.#created[slot] = createdSeconds;
    return slot;
  }

  /**
   * As `set` for the path without an identifier of each of the first `length` of these prefixes, all with the same attributes, of which it takes over one
   * hold each. `visit` gets slot and prefix of each.
   */
  setAll(
    prefixes: Uint32Array,
    length: number,
    owner: Owner,
    attributes: number,
    createdSeconds: number,
    visit?: (slot: number, prefix: number) => void,
  ): void {
    for (let i = 0; i < length; i++) {
      const prefix = prefixes[i] as number;
      const slot = this.set(prefix, 0, owner, attributes, createdSeconds);
      if (visit !== undefined) visit(slot, prefix);
    }
  }

  /** The slot of a path, or -1. */
  find(prefix: number, pathId: number, owner: Owner): number {
    const code = codes[owner];
    for (let link = this.#firstLink(prefix); link !== NONE; link = this.#next[link - 1] as number) {
      const slot = link - 1;
      if (this.#pathId[slot] === pathId && this.#owner[slot] === code) return slot;
    }
    return -1;
  }

  /** Takes a path out. Its prefix loses the hold that the path had: it may be gone afterwards. */
  remove(slot: number): void {
    const prefix = this.#prefix[slot] as number;
    this.#take(slot, prefix);
    this.#table.release(prefix);
  }

  /**
   * Takes out the path without an identifier that `owner` has of each of the first `length` of these prefixes, some of which may be NO_ID. Those that had one
   * go to `changed`, each with the hold that its path had. `visit` gets slot and prefix of each path while it is there. Returns how many there were.
   */
  removeAll(
    prefixes: Uint32Array,
    length: number,
    owner: Owner,
    changed: IdList,
    visit?: (slot: number, prefix: number) => void,
  ): number {
    const before = changed.length;
    for (let i = 0; i < length; i++) {
      const prefix = prefixes[i] as number;
      const slot = prefix === NO_ID ? -1 : this.find(prefix, 0, owner);
      if (slot === -1) continue;
      if (visit !== undefined) visit(slot, prefix);
      this.#take(slot, prefix);
      changed.push(prefix);
    }
    return changed.length - before;
  }

  /** The attribute set of the best path; 0 when the prefix has none. */
  best(prefix: number): number {
    const first = this.#firstLink(prefix);
    if (first === NONE) return 0;
    const only = this.#attributes[first - 1] as number;
    return this.#next[first - 1] === NONE ? only : (this.#attributes[this.bestSlot(prefix)] as number);
  }

  /** As `best` for the first `length` of these prefixes, in order. */
  bestAll(prefixes: Uint32Array, length: number, sets: Uint32Array): void {
    const first = this.#first;
    const reach = this.#reach;
    const attributes = this.#attributes;
    const next = this.#next;
    for (let i = 0; i < length; i++) {
      const prefix = prefixes[i] as number;
      const link = prefix < reach ? (first[prefix] as number) : NONE;
      if (link === NONE) sets[i] = 0;
      else if (next[link - 1] === NONE) sets[i] = attributes[link - 1] as number;
      else sets[i] = this.best(prefix);
    }
  }

  /** The slot of the best path, or -1. On a tie the lowest path id wins, then config before plan before api. */
  bestSlot(prefix: number): number {
    let best = this.#firstLink(prefix) - 1;
    if (best === -1) return best;
    for (let link = this.#next[best] as number; link !== NONE; link = this.#next[link - 1] as number)
      if (this.#isBetter(link - 1, best)) best = link - 1;
    return best;
  }

  /** The slot of the best path with this identifier, of whichever owner, or -1. */
  bestOf(prefix: number, pathId: number): number {
    let best = -1;
    for (let link = this.#firstLink(prefix); link !== NONE; link = this.#next[link - 1] as number) {
      const slot = link - 1;
      if (this.#pathId[slot] === pathId && (best === -1 || this.#isBetter(slot, best))) best = slot;
    }
    return best;
  }

  slots(prefix: number): number[] {
    const slots: number[] = [];
    for (let slot = this.firstSlot(prefix); slot !== -1; slot = this.nextSlot(slot)) slots.push(slot);
    return slots;
  }

  /** The slot of the prefix's first path, or -1. */
  firstSlot(prefix: number): number {
    return this.#firstLink(prefix) - 1;
  }

  /** The slot of the path after this one of the same prefix, or -1. */
  nextSlot(slot: number): number {
    return (this.#next[slot] as number) - 1;
  }

  /** The slot, when that generation of it is still in use. */
  resolve(slot: number, generation: number): number | undefined {
    return slot < this.#end && generation % 2 === 1 && this.#generation[slot] === generation ? slot : undefined;
  }

  prefixOf(slot: number): number {
    return this.#prefix[slot] as number;
  }

  pathIdOf(slot: number): number {
    return this.#pathId[slot] as number;
  }

  attributesOf(slot: number): number {
    return this.#attributes[slot] as number;
  }

  createdOf(slot: number): number {
    return this.#created[slot] as number;
  }

  generationOf(slot: number): number {
    return this.#generation[slot] as number;
  }

  ownerOf(slot: number): Owner {
    return owners[this.#owner[slot] as number] as Owner;
  }

  #firstLink(prefix: number): number {
    return prefix < this.#reach ? (this.#first[prefix] as number) : NONE;
  }

  /** Takes a path out, but not the hold that it has of its prefix. */
  #take(slot: number, prefix: number): void {
    let link = this.#first[prefix] as number;
    if (link === slot + 1) this.#first[prefix] = this.#next[slot] as number;
    else {
      while (this.#next[link - 1] !== slot + 1) link = this.#next[link - 1] as number;
      this.#next[link - 1] = this.#next[slot] as number;
    }
    this.#store.release(this.#attributes[slot] as number);
    this.#generation[slot] = (this.#generation[slot] as number) + 1;
    this.#next[slot] = this.#firstFree;
    this.#firstFree = slot + 1;
    this.#paths--;
  }

  #isBetter(slot: number, than: number): boolean {
    const order = this.#preference(this.#attributes[slot] as number, this.#attributes[than] as number);
    if (order !== 0) return order < 0;
    if (this.#pathId[slot] !== this.#pathId[than])
      return (this.#pathId[slot] as number) < (this.#pathId[than] as number);
    return (this.#owner[slot] as number) < (this.#owner[than] as number);
  }

  #add(prefix: number, pathId: number, owner: Owner): number {
    const slot = this.#newSlot();
    this.#first = grownTo(this.#first, prefix + 1);
    this.#table.hold(prefix);
    this.#prefix[slot] = prefix;
    this.#pathId[slot] = pathId;
    this.#owner[slot] = codes[owner];
    this.#generation[slot] = (this.#generation[slot] as number) + 1;
    this.#next[slot] = this.#firstLink(prefix);
    this.#first[prefix] = slot + 1;
    if (prefix >= this.#reach) this.#reach = prefix + 1;
    this.#paths++;
    return slot;
  }

  #newSlot(): number {
    if (this.#firstFree !== NONE) {
      const slot = this.#firstFree - 1;
      this.#firstFree = this.#next[slot] as number;
      return slot;
    }
    const slot = this.#end++;
    if (slot === this.#prefix.length) this.#grow(slot + 1);
    this.#generation[slot] = 0;
    return slot;
  }

  #grow(size: number): void {
    this.#prefix = grownTo(this.#prefix, size);
    this.#pathId = grownTo(this.#pathId, size);
    this.#attributes = grownTo(this.#attributes, size);
    this.#created = grownTo(this.#created, size);
    this.#next = grownTo(this.#next, size);
    this.#generation = grownTo(this.#generation, size);
    const owner = new Uint8Array(this.#prefix.length);
    owner.set(this.#owner);
    this.#owner = owner;
  }
}
