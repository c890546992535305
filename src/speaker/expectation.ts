import type { Address } from '../ip/address.ts';
import type { InterfaceAddress } from '../link/interfaces.ts';
import type { SessionConfig } from '../session/types.ts';
import { afiOf } from '../wire/family.ts';
import type { Agreed } from './outbound-families.ts';
import { isExternal } from './session-config.ts';
import { configuredSource } from './source.ts';
import type { BgpGlobal, Neighbor } from './types.ts';

// What a session will most likely be like, before its peer has said a word. Nothing is wrong when it turns out differently: the table is put together once more then.

/** The peer can do all that we can, but for long messages, which may still come: see `FamilyRib.lengthen`. Undefined while not even its AS is known. */
export function expectedOf(neighbor: Neighbor, global: BgpGlobal): Agreed | undefined {
  const { asn, address, families, addPaths = [] } = neighbor;
  if (asn === 0) return undefined;
  const external = isExternal(neighbor, global);
  return {
    external,
    families,
    send: {
      external,
      fourOctetAs: true,
      extendedMessage: false,
      extendedNextHop: new Set(address.isIPv6 ? families.filter((family) => afiOf(family) === 1) : []),
      addPath: new Set(addPaths.flatMap(({ family, mode }) => (mode === 'receive' ? [] : [family]))),
    },
  };
}

/** Our address in a session; undefined where the routes of the kernel decide, or where there is none yet. */
export function expectedLocal(
  { localAddress, remote: { address } }: SessionConfig,
  interfaces: readonly InterfaceAddress[],
): Address | undefined {
  if (localAddress !== undefined || !address.isLinkLocal) return localAddress ?? configuredSource(address, interfaces);
  return interfaces
    .find((entry) => entry.interface === address.zone && entry.address.isLinkLocal)
    ?.address.withZone(address.zone);
}
