import type { Address } from '../ip/address.ts';
import type { AsnRange, BgpGlobal, ListenRange, Neighbor } from './types.ts';

/** What whoever connects from an address in a range becomes. */
export function neighborIn(range: ListenRange, address: Address): Neighbor {
  const { transport } = range.template;
  return {
    ...range.template,
    name: address.toString(),
    address,
    asn: 0,
    transport: { ...transport, passive: true },
    range,
  };
}

/** Why a peer of the range may not be in this AS; undefined: it may. */
export function refusalOf({ name, asns }: ListenRange, asn: number): string | undefined {
  if (asns.length === 0 || asns.some(({ first, last }) => first <= asn && asn <= last)) return undefined;
  return `the peer is in AS ${asn}, listen range "${name}" takes AS ${asns.map(formatAsnRange).join(', ')}`;
}

/** Whether nobody in it can be in our AS. */
export function isAllExternal({ asns }: ListenRange, { asn }: BgpGlobal): boolean {
  return asns.length > 0 && !asns.some(({ first, last }) => first <= asn && asn <= last);
}

/** `65001` or `65001-65010`. */
function formatAsnRange({ first, last }: AsnRange): string {
  return first === last ? `${first}` : `${first}-${last}`;
}

/** Undefined for what is none. */
export function parseAsnRange(text: string): AsnRange | undefined {
  const match = /^(\d{1,10})(?:-(\d{1,10}))?$/.exec(text);
  if (match === null) return undefined;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  return first >= 1 && first <= last && last <= 0xffffffff ? { first, last } : undefined;
}

/** What stands in a range: another range, or a configured peer. */
export interface Inside {
  readonly prefix: ListenRange['prefix'];
  /** As in `peer "tor"`. */
  readonly what: string;
  readonly hasPassword: boolean;
}

/**
 * Why these cannot stand beside each other; undefined: they can. The kernel asks all of a prefix that has a password for one: it knows no exception for a
 * part of it.
 */
export function unprotectedIn(outer: ListenRange, inside: Iterable<Inside>): string | undefined {
  if (outer.template.transport.password === undefined) return undefined;
  for (const { prefix, what, hasPassword } of inside) {
    if (hasPassword || !outer.prefix.contains(prefix)) continue;
    return `${what} has no password, and is in listen range "${outer.name}" (${outer.prefix}), which has one: the kernel would want it of ${what} too; give it one, or have it elsewhere`;
  }
  return undefined;
}
