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
