import type { Address } from '../ip/address.ts';
import { AttributeStore } from '../rib/attribute-store.ts';
import type { Run } from '../rib/steps.ts';
import type { World } from '../session/ports.ts';
import { type Family, familyName } from '../wire/family.ts';
import { isPrefixFamily } from '../wire/nlri.ts';
import { hex } from '../wire/printable.ts';
import type { Attributes, Nlri } from '../wire/update.ts';
import { SpeakerError } from './error.ts';
import { FamilyRib } from './family-rib.ts';
import { inTurns } from './in-turns.ts';
import type { Inbound } from './inbound.ts';
import type { RouteRow } from './route-row.ts';
import { RouteWatchers } from './route-watchers.ts';
import { adjRibInRoute, type Listing, locRibRoute, locRibRows } from './routes.ts';
import { acquireSet } from './sets.ts';
import type { PathSpec, Route, RouteEvent, RouteFilter } from './types.ts';
import { Uuids } from './uuid.ts';

/** The tables of one speaker: what it originates, and how all routes are listed and watched. */
export class Tables {
  readonly store = new AttributeStore();
  readonly #asn: number;
  readonly #clock: World['clock'];
  readonly #ribs = new Map<Family, FamilyRib>();
  readonly #watchers: RouteWatchers;
  readonly #run: Run;
  readonly #uuids: Uuids;
  readonly #startedAt: number;
  readonly #startDate: Date;

  constructor(asn: number, { clock, entropy }: Pick<World, 'clock' | 'entropy'>) {
    this.#asn = asn;
    this.#clock = clock;
    this.#run = inTurns(clock);
    this.#uuids = new Uuids(entropy);
    this.#watchers = new RouteWatchers(clock);
    this.#startedAt = clock.now();
    this.#startDate = clock.date();
  }

  /** Those of the families that there was a use for. */
  get ribs(): Iterable<FamilyRib> {
    return this.#ribs.values();
  }

  /** Octets that prefixes, paths and attribute sets take; room to grow is not counted. */
  get memory(): number {
    let octets = this.store.memory;
    for (const { table, paths } of this.#ribs.values()) octets += table.memory + paths.memory;
    return octets;
  }

  /** Since it was made. */
  get seconds(): number {
    return Math.floor((this.#clock.now() - this.#startedAt) / 1000);
  }

  /** Throws SpeakerError for a family whose routes are not prefixes. */
  rib(family: Family): FamilyRib {
    const known = this.#ribs.get(family);
    if (known !== undefined) return known;
    if (!isPrefixFamily(family))
      throw new SpeakerError(
        'invalid-argument',
        `family ${familyName(family)} is not supported: only unicast and multicast are`,
      );
    const rib = new FamilyRib(family, this.store, this.#run);
    this.#ribs.set(family, rib);
    return rib;
  }

  /** See `Speaker`. */
  advertise(spec: PathSpec): Uint8Array[] {
    const uuids: Uint8Array[] = [];
    const rib = this.rib(spec.family);
    const { locRib } = rib;
    this.#add(rib, spec, (slot) => uuids.push(this.#uuids.of(spec.family, slot, locRib.generationOf(slot))));
    return uuids;
  }

  advertiseBulk(spec: PathSpec): number {
    return this.#add(this.rib(spec.family), spec);
  }

  withdraw(uuid: Uint8Array): void {
    const found = this.#uuids.parse(uuid);
    if (found === undefined) {
      const text = `no path has uuid ${hex(uuid)}: it may be from before a restart; list the paths, or withdraw by prefix`;
      throw new SpeakerError('not-found', text);
    }
    const rib = this.#ribs.get(found.family);
    const slot = rib?.locRib.resolve(found.slot, found.generation);
    if (rib === undefined || slot === undefined)
      throw new SpeakerError('not-found', `no path has uuid ${hex(uuid)}: it was withdrawn`);
    this.#tellWithdrawn(rib, rib.locRib.prefixOf(slot));
    rib.removeSlot(slot);
    rib.flush();
  }

  withdrawPrefixes(family: Family, nlri: Nlri, owner: PathSpec['owner'] = 'api'): number {
    const rib = this.rib(family);
    const isWatched = this.#watchers.wants('loc-rib');
    const count = rib.remove(nlri, owner, isWatched ? (_, prefix) => this.#tellWithdrawn(rib, prefix) : undefined);
    rib.flush();
    return count;
  }

  locRib(family: Family): Iterable<RouteRow> {
    return locRibRows(this.rib(family), this.listing(family));
  }

  /** `asn` is that of who sent the routes: ours when absent. */
  listing(family: Family, asn = this.#asn): Listing {
    const { locRib } = this.rib(family);
    const started = this.#startDate.getTime();
    return {
      store: this.store,
      timeOf: (seconds) => started + seconds * 1000,
      writeUuid: (slot, uuid) => this.#uuids.write(uuid, family, slot, locRib.generationOf(slot)),
      asn,
    };
  }

  watch(filter: RouteFilter, listener: (events: readonly RouteEvent[]) => void): () => void {
    return this.#watchers.add(filter, listener);
  }

  /** Tells what a neighbor sends; absent while nobody watches that. */
  inboundWatcher(neighbor: Address, asn: number) {
    if (!this.#watchers.wants('adj-rib-in')) return undefined;
    return (type: RouteEvent['type'], inbound: Inbound, id: number): void => {
      const { family } = inbound.rib;
      const routes = adjRibInRoute(inbound, id, this.listing(family, asn));
      this.#watchers.tell({ type, table: 'adj-rib-in', family, neighbor, routes });
    };
  }

  #add(rib: FamilyRib, spec: PathSpec, visit?: (slot: number) => void): number {
    const { nextHop, attributes, nlri, owner = 'api' } = spec;
    const set = acquireSet(this.store, withMandatory(attributes), nextHop);
    const isWatched = this.#watchers.wants('loc-rib');
    const prefixes: number[] = [];
    const seen =
      isWatched || visit
        ? (slot: number, prefix: number) => {
            visit?.(slot);
            if (isWatched) prefixes.push(prefix);
          }
        : undefined;
    const count = rib.add(nlri, set, owner, this.seconds, seen);
    this.store.release(set);
    if (isWatched) this.#tellAnnounced(rib, prefixes);
    rib.flush();
    return count;
  }

  #tellAnnounced(rib: FamilyRib, prefixes: readonly number[]): void {
    const routes = prefixes.flatMap((prefix) => this.#locRibRoute(rib, prefix));
    this.#watchers.tell({ type: 'announced', table: 'loc-rib', family: rib.family, routes });
  }

  #tellWithdrawn(rib: FamilyRib, prefix: number): void {
    if (!this.#watchers.wants('loc-rib')) return;
    const routes = this.#locRibRoute(rib, prefix);
    this.#watchers.tell({ type: 'withdrawn', table: 'loc-rib', family: rib.family, routes });
  }

  #locRibRoute(rib: FamilyRib, prefix: number): Route[] {
    return locRibRoute(rib, prefix, this.listing(rib.family));
  }
}

/** ORIGIN and AS_PATH are there in every path (RFC 4271, 5); what a session puts in is not ours to keep. */
function withMandatory({ nextHop, ...attributes }: Attributes): Attributes {
  return { ...attributes, origin: attributes.origin ?? 'igp', asPath: attributes.asPath ?? [] };
}
