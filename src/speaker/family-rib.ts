import type { Prefix } from '../ip/prefix.ts';
import type { PolicyChain, Touched } from '../policy/chain.ts';
import type { AttributeStore } from '../rib/attribute-store.ts';
import { IdList } from '../rib/column.ts';
import { LocRib, type Owner } from '../rib/loc-rib.ts';
import { PathTable, readPathId } from '../rib/path-table.ts';
import { PrefixTable } from '../rib/prefix-table.ts';
import { type Run, runThrough } from '../rib/steps.ts';
import { UpdateGroup } from '../rib/update-group.ts';
import { afiOf, type Family } from '../wire/family.ts';
import type { Nlri } from '../wire/update.ts';
import { Exporter, keyOf, type Treatment } from './export.ts';
import { AllPaths, BestPaths, type Feed } from './feed.ts';
import { comparePreference } from './preference.ts';
import { readSet } from './sets.ts';

/** An update group and what fills it. */
export interface Outbound {
  key: string;
  treatment: Treatment;
  exporter: Exporter;
  feed: Feed;
  readonly group: UpdateGroup;
}

/** All tables of one family: the prefixes, the paths of those who speak ADD-PATH, the Loc-RIB, and an Adj-RIB-Out for each treatment that some peer has. */
export class FamilyRib {
  readonly family: Family;
  readonly table: PrefixTable;
  readonly paths: PathTable;
  readonly locRib: LocRib;
  readonly #store: AttributeStore;
  readonly #outbound = new Map<string, Outbound>();
  /** Prefixes whose paths changed and that the groups have not heard of. */
  readonly #changed = new IdList();

  readonly #run: Run;

  /** `run`: how groups are filled. */
  constructor(family: Family, store: AttributeStore, run: Run = runThrough) {
    this.#run = run;
    this.family = family;
    this.#store = store;
    this.table = new PrefixTable(afiOf(family) === 1 ? 4 : 16);
    this.paths = new PathTable(this.table);
    this.locRib = new LocRib(this.table, store, (first, second) =>
      comparePreference(readSet(store, first, family).attributes, readSet(store, second, family).attributes),
    );
  }

  get groups(): Iterable<Outbound> {
    return this.#outbound.values();
  }

  /**
   * Puts in a path for each prefix, all with one set; `visit` gets the slot of each. The caller holds the set until this returns.
   * The groups hear of it at `flush`.
   */
  add(nlri: Nlri, set: number, owner: Owner, seconds: number, visit?: (slot: number, prefix: number) => void): number {
    const { bytes, addPath } = nlri;
    const { table, locRib } = this;
    let count = 0;
    for (let at = 0; at < bytes.length; at += 1 + (((bytes[at] as number) + 7) >> 3), count++) {
      let pathId = 0;
      if (addPath) {
        pathId = readPathId(bytes, at);
        at += 4;
      }
      const prefix = table.acquire(bytes, at);
      this.#store.hold(set);
      const slot = locRib.set(prefix, pathId, owner, set, seconds);
      // The path holds the prefix now, and nothing else does on our behalf until the flush.
      this.#changed.push(prefix);
      if (visit !== undefined) visit(slot, prefix);
    }
    return count;
  }

  /** Takes out the paths of these prefixes that `owner` put in; returns how many there were. */
  remove(nlri: Nlri, owner: Owner, visit?: (slot: number, prefix: number) => void): number {
    const { bytes, addPath } = nlri;
    let count = 0;
    for (let at = 0; at < bytes.length; at += 1 + (((bytes[at] as number) + 7) >> 3)) {
      let pathId = 0;
      if (addPath) {
        pathId = readPathId(bytes, at);
        at += 4;
      }
      const prefix = this.table.lookup(bytes, at);
      const slot = prefix === -1 ? -1 : this.locRib.find(prefix, pathId, owner);
      if (slot === -1) continue;
      if (visit !== undefined) visit(slot, prefix);
      this.removeSlot(slot);
      count++;
    }
    return count;
  }

  removeSlot(slot: number): void {
    const prefix = this.locRib.prefixOf(slot);
    // Held until the flush: the groups are still to be told of it.
    this.table.hold(prefix);
    this.#changed.push(prefix);
    this.locRib.remove(slot);
  }

  /** Brings the groups up to date and sends. */
  flush(): void {
    const { ids, length } = this.#changed;
    for (const { feed } of this.#outbound.values()) feed.update(ids, length);
    for (let i = 0; i < length; i++) this.table.release(ids[i] as number);
    this.#changed.clear();
    for (const { group } of this.#outbound.values()) group.flush();
  }

  /** The group of a treatment, filled or about to be. */
  outbound(treatment: Treatment): Outbound {
    const key = keyOf(treatment);
    const known = this.#outbound.get(key);
    if (known !== undefined) return known;
    const exporter = new Exporter(treatment, this.family, this.table, this.#store);
    const keys = treatment.addPath ? this.paths : this.table;
    const group = new UpdateGroup(keys, this.#store, this.family, treatment.maxMessage, this.#run);
    const outbound = { key, treatment, exporter, group, feed: this.#feed(treatment, exporter, group) };
    this.#outbound.set(key, outbound);
    group.fill(outbound.feed.updateAll(this.table.end));
    return outbound;
  }

  /** Gives a group another treatment with as many paths, when no other group has it; then only what comes out differently is sent. */
  retarget(outbound: Outbound, treatment: Treatment): boolean {
    const key = keyOf(treatment);
    if (this.#outbound.has(key)) return false;
    this.#outbound.delete(outbound.key);
    outbound.exporter.dispose();
    outbound.key = key;
    outbound.treatment = treatment;
    outbound.exporter = new Exporter(treatment, this.family, this.table, this.#store);
    outbound.feed = this.#feed(treatment, outbound.exporter, outbound.group);
    this.#outbound.set(key, outbound);
    this.#updateAll(outbound);
    return true;
  }

  /** A policy says something else of these prefixes than before: sends what comes out differently. */
  evaluateAgain(policy: PolicyChain, touched: Touched): void {
    const ids = Uint32Array.from(touched === 'all' ? [] : touched.flatMap((prefix) => this.#idOf(prefix) ?? []));
    for (const outbound of this.#outbound.values()) {
      if (outbound.treatment.policy !== policy) continue;
      if (touched === 'all') this.#updateAll(outbound);
      else {
        outbound.feed.update(ids, ids.length);
        outbound.group.flush();
      }
    }
  }

  #updateAll({ feed, group }: Outbound): void {
    const steps = feed.updateAll(this.table.end);
    if (group.isFilling) group.fill(steps);
    else {
      runThrough(steps);
      group.flush();
    }
  }

  /** Undefined: no route has ever had it. */
  #idOf({ bytes, length }: Prefix): number | undefined {
    if (bytes.length !== this.table.octets) return undefined;
    const id = this.table.lookup(Uint8Array.of(length, ...bytes), 0);
    return id === -1 ? undefined : id;
  }

  /** Forgets a group that has no member left. */
  drop(outbound: Outbound): void {
    if (outbound.group.members > 0) return;
    this.#outbound.delete(outbound.key);
    outbound.exporter.dispose();
    outbound.feed.dispose();
  }

  #feed({ addPath }: Treatment, exporter: Exporter, group: UpdateGroup): Feed {
    return addPath
      ? new AllPaths(this.locRib, this.paths, group, exporter)
      : new BestPaths(this.locRib, group, exporter);
  }
}
