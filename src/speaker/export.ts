import type { RoutePolicyActions } from '../policy/types.ts';
import type { AttributeStore } from '../rib/attribute-store.ts';
import { Packer } from '../rib/packer.ts';
import type { PrefixTable } from '../rib/prefix-table.ts';
import type { Family } from '../wire/family.ts';
import { exported } from './exported.ts';
import { PlainExport } from './plain-export.ts';
import type { Treatment } from './treatment.ts';

/** The attribute sets that a cache may keep beside twice those in use. */
const SLACK = 1024;

/** What a set is exported as: a set that is held, or 0. Good for as long as the id of the set is of this generation. */
interface Exported {
  readonly generation: number;
  readonly to: number;
}

/** What the sets that one decision was made of are exported as. */
interface Decided {
  readonly sets: Map<number, Exported>;
  /** Since the last sweep. */
  wasUsed: boolean;
}

/** Turns a path of the Loc-RIB into what peers of one treatment are sent. */
export class Exporter {
  #treatment: Treatment;
  readonly #family: Family;
  readonly #table: PrefixTable;
  readonly #store: AttributeStore;
  readonly #cache = new Map<readonly RoutePolicyActions[], Decided>();
  /** Some route was left out for want of room in a message. */
  #leftOut = false;
  #cached = 0;
  /** How many make it time for the next sweep. */
  #most = SLACK;
  #lastSet = 0;
  #lastGeneration = 0;
  #lastActions: readonly RoutePolicyActions[] | undefined;
  #lastExported = 0;
  /** At most. */
  readonly #nlriOctets: number;
  readonly #subject: { address: Uint8Array; length: number };
  readonly #plain: PlainExport | undefined;

  constructor(treatment: Treatment, family: Family, table: PrefixTable, store: AttributeStore) {
    this.#treatment = treatment;
    this.#family = family;
    this.#table = table;
    this.#store = store;
    this.#nlriOctets = (treatment.addPath ? 4 : 0) + 1 + table.octets;
    this.#subject = { address: new Uint8Array(table.octets), length: 0 };
    this.#plain = PlainExport.for(treatment, family);
  }

  /** The set to announce for a path to a prefix that has `set`, with one hold; 0 to announce nothing. */
  export(prefix: number, set: number): number {
    const { policy, drain } = this.#treatment;
    if (drain === 'drained') return 0;
    if (!policy.isConstant) {
      this.#table.writeAddress(prefix, this.#subject.address, 0);
      this.#subject.length = this.#table.lengthOf(prefix);
    }
    const decision = policy.decide(this.#family, this.#subject);
    if (!decision.accept) return 0;
    // Neighbours in a table mostly share a set: two look-ups less for each.
    const generation = this.#store.generationOf(set);
    if (set !== this.#lastSet || generation !== this.#lastGeneration || decision.actions !== this.#lastActions) {
      this.#lastExported = this.#find(set, generation, decision.actions);
      this.#lastActions = decision.actions;
      this.#lastSet = set;
      this.#lastGeneration = generation;
    }
    if (this.#lastExported !== 0) this.#store.hold(this.#lastExported);
    return this.#lastExported;
  }

  /** As `export` for the first `length` of these prefixes, in place of their `sets`; what has no set has none. */
  exportAll(prefixes: Uint32Array, length: number, sets: Uint32Array): void {
    const { isConstant } = this.#treatment.policy;
    for (let from = 0, to = 0; from < length; from = to) {
      const set = sets[from] as number;
      to = isConstant ? endOfRun(sets, from, length) : from + 1;
      if (set === 0) continue;
      const exported = this.export(prefixes[from] as number, set);
      if (to - from > 1 && exported !== 0) this.#store.hold(exported, to - from - 1);
      for (let i = from; i < to; i++) sets[i] = exported;
    }
  }

  /** Takes a treatment that differs in longer messages alone. False: not without looking at the routes again. */
  lengthen(treatment: Treatment): boolean {
    if (this.#leftOut) return false;
    this.#treatment = treatment;
    return true;
  }

  dispose(): void {
    this.#forget(() => true);
  }

  #find(set: number, generation: number, actions: readonly RoutePolicyActions[]): number {
    let decided = this.#cache.get(actions);
    if (decided === undefined) this.#cache.set(actions, (decided = { sets: new Map(), wasUsed: true }));
    decided.wasUsed = true;
    const known = decided.sets.get(set);
    if (known?.generation === generation) return known.to;
    if (known !== undefined) this.#drop(decided, set, known);
    const to = this.#make(set, actions);
    decided.sets.set(set, { generation, to });
    if (++this.#cached > this.#most) this.#sweep();
    return to;
  }

  #make(set: number, actions: readonly RoutePolicyActions[]): number {
    const from = this.#store.bytesOf(set);
    const plain = actions.length === 0 ? this.#plain?.of(from) : undefined;
    const bytes = plain ?? exported(from, actions, this.#treatment, this.#family);
    if (bytes === undefined) return 0;
    if (Packer.fits(bytes, this.#nlriOctets, this.#treatment.maxMessage)) return this.#store.acquire(bytes);
    this.#leftOut = true;
    return 0;
  }

  /** Forgets sets that are gone, and decisions that no policy makes any more; what is left may double until the next time. */
  #sweep(): void {
    this.#forget(({ wasUsed }, set, { generation }) => !wasUsed || this.#store.generationOf(set) !== generation);
    for (const decided of this.#cache.values()) decided.wasUsed = false;
    this.#most = SLACK + 2 * this.#cached;
  }

  #forget(isGone: (decided: Decided, set: number, exported: Exported) => boolean): void {
    for (const [actions, decided] of this.#cache) {
      for (const [set, known] of decided.sets) if (isGone(decided, set, known)) this.#drop(decided, set, known);
      if (decided.sets.size === 0) this.#cache.delete(actions);
    }
    this.#lastSet = 0;
  }

  #drop({ sets }: Decided, set: number, { to }: Exported): void {
    sets.delete(set);
    this.#cached--;
    if (to !== 0) this.#store.release(to);
  }
}

/** Where another set begins than that at `from`. */
function endOfRun(sets: Uint32Array, from: number, length: number): number {
  const set = sets[from];
  let end = from + 1;
  while (end < length && sets[end] === set) end++;
  return end;
}
