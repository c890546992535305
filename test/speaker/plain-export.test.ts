import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Address } from '../../src/ip/address.ts';
import { PolicyChain } from '../../src/policy/chain.ts';
import { exported } from '../../src/speaker/exported.ts';
import { PlainExport } from '../../src/speaker/plain-export.ts';
import type { Treatment } from '../../src/speaker/treatment.ts';
import { encodeAttributes } from '../../src/wire/attribute.ts';
import { attributeSet } from '../../src/wire/attribute-set.ts';
import { initialContext } from '../../src/wire/context.ts';
import { ipv4Unicast, ipv6Multicast, ipv6Unicast } from '../../src/wire/family.ts';
import type { AsSegment } from '../../src/wire/update.ts';
import { runs } from '../runs.ts';
import { attributes } from '../wire/arbitraries.ts';

const context = { ...initialContext, fourOctetAs: true };
const global = Address.parse('2001:db8::1');
const treatment: Treatment = {
  external: true,
  localAsn: 65001,
  fourOctetAs: true,
  maxMessage: 4096,
  extendedNextHop: false,
  addPath: false,
  self: { ipv4: undefined, ipv6: { kind: 'single', address: global } },
  policy: new PolicyChain([], 'accept'),
  drain: undefined,
  role: undefined,
};

const asn = fc.integer({ min: 1, max: 0xffff_ffff });
/** Around the lengths at which a segment is full, or its attribute needs a longer length. */
const segment = fc
  .tuple(fc.constantFrom<AsSegment['type']>('sequence', 'set'), fc.constantFrom(1, 2, 61, 62, 63, 64, 254, 255), asn)
  .map(([type, length, first]) => ({ type, asns: Array.from({ length }, () => first) }));
const path = fc.array(segment, { maxLength: 3 });
const nextHop = fc.constantFrom(
  new Uint8Array(0),
  new Uint8Array(4).fill(1),
  global.bytes,
  Uint8Array.of(...global.bytes, ...Address.parse('fe80::1').bytes),
);

test('a set is exported octet by octet as it is by way of its attributes', () => {
  fc.assert(
    fc.property(
      attributes({ ...context, external: false }),
      fc.option(path, { nil: undefined }),
      nextHop,
      fc.constantFrom(1, 65001, 0x80000000, 0xffff_ffff),
      fc.constantFrom(ipv6Unicast, ipv6Multicast),
      (drawn, asPath, hop, localAsn, family) => {
        const own = { ...treatment, localAsn };
        const set = attributeSet(hop, encodeAttributes({ ...drawn, ...(asPath && { asPath }) }, { fourOctetAs: true }));
        const plain = PlainExport.for(own, family)?.of(set);
        // All that have a next hop of the family are plain.
        expect(plain !== undefined).toBe(hop.length !== 4);
        if (plain !== undefined) expect(plain).toEqual(exported(set, [], own, family));
      },
    ),
    { numRuns: runs / 4 },
  );
});

test.each<[string, Partial<Treatment>]>([
  ['an internal peer', { external: false }],
  ['a peer with AS numbers of two octets', { fourOctetAs: false }],
  ['a peer that is drained', { drain: 'draining' }],
  ['a peer with a role', { role: 'provider' }],
])('%s is none of its business', (_, other) => {
  expect(PlainExport.for({ ...treatment, ...other }, ipv6Unicast)).toBeUndefined();
});

test('nor are IPv4 routes, and what has no next hop here or no AS_PATH', () => {
  expect(PlainExport.for(treatment, ipv4Unicast)).toBeUndefined();
  const none = { ...treatment, self: { ipv4: undefined, ipv6: undefined } };
  const set = (bytes: Uint8Array) => attributeSet(new Uint8Array(0), bytes);
  const usual = encodeAttributes({ origin: 'igp', asPath: [] }, { fourOctetAs: true });
  expect(PlainExport.for(none, ipv6Unicast)?.of(set(usual))).toBeUndefined();
  expect(PlainExport.for(treatment, ipv6Unicast)?.of(set(Uint8Array.of(0x40, 1, 1, 0)))).toBeUndefined();
});
