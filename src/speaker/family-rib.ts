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
import { Exporter } from './export.ts';
import { AllPaths, BestPaths, type Feed } from './feed.ts';
import { comparePreference } from './preference.ts';
import { readSet } from './sets.ts';
import { keyOf, type Treatment } from './treatment.ts';

/** An update group and what fills it. */
export interface Outbound {
  /** Peers that are sent what is in it, or would be if their session came up now. */
  keepers: number;
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
  /** Of what is withdrawn. */
  readonly #found = new IdList();

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
    const { table, locRib } = this;
    const changed = this.#changed;
    const before = changed.length;
    // A path holds its prefix, and what changed another time until the flush.
    if (!nlri.addPath) {
      table.acquireAll(nlri.bytes, changed);
      const prefixes = changed.ids.subarray(before, changed.length);
      this.#store.hold(set, prefixes.length);
      locRib.setAll(prefixes, prefixes.length, owner, set, seconds, visit);
    } else
      for (const { at, pathId } of pathsIn(nlri)) {
        const prefix = table.acquire(nlri.bytes, at);
        changed.push(prefix);
        this.#store.hold(set);
        const slot = locRib.set(prefix, pathId, owner, set, seconds);
        visit?.(slot, prefix);
      }
    return changed.length - before;
  }

  /** Takes out the paths of these prefixes that `owner` put in; returns how many there were. */
  remove(nlri: Nlri, owner: Owner, visit?: (slot: number, prefix: number) => void): number {
    if (!nlri.addPath) {
      const found = this.#found;
      found.clear();
      this.table.lookupAll(nlri.bytes, found);
      return this.locRib.removeAll(found.ids, found.length, owner, this.#changed, visit);
    }
    let count = 0;
    for (const { at, pathId } of pathsIn(nlri)) {
      const prefix = this.table.lookup(nlri.bytes, at);
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
    this.table.releaseAll(ids, length);
    this.#changed.clear();
    for (const { group } of this.#outbound.values()) group.flush();
  }

  /** The group of a treatment, filled or about to be; it stays up to date until whoever keeps it lets go of it. */
  keep(treatment: Treatment): Outbound {
    const key = keyOf(treatment);
    const known = this.#outbound.get(key);
    if (known !== undefined) {
      known.keepers++;
      return known;
    }
    const exporter = new Exporter(treatment, this.family, this.table, this.#store);
    const keys = treatment.addPath ? this.paths : this.table;
    const group = new UpdateGroup(keys, this.#store, this.family, treatment.maxMessage, this.#run);
    const feed = this.#feed(treatment, exporter, group);
    const outbound = { keepers: 1, key, treatment, exporter, group, feed };
    this.#outbound.set(key, outbound);
    group.fill(feed.updateAll(this.table.end), treatment.addPath ? 0 : this.table.end);
    return outbound;
  }

  /** Gives a group that one peer keeps another treatment with as many paths, when no other group has it; then only what comes out differently is sent. */
  retarget(outbound: Outbound, treatment: Treatment): boolean {
    const key = keyOf(treatment);
    if (outbound.keepers > 1 || this.#outbound.has(key)) return false;
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

  /** As `retarget`, for longer messages alone, which leave everything as it is but for routes that did not fit; then returns false, too. */
  lengthen(outbound: Outbound, treatment: Treatment): boolean {
    const key = keyOf(treatment);
    const { keepers, treatment: before, exporter, group } = outbound;
    const { maxMessage } = treatment;
    if (maxMessage <= before.maxMessage || keyOf({ ...before, maxMessage }) !== key) return false;
    if (keepers > 1 || this.#outbound.has(key) || !exporter.lengthen(treatment)) return false;
    group.setMaxMessage(maxMessage);
    this.#outbound.delete(outbound.key);
    outbound.key = key;
    outbound.treatment = treatment;
    this.#outbound.set(key, outbound);
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

  /** Ends a `keep`. Its peer has left the group. */
  letGo(outbound: Outbound): void {
    if (--outbound.keepers > 0) return;
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

/** Of NLRI with path identifiers: where each prefix is, and its identifier (RFC 7911, 3). */
function* pathsIn({ bytes }: Nlri): Generator<{ readonly at: number; readonly pathId: number }> {
  for (let at = 0; at < bytes.length; ) {
    const pathId = readPathId(bytes, at);
    yield { at: at + 4, pathId };
    at += 5 + (((bytes[at + 4] as number) + 7) >> 3);
  }
}
