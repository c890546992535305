import { describe, expect, test } from 'vitest';
import { Address } from '../../src/ip/address.ts';
import { type Family, family, ipv4Multicast, ipv4Unicast, ipv6Multicast, ipv6Unicast } from '../../src/wire/family.ts';
import { Malformed } from '../../src/wire/fault.ts';
import { decodeNextHop, encodeNextHop, nextHopProblem } from '../../src/wire/next-hop.ts';
import type { NextHop } from '../../src/wire/update.ts';
import { drawContext, drawNextHop, drawn, law } from './arbitraries.ts';
import { expectSame, hex } from './build.ts';

const vpnIPv6 = family(2, 128);
const global = '20010db8000000000000000000000001';
const linkLocal = 'fe800000000000000000000000000001';
const none = '00000000000000000000000000000000';

const one = (text: string): NextHop => ({ kind: 'single', address: Address.parse(text) });
const two = (first: string, second: string): NextHop => ({
  kind: 'global-and-link-local',
  global: Address.parse(first),
  linkLocal: Address.parse(second),
});

const plain = { extendedNextHop: new Set<Family>() };
const extended = { extendedNextHop: new Set([ipv4Unicast]) };

/** Each is read and written. */
const cases: readonly { name: string; of: Family; bytes: string; value: NextHop; context?: typeof plain }[] = [
  { name: 'IPv4', of: ipv4Unicast, bytes: 'c0000201', value: one('192.0.2.1') },
  { name: 'IPv6: global', of: ipv6Unicast, bytes: global, value: one('2001:db8::1') },
  { name: 'IPv6: link-local alone', of: ipv6Unicast, bytes: linkLocal, value: one('fe80::1') },
  {
    name: 'IPv6: global and link-local',
    of: ipv6Unicast,
    bytes: global + linkLocal,
    value: two('2001:db8::1', 'fe80::1'),
  },
  { name: 'IPv6: `::` and link-local', of: ipv6Multicast, bytes: none + linkLocal, value: two('::', 'fe80::1') },
  {
    name: 'IPv6: link-local twice',
    of: ipv6Unicast,
    bytes: `fe800000000000000000000000000002${linkLocal}`,
    value: two('fe80::2', 'fe80::1'),
  },
  {
    name: 'IPv6: an IPv4-mapped address',
    of: ipv6Unicast,
    bytes: `${'00'.repeat(10)}ffffc0000201`,
    value: one('::ffff:192.0.2.1'),
  },
  { name: 'IPv4 behind IPv6 (RFC 8950)', of: ipv4Unicast, bytes: global, value: one('2001:db8::1'), context: extended },
  {
    name: 'IPv4 behind global and link-local (RFC 8950)',
    of: ipv4Unicast,
    bytes: global + linkLocal,
    value: two('2001:db8::1', 'fe80::1'),
    context: extended,
  },
  {
    name: 'IPv4 behind IPv4 in spite of RFC 8950',
    of: ipv4Unicast,
    bytes: 'c0000201',
    value: one('192.0.2.1'),
    context: extended,
  },
  ...[0, 4, 12, 24, 48].map((length) => ({
    name: `another family: ${length} octets`,
    of: vpnIPv6,
    bytes: 'ab'.repeat(length),
    value: { kind: 'opaque', bytes: new Uint8Array(length).fill(0xab) } as const,
  })),
];

describe.each(cases)('$name', ({ of, bytes, value, context = plain }) => {
  test('decodes', () => {
    expect(decodeNextHop(hex(bytes), of, context)).toEqual(value);
  });

  test('encodes', () => {
    expect(encodeNextHop(value)).toEqual(hex(bytes));
  });
});

test('a second address that is not link-local does not count', () => {
  expect(decodeNextHop(hex(global + none), ipv6Unicast, plain)).toEqual(one('2001:db8::1'));
  expect(decodeNextHop(hex(global + global), ipv6Unicast, plain)).toEqual(one('2001:db8::1'));
});

test('a link-local address from the wire has no zone', () => {
  const nextHop = decodeNextHop(hex(linkLocal), ipv6Unicast, plain);
  expect(nextHop).toMatchObject({ kind: 'single' });
  if (nextHop instanceof Malformed || nextHop.kind !== 'single') return;
  expect(nextHop.address.zone).toBeUndefined();
});

test('a zone is not written', () => {
  expect(encodeNextHop(one('fe80::1%eth0'))).toEqual(hex(linkLocal));
});

describe('a length that is not the family’s (RFC 7606, 7.11)', () => {
  test.each<[string, Family, number]>([
    ['IPv4', ipv4Unicast, 0],
    ['IPv4', ipv4Unicast, 5],
    ['IPv4 without RFC 8950', ipv4Unicast, 16],
    ['IPv4 without RFC 8950', ipv4Unicast, 32],
    ['IPv4 with RFC 8950 for another family only', ipv4Multicast, 16],
    ['IPv6', ipv6Unicast, 0],
    ['IPv6', ipv6Unicast, 4],
    ['IPv6', ipv6Unicast, 15],
    ['IPv6', ipv6Unicast, 24],
    ['IPv6', ipv6Unicast, 48],
  ])('%s of family %i: %i octets', (name, of, length) => {
    const context = name.includes('another') ? extended : plain;
    expect(decodeNextHop(new Uint8Array(length).fill(0x20), of, context)).toBeInstanceOf(Malformed);
  });
});

describe('nobody’s next hop (RFC 4271, 6.3)', () => {
  test.each([
    one('0.0.0.0'),
    one('224.0.0.1'),
    one('239.255.255.255'),
    one('::'),
    one('ff02::1'),
    two('ff02::1', 'fe80::1'),
  ])('%j', (nextHop) => {
    expect(nextHopProblem(nextHop)).toBeTypeOf('string');
  });

  test.each([one('192.0.2.1'), one('127.0.0.1'), one('fe80::1'), two('::', 'fe80::1'), two('fe80::2', 'fe80::1')])(
    '%j is somebody’s',
    (nextHop) => {
      expect(nextHopProblem(nextHop)).toBeUndefined();
    },
  );
});

const drawnNextHops = drawn((draw) => {
  const context = drawContext(draw);
  const of = draw.pick([ipv4Unicast, ipv6Unicast, ipv6Multicast, vpnIPv6]);
  return { of, context, nextHop: drawNextHop(draw, of, context) };
});

law(
  'decode(encode(next hop)) is the next hop, and none that is sent is refused',
  drawnNextHops,
  ({ of, context, nextHop }) => {
    expectSame(decodeNextHop(encodeNextHop(nextHop), of, context), nextHop);
    expectSame(nextHopProblem(nextHop), undefined);
  },
);
