import { describe, expect, test } from 'vitest';
import { Address } from '../../src/ip/address.ts';
import { Prefix } from '../../src/ip/prefix.ts';
import { type Context, initialContext } from '../../src/wire/context.ts';
import { BgpError } from '../../src/wire/error.ts';
import { family, ipv4Multicast, ipv4Unicast, ipv6Unicast } from '../../src/wire/family.ts';
import { resetOf, severityOf, withdrawals } from '../../src/wire/fault.ts';
import { maxLengthOf } from '../../src/wire/header.ts';
import { packPrefixes } from '../../src/wire/nlri.ts';
import type { Fault, FaultAction, Update } from '../../src/wire/update.ts';
import { decodeUpdate, encodeUpdate, endOfRib, isEndOfRib } from '../../src/wire/update-codec.ts';
import { drawContext, drawExchange, drawn, drawUpdate, exchanges, law, runs } from './arbitraries.ts';
import { body, expectSame, hex } from './build.ts';
import { anyBytes, apart, damagedUpdates, type Received } from './damage.ts';
import { referenceDecode } from './reference.ts';

const fourOctets: Context = { ...initialContext, fourOctetAs: true };
const withIds: Context = { ...fourOctets, addPath: new Set([ipv4Unicast, ipv6Unicast]) };
const extended: Context = { ...fourOctets, extendedNextHop: new Set([ipv4Unicast]) };

const address = (text: string) => Address.parse(text);
const prefix = (text: string) => Prefix.parse(text);
const ipv4 = (...texts: string[]) => packPrefixes(ipv4Unicast, texts.map(prefix));
const ipv6 = (...texts: string[]) => packPrefixes(ipv6Unicast, texts.map(prefix));
const fromAs65001 = { origin: 'igp', asPath: [{ type: 'sequence', asns: [65001] }] } as const;

/** Each is read and written. */
const cases: readonly { name: string; bytes: string; value: Partial<Update>; context?: Context }[] = [
  {
    name: 'IPv4 unicast in the NLRI field',
    bytes: '0000 0014  40 01 01 00  40 02 06 02 01 0000fde9  40 03 04 c0000201  18 c63364',
    value: { attributes: { ...fromAs65001, nextHop: address('192.0.2.1') }, nlri: ipv4('198.51.100.0/24') },
  },
  {
    name: 'IPv4 unicast withdrawn, the default route among it',
    bytes: '0005  00 18c63364  0000',
    value: { withdrawn: ipv4('0.0.0.0/0', '198.51.100.0/24') },
  },
  {
    name: 'IPv4 unicast withdrawn and announced at once',
    bytes: '0002 080a  0014  40 01 01 00  40 02 06 02 01 0000fde9  40 03 04 c0000201  18 c63364',
    value: {
      attributes: { ...fromAs65001, nextHop: address('192.0.2.1') },
      withdrawn: ipv4('10.0.0.0/8'),
      nlri: ipv4('198.51.100.0/24'),
    },
  },
  {
    name: 'IPv4 unicast with path identifiers',
    bytes:
      '0009 00000007 20 0a000001  0014  40 01 01 00  40 02 06 02 01 0000fde9  40 03 04 c0000201  00000001 18 c63364',
    value: {
      attributes: { ...fromAs65001, nextHop: address('192.0.2.1') },
      withdrawn: packPrefixes(ipv4Unicast, [prefix('10.0.0.1/32')], [7]),
      nlri: packPrefixes(ipv4Unicast, [prefix('198.51.100.0/24')], [1]),
    },
    context: withIds,
  },
  {
    name: 'an IPv6 /64 behind a global and a link-local next hop',
    bytes:
      '0000 003e  80 0e 2e 0002 01 20 20010db8000000000000000000000001 fe800000000000000000000000000001 00' +
      ' 40 20010db8000a0001  40 01 01 00  40 02 06 02 01 0000fde9',
    value: {
      attributes: fromAs65001,
      reach: {
        nextHop: { kind: 'global-and-link-local', global: address('2001:db8::1'), linkLocal: address('fe80::1') },
        nlri: ipv6('2001:db8:a:1::/64'),
      },
    },
  },
  {
    name: 'an IPv6 /128 behind a link-local next hop alone, with a path identifier',
    bytes:
      '0000 003a  80 0e 2a 0002 01 10 fe800000000000000000000000000001 00' +
      ' 00000002 80 20010db8ffff00000000000000000001  40 01 01 00  40 02 06 02 01 0000fde9',
    value: {
      attributes: fromAs65001,
      reach: {
        nextHop: { kind: 'single', address: address('fe80::1') },
        nlri: packPrefixes(ipv6Unicast, [prefix('2001:db8:ffff::1/128')], [2]),
      },
    },
    context: withIds,
  },
  {
    name: 'IPv6 withdrawn',
    bytes: '0000 000f  80 0f 0c 0002 01 40 20010db8000a0001',
    value: { unreach: ipv6('2001:db8:a:1::/64') },
  },
  {
    name: 'IPv4 behind an IPv6 next hop (RFC 8950)',
    bytes:
      '0000 002b  80 0e 1b 0001 01 10 20010db8000000000000000000000001 00 18 c63364 080a' +
      ' 40 01 01 00  40 02 06 02 01 0000fde9',
    value: {
      attributes: fromAs65001,
      reach: {
        nextHop: { kind: 'single', address: address('2001:db8::1') },
        nlri: ipv4('198.51.100.0/24', '10.0.0.0/8'),
      },
    },
    context: extended,
  },
  {
    name: 'a family that is not made of prefixes',
    bytes: '0000 001e  80 0e 0e 0019 46 04 c0000201 00 0102 ffff00  40 01 01 00  40 02 06 02 01 0000fde9',
    value: {
      attributes: fromAs65001,
      reach: {
        nextHop: { kind: 'opaque', bytes: hex('c0000201') },
        nlri: { family: family(25, 70), addPath: false, bytes: hex('0102 ffff00') },
      },
    },
  },
  { name: 'End-of-RIB for IPv4 unicast', bytes: '0000 0000', value: {} },
  { name: 'End-of-RIB for IPv6 unicast', bytes: '0000 0006  80 0f 03 0002 01', value: { unreach: ipv6() } },
];

describe.each(cases)('$name', ({ bytes, value, context = fourOctets }) => {
  const update: Update = { type: 'update', attributes: {}, faults: [], ...value };

  test('decodes', () => {
    expect(decodeUpdate(hex(bytes), context)).toEqual(update);
  });

  test('encodes', () => {
    expect(encodeUpdate(update, context)).toEqual(hex(bytes));
  });
});

describe('laws', () => {
  law('decode(encode(update)) is the update', exchanges, ({ context, update }) => {
    expectSame(decodeUpdate(encodeUpdate(update, context), context), update);
  });

  law('encode(decode(bytes)) is the bytes', exchanges, ({ context, update }) => {
    const bytes = encodeUpdate(update, context);
    expectSame(encodeUpdate(decodeUpdate(bytes, context), context), bytes);
  });

  law('any bytes are a value or a BgpError, the same as to a plain decoder', anyBytes, expectAsReference);

  law('damaged messages are a value or a BgpError, the same as to a plain decoder', damagedUpdates, expectAsReference);

  const harmedValues = drawn((draw) => {
    const { context, update } = drawExchange(draw, draw.pick([['nlri'], ['nlri', 'withdrawn'], ['nlri', 'reach']]));
    const { withdrawn, attributes, nlri } = apart(encodeUpdate(update, context));
    const victim = draw.pick(attributes.filter((attribute) => attribute[1] !== 14));
    const header = (victim[0] as number) & 0x10 ? 4 : 3;
    victim.set(draw.bytes(victim.length - header), header);
    return { context, bytes: body(attributes, nlri, withdrawn) };
  });

  law(
    'no value of an attribute resets the session while there are routes to withdraw (RFC 7606, 7)',
    harmedValues,
    ({ context, bytes }) => {
      expectSame(resetOf(decodeUpdate(bytes, context)), undefined);
    },
  );

  law('only NLRI shares memory with the message', exchanges, ({ context, update }) => {
    const bytes = encodeUpdate(update, context);
    const { attributes, reach } = decodeUpdate(bytes, context);
    bytes.fill(0xff);
    expectSame([attributes, reach?.nextHop], [update.attributes, update.reach?.nextHop]);
  });

  const large = drawn((draw) => {
    const context = drawContext(draw);
    const update = drawUpdate(draw, context);
    const communities = Array.from({ length: draw.upTo(1100) }, () => draw.u32());
    return { context, update: { ...update, attributes: { ...update.attributes, communities } } };
  });

  law(
    'what is encoded fits the session, or is refused',
    large,
    ({ context, update }) => {
      const room = maxLengthOf(context) - 19;
      const needed = encodeUpdate(update, { ...context, extendedMessage: true }).length;
      if (needed > room) expect(() => encodeUpdate(update, context)).toThrow(RangeError);
      else expect(encodeUpdate(update, context)).toHaveLength(needed);
    },
    Math.ceil(runs / 50),
  );
});

/** The same value, or the same error, as the reference decoder's. */
function expectAsReference(received: Received): void {
  expectSame(told(decodeUpdate, received), told(referenceDecode, received));
}

type Told = { readonly faults: readonly Pick<Fault, 'action' | 'attribute' | 'subcode'>[] };

function told(decode: (bytes: Uint8Array, context: Context) => Told, { context, bytes }: Received): unknown {
  try {
    const { faults, ...update } = decode(bytes, context);
    const summary = faults.map(({ action, attribute, subcode }) => `${action} ${attribute} ${subcode}`);
    return { ...update, faults: summary.sort() };
  } catch (error) {
    if (error instanceof BgpError) return [error.code, error.subcode];
    throw error;
  }
}

describe('what an UPDATE as a whole says', () => {
  test('the most severe fault decides', () => {
    const fault = (action: FaultAction) => ({ action, attribute: 1, subcode: 1, message: '', data: hex('') });
    expect(severityOf([])).toBeUndefined();
    expect(severityOf([fault('attribute-discard')])).toBe('attribute-discard');
    expect(severityOf([fault('treat-as-withdraw'), fault('attribute-discard')])).toBe('treat-as-withdraw');
    expect(severityOf([fault('attribute-discard'), fault('session-reset'), fault('treat-as-withdraw')])).toBe(
      'session-reset',
    );
  });

  test('the first reset is the NOTIFICATION', () => {
    const update: Update = {
      type: 'update',
      attributes: {},
      faults: [
        { action: 'treat-as-withdraw', attribute: 1, subcode: 6, message: 'bad', data: hex('01') },
        { action: 'session-reset', attribute: 99, subcode: 2, message: 'worse', data: hex('02') },
        { action: 'session-reset', attribute: 14, subcode: 9, message: 'worst', data: hex('03') },
      ],
    };
    expect(resetOf(update)).toMatchObject({ code: 3, subcode: 2, message: 'worse', data: hex('02') });
    expect(resetOf({ ...update, faults: [] })).toBeUndefined();
  });

  test('a withdraw concerns all routes that are named, wherever they are', () => {
    const update: Update = {
      type: 'update',
      attributes: {},
      faults: [],
      withdrawn: ipv4('10.0.0.0/8'),
      unreach: ipv6('2001:db8::/32'),
      nlri: ipv4('198.51.100.0/24'),
      reach: { nextHop: { kind: 'single', address: address('fe80::1') }, nlri: ipv6('2001:db8:a::/48') },
    };
    expect(withdrawals(update)).toEqual([update.withdrawn, update.unreach, update.nlri, update.reach?.nlri]);
    expect(withdrawals({ type: 'update', attributes: {}, faults: [], unreach: ipv6() })).toEqual([]);
  });

  test.each([ipv4Unicast, ipv6Unicast, ipv4Multicast, family(25, 70)])(
    'the End-of-RIB marker of family %i is known again',
    (of) => {
      expect(isEndOfRib(decodeUpdate(encodeUpdate(endOfRib(of), withIds), withIds))).toBe(of);
    },
  );

  test('MP_UNREACH_NLRI without NLRI ends IPv4 unicast too (RFC 7606, 5.2)', () => {
    expect(isEndOfRib(decodeUpdate(hex('0000 0006 80 0f 03 0001 01'), fourOctets))).toBe(ipv4Unicast);
  });

  test.each([
    ['withdrawn routes', '0001 00 0000'],
    ['NLRI that is withdrawn by MP_UNREACH_NLRI', '0000 0007 80 0f 04 0002 01 00'],
    ['an attribute', '0000 0004 40 01 01 00'],
    ['an attribute that is discarded', '0000 0004 40 06 01 00'],
    ['MP_REACH_NLRI', '0000 0018 80 0e 15 0002 01 10 20010db8000000000000000000000001 00'],
  ])('%s makes no End-of-RIB marker', (_, bytes) => {
    expect(isEndOfRib(decodeUpdate(hex(bytes), fourOctets))).toBeUndefined();
  });
});

describe('what a session cannot carry is refused', () => {
  const update: Update = { type: 'update', attributes: {}, faults: [] };
  const nextHop = { kind: 'single', address: address('2001:db8::1') } as const;

  test.each<[string, Update, Context]>([
    ['IPv6 in the NLRI field', { ...update, nlri: ipv6('2001:db8::/32') }, fourOctets],
    ['IPv6 in the withdrawn routes', { ...update, withdrawn: ipv6('2001:db8::/32') }, fourOctets],
    ['NLRI without the path identifiers agreed on', { ...update, nlri: ipv4('10.0.0.0/8') }, withIds],
    ['withdrawals without them', { ...update, unreach: ipv6('2001:db8::/32') }, withIds],
    [
      'path identifiers not agreed on',
      { ...update, reach: { nextHop, nlri: packPrefixes(ipv6Unicast, [prefix('2001:db8::/32')], [1]) } },
      fourOctets,
    ],
    [
      'an IPv6 next hop for IPv4 (RFC 8950, 4)',
      { ...update, reach: { nextHop, nlri: ipv4('10.0.0.0/8') } },
      fourOctets,
    ],
    [
      'an IPv4 next hop for IPv6',
      { ...update, reach: { nextHop: { kind: 'single', address: address('192.0.2.1') }, nlri: ipv6() } },
      fourOctets,
    ],
    [
      'an opaque next hop for IPv6',
      { ...update, reach: { nextHop: { kind: 'opaque', bytes: hex('00') }, nlri: ipv6() } },
      fourOctets,
    ],
    [
      'an address as the next hop of a family that is not made of prefixes',
      { ...update, reach: { nextHop, nlri: { family: family(25, 70), addPath: false, bytes: hex('') } } },
      fourOctets,
    ],
    [
      'a next hop whose length does not fit its field',
      {
        ...update,
        reach: {
          nextHop: { kind: 'opaque', bytes: new Uint8Array(256) },
          nlri: { family: family(25, 70), addPath: false, bytes: hex('') },
        },
      },
      fourOctets,
    ],
    ['an IPv6 address in NEXT_HOP', { ...update, attributes: { nextHop: address('2001:db8::1') } }, fourOctets],
    [
      'an attribute whose length does not fit its field',
      { ...update, attributes: { unknown: [{ flags: 0xc0, code: 99, value: new Uint8Array(65536) }] } },
      fourOctets,
    ],
  ])('%s', (_, refused, context) => {
    expect(() => encodeUpdate(refused, context)).toThrow(RangeError);
  });
});

describe('order (RFC 7606, 5.1)', () => {
  test('MP_REACH_NLRI and MP_UNREACH_NLRI come first, the others by code, unknown ones among them', () => {
    const update: Update = {
      type: 'update',
      attributes: {
        ...fromAs65001,
        communities: [1],
        largeCommunities: [[1, 2, 3]],
        unknown: [
          { flags: 0xc0, code: 99, value: hex('01') },
          { flags: 0x80, code: 11, value: hex('02') },
        ],
      },
      reach: { nextHop: { kind: 'single', address: address('fe80::1') }, nlri: ipv6('2001:db8::/32') },
      unreach: ipv6('2001:db8:1::/48'),
      faults: [],
    };
    const codes = apart(encodeUpdate(update, fourOctets)).attributes.map((attribute) => attribute[1]);
    expect(codes).toEqual([14, 15, 1, 2, 8, 11, 32, 99]);
  });

  test('any order and any combination of fields is read', () => {
    const mixed = hex(
      '0002 080a  0034  80 0f 04 0002 01 00  40 03 04 c0000201  40 02 06 02 01 0000fde9' +
        ' 80 0e 16 0002 01 10 20010db8000000000000000000000001 00 00  40 01 01 00  18 c63364',
    );
    expect(decodeUpdate(mixed, fourOctets)).toEqual({
      type: 'update',
      attributes: { ...fromAs65001, nextHop: address('192.0.2.1') },
      withdrawn: ipv4('10.0.0.0/8'),
      nlri: ipv4('198.51.100.0/24'),
      unreach: ipv6('::/0'),
      reach: { nextHop: { kind: 'single', address: address('2001:db8::1') }, nlri: ipv6('::/0') },
      faults: [],
    });
  });
});
