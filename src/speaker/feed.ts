import type { LocRib } from '../rib/loc-rib.ts';
import type { PathTable } from '../rib/path-table.ts';
import { type Steps, stepsOver } from '../rib/steps.ts';
import type { UpdateGroup } from '../rib/update-group.ts';
import type { Exporter } from './export.ts';

/** Prefixes in one step: few milliseconds, whatever the policy. */
const STEP = 32768;
/** Prefixes that go through a column at once: what is known of them stays in the processor's cache. */
const BATCH = 4096;

// Of the batch that is dealt with.
const range = new Uint32Array(BATCH);
const sets = new Uint32Array(BATCH);

/** Brings an update group up to date with the Loc-RIB. */
export interface Feed {
  /** The paths of the first `length` of these prefixes may have changed. */
  update(prefixes: Uint32Array, length: number): void;
  /** All may have, up to the prefix before `end`. A change between two steps is to be told as ever. */
  updateAll(end: number): Steps;
  /** The group is not used again. */
  dispose(): void;
}

/** The best path of each prefix: the group's ids are prefixes. */
export class BestPaths implements Feed {
  readonly #locRib: LocRib;
  readonly #group: UpdateGroup;
  readonly #exporter: Exporter;

  constructor(locRib: LocRib, group: UpdateGroup, exporter: Exporter) {
    this.#locRib = locRib;
    this.#group = group;
    this.#exporter = exporter;
  }

  update(prefixes: Uint32Array, length: number): void {
    for (let from = 0; from < length; from += BATCH)
      this.#updateBatch(prefixes.subarray(from, Math.min(from + BATCH, length)));
  }

  updateAll(end: number): Steps {
    return stepsOver(end, STEP, (from, to) => this.#updateFrom(from, to));
  }

  dispose(): void {
    this.#group.dispose();
  }

  #updateFrom(from: number, to: number): void {
    for (let first = from; first < to; first += BATCH) {
      const length = Math.min(BATCH, to - first);
      for (let i = 0; i < length; i++) range[i] = first + i;
      this.#updateBatch(range.subarray(0, length));
    }
  }

  /** Column by column: the best path of each prefix, what it is exported as, what is announced. */
  #updateBatch(prefixes: Uint32Array): void {
    const { length } = prefixes;
    this.#locRib.bestAll(prefixes, length, sets);
    this.#exporter.exportAll(prefixes, length, sets);
    this.#group.putAll(prefixes, length, sets);
  }
}

/**
 * Every path of each prefix (RFC 7911): the group's ids are those of the path table, and whatever is announced is held. On the wire a path is a prefix
 * and its identifier, so of the paths of several owners with the same one the preferred goes out.
 */
export class AllPaths implements Feed {
  readonly #locRib: LocRib;
  readonly #paths: PathTable;
  readonly #group: UpdateGroup;
  readonly #exporter: Exporter;

  constructor(locRib: LocRib, paths: PathTable, group: UpdateGroup, exporter: Exporter) {
    this.#locRib = locRib;
    this.#paths = paths;
    this.#group = group;
    this.#exporter = exporter;
  }

  update(prefixes: Uint32Array, length: number): void {
    // A batch that gives a prefix many paths names it as often in a row.
    for (let i = 0; i < length; i++)
      if (i === 0 || prefixes[i] !== prefixes[i - 1]) this.#update(prefixes[i] as number);
  }

  updateAll(end: number): Steps {
    return stepsOver(end, STEP, (from, to) => {
      for (let prefix = from; prefix < to; prefix++) this.#update(prefix);
    });
  }

  dispose(): void {
    for (const id of this.#group.announcedIds()) this.#paths.release(id);
    this.#group.dispose();
  }

  #update(prefix: number): void {
    for (const id of this.#paths.of(prefix))
      if (this.#group.announced(id) !== 0 && this.#locRib.bestOf(prefix, this.#paths.pathIdOf(id)) === -1)
        this.#put(id, 0);
    for (const slot of this.#locRib.slots(prefix)) {
      const pathId = this.#locRib.pathIdOf(slot);
      if (this.#locRib.bestOf(prefix, pathId) !== slot) continue;
      const id = this.#paths.acquirePath(prefix, pathId);
      this.#put(id, this.#exporter.export(prefix, this.#locRib.attributesOf(slot)));
      this.#paths.release(id);
    }
  }

  /** The log holds what is to be withdrawn: the hold of what is announced may go right after. */
  #put(id: number, set: number): void {
    const before = this.#group.announced(id);
    this.#group.put(id, set);
    if (before === 0 && set !== 0) this.#paths.hold(id);
    if (before !== 0 && set === 0) this.#paths.release(id);
  }
}
