import { Address } from '../../src/ip/address.ts';
import { encodeMessage } from '../../src/wire/codec.ts';
import { initialContext } from '../../src/wire/context.ts';
import { ipv6Unicast } from '../../src/wire/family.ts';
import type { Message } from '../../src/wire/message.ts';

const context = { ...initialContext, fourOctetAs: true };

/** OPEN and the KEEPALIVE that confirms ours, which may come before it. */
export function hello(asn: number, routerId: number): Uint8Array {
  return encoded([
    {
      type: 'open',
      version: 4,
      myAs: asn,
      holdTime: 90,
      routerId,
      capabilities: [
        { name: 'multiprotocol', family: ipv6Unicast },
        { name: 'route-refresh' },
        { name: 'four-octet-as', asn },
        { name: 'enhanced-route-refresh' },
      ],
    },
    { type: 'keepalive' },
  ]);
}

/**
 * So many UPDATEs, each of one prefix of the `prefixes` and with attributes that no other has, in so many octets at least: the next round
 * changes every route again.
 */
export function oneByOne(asn: number, nextHop: string, updates: number, prefixes: number, octets = 0): Uint8Array {
  const address = Address.parse(nextHop);
  const filling = Array.from({ length: octets >> 2 }, (_, i) => i);
  return encoded(
    Array.from({ length: updates }, (_, i) => ({
      type: 'update',
      attributes: { origin: 'igp', asPath: [{ type: 'sequence', asns: [asn] }], communities: [i, ...filling] },
      reach: {
        nextHop: { kind: 'single', address },
        nlri: { family: ipv6Unicast, addPath: false, bytes: prefixOf(i % prefixes) },
      },
      faults: [],
    })),
  );
}

/** So many UPDATEs without AS_PATH, which is treated as a withdrawal (RFC 7606, 3), and after each the wish to have everything once more. */
export function nuisances(nextHop: string, count: number): Uint8Array {
  const address = Address.parse(nextHop);
  return encoded(
    Array.from({ length: count }, (_, i): Message[] => [
      {
        type: 'update',
        attributes: { origin: 'igp' },
        reach: {
          nextHop: { kind: 'single', address },
          nlri: { family: ipv6Unicast, addPath: false, bytes: prefixOf(i) },
        },
        faults: [],
      },
      { type: 'route-refresh', family: ipv6Unicast, subtype: 0 },
    ]).flat(),
  );
}

function prefixOf(i: number): Uint8Array {
  return Uint8Array.of(64, 0x20, 0x01, 0x0d, 0xb8, 0xba, i >> 16, i >> 8, i);
}

function encoded(messages: readonly Message[]): Uint8Array {
  return Buffer.concat(messages.map((message) => encodeMessage(message, context)));
}
