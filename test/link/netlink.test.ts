import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeNetlink } from '../../src/link/netlink.ts';
import { runs } from '../runs.ts';

const little = (value: number, octets: number) => Array.from({ length: octets }, (_, i) => (value >>> (8 * i)) & 0xff);

/** struct nlmsghdr, and what follows it. */
function message(type: number, body: readonly number[]): number[] {
  const padding = Array.from({ length: -body.length & 3 }, () => 0);
  return [...little(16 + body.length, 4), ...little(type, 2), ...little(0, 10), ...body, ...padding];
}

/** struct ifinfomsg, and attributes: one of an unknown type first. */
function link(name: string, flags: number, family = 0): number[] {
  const text = [...Buffer.from(`${name}\0`)];
  const attribute = [...little(4 + text.length, 2), ...little(3, 2), ...text];
  return [
    family,
    0,
    ...little(1, 2),
    ...little(7, 4),
    ...little(flags, 4),
    ...little(0, 4),
    ...little(8, 2),
    13,
    0,
    1,
    2,
    3,
    4,
    ...attribute,
  ];
}

const runningUp = 0x1 | 0x40;

describe('what the kernel tells on a little-endian machine', () => {
  test.each([
    ['an interface that runs', message(16, link('eth1', runningUp)), { type: 'link', interface: 'eth1', state: 'up' }],
    ['one without carrier', message(16, link('eth1', 0x1)), { type: 'link', interface: 'eth1', state: 'down' }],
    ['one that was set down', message(16, link('eth1', 0x40)), { type: 'link', interface: 'eth1', state: 'down' }],
    ['one that is gone', message(17, link('eth1', runningUp)), { type: 'link', interface: 'eth1', state: 'absent' }],
    ['an address that came', message(20, [10, 64, 0, 0, 0, 0, 0, 0]), { type: 'addresses' }],
    ['an address that went', message(21, []), { type: 'addresses' }],
  ])('%s', (_, bytes, expected) => {
    expect(decodeNetlink(Uint8Array.from(bytes))).toEqual([expected]);
  });

  test('several messages in one datagram, in order; a port that leaves its bridge is no interface that is gone', () => {
    const datagram = [
      ...message(16, link('a', 0)),
      ...message(17, link('b', 0, 7)),
      ...message(24, [1, 2, 3]),
      ...message(16, link('c', runningUp)),
    ];
    expect(decodeNetlink(Uint8Array.from(datagram))).toEqual([
      { type: 'link', interface: 'a', state: 'down' },
      { type: 'link', interface: 'c', state: 'up' },
    ]);
  });
});

test('any octets, and any message cut short or changed, are read or left out', () => {
  const changed = fc
    .tuple(fc.constantFrom(16, 17), fc.nat(80), fc.integer({ min: 0, max: 255 }))
    .map(([type, at, octet]) => message(type, link('eth1', runningUp)).map((old, i) => (i === at ? octet : old)));
  const cut = fc.nat(60).map((length) => message(16, link('eth1', runningUp)).slice(0, length));
  fc.assert(
    fc.property(fc.oneof(changed, cut, fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 80 })), (octets) => {
      expect(Array.isArray(decodeNetlink(Uint8Array.from(octets)))).toBe(true);
    }),
    { numRuns: runs },
  );
});
