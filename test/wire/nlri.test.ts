import { describe, expect, test } from 'vitest';
import { Prefix } from '../../src/ip/prefix.ts';
import { type Family, family, ipv4Multicast, ipv4Unicast, ipv6Multicast, ipv6Unicast } from '../../src/wire/family.ts';
import {
  countPrefixes,
  emptyNlri,
  forEachPrefix,
  isPrefixFamily,
  nlriProblem,
  packPrefixes,
  prefixesOf,
} from '../../src/wire/nlri.ts';
import { drawContext, drawNlri, drawn, law } from './arbitraries.ts';
import { expectSame, hex } from './build.ts';

const evpn = family(25, 70);

/** Each is packed and read. */
const cases: readonly { name: string; of: Family; bytes: string; prefixes: string[]; pathIds?: number[] }[] = [
  { name: 'nothing', of: ipv4Unicast, bytes: '', prefixes: [] },
  { name: 'the IPv4 default route', of: ipv4Unicast, bytes: '00', prefixes: ['0.0.0.0/0'] },
  {
    name: 'IPv4 of one to four octets',
    of: ipv4Multicast,
    bytes: '01 80 08 0a 09 0a80 18 c63364 20 c0000201',
    prefixes: ['128.0.0.0/1', '10.0.0.0/8', '10.128.0.0/9', '198.51.100.0/24', '192.0.2.1/32'],
  },
  { name: 'the IPv6 default route', of: ipv6Unicast, bytes: '00', prefixes: ['::/0'] },
  {
    name: 'IPv6 up to a host',
    of: ipv6Multicast,
    bytes: '40 20010db8000a0001 80 20010db8ffff00000000000000000001 07 fe',
    prefixes: ['2001:db8:a:1::/64', '2001:db8:ffff::1/128', 'fe00::/7'],
  },
  {
    name: 'path identifiers (RFC 7911, 3)',
    of: ipv6Unicast,
    bytes: '00000000 00 ffffffff 20 20010db8',
    prefixes: ['::/0', '2001:db8::/32'],
    pathIds: [0, 4294967295],
  },
];

describe.each(cases)('$name', ({ of, bytes, prefixes, pathIds }) => {
  const nlri = { family: of, addPath: pathIds !== undefined, bytes: hex(bytes) };

  test('reads', () => {
    expect(nlriProblem(nlri)).toBeUndefined();
    expect(prefixesOf(nlri).map(({ prefix }) => String(prefix))).toEqual(prefixes);
    expect(prefixesOf(nlri).map(({ pathId }) => pathId)).toEqual(pathIds ?? prefixes.map(() => 0));
    expect(countPrefixes(nlri)).toBe(prefixes.length);
  });

  test('packs', () => {
    const list = prefixes.map((text) => Prefix.parse(text));
    expect(packPrefixes(of, list, pathIds)).toEqual(nlri);
  });
});

test('the bits behind the length mean nothing (RFC 4271, 4.3)', () => {
  const nlri = { family: ipv4Unicast, addPath: false, bytes: hex('09 0aff 04 ff') };
  expect(prefixesOf(nlri).map(({ prefix }) => String(prefix))).toEqual(['10.128.0.0/9', '240.0.0.0/4']);
});

describe('syntactically incorrect (RFC 7606, 5.3)', () => {
  test.each<[string, Family, boolean, string]>([
    ['an IPv4 length of 33', ipv4Unicast, false, '21 0a00000000'],
    ['an IPv6 length of 129', ipv6Unicast, false, '81 20010db8000000000000000000000000ff'],
    ['a prefix that is cut short', ipv4Unicast, false, '18 0a00'],
    ['a prefix without octets', ipv6Unicast, false, '40'],
    ['a path identifier that is cut short', ipv4Unicast, true, '000000'],
    ['a path identifier alone', ipv4Unicast, true, '00000001'],
    ['a good prefix, then a bad one', ipv4Unicast, false, '08 0a 30 0a0000000000'],
    ['no path identifiers where they belong', ipv4Unicast, true, '08 0a'],
  ])('%s', (_, of, addPath, bytes) => {
    expect(nlriProblem({ family: of, addPath, bytes: hex(bytes) })).toBeTypeOf('string');
  });
});

describe('a family that is not made of prefixes', () => {
  const nlri = { family: evpn, addPath: false, bytes: hex('ffff') };

  test('is not looked into', () => {
    expect(isPrefixFamily(evpn)).toBe(false);
    expect(nlriProblem(nlri)).toBeUndefined();
    expect(prefixesOf(nlri)).toEqual([]);
    expect(countPrefixes(nlri)).toBe(0);
  });

  test('cannot be packed', () => {
    expect(() => packPrefixes(evpn, [])).toThrow(RangeError);
  });
});

test.each<[string, () => unknown]>([
  ['an IPv6 prefix in an IPv4 family', () => packPrefixes(ipv4Unicast, [Prefix.parse('2001:db8::/32')])],
  ['an IPv4 prefix in an IPv6 family', () => packPrefixes(ipv6Unicast, [Prefix.parse('10.0.0.0/8')])],
  ['too few path identifiers', () => packPrefixes(ipv4Unicast, [Prefix.parse('10.0.0.0/8')], [])],
])('%s cannot be packed', (_, pack) => {
  expect(pack).toThrow(RangeError);
});

test('emptyNlri names no prefix', () => {
  expect(emptyNlri(ipv6Unicast)).toEqual({ family: ipv6Unicast, addPath: false, bytes: hex('') });
});

const packed = drawn((draw) => drawNlri(draw, draw.pick([ipv4Unicast, ipv6Unicast, ipv6Multicast]), drawContext(draw)));

law('packing what was read is the same NLRI with clear host bits', packed, (nlri) => {
  const list = prefixesOf(nlri);
  const again = packPrefixes(
    nlri.family,
    list.map(({ prefix }) => prefix),
    nlri.addPath ? list.map(({ pathId }) => pathId) : undefined,
  );
  expectSame(prefixesOf(again), list);
  expectSame([again.bytes.length, again.addPath, countPrefixes(again)], [nlri.bytes.length, nlri.addPath, list.length]);
});

law(
  'every octet of good NLRI belongs to a prefix, and cutting one leaves a shorter list or a problem',
  packed,
  (nlri) => {
    expectSame(nlriProblem(nlri), undefined);
    let end = 0;
    forEachPrefix(nlri, (at, length) => {
      end = at + Math.ceil(length / 8);
    });
    expectSame(end, nlri.bytes.length);
    if (end === 0) return;
    const cut = { ...nlri, bytes: nlri.bytes.subarray(0, end - 1) };
    if (nlriProblem(cut) === undefined) expectSame(countPrefixes(cut), countPrefixes(nlri) - 1);
  },
);
