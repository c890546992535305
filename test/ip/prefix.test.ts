import { BlockList } from 'node:net';
import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { Address, AddressError } from '../../src/ip/address.ts';
import { Prefix } from '../../src/ip/prefix.ts';
import { parsePacked } from '../../src/ip/text.ts';

import { runs as numRuns } from '../runs.ts';

describe('parse', () => {
  test.each([
    ['0.0.0.0/0', 4, 0],
    ['10.0.0.0/8', 4, 8],
    ['192.0.2.1/32', 4, 32],
    ['::/0', 16, 0],
    ['2001:db8:0:1::/64', 16, 64],
    ['2001:db8::1/128', 16, 128],
    ['2001:db8::2/127', 16, 127],
    ['fe80::/10', 16, 10],
  ])('%s', (text, size, length) => {
    const prefix = Prefix.parse(text);
    expect(prefix.bytes.length).toBe(size);
    expect(prefix.length).toBe(length);
    expect(prefix.isIPv4).toBe(size === 4);
    expect(prefix.isIPv6).toBe(size === 16);
    expect(prefix.toString()).toBe(text);
    expect(JSON.stringify(prefix)).toBe(`"${text}"`);
    expect(`${prefix.address}/${length}`).toBe(text);
  });

  test.each([
    ['2001:db8::1/64', '2001:db8::1/64 has host bits set; the prefix is 2001:db8::/64'],
    ['10.1.2.3/9', '10.1.2.3/9 has host bits set; the prefix is 10.0.0.0/9'],
    ['128.0.0.0/0', '128.0.0.0/0 has host bits set; the prefix is 0.0.0.0/0'],
    ['2001:db8::1', "'2001:db8::1' is not a prefix: the length is missing, as in 2001:db8::1/128"],
    ['10.0.0.1', "'10.0.0.1' is not a prefix: the length is missing, as in 10.0.0.1/32"],
    ['', "'' is not a prefix: the length is missing, as in 2001:db8::/32"],
    ['10.0.0.0/08', "'10.0.0.0/08' is not a prefix: '08' is not a length without leading zeros"],
    ['::/', "'::/' is not a prefix: '' is not a length without leading zeros"],
    ['::/+1', "'::/+1' is not a prefix: '+1' is not a length without leading zeros"],
    ['::/0/0', "'::/0/0' is not a prefix: '0/0' is not a length without leading zeros"],
    ['10.0.0.0/33', '10.0.0.0/33: the length of an IPv4 prefix is 0 to 32'],
    ['::/129', '::/129: the length of an IPv6 prefix is 0 to 128'],
    ['x/8', "'x/8' is not a prefix: 'x' is not an address"],
    ['fe80::%eth0/64', "'fe80::%eth0/64' is not a prefix: a prefix has no zone"],
  ])('refuses %j', (text, message) => {
    expect(() => Prefix.parse(text)).toThrow(new AddressError(message));
  });
});

test.each([
  [3, 0],
  [16, -1],
  [16, 1.5],
  [4, Number.NaN],
  [4, 33],
])('%d octets and a length of %d are no prefix', (size, length) => {
  expect(() => new Prefix(new Uint8Array(size), length)).toThrow(AddressError);
});

test('host and around', () => {
  const address = Address.parse('2001:db8::1:2');
  expect(Prefix.host(address).toString()).toBe('2001:db8::1:2/128');
  expect(Prefix.host(Address.parse('fe80::1%eth0')).toString()).toBe('fe80::1/128');
  expect(Prefix.around(address, 112).toString()).toBe('2001:db8::1:0/112');
  expect(Prefix.around(address, 0).toString()).toBe('::/0');
  expect(Prefix.around(Address.parse('10.255.0.1'), 13).toString()).toBe('10.248.0.0/13');
  expect(() => Prefix.around(address, 129)).toThrow(AddressError);
  expect(address.toString()).toBe('2001:db8::1:2');
});

test.each([
  ['10.0.0.0/8', '10.1.0.0/16', true],
  ['10.0.0.0/8', '10.0.0.0/8', true],
  ['10.0.0.0/9', '10.128.0.0/9', false],
  ['10.1.0.0/16', '10.0.0.0/8', false],
  ['0.0.0.0/0', '::/0', false],
  ['::/0', '0.0.0.0/0', false],
  ['2001:db8::/33', '2001:db8:8000::/48', false],
  ['2001:db8::/33', '2001:db8:7fff::/48', true],
])('%s contains %s: %s', (outer, inner, answer) => {
  expect(Prefix.parse(outer).contains(Prefix.parse(inner))).toBe(answer);
});

test('contains an address whatever its zone', () => {
  expect(Prefix.parse('fe80::/64').contains(Address.parse('fe80::1%eth0'))).toBe(true);
  expect(Prefix.parse('fe80::/64').contains(Address.parse('fe80:0:0:1::1'))).toBe(false);
});

test('the order is IPv4, IPv6 by address, then shorter first', () => {
  const sorted = ['0.0.0.0/0', '10.0.0.0/8', '10.0.0.0/16', '10.1.0.0/16', '::/0', '2001:db8::/32', '2001:db8::/64'];
  const shuffled = [4, 2, 6, 0, 5, 1, 3].map((index) => Prefix.parse(sorted[index] as string));
  expect(shuffled.sort((left, right) => left.compare(right)).map(String)).toEqual(sorted);
});

const address = fc
  .oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.array(fc.constantFrom(0, 0, 1, 0x80, 0xff), { minLength: 16, maxLength: 16 }),
  )
  .map((octets) => new Address(Uint8Array.from(octets)));
const prefix = fc
  .tuple(address, fc.nat(128))
  .map(([from, length]) => Prefix.around(from, length % (8 * from.bytes.length + 1)));

property.prop([prefix], { numRuns })('parse(toString(x)) equals x', (value) => {
  expect(Prefix.parse(value.toString()).equals(value)).toBe(true);
});

property.prop([prefix, prefix], { numRuns })(
  'overlaps is contains one way or the other, and symmetric',
  (left, right) => {
    expect(left.overlaps(right)).toBe(right.overlaps(left));
    expect(left.overlaps(right)).toBe(left.contains(right) || right.contains(left));
    expect(left.contains(right) && right.contains(left)).toBe(left.equals(right));
    expect(Math.sign(left.compare(right))).toBe(0 - Math.sign(right.compare(left)));
  },
);

property.prop([address, fc.nat(128)], { numRuns })('the prefix around an address contains it', (from, bits) => {
  const length = bits % (8 * from.bytes.length + 1);
  const around = Prefix.around(from, length);
  expect(around.contains(from)).toBe(true);
  expect(Prefix.host(from).compare(around)).toBeGreaterThanOrEqual(0);
});

property.prop([prefix, address], { numRuns: numRuns / 10 })(
  'contains an address when node:net says so',
  (value, of) => {
    const list = new BlockList();
    list.addSubnet(value.address.toString(), value.length, value.isIPv4 ? 'ipv4' : 'ipv6');
    fc.pre(value.isIPv4 === of.isIPv4);
    expect(value.contains(of)).toBe(list.check(of.toString(), of.isIPv4 ? 'ipv4' : 'ipv6'));
  },
);

property.prop(
  [
    fc.oneof(
      fc.string(),
      fc.tuple(fc.ipV6(), fc.string({ maxLength: 4 })).map((parts) => parts.join('/')),
    ),
  ],
  { numRuns },
)('any text is a prefix or an AddressError', (text) => {
  try {
    expect(Prefix.parse(text)).toBeInstanceOf(Prefix);
  } catch (error) {
    expect(error).toBeInstanceOf(AddressError);
  }
});

/** Text that is a prefix, or nearly one. */
const nearlyPrefix = fc.oneof(
  prefix.map(String),
  fc.tuple(fc.oneof(fc.ipV4(), fc.ipV6(), address.map(String)), fc.nat(140)).map((parts) => parts.join('/')),
  fc
    .tuple(prefix.map(String), fc.nat(20), fc.constantFrom(':', '.', '0', '1', '/', '%', ' ', '-', ''))
    .map(([text, at, mark]) => text.slice(0, at) + mark + text.slice(at + 1)),
);

property.prop([nearlyPrefix], { numRuns })('parsePacked takes what parse takes, and packs the same octets', (text) => {
  const out = new Uint8Array(20).fill(0xee);
  const end = parsePacked(text, out, 2);
  let expected: number[] | undefined;
  try {
    const { length, bytes } = Prefix.parse(text);
    expected = [length, ...bytes.subarray(0, (length + 7) >> 3)];
  } catch {
    // It is none.
  }
  expect(end === -1 ? undefined : [...out.subarray(2, end)]).toEqual(expected);
  expect([out[0], out[1], out[19]]).toEqual([0xee, 0xee, 0xee]);
});
