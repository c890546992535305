import { entryAt, grownTo, touch } from './column.ts';

/** Entries whose memory is asked for together. */
const TOUCHED = 16384;

/** The attribute set of each route id that a group announces; 0 for none. */
export class SetColumn {
  /** Changed in place where the entry has been entered. */
  sets: Uint32Array<ArrayBuffer> = new Uint32Array(64);
  /** Entries below are ready to be changed. */
  entered = 0;
  /** The set that all have that have one, as far as whoever changes entries can tell; 0: there may be several. */
  only = 0;
  #end = 0;

  /** All entries that are not 0 are before it. */
  get end(): number {
    return this.#end;
  }

  at(id: number): number {
    return entryAt(this.sets, id);
  }

  /** Makes room for ids up to that before `end`. */
  reserve(end: number): void {
    this.sets = grownTo(this.sets, end);
  }

  /**
   * Makes the entry at `id` ready to be changed, and returns the column. While entries come in order, as in a fill, each page is written to before it is read (see
   * `touched`), and a few at a time: a million routes have a thousand.
   */
  enter(id: number): Uint32Array<ArrayBuffer> {
    this.reserve(id + 1);
    const { sets, entered } = this;
    if (id - entered < TOUCHED) {
      this.entered = Math.min(entered + TOUCHED, sets.length);
      touch(sets, this.#end, this.entered);
    }
    this.#end = Math.max(this.#end, this.entered, id + 1);
    return sets;
  }

  /** The set that all have that have one, 0 when none has; undefined: there are several. Looks at so many in a step. */
  *setOfAll(step: number): Generator<void, number | undefined> {
    if (this.only !== 0) return this.only;
    let first = 0;
    while (first < this.#end && this.sets[first] === 0) first++;
    const set = this.at(first);
    for (let from = first; from < this.#end; from += step) {
      if (from > first) yield;
      if (!haveOnly(set, from, Math.min(from + step, this.#end), this.sets)) return undefined;
    }
    return set;
  }

  /** The id after the last one that has this set. */
  endOf(set: number): number {
    return this.sets.lastIndexOf(set, this.#end - 1) + 1;
  }

  clear(): void {
    this.sets = new Uint32Array(0);
    this.entered = 0;
    this.only = 0;
    this.#end = 0;
  }
}

function haveOnly(set: number, from: number, to: number, sets: Uint32Array): boolean {
  for (let id = from; id < to; id++) if (sets[id] !== set && sets[id] !== 0) return false;
  return true;
}
