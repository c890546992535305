import { counterpartOf, type Role } from '../session/role.ts';
import { type Family, safiOf } from '../wire/family.ts';
import type { Attributes } from '../wire/update.ts';

// RFC 9234, 5: how Only to Customer (OTC) keeps a route from going back up. `role` is ours in the session.

/** Towards a peer of these roles a route only goes down: from there it may go to customers alone. */
const down: ReadonlySet<Role> = new Set<Role>(['customer', 'peer', 'rs-client']);

/** Only unicast; other families must be left alone. */
export function isProtected(family: Family): boolean {
  return safiOf(family) === 1;
}

/** What becomes of a route that came in: `leak` for one that is not to be used, else what OTC is from now on. */
export function received(role: Role, otc: number | undefined, peerAsn: number): 'leak' | number | undefined {
  const peer = counterpartOf(role);
  if (otc === undefined) return peer === 'customer' || peer === 'rs-client' ? undefined : peerAsn;
  if (peer === 'customer' || peer === 'rs-client') return 'leak';
  return peer === 'peer' && otc !== peerAsn ? 'leak' : otc;
}

/** The attributes to announce a route with; undefined for one that must not go there. */
export function announced(role: Role, attributes: Attributes, localAsn: number): Attributes | undefined {
  const isDown = down.has(counterpartOf(role));
  if (attributes.onlyToCustomer === undefined) return isDown ? { ...attributes, onlyToCustomer: localAsn } : attributes;
  return isDown && role !== 'peer' ? attributes : undefined;
}
