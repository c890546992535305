import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { Address, AddressError } from '../../src/ip/address.ts';

import { runs as numRuns } from '../runs.ts';

describe('parse', () => {
  test.each([
    ['192.0.2.1', 4, undefined],
    ['2001:DB8::1', 16, undefined],
    ['fe80::1%eth0', 16, 'eth0'],
    ['febf::1%br-0.100', 16, 'br-0.100'],
    ['::ffff:192.0.2.1', 16, undefined],
  ])('%s', (text, size, zone) => {
    const address = Address.parse(text);
    expect(address.bytes.length).toBe(size);
    expect(address.zone).toBe(zone);
    expect(address.isIPv4).toBe(size === 4);
    expect(address.isIPv6).toBe(size === 16);
    expect(address.toString()).toBe(text.replace('DB8', 'db8'));
    expect(JSON.stringify({ address })).toBe(`{"address":"${address}"}`);
  });

  test.each([
    ['', 'the address is empty'],
    ['x', "'x' is not an IP address"],
    ['1.2.3', "'1.2.3' is not an IPv4 address"],
    ['01.2.3.4', "'01.2.3.4' is not an IPv4 address: an octet has a leading zero"],
    ['1::2::3', "'1::2::3' is not an IPv6 address"],
    ['10.0.0.0/8', "'10.0.0.0/8' is not an address: it looks like a prefix"],
    [' ::1', "' ::1' is not an address: there is white space around it"],
    ['fe80::1%', "'fe80::1%': the zone after '%' is empty"],
    ['fe80::1%a b', "'fe80::1%a b': a zone holds no white space and no '/'"],
    ['fe80::1%a/b', "'fe80::1%a/b': a zone holds no white space and no '/'"],
    ['fe80::1%a\u0000', "'fe80::1%a\u0000': a zone holds no white space and no '/'"],
    ['fe80::1%0123456789abcdef', "'fe80::1%0123456789abcdef': a zone is an interface name of at most 15 characters"],
    ['2001:db8::1%eth0', "'2001:db8::1%eth0': only a link-local IPv6 address (fe80::/10) has a zone"],
    ['192.0.2.1%eth0', "'192.0.2.1%eth0': only a link-local IPv6 address (fe80::/10) has a zone"],
  ])('refuses %j', (text, message) => {
    expect(() => Address.parse(text)).toThrow(new AddressError(message));
  });
});

test.each([0, 3, 5, 15, 17])('%d octets are no address', (size) => {
  expect(() => new Address(new Uint8Array(size))).toThrow(AddressError);
});

test.each([
  ['0.0.0.0', 'unspecified'],
  ['::', 'unspecified'],
  ['127.0.0.53', 'loopback'],
  ['::1', 'loopback'],
  ['fe80::1', 'link-local'],
  ['febf:ffff::', 'link-local'],
  ['fec0::1', ''],
  ['fe7f::1', ''],
  ['169.254.0.1', ''],
  ['224.0.0.1', 'multicast'],
  ['239.255.255.255', 'multicast'],
  ['240.0.0.1', ''],
  ['ff02::1', 'multicast'],
  ['::ffff:127.0.0.1', ''],
  ['0.0.0.1', ''],
  ['::2', ''],
])('%s is %s', (text, kind) => {
  const address = Address.parse(text);
  expect({
    unspecified: address.isUnspecified,
    loopback: address.isLoopback,
    'link-local': address.isLinkLocal,
    multicast: address.isMulticast,
  }).toEqual({
    unspecified: false,
    loopback: false,
    'link-local': false,
    multicast: false,
    ...(kind && { [kind]: true }),
  });
});

test('the zone is part of the value', () => {
  const bare = Address.parse('fe80::1');
  const eth0 = Address.parse('fe80::1%eth0');
  expect(bare.equals(eth0)).toBe(false);
  expect(bare.withZone('eth0').equals(eth0)).toBe(true);
  expect(eth0.withZone(undefined).equals(bare)).toBe(true);
  expect(() => Address.parse('::1').withZone('eth0')).toThrow(AddressError);
});

test('the order is IPv4, IPv6 by number, then zone', () => {
  const sorted = ['10.0.0.1', '192.0.2.1', '::', '2001:db8::', 'fe80::1', 'fe80::1%eth0', 'fe80::1%eth1', 'fe80::2'];
  const shuffled = [4, 2, 7, 0, 5, 1, 6, 3].map((index) => Address.parse(sorted[index] as string));
  expect(shuffled.sort((left, right) => left.compare(right)).map(String)).toEqual(sorted);
});

const zone = fc.stringMatching(/^[a-z0-9.@_-]{1,15}$/);
const bytes = fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }));
const linkLocal = fc
  .tuple(fc.uint8Array({ minLength: 14, maxLength: 14 }), fc.option(zone, { nil: undefined }))
  .map(([rest, name]) => new Address(Uint8Array.of(0xfe, 0x80, ...rest), name));
const address = fc.oneof(
  bytes.map((octets) => new Address(octets)),
  linkLocal,
);

property.prop([address], { numRuns })('parse(toString(x)) equals x', (value) => {
  const again = Address.parse(value.toString());
  expect(again.equals(value)).toBe(true);
  expect(again.compare(value)).toBe(0);
});

property.prop([address, address], { numRuns })('compare is antisymmetric and 0 exactly for equals', (left, right) => {
  expect(Math.sign(left.compare(right))).toBe(0 - Math.sign(right.compare(left)));
  expect(left.compare(right) === 0).toBe(left.equals(right));
});

property.prop([fc.string()], { numRuns })('any text is an address or an AddressError', (text) => {
  try {
    expect(Address.parse(text)).toBeInstanceOf(Address);
  } catch (error) {
    expect(error).toBeInstanceOf(AddressError);
  }
});
