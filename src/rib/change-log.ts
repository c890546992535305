import { entryAt, grownTo, IdList } from './column.ts';
import type { RouteKeys } from './route-keys.ts';

const NONE = 0;
/** Entries for which there stays room when all is seen: those of a large request. */
const KEPT = 65536;
/** Entries whose life ends together. */
const BATCH = 4096;

/** Where a reader of the log is: the index of the first entry that it has not seen. The log moves it when it drops entries. */
export interface Cursor {
  position: number;
}

/**
 * Prefix ids in the order in which what we announce for them changed. Each prefix has one live entry at most: a later change supersedes it,
 * and readers skip what was superseded. So a slow reader never sees a stale state, and the log is never longer than twice the prefixes
 * that changed.
 */
export class ChangeLog {
  #ids: Uint32Array<ArrayBuffer> = new Uint32Array(64);
  #length = 0;
  /** By prefix id: index + 1 of its live entry. */
  #live: Uint32Array<ArrayBuffer> = new Uint32Array(64);
  /** Of this id and those after it nothing is written there yet. */
  #reach = 0;
  #liveEntries = 0;
  readonly #cursors = new Set<Cursor>();
  readonly #keys: Pick<RouteKeys, 'hold' | 'releaseAll'>;
  readonly #dropped = new IdList();

  /** A prefix with a live entry is held, so that its id still means the same prefix when a slow reader gets to it. */
  constructor(keys: Pick<RouteKeys, 'hold' | 'releaseAll'>) {
    this.#keys = keys;
  }

  /** The position after the newest entry. */
  get end(): number {
    return this.#length;
  }

  get liveEntries(): number {
    return this.#liveEntries;
  }

  /** A new reader, which sees what is appended from now on. */
  join(): Cursor {
    const cursor = { position: this.#length };
    this.#cursors.add(cursor);
    return cursor;
  }

  leave(cursor: Cursor): void {
    this.#cursors.delete(cursor);
    this.trim();
  }

  append(id: number): void {
    if (id >= this.#reach) this.#enter(id);
    // Before anything else: it may end the life of this prefix's entry.
    if (this.#length === this.#ids.length) this.#makeRoom();
    if (this.#live[id] === NONE) {
      this.#keys.hold(id);
      this.#liveEntries++;
    }
    this.#ids[this.#length++] = id;
    this.#live[id] = this.#length;
  }

  /** The id at a position, or -1 when a later change superseded it. */
  at(position: number): number {
    const id = this.#ids[position] as number;
    return this.#live[id] === position + 1 ? id : -1;
  }

  /** A reader at `position` is still to see a change of this prefix. */
  isPending(id: number, position: number): boolean {
    return entryAt(this.#live, id) > position;
  }

  /** Forgets everything once all readers have seen it. */
  trim(): void {
    if (this.#length === 0 || this.#slowest() < this.#length) return;
    this.#drop(this.#length);
    this.#length = 0;
    for (const cursor of this.#cursors) cursor.position = 0;
    if (this.#ids.length > KEPT) this.#ids = new Uint32Array(64);
  }

  /** Written to before it is read: see `touched`. */
  #enter(id: number): void {
    this.#live = grownTo(this.#live, id + 1);
    this.#live[id] = NONE;
    this.#reach = id + 1;
  }

  #slowest(): number {
    let slowest = this.#length;
    for (const { position } of this.#cursors) if (position < slowest) slowest = position;
    return slowest;
  }

  /** Appends the prefixes whose live entries are from `from` to before `to`, in order. */
  collect(from: number, to: number, found: IdList): void {
    found.reserve(to - from);
    const ids = this.#ids;
    const live = this.#live;
    const out = found.ids;
    let count = found.length;
    for (let position = from; position < to; position++) {
      const id = ids[position] as number;
      if (live[id] === position + 1) out[count++] = id;
    }
    found.length = count;
  }

  /** Ends the life of the entries before `end`. */
  #drop(end: number): void {
    const dropped = this.#dropped;
    for (let from = 0; from < end; from += BATCH) {
      dropped.clear();
      this.collect(from, Math.min(from + BATCH, end), dropped);
      const { ids, length } = dropped;
      for (let i = 0; i < length; i++) this.#live[ids[i] as number] = NONE;
      this.#liveEntries -= length;
      this.#keys.releaseAll(ids, length);
    }
  }

  /** Squeezes out what is superseded or was seen by all; grows when that leaves the log more than half full. */
  #makeRoom(): void {
    const slowest = this.#slowest();
    this.#drop(slowest);
    const cursors = [...this.#cursors].sort((a, b) => a.position - b.position);
    let next = 0;
    let kept = 0;
    for (let position = slowest; position <= this.#length; position++) {
      for (let cursor = cursors[next]; cursor?.position === position; cursor = cursors[++next]) cursor.position = kept;
      const id = position === this.#length ? -1 : this.at(position);
      if (id === -1) continue;
      this.#ids[kept++] = id;
      this.#live[id] = kept;
    }
    this.#length = kept;
    if (kept * 2 > this.#ids.length) this.#ids = grownTo(this.#ids, 2 * this.#ids.length);
  }
}
