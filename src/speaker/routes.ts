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
  const { locRib, family } = rib;
  const best = locRib.bestSlot(prefix);
  if (best === -1) return;
  const paths = Array.from(
    locRib.slots(prefix),
    (slot): Path => ({
      family,
      pathId: locRib.pathIdOf(slot),
      ...sets.read(locRib.attributesOf(slot)),
      best: slot === best,
      createdAt: listing.dateOf(locRib.createdOf(slot)),
      uuid: listing.uuidOf(slot),
      sourceAsn: listing.asn,
    }),
  );
  yield { prefix: prefixAt(rib, prefix), paths };
}

export function* adjRibInRoutes(inbound: Inbound | undefined, listing: Listing): Generator<Route> {
  if (inbound === undefined) return;
  const sets = new SetReader(listing.store, inbound.rib.family);
  try {
    for (const prefix of inbound.adjRibIn.prefixes()) yield* adjRibInRoute(inbound, prefix, listing, sets);
  } finally {
    sets.close();
  }
}

/** None for a looped path: of it only the fact is kept. */
export function* adjRibInRoute(
  { adjRibIn, rib }: Inbound,
  prefix: number,
  listing: Listing,
  sets: SetReader,
): Generator<Route> {
  const set = adjRibIn.attributesOf(prefix);
  if (set === 0) return;
  const path: Path = {
    family: rib.family,
    pathId: 0,
    ...sets.read(set),
    best: adjRibIn.isAccepted(prefix),
    createdAt: listing.dateOf(adjRibIn.receivedAt(prefix)),
    sourceAsn: listing.asn,
  };
  yield { prefix: prefixAt(rib, prefix), paths: [path] };
}

/** What the peer is told, as the wire says it: its AS path begins with ours on an external session. */
export function* adjRibOutRoutes(rib: FamilyRib, outbound: Outbound | undefined, listing: Listing): Generator<Route> {
  if (outbound === undefined) return;
  const sets = new SetReader(listing.store, rib.family, outbound.treatment.fourOctetAs);
  try {
    for (let prefix = 0; prefix < rib.table.end; prefix++) {
      const set = outbound.group.announced(prefix);
      if (set === 0) continue;
      const slot = rib.locRib.bestSlot(prefix);
      const path: Path = {
        family: rib.family,
        pathId: 0,
        ...sets.read(set),
        best: true,
        createdAt: listing.dateOf(slot === -1 ? 0 : rib.locRib.createdOf(slot)),
        sourceAsn: listing.asn,
      };
      yield { prefix: prefixAt(rib, prefix), paths: [path] };
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
