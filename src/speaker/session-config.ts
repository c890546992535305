import { Address } from '../ip/address.ts';
import type { SocketOptions } from '../session/ports.ts';
import { roles } from '../session/role.ts';
import type { SessionConfig } from '../session/types.ts';
import type { Capability } from '../wire/capability.ts';
import { afiOf } from '../wire/family.ts';
import { longLivedCapability, type RestartState, restartCapability } from './graceful-restart.ts';
import type { BgpGlobal, Neighbor } from './types.ts';

/**
 * Everything about a peer that its OPEN or its TCP connection depends on: when this changes, the session must be made again. `remote` is
 * where it was found, `source` the address that its interface gives it.
 */
export function sessionConfigOf(
  neighbor: Neighbor,
  global: BgpGlobal,
  remote: Address,
  source: Address | undefined,
): SessionConfig {
  const { asn, timers, transport } = neighbor;
  const options = socketOptionsOf(neighbor, isExternal(neighbor, global));
  const { localAddress = source } = transport;
  return {
    localAsn: global.asn,
    peerAsn: asn,
    routerId: routerIdOf(global.routerId),
    remote: { address: remote, port: transport.remotePort },
    ...(localAddress && { localAddress }),
    ...(transport.localPort !== undefined && { localPort: transport.localPort }),
    ...(options && { options }),
    passive: transport.passive,
    connectRetryTime: timers.connectRetry,
    holdTime: timers.holdTime,
    keepaliveTime: timers.keepaliveInterval,
    delayOpenTime: timers.delayOpen,
    capabilities: capabilitiesOf(neighbor, global, { restarted: false, forwarding: true }),
    ...(neighbor.roleStrict === true && { roleStrict: true }),
  };
}

/** In another AS, as far as it is known before its OPEN. */
export function isExternal({ asn }: Pick<Neighbor, 'asn'>, global: BgpGlobal): boolean {
  return asn !== 0 && asn !== global.asn;
}

/** Undefined when plain TCP will do. What an external peer is sent goes no further than the link, unless that is asked for. */
export function socketOptionsOf(
  { transport }: Pick<Neighbor, 'transport'>,
  external: boolean,
): SocketOptions | undefined {
  const { password, ttlSecurity = false, bindToDevice, userTimeout } = transport;
  const { ebgpMultihop = external && !ttlSecurity ? 1 : undefined } = transport;
  const options: SocketOptions = {
    ...(password && { password }),
    ...(ttlSecurity && { ttlSecurity }),
    ...(ebgpMultihop !== undefined && { ttl: ebgpMultihop }),
    ...(bindToDevice !== undefined && { device: bindToDevice }),
    ...(userTimeout !== undefined && { userTimeout }),
  };
  return Object.keys(options).length === 0 ? undefined : options;
}

/** What we claim is what we do, by ascending code. */
export function capabilitiesOf(
  neighbor: Neighbor,
  { asn, hostname }: BgpGlobal,
  restart: RestartState,
): readonly Capability[] {
  const { families, address, nextHop, addPaths = [], role } = neighbor;
  const ipv4 = address.isIPv6 ? families.filter((family) => afiOf(family) === 1) : [];
  return [
    ...families.map((family): Capability => ({ name: 'multiprotocol', family })),
    { name: 'route-refresh' },
    ...(ipv4.length === 0
      ? []
      : [{ name: 'extended-next-hop', entries: ipv4.map((family) => ({ family, nextHopAfi: 2 })) } as const]),
    { name: 'extended-message' },
    ...(role === undefined ? [] : [{ name: 'role', role: roles.indexOf(role) } as const]),
    ...restartCapability(neighbor, restart),
    { name: 'four-octet-as', asn },
    ...(addPaths.length === 0 ? [] : [{ name: 'add-path', families: addPaths } as const]),
    { name: 'enhanced-route-refresh' },
    ...longLivedCapability(neighbor, restart),
    ...(hostname === undefined ? [] : [{ name: 'fqdn', host: hostname, domain: '' } as const]),
    ...(address.isLinkLocal || nextHop?.kind === 'linkLocal' ? [{ name: 'link-local-next-hop' } as const] : []),
  ];
}

/** An IPv4 address as an unsigned 32-bit integer. Throws AddressError. */
export function routerIdOf(text: string): number {
  const { bytes } = Address.parse(text);
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
}
