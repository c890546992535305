import type { AttributeStore } from '../rib/attribute-store.ts';
import type { FamilyRib, Outbound } from './family-rib.ts';
import type { Inbound } from './inbound.ts';
import { type RouteRow, RouteRowWriter, routeOf } from './route-row.ts';
import { SetReader } from './sets.ts';
import type { Route } from './types.ts';

// From rows of the tables to routes, without an object for any of them: tables have millions.

/** What the rows of the tables leave unsaid. */
export interface Listing {
  readonly store: AttributeStore;
  /** Milliseconds since 1970 of a second of the tables. */
  readonly timeOf: (seconds: number) => number;
  /** Writes the 16 bytes of the uuid of a path of the Loc-RIB. */
  readonly writeUuid: (slot: number, uuid: Uint8Array) => void;
  /** The AS that the paths come from. */
  readonly asn: number;
}

/** The routes that rows say, as values. */
export function* routesOf(rows: Iterable<RouteRow>): Generator<Route> {
  for (const row of rows) yield routeOf(row);
}

export function* locRibRows(rib: FamilyRib, listing: Listing): Generator<RouteRow> {
  const row = new RouteRowWriter(rib.family, rib.table.octets);
  const sets = new SetReader(listing.store, rib.family);
  try {
    for (let prefix = 0; prefix < rib.table.end; prefix++)
      if (fillFromLocRib(row, rib, prefix, listing, sets)) yield row;
  } finally {
    sets.close();
  }
}

/** The route of one prefix, if there is one. */
export function locRibRoute(rib: FamilyRib, prefix: number, listing: Listing): Route[] {
  const row = new RouteRowWriter(rib.family, rib.table.octets);
  const sets = new SetReader(listing.store, rib.family);
  const found = fillFromLocRib(row, rib, prefix, listing, sets);
  sets.close();
  return found ? [routeOf(row)] : [];
}

function fillFromLocRib(
  row: RouteRowWriter,
  { locRib, table }: FamilyRib,
  prefix: number,
  listing: Listing,
  sets: SetReader,
): boolean {
  const best = locRib.bestSlot(prefix);
  if (best === -1) return false;
  row.begin(table, prefix);
  for (let slot = locRib.firstSlot(prefix); slot !== -1; slot = locRib.nextSlot(slot)) {
    const path = row.add(sets.read(locRib.attributesOf(slot)));
    path.pathId = locRib.pathIdOf(slot);
    path.best = slot === best;
    path.createdAt = listing.timeOf(locRib.createdOf(slot));
    path.sourceAsn = listing.asn;
    path.hasUuid = true;
    listing.writeUuid(slot, path.uuid);
  }
  return true;
}

export function* adjRibInRows(inbound: Inbound | undefined, listing: Listing): Generator<RouteRow> {
  if (inbound === undefined) return;
  const { adjRibIn, rib, addPath } = inbound;
  const row = new RouteRowWriter(rib.family, rib.table.octets);
  const sets = new SetReader(listing.store, rib.family);
  try {
    if (!addPath) {
      for (const id of adjRibIn.ids()) {
        row.begin(rib.table, id);
        if (addReceived(row, inbound, id, listing, sets)) yield row;
      }
      return;
    }
    for (let prefix = 0; prefix < rib.table.end; prefix++) {
      row.begin(rib.table, prefix);
      for (const id of rib.paths.of(prefix)) addReceived(row, inbound, id, listing, sets);
      if (row.count > 0) yield row;
    }
  } finally {
    sets.close();
  }
}

/** What the peer sent of one path, if it is kept. */
export function adjRibInRoute(inbound: Inbound, id: number, listing: Listing): Route[] {
  const { rib, keys } = inbound;
  const row = new RouteRowWriter(rib.family, rib.table.octets);
  const sets = new SetReader(listing.store, rib.family);
  row.begin(rib.table, keys.prefixOf(id));
  const found = addReceived(row, inbound, id, listing, sets);
  sets.close();
  return found ? [routeOf(row)] : [];
}

/** False of a looped path: of it only the fact is kept. */
function addReceived(
  row: RouteRowWriter,
  { adjRibIn, keys }: Inbound,
  id: number,
  listing: Listing,
  sets: SetReader,
): boolean {
  const set = adjRibIn.attributesOf(id);
  if (set === 0) return false;
  const path = row.add(sets.read(set));
  path.pathId = keys.pathIdOf(id);
  path.best = adjRibIn.isAccepted(id);
  path.createdAt = listing.timeOf(adjRibIn.receivedAt(id));
  path.sourceAsn = listing.asn;
  return true;
}

/** What the peer is told, as the wire says it: its AS path begins with ours on an external session. */
export function* adjRibOutRows(rib: FamilyRib, outbound: Outbound | undefined, listing: Listing): Generator<RouteRow> {
  if (outbound === undefined) return;
  const { locRib, table, paths } = rib;
  const { group, treatment } = outbound;
  const row = new RouteRowWriter(rib.family, table.octets);
  const sets = new SetReader(listing.store, rib.family, treatment.fourOctetAs);
  const add = (id: number, slot: number, pathId: number, best: boolean): void => {
    const set = group.announced(id);
    if (set === 0) return;
    const path = row.add(sets.read(set));
    path.pathId = pathId;
    path.best = best;
    path.createdAt = listing.timeOf(slot === -1 ? 0 : locRib.createdOf(slot));
    path.sourceAsn = listing.asn;
  };
  try {
    for (let prefix = 0; prefix < table.end; prefix++) {
      const best = locRib.bestSlot(prefix);
      row.begin(table, prefix);
      if (!treatment.addPath) add(prefix, best, 0, true);
      else
        for (const id of paths.of(prefix)) {
          const pathId = paths.pathIdOf(id);
          const slot = locRib.bestOf(prefix, pathId);
          add(id, slot, pathId, slot === best);
        }
      if (row.count > 0) yield row;
    }
  } finally {
    sets.close();
  }
}
