import { Address } from '../../src/ip/address.ts';
import { encodeMessage } from '../../src/wire/codec.ts';
import { initialContext } from '../../src/wire/context.ts';
import { ipv6Unicast } from '../../src/wire/family.ts';
import type { Message } from '../../src/wire/message.ts';

const context = { ...initialContext, fourOctetAs: true };

/** OPEN and the KEEPALIVE that confirms ours, which may come before it. */
export function hello(asn: number, routerId: number): Uint8Array {
  const open: Message = {
    type: 'open',
    version: 4,
    myAs: asn,
    holdTime: 90,
    routerId,
    capabilities: [
      { name: 'multiprotocol', family: ipv6Unicast },
      { name: 'four-octet-as', asn },
    ],
  };
  return Buffer.concat([open, { type: 'keepalive' } as const].map((message) => encodeMessage(message, context)));
}

/** So many UPDATEs, each of one prefix of the `prefixes` and with attributes that no other has: the next round changes every route again. */
export function oneByOne(asn: number, nextHop: string, updates: number, prefixes: number): Uint8Array {
  const messages = Array.from({ length: updates }, (_, i) => {
    const prefix = i % prefixes;
    const bytes = Uint8Array.of(64, 0x20, 0x01, 0x0d, 0xb8, 0xba, 0xd0, prefix >> 8, prefix);
    const update: Message = {
      type: 'update',
      attributes: { origin: 'igp', asPath: [{ type: 'sequence', asns: [asn] }], communities: [i] },
      reach: {
        nextHop: { kind: 'single', address: Address.parse(nextHop) },
        nlri: { family: ipv6Unicast, addPath: false, bytes },
      },
      faults: [],
    };
    return encodeMessage(update, context);
  });
  return Buffer.concat(messages);
}
