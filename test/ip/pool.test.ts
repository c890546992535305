import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { Address, AddressError } from '../../src/ip/address.ts';
import { type Block, carve, checkBlock, contains, formatBlock, overlap } from '../../src/ip/pool.ts';
import { Prefix } from '../../src/ip/prefix.ts';

function block(text: string): Block {
  const [start, stop] = text.split(' - ');
  if (stop === undefined) return Prefix.parse(text);
  return { start: Address.parse(start as string), stop: Address.parse(stop) };
}

test('a /56 is carved into 256 /64s, in order', () => {
  const carved = [...carve(Prefix.parse('2001:db8:0:100::/56'), 64)].map(String);
  expect(carved.length).toBe(256);
  expect(carved[0]).toBe('2001:db8:0:100::/64');
  expect(carved[1]).toBe('2001:db8:0:101::/64');
  expect(carved[255]).toBe('2001:db8:0:1ff::/64');
});

test('carving is lazy: 2^128 addresses cost what is taken', () => {
  const iterator = carve(Prefix.parse('::/0'), 128)[Symbol.iterator]();
  expect(String(iterator.next().value)).toBe('::/128');
  expect(String(iterator.next().value)).toBe('::1/128');
});

test('each walk starts anew, and ends at the end of the address space', () => {
  const carved = carve(Prefix.parse('255.255.255.252/30'), 31);
  expect([...carved].map(String)).toEqual(['255.255.255.252/31', '255.255.255.254/31']);
  expect([...carved].map(String)).toEqual(['255.255.255.252/31', '255.255.255.254/31']);
  expect([...carve(Prefix.parse('ffff::/16'), 17)].map(String)).toEqual(['ffff::/17', 'ffff:8000::/17']);
  expect([...carve(Prefix.parse('10.0.0.0/8'), 8)].map(String)).toEqual(['10.0.0.0/8']);
});

test.each([55, 129, 60.5, Number.NaN])('a /56 is not carved into /%d', (length) => {
  expect(() => carve(Prefix.parse('2001:db8::/56'), length)).toThrow(AddressError);
});

test.each([
  ['10.0.0.0/8', '10.1.2.3/32', true],
  ['10.0.0.10 - 10.0.0.20', '10.0.0.10/32', true],
  ['10.0.0.10 - 10.0.0.20', '10.0.0.20/32', true],
  ['10.0.0.10 - 10.0.0.20', '10.0.0.21/32', false],
  ['10.0.0.10 - 10.0.0.20', '10.0.0.16/29', false],
  ['0.0.0.0/0', '::5/128', false],
  ['::/0', '0.0.0.5/32', false],
  ['2001:db8::1 - 2001:db8::1', '2001:db8::1/128', true],
])('%s contains %s: %s', (pool, what, answer) => {
  const prefix = Prefix.parse(what);
  expect(contains([block('192.0.2.0/24'), block(pool)], prefix)).toBe(answer);
  expect(contains([], prefix)).toBe(false);
});

test.each([
  ['10.0.0.0/8', '10.1.0.0/16', true],
  ['10.1.0.0/16', '10.0.0.0/8', true],
  ['10.0.0.1 - 10.0.0.9', '10.0.0.9 - 10.0.0.12', true],
  ['10.0.0.1 - 10.0.0.9', '10.0.0.10 - 10.0.0.12', false],
  ['0.0.0.0/0', '::/0', false],
  ['2001:db8::/64', '2001:db8:0:1::/64', false],
])('%s overlaps %s: %s', (left, right, answer) => {
  const [one, other] = [block(left), block(right)];
  expect(overlap([block('192.0.2.0/24'), one], [other])).toEqual(answer ? [one, other] : undefined);
});

test('a block that is none is refused with words', () => {
  const mixed = { start: Address.parse('10.0.0.1'), stop: Address.parse('::1') };
  const backwards = { start: Address.parse('10.0.0.2'), stop: Address.parse('10.0.0.1') };
  expect(() => checkBlock(mixed)).toThrow(new AddressError('10.0.0.1 - ::1 mixes IPv4 and IPv6'));
  expect(() => checkBlock(backwards)).toThrow(new AddressError('10.0.0.2 - 10.0.0.1 ends before it starts'));
  expect(() => contains([backwards], Address.parse('10.0.0.1'))).toThrow(AddressError);
  expect(checkBlock(block('::1 - ::1'))).toBeUndefined();
  expect(checkBlock(block('::/0'))).toBeUndefined();
  expect(['10.0.0.0/8', '::1 - ::2'].map((text) => formatBlock(block(text)))).toEqual(['10.0.0.0/8', '::1 - ::2']);
});

const prefix = fc
  .tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(128))
  .map(([octets, length]) => Prefix.around(new Address(octets), length));

property.prop([prefix, fc.nat(6)], { numRuns: 200 })(
  'what is carved is all of the prefix, without overlap',
  (whole, more) => {
    const length = Math.min(128, whole.length + more);
    const carved = [...carve(whole, length)];
    expect(carved.length).toBe(2 ** (length - whole.length));
    carved.forEach((piece, index) => {
      expect(piece.length).toBe(length);
      expect(whole.contains(piece)).toBe(true);
      const next = carved[index + 1];
      if (next !== undefined) expect(piece.compare(next)).toBeLessThan(0);
    });
  },
);

property.prop([prefix, prefix], { numRuns: 1000 })('pools of prefixes agree with the prefixes', (left, right) => {
  expect(contains([left], right)).toBe(left.contains(right));
  expect(overlap([left], [right]) !== undefined).toBe(left.overlaps(right));
});
