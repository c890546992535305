import type { Address } from '../ip/address.ts';
import { ipv6Unicast } from '../wire/family.ts';
import type { Nlri } from '../wire/update.ts';
import type { Neighbor } from './types.ts';

// A peer and a table that are nobody's, to warm up with.

/** Takes everything, and sends everything. */
export function nobody(address: Address, asn: number, transport: Neighbor['transport']): Neighbor {
  return {
    name: 'nobody',
    address,
    asn,
    timers: { connectRetry: 90, holdTime: 90, keepaliveInterval: 30, delayOpen: 0 },
    transport,
    families: [ipv6Unicast],
    defaultExportAction: 'accept',
    defaultImportAction: 'accept',
  };
}

/** So many /64s of the documentation prefix (RFC 3849). */
export function tableOf(first: number, count: number): Nlri {
  const bytes = new Uint8Array(9 * count);
  for (let i = 0; i < count; i++)
    bytes.set([64, 0x20, 0x01, 0x0d, 0xb8, 0, 0, (first + i) >> 8, (first + i) & 0xff], 9 * i);
  return { family: ipv6Unicast, addPath: false, bytes };
}
