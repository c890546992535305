import type { AttributeStore } from './attribute-store.ts';
import type { PrefixTable } from './prefix-table.ts';

const PAGE_BITS = 10;
const PAGE = 1 << PAGE_BITS;

// An entry is an attribute set id, far below 2^28, with flags above it. 0: the peer sent no such prefix.
const ACCEPTED = 1 << 30;
/** Our own AS is in the path: only the fact is kept, no attributes. */
const LOOPED = 1 << 29;
/** Not sent again yet since the peer began an enhanced route refresh, or since its session was lost (RFC 4724, 4.2). */
const STALE = 1 << 28;
const SET = STALE - 1;

interface Page {
  readonly entries: Uint32Array;
  readonly received: Uint32Array;
  used: number;
}

/**
 * The paths one peer sent, for one family. Columns come in pages, so that a peer with few routes costs little beside one with a million
 * (they share the prefix ids).
 */
export class AdjRibIn {
  readonly #table: PrefixTable;
  readonly #store: AttributeStore;
  readonly #pages: (Page | undefined)[] = [];
  #size = 0;
  #accepted = 0;
  #looped = 0;
  #stale = 0;

  constructor(table: PrefixTable, store: AttributeStore) {
    this.#table = table;
    this.#store = store;
  }

  /** Paths held; looped ones are not among them. */
  get size(): number {
    return this.#size;
  }

  /** Of those, the ones that import policy accepted. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Prefixes whose path has our own AS in it (RFC 4271, 9.1.2). */
  get looped(): number {
    return this.#looped;
  }

  /** Of the paths held, those that the peer still has to send again. */
  get stale(): number {
    return this.#stale;
  }

  /** The attribute set of a prefix; 0 when the peer sent none, or it looped. */
  attributesOf(prefix: number): number {
    return this.#entry(prefix) & SET;
  }

  isAccepted(prefix: number): boolean {
    return (this.#entry(prefix) & ACCEPTED) !== 0;
  }

  /** Seconds since the speaker started. */
  receivedAt(prefix: number): number {
    return this.#pages[prefix >> PAGE_BITS]?.received[prefix % PAGE] ?? 0;
  }

  /** Takes over one hold of the prefix and one of the attribute set. */
  set(prefix: number, attributes: number, accepted: boolean, seconds: number): void {
    this.#put(prefix, accepted ? attributes | ACCEPTED : attributes, seconds);
  }

  /** Notes a looped path. Takes over one hold of the prefix. */
  setLooped(prefix: number, seconds: number): void {
    this.#put(prefix, LOOPED, seconds);
  }

  /** Import policy was evaluated again. */
  setAccepted(prefix: number, accepted: boolean): void {
    const page = this.#pages[prefix >> PAGE_BITS];
    const entry = this.#entry(prefix);
    if (page === undefined || (entry & SET) === 0) return;
    this.#count(entry, -1);
    const now = accepted ? entry | ACCEPTED : entry & ~ACCEPTED;
    page.entries[prefix % PAGE] = now;
    this.#count(now, 1);
  }

  /** False when the peer had sent no such prefix. */
  remove(prefix: number): boolean {
    const page = this.#pages[prefix >> PAGE_BITS];
    const entry = this.#entry(prefix);
    if (page === undefined || entry === 0) return false;
    page.entries[prefix % PAGE] = 0;
    if (--page.used === 0) this.#pages[prefix >> PAGE_BITS] = undefined;
    this.#count(entry, -1);
    this.#drop(prefix, entry);
    return true;
  }

  /** The peer is about to send everything again: after BoRR (RFC 7313, 4), or once its session is back. */
  markStale(): void {
    this.#stale = this.#size;
    for (const page of this.#pages) {
      if (page === undefined) continue;
      for (let at = 0; at < PAGE; at++)
        if (page.entries[at] !== 0) page.entries[at] = (page.entries[at] as number) | STALE;
    }
  }

  isStale(prefix: number): boolean {
    return (this.#entry(prefix) & STALE) !== 0;
  }

  /** The ids of all prefixes noted, looped ones too, for a caller that may remove while it walks. */
  *prefixes(): Generator<number> {
    for (let number = 0; number < this.#pages.length; number++)
      for (let at = 0; at < PAGE; at++) {
        const page = this.#pages[number];
        if (page === undefined) break;
        if (page.entries[at] !== 0) yield number * PAGE + at;
      }
  }

  clear(): void {
    for (const prefix of this.prefixes()) this.remove(prefix);
    this.#pages.length = 0;
  }

  #entry(prefix: number): number {
    return this.#pages[prefix >> PAGE_BITS]?.entries[prefix % PAGE] ?? 0;
  }

  #put(prefix: number, entry: number, seconds: number): void {
    const page = (this.#pages[prefix >> PAGE_BITS] ??= {
      entries: new Uint32Array(PAGE),
      received: new Uint32Array(PAGE),
      used: 0,
    });
    const at = prefix % PAGE;
    const before = page.entries[at] as number;
    page.entries[at] = entry;
    page.received[at] = seconds;
    this.#count(entry, 1);
    if (before === 0) {
      page.used++;
      return;
    }
    this.#count(before, -1);
    this.#drop(prefix, before);
  }

  #count(entry: number, by: 1 | -1): void {
    if ((entry & LOOPED) !== 0) this.#looped += by;
    else {
      this.#size += by;
      if ((entry & STALE) !== 0) this.#stale += by;
    }
    if ((entry & ACCEPTED) !== 0) this.#accepted += by;
  }

  #drop(prefix: number, entry: number): void {
    if ((entry & SET) !== 0) this.#store.release(entry & SET);
    this.#table.release(prefix);
  }
}
