import { describe, expect, test } from 'vitest';
import { Address } from '../../src/ip/address.ts';
import { attributeName, decodeAttributes, encodeAttributes, passOn } from '../../src/wire/attribute.ts';
import type { Attributes } from '../../src/wire/update.ts';
import { drawAttributes, drawContext, drawn, law } from './arbitraries.ts';
import { attribute, concat, expectSame, hex } from './build.ts';

const fourOctets = { fourOctetAs: true };
const twoOctets = { fourOctetAs: false };
const address = (text: string) => Address.parse(text);

/** Each is read and written. */
const cases: readonly { name: string; bytes: string; value: Attributes; context?: { fourOctetAs: boolean } }[] = [
  { name: 'ORIGIN IGP', bytes: '40 01 01 00', value: { origin: 'igp' } },
  { name: 'ORIGIN EGP', bytes: '40 01 01 01', value: { origin: 'egp' } },
  { name: 'ORIGIN INCOMPLETE', bytes: '40 01 01 02', value: { origin: 'incomplete' } },
  { name: 'AS_PATH, empty', bytes: '40 02 00', value: { asPath: [] } },
  {
    name: 'AS_PATH of all four kinds of segments',
    bytes: '40 02 1c 03 01 0000fe01 04 01 0000fe02 02 02 0000fde9 fa56ea00 01 01 00000001',
    value: {
      asPath: [
        { type: 'confed-sequence', asns: [65025] },
        { type: 'confed-set', asns: [65026] },
        { type: 'sequence', asns: [65001, 4200000000] },
        { type: 'set', asns: [1] },
      ],
    },
  },
  {
    name: 'AS_PATH in two octets',
    bytes: '40 02 06 02 02 fde9 fdea',
    value: { asPath: [{ type: 'sequence', asns: [65001, 65002] }] },
    context: twoOctets,
  },
  { name: 'NEXT_HOP', bytes: '40 03 04 c0000201', value: { nextHop: address('192.0.2.1') } },
  { name: 'MULTI_EXIT_DISC', bytes: '80 04 04 ffffffff', value: { med: 4294967295 } },
  { name: 'LOCAL_PREF', bytes: '40 05 04 00000064', value: { localPref: 100 } },
  { name: 'ATOMIC_AGGREGATE', bytes: '40 06 00', value: { atomicAggregate: true } },
  {
    name: 'AGGREGATOR',
    bytes: 'c0 07 08 fa56ea00 c0000201',
    value: { aggregator: { asn: 4200000000, address: address('192.0.2.1') } },
  },
  {
    name: 'AGGREGATOR in two octets',
    bytes: 'c0 07 06 fde9 c0000201',
    value: { aggregator: { asn: 65001, address: address('192.0.2.1') } },
    context: twoOctets,
  },
  {
    name: 'COMMUNITIES, in order and with duplicates',
    bytes: 'c0 08 0c ffffff01 00640001 ffffff01',
    value: { communities: [0xffffff01, 0x00640001, 0xffffff01] },
  },
  { name: 'ORIGINATOR_ID', bytes: '80 09 04 c0000201', value: { originatorId: 0xc0000201 } },
  { name: 'CLUSTER_LIST', bytes: '80 0a 08 00000001 ffffffff', value: { clusterList: [1, 4294967295] } },
  {
    name: 'EXTENDED_COMMUNITIES of any type (RFC 7606, 7.14)',
    bytes: 'c0 10 10 0002fde900000064 ffffffffffffffff',
    value: { extendedCommunities: [hex('0002fde900000064'), hex('ffffffffffffffff')] },
  },
  {
    name: 'AS4_PATH beside AS_PATH (RFC 6793, 4.2.2)',
    bytes: '40 02 06 02 02 fde9 5ba0  c0 11 0a 02 02 0000fde9 fa56ea00',
    value: { asPath: [{ type: 'sequence', asns: [65001, 4200000000] }] },
    context: twoOctets,
  },
  {
    name: 'AS4_PATH without the confederation segments of AS_PATH (RFC 6793, 4.2.2)',
    bytes: '40 02 08 03 01 fe01 02 01 5ba0  c0 11 06 02 01 fa56ea00',
    value: {
      asPath: [
        { type: 'confed-sequence', asns: [65025] },
        { type: 'sequence', asns: [4200000000] },
      ],
    },
    context: twoOctets,
  },
  {
    name: 'AS4_AGGREGATOR beside AGGREGATOR (RFC 6793, 4.2.2)',
    bytes: 'c0 07 06 5ba0 c0000201  c0 12 08 fa56ea00 c0000201',
    value: { aggregator: { asn: 4200000000, address: address('192.0.2.1') } },
    context: twoOctets,
  },
  {
    name: 'PMSI_TUNNEL',
    bytes: 'c0 16 09 01 06 abcdef c0000201',
    value: { pmsiTunnel: { flags: 1, type: 6, label: 0xabcdef, identifier: hex('c0000201') } },
  },
  {
    name: 'PMSI_TUNNEL without tunnel information',
    bytes: 'c0 16 05 00 00 000000',
    value: { pmsiTunnel: { flags: 0, type: 0, label: 0, identifier: hex('') } },
  },
  {
    name: 'IPV6_EXTENDED_COMMUNITIES of any type (RFC 7606, 7.15)',
    bytes: 'c0 19 14 0002 20010db8000000000000000000000001 0064',
    value: { ipv6ExtendedCommunities: [hex('0002 20010db8000000000000000000000001 0064')] },
  },
  { name: 'AIGP', bytes: '80 1a 0b 01 000b fffffffffffffffe', value: { aigp: 0xfffffffffffffffen } },
  {
    name: 'LARGE_COMMUNITY, of any global administrator (RFC 8092, 6)',
    bytes: 'c0 20 18 00000000 00000001 00000002 ffffffff 00000000 ffffffff',
    value: {
      largeCommunities: [
        [0, 1, 2],
        [4294967295, 0, 4294967295],
      ],
    },
  },
  { name: 'ONLY_TO_CUSTOMER', bytes: 'c0 23 04 0000fde9', value: { onlyToCustomer: 65001 } },
  {
    name: 'unknown ones among known ones, with their flags',
    bytes: '80 0b 00  e0 18 02 abcd  c0 23 04 0000fde9  c0 ff 01 00',
    value: {
      onlyToCustomer: 65001,
      unknown: [
        { flags: 0x80, code: 11, value: hex('') },
        { flags: 0xe0, code: 24, value: hex('abcd') },
        { flags: 0xc0, code: 255, value: hex('00') },
      ],
    },
  },
  {
    name: 'the partial bit of known ones (RFC 4271, 5)',
    bytes: 'e0 08 04 00000001  c0 10 08 0002fde900000064  e0 20 0c 00000001 00000002 00000003',
    value: {
      communities: [1],
      extendedCommunities: [hex('0002fde900000064')],
      largeCommunities: [[1, 2, 3]],
      partial: [8, 32],
    },
  },
  {
    name: '255 octets, the most without an extended length',
    bytes: `c0 63 ff ${'ab'.repeat(255)}`,
    value: { unknown: [{ flags: 0xc0, code: 99, value: new Uint8Array(255).fill(0xab) }] },
  },
  {
    name: '256 octets, the fewest with an extended length',
    bytes: `d0 63 0100 ${'ab'.repeat(256)}`,
    value: { unknown: [{ flags: 0xc0, code: 99, value: new Uint8Array(256).fill(0xab) }] },
  },
  {
    name: 'an extended length in the middle',
    bytes: `40 01 01 00  d0 08 0100 ${'00000001'.repeat(64)}  c0 23 04 0000fde9`,
    value: { origin: 'igp', communities: Array.from({ length: 64 }, () => 1), onlyToCustomer: 65001 },
  },
];

describe.each(cases)('$name', ({ bytes, value, context = fourOctets }) => {
  test('decodes', () => {
    expect(decodeAttributes(hex(bytes), context)).toEqual({ attributes: value, faults: [] });
  });

  test('encodes', () => {
    expect(encodeAttributes(value, context)).toEqual(hex(bytes));
  });
});

describe('read leniently', () => {
  test.each<[string, string, Attributes]>([
    ['an extended length that was not needed', '50 01 0001 02', { origin: 'incomplete' }],
    ['the four low bits of the flags (RFC 4271, 4.3)', '4f 02 00', { asPath: [] }],
    ['the partial bit where it means nothing', '60 01 01 00  a0 04 04 00000001', { origin: 'igp', med: 1 }],
    ['any order', '80 04 04 00000001  40 01 01 00', { origin: 'igp', med: 1 }],
    [
      'large communities sent twice (RFC 8092, 3)',
      `c0 20 24 ${'00000001 00000002 00000003'.repeat(2)} 00000001 00000002 00000004`,
      {
        largeCommunities: [
          [1, 2, 3],
          [1, 2, 4],
        ],
      },
    ],
    ['an AIGP TLV among others (RFC 7311, 3)', '80 1a 12 02 0004 ff 01 000b 0000000000000007 03 0003', { aigp: 7n }],
    ['a second AIGP TLV', '80 1a 16 01 000b 0000000000000007 01 000b 0000000000000008', { aigp: 7n }],
    ['AIGP without an AIGP TLV', '80 1a 04 02 0004 ff', {}],
  ])('%s', (_, bytes, attributes) => {
    expect(decodeAttributes(hex(bytes), fourOctets)).toEqual({ attributes, faults: [] });
  });
});

describe('written canonically', () => {
  test.each<[string, Attributes, string]>([
    ['empty lists are left out (RFC 7606, 4)', { communities: [], clusterList: [], largeCommunities: [] }, ''],
    [
      'large communities once each (RFC 8092, 3)',
      {
        largeCommunities: [
          [1, 2, 3],
          [1, 2, 3],
        ],
      },
      'c0 20 0c 00000001 00000002 00000003',
    ],
    [
      'unknown attributes by code',
      {
        unknown: [
          { flags: 0xc0, code: 200, value: hex('02') },
          { flags: 0xc0, code: 99, value: hex('01') },
        ],
      },
      'c0 63 01 01  c0 c8 01 02',
    ],
    [
      'an unknown attribute without the extended-length bit it came with',
      { unknown: [{ flags: 0xdf, code: 99, value: hex('01') }] },
      'c0 63 01 01',
    ],
    ['MED does not become partial', { med: 1, partial: [4] }, '80 04 04 00000001'],
  ])('%s', (_, attributes, bytes) => {
    expect(encodeAttributes(attributes, fourOctets)).toEqual(hex(bytes));
  });

  test('no AS4 attributes for a four-octet peer, nor for numbers that fit (RFC 6793, 4.1 and 4.2.2)', () => {
    const small: Attributes = {
      asPath: [{ type: 'sequence', asns: [65535] }],
      aggregator: { asn: 65535, address: address('192.0.2.1') },
    };
    expect(codes(encodeAttributes(small, twoOctets))).toEqual([2, 7]);
    const large: Attributes = {
      asPath: [{ type: 'sequence', asns: [65536] }],
      aggregator: { asn: 65536, address: address('192.0.2.1') },
    };
    expect(codes(encodeAttributes(large, fourOctets))).toEqual([2, 7]);
    expect(codes(encodeAttributes(large, twoOctets))).toEqual([2, 7, 17, 18]);
  });

  test.each<[string, Attributes]>([
    ['an extended community of seven octets', { extendedCommunities: [new Uint8Array(7)] }],
    ['an IPv6 extended community of eight', { ipv6ExtendedCommunities: [new Uint8Array(8)] }],
    ['an IPv6 aggregator', { aggregator: { asn: 1, address: address('2001:db8::1') } }],
  ])('%s is refused', (_, attributes) => {
    expect(() => encodeAttributes(attributes, fourOctets)).toThrow(RangeError);
  });

  const sets = drawn((draw) => drawAttributes(draw, { ...drawContext(draw), fourOctetAs: true, external: false }));

  law('decodeAttributes is the inverse of encodeAttributes', sets, (attributes) => {
    expectSame(decodeAttributes(encodeAttributes(attributes, fourOctets), fourOctets), { attributes, faults: [] });
  });

  law('the same set is the same bytes, however it was put together', sets, (attributes) => {
    const reversed = Object.fromEntries(Object.entries(attributes).reverse());
    expectSame(encodeAttributes(reversed, fourOctets), encodeAttributes(attributes, fourOctets));
  });
});

/** Short attributes only. */
function codes(bytes: Uint8Array): number[] {
  if (bytes.length === 0) return [];
  return [bytes[1] as number, ...codes(bytes.subarray(3 + (bytes[2] as number)))];
}

describe('passing on an unknown attribute (RFC 4271, 5)', () => {
  test('sets the partial bit of a transitive one', () => {
    expect(passOn({ flags: 0xc0, code: 99, value: hex('01') })).toEqual({ flags: 0xe0, code: 99, value: hex('01') });
    expect(passOn({ flags: 0xe0, code: 99, value: hex('01') })).toEqual({ flags: 0xe0, code: 99, value: hex('01') });
  });

  test('leaves out any other', () => {
    expect(passOn({ flags: 0x80, code: 99, value: hex('01') })).toBeUndefined();
  });
});

test('names are those of the RFCs', () => {
  expect([1, 14, 32, 35].map(attributeName)).toEqual([
    'ORIGIN',
    'MP_REACH_NLRI',
    'LARGE_COMMUNITY',
    'ONLY_TO_CUSTOMER',
  ]);
  expect(attributeName(99)).toBeUndefined();
});

test('MP attributes among others are left out', () => {
  const bytes = concat(attribute(0x80, 15, hex('0002 01')), attribute(0x40, 1, hex('00')));
  expect(decodeAttributes(bytes, fourOctets)).toEqual({ attributes: { origin: 'igp' }, faults: [] });
});
