import { Prefix } from '../ip/prefix.ts';
import type { AttributeStore } from '../rib/attribute-store.ts';
import type { FamilyRib, Outbound } from './family-rib.ts';
import type { Inbound } from './inbound.ts';
import { SetReader } from './sets.ts';
import type { Path, Route } from './types.ts';

/** What turns rows of the tables into routes for people. */
export interface Listing {
  readonly store: AttributeStore;
  readonly dateOf: (seconds: number) => Date;
  readonly uuidOf: (slot: number) => Uint8Array;
  /** The AS that the paths come from. */
  readonly asn: number;
}

export function* locRibRoutes(rib: FamilyRib, listing: Listing): Generator<Route> {
  const sets = new SetReader(listing.store, rib.family);
  try {
    for (let prefix = 0; prefix < rib.table.end; prefix++) yield* locRibRoute(rib, prefix, listing, sets);
  } finally {
    sets.close();
  }
}

/** The route of one prefix, if there is one. */
export function* locRibRoute(rib: FamilyRib, prefix: number, listing: Listing, sets: SetReader): Generator<Route> {
  const best = rib.locRib.bestSlot(prefix);
  if (best === -1) return;
  const paths: Path[] = [];
  for (const slot of rib.locRib.slots(prefix)) paths.push(locRibPath(rib, slot, slot === best, listing, sets));
  yield { prefix: prefixAt(rib, prefix), paths };
}

function locRibPath(
  { locRib, family }: FamilyRib,
  slot: number,
  best: boolean,
  listing: Listing,
  sets: SetReader,
): Path {
  const { attributes, nextHop } = sets.read(locRib.attributesOf(slot));
  return {
    family,
    pathId: locRib.pathIdOf(slot),
    attributes,
    nextHop,
    best,
    createdAt: listing.dateOf(locRib.createdOf(slot)),
    uuid: listing.uuidOf(slot),
    sourceAsn: listing.asn,
  };
}

export function* adjRibInRoutes(inbound: Inbound | undefined, listing: Listing): Generator<Route> {
  if (inbound === undefined) return;
  const sets = new SetReader(listing.store, inbound.rib.family);
  try {
    const { adjRibIn, rib, addPath } = inbound;
    if (!addPath) for (const id of adjRibIn.ids()) yield* adjRibInRoute(inbound, [id], listing, sets);
    else
      for (let prefix = 0; prefix < rib.table.end; prefix++)
        yield* adjRibInRoute(inbound, rib.paths.of(prefix), listing, sets);
  } finally {
    sets.close();
  }
}

/** What the peer sent of these ids, which are of one prefix. None of a looped path: of it only the fact is kept. */
export function* adjRibInRoute(
  { adjRibIn, keys, rib }: Inbound,
  ids: readonly number[],
  listing: Listing,
  sets: SetReader,
): Generator<Route> {
  const there = ids.filter((id) => adjRibIn.attributesOf(id) !== 0);
  const [first] = there;
  if (first === undefined) return;
  const paths = there.map(
    (id): Path => ({
      family: rib.family,
      pathId: keys.pathIdOf(id),
      ...sets.read(adjRibIn.attributesOf(id)),
      best: adjRibIn.isAccepted(id),
      createdAt: listing.dateOf(adjRibIn.receivedAt(id)),
      sourceAsn: listing.asn,
    }),
  );
  yield { prefix: prefixAt(rib, keys.prefixOf(first)), paths };
}

/** What the peer is told, as the wire says it: its AS path begins with ours on an external session. */
export function* adjRibOutRoutes(rib: FamilyRib, outbound: Outbound | undefined, listing: Listing): Generator<Route> {
  if (outbound === undefined) return;
  const { group, treatment } = outbound;
  const sets = new SetReader(listing.store, rib.family, treatment.fourOctetAs);
  const pathOf = (id: number, slot: number, pathId: number, best: boolean): Path => ({
    family: rib.family,
    pathId,
    ...sets.read(group.announced(id)),
    best,
    createdAt: listing.dateOf(slot === -1 ? 0 : rib.locRib.createdOf(slot)),
    sourceAsn: listing.asn,
  });
  try {
    for (let prefix = 0; prefix < rib.table.end; prefix++) {
      const best = rib.locRib.bestSlot(prefix);
      const ids = (treatment.addPath ? rib.paths.of(prefix) : [prefix]).filter((id) => group.announced(id) !== 0);
      if (ids.length === 0) continue;
      const paths = ids.map((id) => {
        if (!treatment.addPath) return pathOf(id, best, 0, true);
        const pathId = rib.paths.pathIdOf(id);
        const slot = rib.locRib.bestOf(prefix, pathId);
        return pathOf(id, slot, pathId, slot === best);
      });
      yield { prefix: prefixAt(rib, prefix), paths };
    }
  } finally {
    sets.close();
  }
}

function prefixAt({ table }: FamilyRib, id: number): Prefix {
  const bytes = new Uint8Array(table.octets);
  table.writeAddress(id, bytes, 0);
  return new Prefix(bytes, table.lengthOf(id));
}
