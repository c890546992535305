import { isIPv4, isIPv6 } from 'node:net';
import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import {
  formatIPv4,
  formatIPv6,
  formatOctets,
  parseIPv4,
  parseIPv6,
  parseOctets,
  writeOctets,
} from '../../src/ip/text.ts';

import { runs as numRuns } from '../runs.ts';

function octets(text: string): Uint8Array {
  const bytes = parseOctets(text);
  if (bytes === undefined) throw new Error(`${text} is no address`);
  return bytes;
}

function written(bytes: Uint8Array): string {
  const out = new Uint8Array(1 + 39);
  return Buffer.from(out.subarray(1, writeOctets(bytes, out, 1))).toString('latin1');
}

describe('RFC 5952: one text for each address', () => {
  test.each([
    // 4.1, leading zeros
    ['2001:0db8::0001', '2001:db8::1'],
    ['2001:db8:aaaa:bbbb:cccc:dddd:eeee:0001', '2001:db8:aaaa:bbbb:cccc:dddd:eeee:1'],
    // 4.2.1, as short as possible
    ['2001:db8::0:1', '2001:db8::1'],
    ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
    // 4.2.2, one word is not shortened
    ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    // 4.2.3, the longest run, the first of equals
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    // 4.3, lower case
    ['2001:DB8::ABCD:EF', '2001:db8::abcd:ef'],
    // 5, an embedded IPv4 address
    ['::ffff:c000:201', '::ffff:192.0.2.1'],
    ['0:0:0:0:0:FFFF:192.0.2.1', '::ffff:192.0.2.1'],
    ['::192.0.2.1', '::c000:201'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['1:2:3:4:5:6:7:0', '1:2:3:4:5:6:7:0'],
    ['0:2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['::ffff:0:0', '::ffff:0.0.0.0'],
    ['::1:ffff:0:0', '::1:ffff:0:0'],
  ])('%s is written %s', (text, canonical) => {
    expect(formatOctets(octets(text))).toBe(canonical);
    expect(written(octets(text))).toBe(canonical);
  });
});

test.each([
  '::',
  '::1',
  '1::',
  '1:2:3:4:5:6:7::',
  '::2:3:4:5:6:7:8',
  '1:2:3:4:5:6:7:8',
  '1:2:3:4:5:6:1.2.3.4',
  '::1.2.3.4',
  '1::1.2.3.4',
  'FfFf::',
  '0:0::0:0',
  '1::2:3:4:5:6:7',
  'fe80::1',
  '0000::0000',
  '::255.255.255.255',
])('%s is IPv6', (text) => {
  expect(parseIPv6(text, new Uint8Array(16), 0)).toBe(true);
  expect(isIPv6(text)).toBe(true);
});

test.each([
  '',
  ':',
  ':::',
  '1',
  '1:',
  ':1',
  '1::2::3',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7:8::',
  '::1:2:3:4:5:6:7:8',
  '1:2:3:4:5:6:7:1.2.3.4',
  '::1.2.3',
  '::1.2.3.4.5',
  '::1.2.3.256',
  '::01.2.3.4',
  '::1.2.3.4:1',
  '12345::',
  'g::',
  ' ::1',
  '::1 ',
  '::1/64',
  '1.2.3.4',
  '1:2:3:4:5:6:7:',
  ':1:2:3:4:5:6:7',
  '::1%',
  '1::2:',
  '[::1]',
  '0x1::',
  '::-1',
  '::１',
])('%s is not IPv6', (text) => {
  expect(parseIPv6(text, new Uint8Array(16), 0)).toBe(false);
  expect(isIPv6(text)).toBe(false);
});

test.each(['0.0.0.0', '255.255.255.255', '10.0.0.1'])('%s is IPv4', (text) => {
  expect(parseIPv4(text, new Uint8Array(4), 0)).toBe(true);
});

test.each([
  '',
  '1',
  '1.2.3',
  '1.2.3.',
  '.1.2.3',
  '1.2.3.4.',
  '1.2.3.4.5',
  '256.0.0.1',
  '01.2.3.4',
  '1.2.3.04',
  '1..2.3',
  ' 1.2.3.4',
  '1.2.3.4 ',
  '1.2.3.a',
  '-1.2.3.4',
  '1.2.3.4/8',
])('%s is not IPv4', (text) => {
  expect(parseIPv4(text, new Uint8Array(4), 0)).toBe(false);
  expect(isIPv4(text)).toBe(false);
});

test('the octets around the place that is asked for stay as they are', () => {
  const out = new Uint8Array(20).fill(0xee);
  expect(parseIPv6('2001:db8::1', out, 2)).toBe(true);
  expect(Buffer.from(out).toString('hex')).toBe('eeee20010db8000000000000000000000001eeee');
  expect(formatIPv6(out, 2)).toBe('2001:db8::1');
  expect(parseIPv4('192.0.2.1', out, 4)).toBe(true);
  expect(formatIPv4(out, 4)).toBe('192.0.2.1');
  expect([...out.subarray(0, 4), ...out.subarray(8, 10)]).toEqual([0xee, 0xee, 0x20, 0x01, 0, 0]);
});

/** Text that is an address, or nearly one. */
const nearlyAddress = fc.oneof(
  fc.ipV6(),
  fc.ipV4(),
  fc
    .array(fc.constantFrom(':', '::', '.', '0', '1', 'ffff', '255', '256', 'A', 'g', ' ', '%', '/', '1.2.3.4'), {
      maxLength: 17,
    })
    .map((parts) => parts.join('')),
  fc
    .tuple(fc.ipV6(), fc.nat(40), fc.constantFrom(':', '.', '0', ''))
    .map(([text, at, mark]) => text.slice(0, at) + mark + text.slice(at + 1)),
);

property.prop([nearlyAddress], { numRuns })('parseIPv6 accepts what node:net calls IPv6, without a zone', (text) => {
  fc.pre(!text.includes('%'));
  expect(parseIPv6(text, new Uint8Array(16), 0)).toBe(isIPv6(text));
});

property.prop([nearlyAddress], { numRuns })('parseIPv4 accepts what node:net calls IPv4', (text) => {
  expect(parseIPv4(text, new Uint8Array(4), 0)).toBe(isIPv4(text));
});

/** Sixteen octets in which runs of zeros are common. */
const sixteen = fc
  .array(fc.constantFrom(0, 0, 0, 1, 0x10, 0xffff, 0xdb8), { minLength: 8, maxLength: 8 })
  .map((words) => Uint8Array.from(words.flatMap((word) => [word >> 8, word & 0xff])));

property.prop([fc.oneof(sixteen, fc.uint8Array({ minLength: 16, maxLength: 16 }))], { numRuns })(
  'parse(format(x)) = x for IPv6, and the text is IPv6 to node:net',
  (bytes) => {
    const text = formatIPv6(bytes, 0);
    expect(isIPv6(text)).toBe(true);
    expect(octets(text)).toEqual(bytes);
  },
);

property.prop([fc.uint8Array({ minLength: 4, maxLength: 4 })], { numRuns })(
  'parse(format(x)) = x for IPv4',
  (bytes) => {
    expect(octets(formatIPv4(bytes, 0))).toEqual(bytes);
  },
);

property.prop([fc.oneof(sixteen, fc.uint8Array({ minLength: 4, maxLength: 4 }))], { numRuns })(
  'an address is written as octets as it is as text',
  (bytes) => {
    expect(written(bytes)).toBe(formatOctets(bytes));
  },
);

property.prop([fc.ipV6()], { numRuns })('all texts of one address format to the same text', (text) => {
  const once = formatOctets(octets(text));
  expect(formatOctets(octets(once))).toBe(once);
  expect(formatOctets(octets(text.toUpperCase()))).toBe(once);
});
