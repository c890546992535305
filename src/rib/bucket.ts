import { entryAt, grownTo } from './column.ts';

/**
 * Orders route ids by attribute set, each set's ids together and in the order they came: what the packer needs. Linear; sets that
 * repeat, as in a bulk add, cost no look-up. First all are added, then all are placed; either may be done piece by piece.
 */
export class Buckets {
  #ids: Uint32Array<ArrayBuffer>;
  /** By the same index: the bucket. Empty while there is one. */
  #bucketOf: Uint32Array<ArrayBuffer> = new Uint32Array(0);
  #length = 0;
  readonly #buckets = new Map<number, number>();
  /** By bucket: how many it has; where its next one goes, once they are placed. */
  readonly #sizes: number[] = [];
  #lastSet = -1;
  #bucket = 0;
  #ordered: Uint32Array<ArrayBuffer> | undefined;

  /** `capacity`: how many are expected. */
  constructor(capacity: number) {
    this.#ids = new Uint32Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** Adds `ids[from]` up to `ids[to - 1]`. */
  add(ids: Uint32Array, from: number, to: number, sets: Uint32Array): void {
    for (let i = from, end = from; i < to; ) {
      const set = entryAt(sets, ids[i] as number);
      while (end < to && entryAt(sets, ids[end] as number) === set) end++;
      let at = this.#begin(set, end - i);
      const own = this.#ids;
      while (i < end) own[at++] = ids[i++] as number;
    }
  }

  /** Adds those of the ids from `from` to `to - 1` that have a set. */
  addAll(from: number, to: number, sets: Uint32Array): void {
    const last = Math.min(to, sets.length);
    for (let id = from, end = from; id < last; ) {
      const set = sets[id] as number;
      while (end < last && sets[end] === set) end++;
      let at = set === 0 ? 0 : this.#begin(set, end - id);
      const own = this.#ids;
      if (set === 0) id = end;
      while (id < end) own[at++] = id++;
    }
  }

  /** Gives those that were added from `from` to `to - 1` their places; nothing is added any more. */
  place(from: number, to: number): void {
    if (this.#sizes.length <= 1) return;
    const ordered = (this.#ordered ??= this.#start());
    for (let i = from; i < to; i++) {
      const bucket = this.#bucketOf[i] as number;
      const at = this.#sizes[bucket] as number;
      ordered[at] = this.#ids[i] as number;
      this.#sizes[bucket] = at + 1;
    }
  }

  /** In order, once all are placed. */
  get ordered(): Uint32Array<ArrayBuffer> {
    return this.#ordered ?? this.#ids.subarray(0, this.#length);
  }

  /** Makes room for so many ids with a set, and returns where they go. */
  #begin(set: number, count: number): number {
    if (set !== this.#lastSet) this.#choose(set);
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#ids.length) this.#grow();
    if (this.#bucketOf.length !== 0) this.#bucketOf.fill(this.#bucket, at, this.#length);
    this.#sizes[this.#bucket] = (this.#sizes[this.#bucket] as number) + count;
    return at;
  }

  #choose(set: number): void {
    this.#lastSet = set;
    const known = this.#buckets.get(set);
    this.#bucket = known ?? this.#sizes.length;
    if (known !== undefined) return;
    this.#buckets.set(set, this.#bucket);
    this.#sizes.push(0);
    if (this.#sizes.length === 2) this.#bucketOf = new Uint32Array(Math.max(64, this.#ids.length));
  }

  #grow(): void {
    this.#ids = grownTo(this.#ids, this.#length);
    if (this.#bucketOf.length !== 0) this.#bucketOf = grownTo(this.#bucketOf, this.#ids.length);
  }

  #start(): Uint32Array<ArrayBuffer> {
    let start = 0;
    for (let i = 0; i < this.#sizes.length; i++) {
      const size = this.#sizes[i] as number;
      this.#sizes[i] = start;
      start += size;
    }
    return new Uint32Array(this.#length);
  }
}

/** The first `length` of `ids` in order: the same array when they are as they come, as in most batches. */
export function bucketed(ids: Uint32Array<ArrayBuffer>, length: number, sets: Uint32Array): Uint32Array<ArrayBuffer> {
  if (haveOneSet(ids, length, sets)) return ids;
  const buckets = new Buckets(length);
  buckets.add(ids, 0, length, sets);
  buckets.place(0, length);
  return buckets.ordered;
}

function haveOneSet(ids: Uint32Array, length: number, sets: Uint32Array): boolean {
  if (length === 0) return true;
  const first = entryAt(sets, ids[0] as number);
  for (let i = 1; i < length; i++) if (entryAt(sets, ids[i] as number) !== first) return false;
  return true;
}
