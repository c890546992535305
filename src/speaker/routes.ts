import { Prefix } from '../ip/prefix.ts';
import type { AttributeStore } from '../rib/attribute-store.ts';
import type { FamilyRib, Outbound } from './family-rib.ts';
import type { Inbound } from './inbound.ts';
import { readSet } from './sets.ts';
import type { Path, Route } from './types.ts';

interface Context {
  readonly store: AttributeStore;
  readonly dateOf: (seconds: number) => Date;
}

export function* locRibRoutes(
  rib: FamilyRib,
  asn: number,
  uuidOf: (slot: number) => Uint8Array,
  context: Context,
): Generator<Route> {
  for (let prefix = 0; prefix < rib.table.end; prefix++) {
    const route = locRibRoute(rib, prefix, asn, uuidOf, context);
    if (route !== undefined) yield route;
  }
}

export function locRibRoute(
  rib: FamilyRib,
  prefix: number,
  asn: number,
  uuidOf: (slot: number) => Uint8Array,
  { store, dateOf }: Context,
): Route | undefined {
  const { locRib, family } = rib;
  if (locRib.best(prefix) === 0) return undefined;
  const best = locRib.bestSlot(prefix);
  const paths = Array.from(
    locRib.slots(prefix),
    (slot): Path => ({
      family,
      pathId: locRib.pathIdOf(slot),
      ...readSet(store, locRib.attributesOf(slot), family),
      best: slot === best,
      createdAt: dateOf(locRib.createdOf(slot)),
      uuid: uuidOf(slot),
      sourceAsn: asn,
    }),
  );
  return { prefix: prefixAt(rib, prefix), paths };
}

export function* adjRibInRoutes(inbound: Inbound | undefined, peerAsn: number, context: Context): Generator<Route> {
  if (inbound === undefined) return;
  for (const prefix of inbound.adjRibIn.prefixes()) {
    const route = adjRibInRoute(inbound, prefix, peerAsn, context);
    if (route !== undefined) yield route;
  }
}

/** Absent for a looped path: of it only the fact is kept. */
export function adjRibInRoute(
  inbound: Inbound,
  prefix: number,
  peerAsn: number,
  { store, dateOf }: Context,
): Route | undefined {
  const { adjRibIn, rib } = inbound;
  const set = adjRibIn.attributesOf(prefix);
  if (set === 0) return undefined;
  const path: Path = {
    family: rib.family,
    pathId: 0,
    ...readSet(store, set, rib.family),
    best: adjRibIn.isAccepted(prefix),
    createdAt: dateOf(adjRibIn.receivedAt(prefix)),
    sourceAsn: peerAsn,
  };
  return { prefix: prefixAt(rib, prefix), paths: [path] };
}

/** What the peer is told, as the wire says it: its AS path begins with ours on an external session. */
export function* adjRibOutRoutes(
  rib: FamilyRib,
  outbound: Outbound | undefined,
  asn: number,
  { store, dateOf }: Context,
): Generator<Route> {
  if (outbound === undefined) return;
  for (let prefix = 0; prefix < rib.table.end; prefix++) {
    const set = outbound.group.announced(prefix);
    if (set === 0) continue;
    const slot = rib.locRib.bestSlot(prefix);
    const path: Path = {
      family: rib.family,
      pathId: 0,
      ...readSet(store, set, rib.family, outbound.treatment.fourOctetAs),
      best: true,
      createdAt: dateOf(slot === -1 ? 0 : rib.locRib.createdOf(slot)),
      sourceAsn: asn,
    };
    yield { prefix: prefixAt(rib, prefix), paths: [path] };
  }
}

function prefixAt({ table }: FamilyRib, id: number): Prefix {
  const bytes = new Uint8Array(table.octets);
  table.writeAddress(id, bytes, 0);
  return new Prefix(bytes, table.lengthOf(id));
}
