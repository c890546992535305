import { Address } from '../ip/address.ts';
import type { InterfaceAddress } from '../link/interfaces.ts';
import type { NextHop } from '../wire/update.ts';

/**
 * What a peer is told for "next hop self" in MP_REACH_NLRI:
 *
 *     auto        whatever the session allows for: see `selfNextHop`
 *     global      16 octets, a global address
 *     linkLocal   16 octets, a link-local address alone (draft-ietf-idr-linklocal-capability)
 *     both        32 octets, the two; `::` in the first half when there is no global address
 *     explicit    these
 */
export type NextHopMode =
  | { readonly kind: 'auto' | 'global' | 'linkLocal' | 'both' }
  | { readonly kind: 'explicit'; readonly nextHop: NextHop };

/** What "next hop self" is on one session. */
export interface SelfNextHop {
  /** For IPv4 routes in the NLRI field. */
  readonly ipv4: Address | undefined;
  /** For MP_REACH_NLRI; absent when the session has no address of the kind that is asked for. */
  readonly ipv6: NextHop | undefined;
}

/**
 * With `auto` it is the session's local address; to a peer on the same link also the link-local address of the interface, the form that RFC 2545, 3
 * asks for there. An IPv6 next hop on an IPv4 session is the global address of the interface that has the local address; IPv4-mapped only when it
 * has none.
 */
export function selfNextHop(
  local: Address,
  remote: Address,
  interfaces: readonly InterfaceAddress[],
  mode: NextHopMode = { kind: 'auto' },
): SelfNextHop {
  const own = interfaces.find(({ interface: name, address }) =>
    local.zone === undefined ? address.equals(local) : name === local.zone,
  );
  const here = interfaces.filter((entry) => entry.interface === own?.interface);
  const ipv4 = local.isIPv4 ? local : here.find(({ address }) => address.isIPv4 && isGlobal(address))?.address;
  if (mode.kind === 'explicit') return { ipv4, ipv6: mode.nextHop };

  const global = globalOf(local, here);
  const linkLocal = linkLocalOf(local, remote, here);
  switch (mode.kind) {
    case 'global':
      return { ipv4, ipv6: global && single(global) };
    case 'linkLocal':
      return { ipv4, ipv6: linkLocal && single(linkLocal) };
    case 'both':
      return { ipv4, ipv6: linkLocal && pair(global ?? unspecified, linkLocal) };
    case 'auto':
      if (local.isIPv4) return { ipv4, ipv6: single(global ?? mapped(local)) };
      if (global === undefined) return { ipv4, ipv6: single(linkLocal ?? local) };
      return { ipv4, ipv6: linkLocal === undefined ? single(global) : pair(global, linkLocal) };
  }
}

/** The session's own address where that is a global one, else that of its interface. */
function globalOf(local: Address, here: readonly InterfaceAddress[]): Address | undefined {
  if (local.isIPv6 && !local.isLinkLocal) return local;
  return here.find(({ address }) => address.isIPv6 && isGlobal(address))?.address;
}

/** Only for a peer on the link: nobody else could use it. */
function linkLocalOf(local: Address, remote: Address, here: readonly InterfaceAddress[]): Address | undefined {
  if (local.isIPv6 && local.isLinkLocal) return local.withZone(undefined);
  const sharesLink = here.some(
    ({ network }) => network.length < (remote.isIPv4 ? 32 : 128) && network.contains(remote),
  );
  return sharesLink ? here.find(({ address }) => address.isIPv6 && address.isLinkLocal)?.address : undefined;
}

function isGlobal(address: Address): boolean {
  return !(address.isLinkLocal || address.isLoopback || address.isMulticast || address.isUnspecified);
}

const unspecified = new Address(new Uint8Array(16));

function mapped({ bytes }: Address): Address {
  return new Address(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...bytes));
}

function single(address: Address): NextHop {
  return { kind: 'single', address };
}

function pair(global: Address, linkLocal: Address): NextHop {
  return { kind: 'global-and-link-local', global, linkLocal };
}
