import { Address } from '../ip/address.ts';
import type { Neighbor } from './types.ts';

/** Where a peer is to be found. */
export type Target =
  | { readonly kind: 'address'; readonly address: Address }
  /** Whichever router is there. */
  | { readonly kind: 'interface'; readonly interface: string };

/** fe80::, the anycast address of the routers of a link (RFC 4291, 2.6.1): what a peer is known by that has no other address of its own. */
const routers = Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

/** The router on an interface, as an address. Throws AddressError for what cannot be the name of one. */
export function routerOn(name: string): Address {
  return new Address(routers, name);
}

export function targetOf({ address }: Pick<Neighbor, 'address'>): Target {
  const { zone } = address;
  return zone !== undefined && address.equals(routerOn(zone))
    ? { kind: 'interface', interface: zone }
    : { kind: 'address', address };
}
