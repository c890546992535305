import type { InterfaceAddress } from '../link/interfaces.ts';
import type { Negotiated } from '../session/types.ts';
import type { Neighbor } from './types.ts';

/**
 * The interface that a session lives and dies with; undefined when it may go another way, as one with a multihop or an internal peer
 * may. An external peer without multihop is on the link itself (RFC 4271, 5.1.3).
 */
export function linkOf(
  { transport }: Pick<Neighbor, 'transport'>,
  { local, remote, external }: Pick<Negotiated, 'local' | 'remote' | 'external'>,
  interfaces: readonly InterfaceAddress[],
): string | undefined {
  if (local.address.zone !== undefined) return local.address.zone;
  if (transport.bindToDevice !== undefined) return transport.bindToDevice;
  const isSingleHop = transport.ttlSecurity === true || (external && (transport.ebgpMultihop ?? 1) === 1);
  if (!isSingleHop) return undefined;
  return interfaces.find(({ address, network }) => address.equals(local.address) && network.contains(remote.address))
    ?.interface;
}
