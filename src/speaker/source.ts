import type { Address } from '../ip/address.ts';
import type { InterfaceAddress } from '../link/interfaces.ts';
import type { Network } from '../session/ports.ts';

/**
 * A network that dials a neighbour on the link from an address that was configured, where nothing else is asked for. A router that sends
 * advertisements gives the interface a second address, and the kernel may well take that one: the router knows no such neighbor then.
 */
export function withSource(network: Network, interfaces: () => readonly InterfaceAddress[]): Network {
  return {
    dial: (options, handler) => {
      if (options.localAddress !== undefined) return network.dial(options, handler);
      const localAddress = sourceFor(options.remote.address, interfaces());
      return network.dial({ ...options, ...(localAddress && { localAddress }) }, handler);
    },
    listen: (options, accept) => network.listen(options, accept),
    ...(network.supports && { supports: (remote, options) => network.supports?.(remote, options) ?? { ok: true } }),
  };
}

/** The configured address on the remote's link; absent where the kernel has no wrong choice. */
export function sourceFor(remote: Address, interfaces: readonly InterfaceAddress[]): Address | undefined {
  const near = interfaces.filter(({ network }) => network.contains(remote));
  return near.some(({ dynamic }) => dynamic) ? configuredSource(remote, interfaces) : undefined;
}

/** The configured address on the remote's link, whether the kernel has a choice now or not; absent for a link-local remote. */
export function configuredSource(remote: Address, interfaces: readonly InterfaceAddress[]): Address | undefined {
  if (remote.isLinkLocal) return undefined;
  return interfaces.find(({ network, dynamic }) => !dynamic && network.contains(remote))?.address;
}

/** What the source address of a session is to be, or, in words, why it has none. */
export type Source =
  | { readonly kind: 'found'; readonly address: Address }
  | { readonly kind: 'none'; readonly reason: string };

/** The one address on an interface that goes with the remote's; one that no router advertisement made is better than one that is. */
export function sourceOn(device: string, remote: Address, interfaces: readonly InterfaceAddress[]): Source {
  const fit = interfaces.filter(
    ({ interface: name, address }) =>
      name === device && address.isIPv4 === remote.isIPv4 && address.isLinkLocal === remote.isLinkLocal,
  );
  const lasting = fit.filter(({ dynamic }) => dynamic !== true);
  const [first, ...others] = lasting.length > 0 ? lasting : fit;
  if (first !== undefined && others.length === 0) {
    const { address } = first;
    return { kind: 'found', address: address.isLinkLocal ? address.withZone(device) : address };
  }
  const family = remote.isIPv4 ? 'IPv4' : remote.isLinkLocal ? 'link-local IPv6' : 'IPv6';
  const state =
    first === undefined
      ? `has no ${family} address, is down, or is not there`
      : `has ${others.length + 1} ${family} addresses; set localAddress to one of them`;
  return { kind: 'none', reason: `"sourceInterface": interface ${device} ${state}` };
}
