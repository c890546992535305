import type { AttributeStore } from './attribute-store.ts';
import type { RouteKeys } from './route-keys.ts';

const PAGE_BITS = 10;
const PAGE = 1 << PAGE_BITS;

// An entry is an attribute set id, far below 2^27, with flags above it. 0: the peer sent no such route.
const ACCEPTED = 1 << 30;
/** Our own AS is in the path: only the fact is kept, no attributes. */
const LOOPED = 1 << 29;
/** Not sent again yet since the peer began an enhanced route refresh, or since its session was lost (RFC 4724, 4.2). */
const STALE = 1 << 28;
/** A route leak (RFC 9234, 5): only the fact is kept. */
const LEAKED = 1 << 27;
const SET = LEAKED - 1;

/** Why a path is not kept. */
export type Dropped = 'looped' | 'leaked';

interface Page {
  readonly entries: Uint32Array;
  readonly received: Uint32Array;
  used: number;
}

/**
 * The paths one peer sent, for one family. Columns come in pages, so that a peer with few routes costs little beside one with a million
 * (they share the ids). Without ADD-PATH an id is a prefix, with it a prefix and a path identifier.
 */
export class AdjRibIn {
  readonly #keys: RouteKeys;
  readonly #store: AttributeStore;
  readonly #pages: (Page | undefined)[] = [];
  #size = 0;
  #accepted = 0;
  #looped = 0;
  #stale = 0;
  #leaked = 0;
  #pagesHeld = 0;
  #setOctets = 0;

  constructor(keys: RouteKeys, store: AttributeStore) {
    this.#keys = keys;
    this.#store = store;
  }

  /** Paths held; looped and leaked ones are not among them. */
  get size(): number {
    return this.#size;
  }

  /** Of those, the ones that import policy accepted. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Paths that have our own AS in them (RFC 4271, 9.1.2). */
  get looped(): number {
    return this.#looped;
  }

  /** Of the paths held, those that the peer still has to send again. */
  get stale(): number {
    return this.#stale;
  }

  /** Routes that are each a route leak (RFC 9234, 5). */
  get leaked(): number {
    return this.#leaked;
  }

  /** Octets of the columns; the ids and attribute sets that they name are shared. */
  get memory(): number {
    return this.#pagesHeld * 8 * PAGE;
  }

  /** Octets of the attribute sets of all paths: as often as there are paths with it. */
  get setOctets(): number {
    return this.#setOctets;
  }

  /** The attribute set of a route; 0 when the peer sent none, or it was dropped. */
  attributesOf(id: number): number {
    return this.#entry(id) & SET;
  }

  isAccepted(id: number): boolean {
    return (this.#entry(id) & ACCEPTED) !== 0;
  }

  /** Seconds since the speaker started. */
  receivedAt(id: number): number {
    return this.#pages[id >> PAGE_BITS]?.received[id % PAGE] ?? 0;
  }

  /** Takes over one hold of the id and one of the attribute set. */
  set(id: number, attributes: number, accepted: boolean, seconds: number): void {
    this.#put(id, accepted ? attributes | ACCEPTED : attributes, seconds);
  }

  /** As `set` for the first `length` of `ids`, all with the same attribute set, of which it takes over one hold each. */
  setAll(ids: Uint32Array, length: number, attributes: number, accepted: boolean, seconds: number): void {
    const entry = accepted ? attributes | ACCEPTED : attributes;
    let added = 0;
    for (let i = 0; i < length; i++) {
      const id = ids[i] as number;
      const page = this.#pages[id >> PAGE_BITS] ?? this.#newPage(id >> PAGE_BITS);
      const at = id % PAGE;
      if (page.entries[at] !== 0) {
        this.#put(id, entry, seconds);
        continue;
      }
      page.entries[at] = entry;
      page.received[at] = seconds;
      page.used++;
      added++;
    }
    this.#size += added;
    if (accepted) this.#accepted += added;
    this.#setOctets += added * this.#store.lengthOf(attributes);
  }

  /** Notes a path that is not kept. Takes over one hold of the id. */
  setDropped(id: number, why: Dropped, seconds: number): void {
    this.#put(id, why === 'looped' ? LOOPED : LEAKED, seconds);
  }

  /** Import policy was evaluated again. */
  setAccepted(id: number, accepted: boolean): void {
    const page = this.#pages[id >> PAGE_BITS];
    const entry = this.#entry(id);
    if (page === undefined || (entry & SET) === 0) return;
    this.#count(entry, -1);
    const now = accepted ? entry | ACCEPTED : entry & ~ACCEPTED;
    page.entries[id % PAGE] = now;
    this.#count(now, 1);
  }

  /** Puts another attribute set in the place of the one that is there, and changes nothing else. Takes over one hold of the set. */
  replace(id: number, attributes: number): void {
    const page = this.#pages[id >> PAGE_BITS];
    const entry = this.#entry(id);
    if (page === undefined || (entry & SET) === 0) return;
    page.entries[id % PAGE] = (entry & ~SET) | attributes;
    this.#setOctets += this.#store.lengthOf(attributes) - this.#store.lengthOf(entry & SET);
    this.#store.release(entry & SET);
  }

  /** False when the peer had sent no such route. */
  remove(id: number): boolean {
    const page = this.#pages[id >> PAGE_BITS];
    const entry = this.#entry(id);
    if (page === undefined || entry === 0) return false;
    page.entries[id % PAGE] = 0;
    if (--page.used === 0) {
      this.#pages[id >> PAGE_BITS] = undefined;
      this.#pagesHeld--;
    }
    this.#count(entry, -1);
    this.#drop(id, entry);
    return true;
  }

  /** The peer is about to send everything again: after BoRR (RFC 7313, 4), or once its session is back. */
  markStale(): void {
    // Marked before, and nothing came since: a peer that begins over and over costs nothing.
    if (this.#stale === this.#size && this.#looped + this.#leaked === 0) return;
    this.#stale = this.#size;
    for (const page of this.#pages) {
      if (page === undefined) continue;
      for (let at = 0; at < PAGE; at++)
        if (page.entries[at] !== 0) page.entries[at] = (page.entries[at] as number) | STALE;
    }
  }

  isStale(id: number): boolean {
    return (this.#entry(id) & STALE) !== 0;
  }

  /** The ids of all routes noted, looped ones too, for a caller that may remove while it walks. */
  *ids(): Generator<number> {
    for (let number = 0; number < this.#pages.length; number++)
      for (let at = 0; at < PAGE; at++) {
        const page = this.#pages[number];
        if (page === undefined) break;
        if (page.entries[at] !== 0) yield number * PAGE + at;
      }
  }

  #entry(id: number): number {
    return this.#pages[id >> PAGE_BITS]?.entries[id % PAGE] ?? 0;
  }

  #put(id: number, entry: number, seconds: number): void {
    const page = this.#pages[id >> PAGE_BITS] ?? this.#newPage(id >> PAGE_BITS);
    const at = id % PAGE;
    const before = page.entries[at] as number;
    page.entries[at] = entry;
    page.received[at] = seconds;
    this.#count(entry, 1);
    this.#setOctets += this.#store.lengthOf(entry & SET);
    if (before === 0) {
      page.used++;
      return;
    }
    this.#count(before, -1);
    this.#drop(id, before);
  }

  #newPage(number: number): Page {
    const page = { entries: new Uint32Array(PAGE), received: new Uint32Array(PAGE), used: 0 };
    this.#pagesHeld++;
    this.#pages[number] = page;
    return page;
  }

  #count(entry: number, by: 1 | -1): void {
    if ((entry & LOOPED) !== 0) this.#looped += by;
    else if ((entry & LEAKED) !== 0) this.#leaked += by;
    else {
      this.#size += by;
      if ((entry & STALE) !== 0) this.#stale += by;
    }
    if ((entry & ACCEPTED) !== 0) this.#accepted += by;
  }

  #drop(id: number, entry: number): void {
    if ((entry & SET) !== 0) {
      this.#setOctets -= this.#store.lengthOf(entry & SET);
      this.#store.release(entry & SET);
    }
    this.#keys.release(id);
  }
}
