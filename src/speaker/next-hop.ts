import { Address } from '../ip/address.ts';
import type { InterfaceAddress } from '../link/interfaces.ts';
import type { NextHop } from '../wire/update.ts';

/** What "next hop self" is on one session. */
export interface SelfNextHop {
  /** For IPv4 routes in the NLRI field. */
  readonly ipv4: Address | undefined;
  /** For MP_REACH_NLRI. */
  readonly ipv6: NextHop;
}

/**
 * The session's local address; to a peer on the same link also the link-local address of the interface, the form that RFC 2545, 3 asks for there.
 * An IPv6 next hop on an IPv4 session is the global address of the interface that has the local address; IPv4-mapped only when it has none.
 */
export function selfNextHop(local: Address, remote: Address, interfaces: readonly InterfaceAddress[]): SelfNextHop {
  const own = interfaces.find(({ interface: name, address }) =>
    local.zone === undefined ? address.equals(local) : name === local.zone,
  );
  const here = interfaces.filter((entry) => entry.interface === own?.interface);
  const linkLocal = here.find(({ address }) => address.isIPv6 && address.isLinkLocal)?.address;
  const global = here.find(({ address }) => address.isIPv6 && isGlobal(address))?.address;
  const ipv4 = here.find(({ address }) => address.isIPv4 && isGlobal(address))?.address;

  if (local.isIPv4) {
    const ipv6 = global ?? new Address(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...local.bytes));
    return { ipv4: local, ipv6: { kind: 'single', address: ipv6 } };
  }
  if (local.isLinkLocal) {
    const address = local.withZone(undefined);
    if (global === undefined) return { ipv4, ipv6: { kind: 'single', address } };
    return { ipv4, ipv6: { kind: 'global-and-link-local', global, linkLocal: address } };
  }
  const sharesLink = here.some(({ network }) => network.length < 128 && network.contains(remote));
  if (linkLocal === undefined || !sharesLink) return { ipv4, ipv6: { kind: 'single', address: local } };
  return { ipv4, ipv6: { kind: 'global-and-link-local', global: local, linkLocal } };
}

function isGlobal(address: Address): boolean {
  return !(address.isLinkLocal || address.isLoopback || address.isMulticast || address.isUnspecified);
}
