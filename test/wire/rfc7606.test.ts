import { describe, expect, test } from 'vitest';
import { type Context, initialContext } from '../../src/wire/context.ts';
import { BgpError } from '../../src/wire/error.ts';
import { ipv4Unicast } from '../../src/wire/family.ts';
import { resetOf, severityOf, withdrawals } from '../../src/wire/fault.ts';
import { countPrefixes } from '../../src/wire/nlri.ts';
import type { Attributes, FaultAction, Update } from '../../src/wire/update.ts';
import { decodeUpdate } from '../../src/wire/update-codec.ts';
import { attribute, body, concat, hex } from './build.ts';

// Named by section: of RFC 7606, unless another is named.

const external: Context = { ...initialContext, fourOctetAs: true };
const internal: Context = { ...external, external: false };
const oldExternal: Context = { ...external, fourOctetAs: false };

const origin = hex('40 01 01 00');
const asPath = hex('40 02 06 02 01 0000fde9');
const oldAsPath = hex('40 02 04 02 01 fde9');
const nextHop = hex('40 03 04 c0000201');
const localPref = hex('40 05 04 00000064');
const mpReach = hex('80 0e 1e 0002 01 10 20010db8000000000000000000000001 00 40 20010db8000a0001');
const mpUnreach = hex('80 0f 0c 0002 01 40 20010db8000a0002');
const nlri = hex('18 c63364');

/** What every route needs in the context. */
function needed({ external: isExternal, fourOctetAs }: Context): Uint8Array[] {
  return [origin, fourOctetAs ? asPath : oldAsPath, nextHop, ...(isExternal ? [] : [localPref])];
}

/** An UPDATE with one more attribute, or with another in the place of the one that has its code. */
function updateWith(extra: Uint8Array, context: Context): Update {
  const others = needed(context).filter((known) => known[1] !== extra[1]);
  return decodeUpdate(body([...others, extra], nlri), context);
}

/** Attribute code, action and subcode of each fault. */
function faultsOf(update: Update): [number, FaultAction, number][] {
  return update.faults.map(({ attribute: code, action, subcode }) => [code, action, subcode]);
}

interface Case {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly subcode: number;
  readonly context?: Context;
}

function eachCase(action: FaultAction, cases: readonly Case[]): void {
  test.each(cases)('$name', ({ bytes, subcode, context = external }) => {
    const update = updateWith(bytes, context);
    expect(faultsOf(update)).toEqual([[bytes[1], action, subcode]]);
    expect(update.nlri).toEqual({ family: ipv4Unicast, addPath: false, bytes: nlri });
    expect(withdrawals(update)).toHaveLength(1);
    expect(resetOf(update)).toBeUndefined();
    // RFC 4271, 6.3: the erroneous attribute (type, length and value), where there is one.
    if (subcode !== 1) expect(update.faults[0]?.data).toEqual(bytes);
  });
}

const withdrawn = (cases: readonly Case[]) => eachCase('treat-as-withdraw', cases);
const discarded = (cases: readonly Case[]) => eachCase('attribute-discard', cases);

test('an UPDATE without faults has none', () => {
  for (const context of [external, internal, oldExternal]) {
    expect(decodeUpdate(body(needed(context), nlri), context).faults).toEqual([]);
  }
});

describe('3 b: lengths that exceed the message reset', () => {
  test.each([
    ['nothing at all', ''],
    ['less than the two length fields', '0000 00'],
    ['Withdrawn Routes Length', '0005 00 0000'],
    ['Withdrawn Routes Length by one', '0002 0000 00'],
    ['Total Path Attribute Length', '0000 0005 40 01 01 00'],
    ['both', 'ffff ffff'],
  ])('%s', (_, bytes) => {
    expect(() => decodeUpdate(hex(bytes), external)).toThrow(BgpError);
    expect(() => decodeUpdate(hex(bytes), external)).toThrow(expect.objectContaining({ code: 3, subcode: 1 }));
  });
});

describe('3 c: Optional and Transitive bits that conflict with the code', () => {
  withdrawn(
    [
      ['ORIGIN as optional', 'c0 01 01 00'],
      ['ORIGIN as non-transitive', '00 01 01 00'],
      ['AS_PATH as optional non-transitive', '80 02 06 02 01 0000fde9'],
      ['NEXT_HOP as optional', 'c0 03 04 c0000201'],
      ['MULTI_EXIT_DISC as transitive', 'c0 04 04 00000001'],
      ['MULTI_EXIT_DISC as well-known', '40 04 04 00000001'],
      ['LOCAL_PREF as optional, even where it would be discarded', '80 05 04 00000001'],
      ['ATOMIC_AGGREGATE as optional', 'c0 06 00'],
      ['AGGREGATOR as non-transitive', '80 07 08 0000fde9 c0000201'],
      ['COMMUNITIES as non-transitive', '80 08 04 00000001'],
      ['COMMUNITIES as well-known', '40 08 04 00000001'],
      ['ORIGINATOR_ID as transitive', 'c0 09 04 00000001'],
      ['CLUSTER_LIST as transitive', 'c0 0a 04 00000001'],
      ['EXTENDED_COMMUNITIES as non-transitive', '80 10 08 0002fde900000064'],
      ['AS4_PATH as non-transitive', '80 11 06 02 01 0000fde9'],
      ['AS4_AGGREGATOR as non-transitive', '80 12 08 0000fde9 c0000201'],
      ['PMSI_TUNNEL as non-transitive', '80 16 05 00 00 000000'],
      ['IPV6_EXTENDED_COMMUNITIES as non-transitive', `80 19 14 ${'00'.repeat(20)}`],
      ['LARGE_COMMUNITY as non-transitive', `80 20 0c ${'00'.repeat(12)}`],
      ['ONLY_TO_CUSTOMER as non-transitive', '80 23 04 0000fde9'],
    ].map(([name, bytes]) => ({ name: name as string, bytes: hex(bytes as string), subcode: 4 })),
  );

  describe('RFC 7311, 3.2: AIGP as transitive is ignored', () => {
    discarded([{ name: 'AIGP', bytes: hex('c0 1a 0b 01 000b 0000000000000001'), subcode: 4 }]);
  });

  test.each([
    ['MP_REACH_NLRI', mpReach],
    ['MP_UNREACH_NLRI', mpUnreach],
  ])('5.3: %s as transitive resets', (_, mp) => {
    const wrong = concat(hex('c0'), mp.subarray(1));
    expect(resetOf(updateWith(wrong, external))).toMatchObject({ code: 3, subcode: 9, data: wrong });
  });

  test('the Partial bit is no matter of this', () => {
    expect(updateWith(hex('60 01 01 00'), external).faults).toEqual([]);
  });
});

describe('3 d: a well-known mandatory attribute that is missing', () => {
  test.each([
    ['ORIGIN', 1, external],
    ['AS_PATH', 2, external],
    ['NEXT_HOP', 3, external],
    ['LOCAL_PREF, between internal peers (RFC 4271, 5.1.5)', 5, internal],
  ] as const)('%s', (_, code, context) => {
    const update = decodeUpdate(
      body(
        needed(context).filter((known) => known[1] !== code),
        nlri,
      ),
      context,
    );
    expect(faultsOf(update)).toEqual([[code, 'treat-as-withdraw', 3]]);
    expect(update.faults[0]?.data).toEqual(Uint8Array.of(code));
  });

  test('NEXT_HOP is not mandatory for MP_REACH_NLRI, ORIGIN and AS_PATH are (RFC 4760, 3)', () => {
    expect(decodeUpdate(body([mpReach, origin, asPath]), external).faults).toEqual([]);
    expect(faultsOf(decodeUpdate(body([mpReach]), external))).toEqual([
      [1, 'treat-as-withdraw', 3],
      [2, 'treat-as-withdraw', 3],
    ]);
  });

  test('LOCAL_PREF is mandatory for MP_REACH_NLRI between internal peers (RFC 4760, 3)', () => {
    expect(faultsOf(decodeUpdate(body([mpReach, origin, asPath]), internal))).toEqual([[5, 'treat-as-withdraw', 3]]);
  });

  test('one that is malformed is not missing as well', () => {
    expect(faultsOf(updateWith(hex('40 01 01 03'), external))).toEqual([[1, 'treat-as-withdraw', 6]]);
  });

  test('no attribute is needed to withdraw', () => {
    expect(decodeUpdate(body([mpUnreach], undefined, nlri), internal).faults).toEqual([]);
  });
});

describe('3 g: an attribute more than once', () => {
  test.each([
    ['MP_REACH_NLRI', mpReach],
    ['MP_UNREACH_NLRI', mpUnreach],
  ])('%s resets', (_, mp) => {
    const update = decodeUpdate(body([mp, mp, ...needed(external)], nlri), external);
    expect(resetOf(update)).toMatchObject({ code: 3, subcode: 1, data: hex('') });
  });

  test.each<[string, string, string, Attributes]>([
    ['ORIGIN', '40 01 01 00', '40 01 01 02', { origin: 'igp' }],
    ['COMMUNITIES', 'c0 08 04 00000001', 'c0 08 04 00000002', { communities: [1] }],
    ['an unknown one', 'c0 63 01 01', 'c0 63 01 02', { unknown: [{ flags: 0xc0, code: 99, value: hex('01') }] }],
    ['even when the second is malformed', 'c0 08 04 00000001', 'c0 08 03 000000', { communities: [1] }],
  ])('%s: the first counts', (_, first, second, expected) => {
    const others = needed(external).filter((known) => known[1] !== hex(first)[1]);
    const update = decodeUpdate(body([hex(first), ...others, hex(second)], nlri), external);
    expect(update.attributes).toMatchObject(expected);
    expect(faultsOf(update)).toEqual([[hex(first)[1], 'attribute-discard', 1]]);
  });

  test('a malformed first one is not made good by a second', () => {
    const update = decodeUpdate(body([hex('40 01 01 07'), origin, asPath, nextHop], nlri), external);
    expect(update.attributes.origin).toBeUndefined();
    expect(severityOf(update.faults)).toBe('treat-as-withdraw');
  });
});

describe('3 h: of several errors the strongest approach counts', () => {
  test.each<[string, string[], FaultAction]>([
    ['twice the same', ['40 06 01 00', 'c0 07 01 00'], 'attribute-discard'],
    ['discard and withdraw', ['40 06 01 00', '80 04 01 00'], 'treat-as-withdraw'],
    ['withdraw and reset', ['80 04 01 00', '40 63 00'], 'session-reset'],
    ['all three, the strongest first', ['40 63 00', '80 04 01 00', '40 06 01 00'], 'session-reset'],
  ])('%s', (_, attributes, action) => {
    const update = decodeUpdate(body([...needed(external), ...attributes.map(hex)], nlri), external);
    expect(severityOf(update.faults)).toBe(action);
    expect(update.faults).toHaveLength(attributes.length);
  });
});

describe('4: the Total Path Attribute Length against what is in it', () => {
  test.each([
    ['an attribute that overruns', 'c0 08 08 00000001', 8],
    ['one with an extended length that overruns', 'd0 08 0008 00000001', 8],
    ['an unknown one that overruns', 'c0 63 02 00', 99],
    ['one octet left', 'c0', 0],
    ['two octets left', 'c0 08', 0],
    ['three octets left for an extended length', 'd0 08 00', 0],
  ])('%s: the NLRI is still found and withdrawn', (_, rest, code) => {
    const update = decodeUpdate(body([...needed(external), hex(rest)], nlri), external);
    expect(faultsOf(update)).toEqual([[code, 'treat-as-withdraw', 1]]);
    expect(withdrawals(update).map(countPrefixes)).toEqual([1]);
  });

  test('3 j: MP_REACH_NLRI that overruns resets, for its NLRI is not found', () => {
    const update = decodeUpdate(body([...needed(external), mpReach.subarray(0, 20)], nlri), external);
    expect(resetOf(update)).toMatchObject({ code: 3, subcode: 1 });
  });

  describe('zero octets, where only AS_PATH and ATOMIC_AGGREGATE may have none', () => {
    const empty = (code: number, flags: number) => attribute(flags, code, hex(''));
    withdrawn([
      { name: 'ORIGIN', bytes: empty(1, 0x40), subcode: 5 },
      { name: 'NEXT_HOP', bytes: empty(3, 0x40), subcode: 5 },
      { name: 'MULTI_EXIT_DISC', bytes: empty(4, 0x80), subcode: 5 },
      { name: 'LOCAL_PREF', bytes: empty(5, 0x40), subcode: 5, context: internal },
      { name: 'COMMUNITIES', bytes: empty(8, 0xc0), subcode: 5 },
      { name: 'ORIGINATOR_ID', bytes: empty(9, 0x80), subcode: 5, context: internal },
      { name: 'CLUSTER_LIST', bytes: empty(10, 0x80), subcode: 5, context: internal },
      { name: 'EXTENDED_COMMUNITIES', bytes: empty(16, 0xc0), subcode: 5 },
      { name: 'PMSI_TUNNEL', bytes: empty(22, 0xc0), subcode: 5 },
      { name: 'IPV6_EXTENDED_COMMUNITIES', bytes: empty(25, 0xc0), subcode: 5 },
      { name: 'LARGE_COMMUNITY', bytes: empty(32, 0xc0), subcode: 5 },
      { name: 'ONLY_TO_CUSTOMER', bytes: empty(35, 0xc0), subcode: 5 },
    ]);
    discarded([
      { name: 'AGGREGATOR', bytes: empty(7, 0xc0), subcode: 5 },
      { name: 'AS4_PATH', bytes: empty(17, 0xc0), subcode: 5, context: oldExternal },
      { name: 'AS4_AGGREGATOR', bytes: empty(18, 0xc0), subcode: 5, context: oldExternal },
      { name: 'AIGP', bytes: empty(26, 0x80), subcode: 5, context: internal },
    ]);

    test('AS_PATH and ATOMIC_AGGREGATE', () => {
      const update = decodeUpdate(body([origin, empty(2, 0x40), nextHop, empty(6, 0x40)], nlri), external);
      expect(update.faults).toEqual([]);
      expect(update.attributes).toMatchObject({ asPath: [], atomicAggregate: true });
    });
  });
});

describe('5.2: errors without NLRI to withdraw', () => {
  const bad = hex('40 01 01 07');

  test.each<[string, Uint8Array]>([
    ['attributes alone', body([bad])],
    ['attributes and withdrawn routes', body([bad, asPath], undefined, nlri)],
    ['attributes and MP_UNREACH_NLRI', body([mpUnreach, bad])],
    ['attributes and MP_REACH_NLRI without NLRI', body([mpReach.with(2, 21).subarray(0, 24), bad, asPath])],
    ['octets that are no attribute', body([mpUnreach, hex('40')])],
  ])('%s: what would be withdrawn resets', (_, bytes) => {
    const update = decodeUpdate(bytes, external);
    expect(severityOf(update.faults)).toBe('session-reset');
    expect(resetOf(update)?.code).toBe(3);
  });

  test('the subcode and the data stay those of the error', () => {
    expect(resetOf(decodeUpdate(body([bad]), external))).toMatchObject({ code: 3, subcode: 6, data: bad });
  });

  test('what is discarded is discarded', () => {
    const update = decodeUpdate(body([hex('40 06 01 00')]), external);
    expect(severityOf(update.faults)).toBe('attribute-discard');
  });

  test('attributes without errors are fine (RFC 4271, 6.3)', () => {
    expect(decodeUpdate(body([origin, asPath]), external).faults).toEqual([]);
  });
});

describe('5.3: NLRI that is syntactically incorrect', () => {
  const bad = hex('21 0000000000');
  const short = hex('18 c633');

  test.each([
    ['a length beyond 32', bad],
    ['too few octets', short],
  ])('in the NLRI field, %s resets', (_, bytes) => {
    const update = decodeUpdate(body(needed(external), bytes), external);
    expect(resetOf(update)).toMatchObject({ code: 3, subcode: 10, data: hex('') });
    expect(update.nlri).toBeUndefined();
  });

  test.each([
    ['a length beyond 32', bad],
    ['too few octets', short],
  ])('3 i: in the withdrawn routes, %s resets', (_, bytes) => {
    const update = decodeUpdate(body([], undefined, bytes), external);
    expect(resetOf(update)).toMatchObject({ code: 3, subcode: 10, data: hex('') });
    expect(update.withdrawn).toBeUndefined();
  });

  const reach = (rest: string) => attribute(0x80, 14, hex(`0002 01 10 20010db8000000000000000000000001 00 ${rest}`));
  const unreach = (rest: string) => attribute(0x80, 15, hex(`0002 01 ${rest}`));

  test.each([
    ['MP_REACH_NLRI: a length beyond 128', reach(`81 ${'00'.repeat(17)}`)],
    ['MP_REACH_NLRI: too few octets', reach('40 20010db8')],
    ['MP_REACH_NLRI: an IPv4 length beyond 32', attribute(0x80, 14, hex('0001 01 04 c0000201 00 21 0000000000'))],
    ['MP_REACH_NLRI of no octets', attribute(0x80, 14, hex(''))],
    ['MP_REACH_NLRI of four octets', attribute(0x80, 14, hex('0002 01 00'))],
    ['MP_REACH_NLRI that ends in its next hop', attribute(0x80, 14, hex('0002 01 10 20010db8'))],
    ['MP_REACH_NLRI without its reserved octet', attribute(0x80, 14, hex('0001 01 04 c0000201'))],
    ['MP_UNREACH_NLRI: a length beyond 128', unreach(`81 ${'00'.repeat(17)}`)],
    ['MP_UNREACH_NLRI: too few octets', unreach('40 20010db8')],
    ['MP_UNREACH_NLRI of no octets', attribute(0x80, 15, hex(''))],
    ['MP_UNREACH_NLRI of two octets', attribute(0x80, 15, hex('0002'))],
  ])('%s', (_, mp) => {
    const update = decodeUpdate(body([mp, ...needed(external)], nlri), external);
    expect(resetOf(update)).toMatchObject({ code: 3, subcode: 9, data: mp });
    expect([update.reach, update.unreach]).toEqual([undefined, undefined]);
  });

  test('the reserved octet of MP_REACH_NLRI is ignored (RFC 4760, 3)', () => {
    expect(decodeUpdate(body([mpReach.with(23, 0xff), origin, asPath]), external).faults).toEqual([]);
  });
});

describe('5.4: NLRI of other families is not looked into', () => {
  test('EVPN', () => {
    const evpn = attribute(0x80, 14, hex('0019 46 04 c0000201 00 ff ffff'));
    expect(decodeUpdate(body([evpn, origin, asPath]), external).faults).toEqual([]);
  });
});

describe('7.1: ORIGIN', () => {
  withdrawn([
    { name: 'a length of 2', bytes: hex('40 01 02 0000'), subcode: 5 },
    { name: 'the value 3', bytes: hex('40 01 01 03'), subcode: 6 },
    { name: 'the value 255', bytes: hex('40 01 01 ff'), subcode: 6 },
  ]);
});

describe('7.2: AS_PATH', () => {
  withdrawn([
    { name: 'an unknown segment type', bytes: hex('40 02 06 05 01 0000fde9'), subcode: 11 },
    { name: 'a segment that overruns', bytes: hex('40 02 06 02 02 0000fde9'), subcode: 11 },
    { name: 'one octet after the last segment', bytes: hex('40 02 07 02 01 0000fde9 02'), subcode: 11 },
    { name: 'an empty segment', bytes: hex('40 02 02 02 00'), subcode: 11 },
    { name: 'two-octet AS numbers where four were agreed on', bytes: hex('40 02 04 02 01 fde9'), subcode: 11 },
    { name: 'AS 0 (RFC 7607, 2)', bytes: hex('40 02 06 02 01 00000000'), subcode: 11 },
    { name: 'AS 0 in two octets (RFC 7607, 2)', bytes: hex('40 02 04 02 01 0000'), subcode: 11, context: oldExternal },
    { name: 'a confederation from outside (RFC 5065, 5)', bytes: hex('40 02 06 03 01 0000fe01'), subcode: 11 },
  ]);

  test('a confederation from an internal peer is fine', () => {
    expect(updateWith(hex('40 02 06 03 01 0000fe01'), internal).faults).toEqual([]);
  });
});

describe('7.3: NEXT_HOP', () => {
  withdrawn([
    { name: 'a length of 3', bytes: hex('40 03 03 c00002'), subcode: 5 },
    { name: 'a length of 16', bytes: attribute(0x40, 3, new Uint8Array(16).fill(0x20)), subcode: 5 },
    { name: '0.0.0.0 (RFC 4271, 6.3)', bytes: hex('40 03 04 00000000'), subcode: 8 },
    { name: 'a multicast address (RFC 4271, 6.3)', bytes: hex('40 03 04 e0000001'), subcode: 8 },
  ]);

  test('beside MP_REACH_NLRI alone its value is ignored (RFC 4760, 3)', () => {
    const update = decodeUpdate(body([mpReach, origin, asPath, hex('40 03 04 00000000')]), external);
    expect(update.faults).toEqual([]);
    expect(update.attributes.nextHop).toBeUndefined();
  });
});

describe('7.4: MULTI_EXIT_DISC', () => {
  withdrawn([{ name: 'a length of 3', bytes: hex('80 04 03 000001'), subcode: 5 }]);
});

describe('7.5: LOCAL_PREF', () => {
  withdrawn([
    { name: 'a length of 3, from an internal peer', bytes: hex('40 05 03 000001'), subcode: 5, context: internal },
  ]);
  discarded([
    { name: 'from an external peer', bytes: localPref, subcode: 1 },
    { name: 'of any length from an external peer', bytes: hex('40 05 03 000001'), subcode: 1 },
  ]);

  test('what is discarded is not in the result', () => {
    expect(updateWith(localPref, external).attributes.localPref).toBeUndefined();
  });
});

describe('7.6: ATOMIC_AGGREGATE', () => {
  discarded([{ name: 'a length of 1', bytes: hex('40 06 01 00'), subcode: 5 }]);
});

describe('7.7: AGGREGATOR', () => {
  discarded([
    { name: 'six octets where AS numbers have four', bytes: hex('c0 07 06 fde9 c0000201'), subcode: 5 },
    {
      name: 'eight octets where AS numbers have two',
      bytes: hex('c0 07 08 0000fde9 c0000201'),
      subcode: 5,
      context: oldExternal,
    },
    { name: 'AS 0 (RFC 7607, 2)', bytes: hex('c0 07 08 00000000 c0000201'), subcode: 9 },
  ]);
});

describe('7.8: COMMUNITIES', () => {
  withdrawn([
    { name: 'a length of 3', bytes: hex('c0 08 03 000001'), subcode: 5 },
    { name: 'a length of 5', bytes: hex('c0 08 05 0000000100'), subcode: 5 },
  ]);
});

describe('7.9: ORIGINATOR_ID', () => {
  withdrawn([{ name: 'a length of 8', bytes: hex('80 09 08 0000000100000001'), subcode: 5, context: internal }]);
  discarded([{ name: 'from an external peer', bytes: hex('80 09 04 c0000201'), subcode: 1 }]);
});

describe('7.10: CLUSTER_LIST', () => {
  withdrawn([{ name: 'a length of 6', bytes: hex('80 0a 06 000000010000'), subcode: 5, context: internal }]);
  discarded([{ name: 'from an external peer', bytes: hex('80 0a 04 c0000201'), subcode: 1 }]);
});

describe('7.11: MP_REACH_NLRI', () => {
  const reach = (length: number, family = '0002 01') =>
    attribute(0x80, 14, concat(hex(family), Uint8Array.of(length), new Uint8Array(length).fill(0x20), hex('00 00')));

  test.each([
    ['IPv6 with a next hop of 4 octets', reach(4)],
    ['IPv6 with a next hop of 0 octets', reach(0)],
    ['IPv6 with a next hop of 17 octets', reach(17)],
    ['IPv6 with a next hop of 24 octets', reach(24)],
    ['IPv4 with a next hop of 16 octets without RFC 8950', reach(16, '0001 01')],
    ['IPv4 with a next hop of 32 octets without RFC 8950', reach(32, '0001 01')],
  ])('%s resets', (_, mp) => {
    expect(resetOf(updateWith(mp, external))).toMatchObject({ code: 3, subcode: 9, data: mp });
  });

  test.each([
    ['`::`', new Uint8Array(16)],
    ['a multicast address', hex('ff020000000000000000000000000001')],
  ])('a next hop of %s withdraws the routes, which are there', (_, next) => {
    const mp = attribute(0x80, 14, concat(hex('0002 01 10'), next, hex('00 40 20010db8000a0001')));
    const update = decodeUpdate(body([mp, origin, asPath]), external);
    expect(faultsOf(update)).toEqual([[14, 'treat-as-withdraw', 8]]);
    expect(withdrawals(update)).toEqual([update.reach?.nlri]);
    expect(withdrawals(update).map(countPrefixes)).toEqual([1]);
  });
});

describe('7.14: EXTENDED_COMMUNITIES', () => {
  withdrawn([{ name: 'a length of 12', bytes: attribute(0xc0, 16, new Uint8Array(12)), subcode: 5 }]);
});

describe('7.15: IPV6_EXTENDED_COMMUNITIES', () => {
  withdrawn([{ name: 'a length of 24', bytes: attribute(0xc0, 25, new Uint8Array(24)), subcode: 5 }]);
});

describe('RFC 8092, 6: LARGE_COMMUNITY', () => {
  withdrawn([{ name: 'a length of 16', bytes: attribute(0xc0, 32, new Uint8Array(16)), subcode: 5 }]);
});

describe('RFC 9234, 5: ONLY_TO_CUSTOMER', () => {
  withdrawn([
    { name: 'a length of 2', bytes: hex('c0 23 02 fde9'), subcode: 5 },
    { name: 'a length of 8', bytes: hex('c0 23 08 0000fde9 0000fde9'), subcode: 5 },
  ]);
});

describe('RFC 6514, 5: PMSI_TUNNEL', () => {
  withdrawn([{ name: 'a length of 4', bytes: hex('c0 16 04 00 00 0000'), subcode: 5 }]);
});

describe('RFC 6793, 6: AS4_PATH and AS4_AGGREGATOR', () => {
  discarded([
    { name: 'AS4_PATH from a four-octet peer', bytes: hex('c0 11 06 02 01 0000fde9'), subcode: 9 },
    { name: 'AS4_AGGREGATOR from a four-octet peer', bytes: hex('c0 12 08 0000fde9 c0000201'), subcode: 9 },
    { name: 'AS4_PATH: odd octets', bytes: hex('c0 11 05 02 01 0000fd'), subcode: 11, context: oldExternal },
    { name: 'AS4_PATH: an empty segment', bytes: hex('c0 11 02 02 00'), subcode: 11, context: oldExternal },
    {
      name: 'AS4_PATH: an unknown segment type',
      bytes: hex('c0 11 06 07 01 0000fde9'),
      subcode: 11,
      context: oldExternal,
    },
    { name: 'AS4_PATH: AS 0 (RFC 7607, 2)', bytes: hex('c0 11 06 02 01 00000000'), subcode: 11, context: oldExternal },
    { name: 'AS4_PATH: a confederation', bytes: hex('c0 11 06 03 01 0000fe01'), subcode: 11, context: oldExternal },
    { name: 'AS4_AGGREGATOR: a length of 6', bytes: hex('c0 12 06 fde9 c0000201'), subcode: 5, context: oldExternal },
    {
      name: 'AS4_AGGREGATOR: AS 0 (RFC 7607, 2)',
      bytes: hex('c0 12 08 00000000 c0000201'),
      subcode: 9,
      context: oldExternal,
    },
  ]);

  test('of AS4_PATH only the confederation segments are discarded', () => {
    const path = hex('40 02 06 02 02 fde9 5ba0');
    const as4Path = hex('c0 11 10 03 01 0000fe01 02 02 0000fde9 fa56ea00');
    const update = decodeUpdate(body([origin, path, nextHop, as4Path], nlri), oldExternal);
    expect(update.attributes.asPath).toEqual([{ type: 'sequence', asns: [65001, 4200000000] }]);
    expect(faultsOf(update)).toEqual([[17, 'attribute-discard', 11]]);
  });
});

describe('RFC 7311, 3.2: AIGP', () => {
  discarded([
    { name: 'from an external peer (3.3)', bytes: hex('80 1a 0b 01 000b 0000000000000001'), subcode: 1 },
    ...[
      ['a TLV of two octets', '80 1a 02 01 00'],
      ['a TLV that overruns', '80 1a 0b 01 000c 0000000000000001'],
      ['a TLV with a length of 2', '80 1a 03 02 0002'],
      ['an AIGP TLV with a length of 7', '80 1a 07 01 0007 00000001'],
      ['octets after the AIGP TLV', '80 1a 0c 01 000b 0000000000000001 00'],
      ['the maximum metric', '80 1a 0b 01 000b ffffffffffffffff'],
    ].map(([name, bytes]) => ({ name: name as string, bytes: hex(bytes as string), subcode: 9, context: internal })),
  ]);
});

describe('attributes that we do not know', () => {
  test('one that claims to be well-known resets, with itself as data (RFC 4271, 6.3)', () => {
    const unknown = hex('40 63 02 abcd');
    expect(resetOf(updateWith(unknown, external))).toMatchObject({ code: 3, subcode: 2, data: unknown });
  });

  test('an optional one is kept as it came, also when it is empty (RFC 4271, 5)', () => {
    const update = decodeUpdate(body([...needed(external), hex('e0 63 00'), hex('90 64 0001 07')], nlri), external);
    expect(update.faults).toEqual([]);
    expect(update.attributes.unknown).toEqual([
      { flags: 0xe0, code: 99, value: hex('') },
      { flags: 0x80, code: 100, value: hex('07') },
    ]);
  });
});

test('a message says which attribute is at fault, and how', () => {
  expect(updateWith(hex('80 04 03 000001'), external).faults[0]?.message).toBe('MULTI_EXIT_DISC: length 3 is not 4');
  expect(updateWith(hex('40 63 00'), external).faults[0]?.message).toBe('attribute 99: unknown, yet well-known');
  expect(updateWith(hex('c0 01 01 00'), external).faults[0]?.message).toBe('ORIGIN: flags 0xc0');
});
