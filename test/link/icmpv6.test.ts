import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeIcmpv6, encodeIcmpv6, type Icmpv6 } from '../../src/link/icmpv6.ts';
import { runs } from '../runs.ts';

const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const mac = bytesOf('02 00 5e 10 00 01');

describe('both ways', () => {
  test.each<[string, string, Icmpv6]>([
    ['a solicitation', '85 00 0000 00000000', { type: 'router-solicitation' }],
    [
      'a solicitation with the address of its sender',
      '85 00 0000 00000000 01 01 02005e100001',
      { type: 'router-solicitation', linkLayerAddress: mac },
    ],
    [
      'an advertisement of no default router',
      '86 00 0000 00 00 0000 00000000 00000000 01 01 02005e100001',
      { type: 'router-advertisement', lifetime: 0, linkLayerAddress: mac },
    ],
    [
      'an advertisement of a default router, without options',
      '86 00 0000 00 00 0708 00000000 00000000',
      { type: 'router-advertisement', lifetime: 1800 },
    ],
    ['an echo request', '80 00 0000 1234 0001', { type: 'echo-request', identifier: 0x1234, sequence: 1 }],
    ['an echo reply', '81 00 0000 1234 ffff', { type: 'echo-reply', identifier: 0x1234, sequence: 65535 }],
  ])('%s', (_, hex, value) => {
    expect(decodeIcmpv6(bytesOf(hex))).toEqual(value);
    expect(encodeIcmpv6(value)).toEqual(bytesOf(hex));
  });
});

describe('read', () => {
  test('what FRR sends: hop limit, timers, prefix and interval options are no concern of ours', () => {
    const hex = `86 00 beef 40 00 001e 00000000 00000000
      07 01 0000 00002710  03 04 40 c0 00278d00 00093a80 00000000 20010db8000000000000000000000000  01 01 f2ad83c66f0a`;
    const message = decodeIcmpv6(bytesOf(hex.replaceAll(/\s/g, '')));
    expect(message).toEqual({ type: 'router-advertisement', lifetime: 30, linkLayerAddress: bytesOf('f2ad83c66f0a') });
  });

  test.each([
    ['nothing', ''],
    ['a code that is not 0', '85 01 0000 00000000'],
    ['an advertisement that is cut off', '86 00 0000 00 00 0000 00000000 000000'],
    ['an option of no length', '85 00 0000 00000000 01 00 02005e100001'],
    ['an option that goes beyond the end', '85 00 0000 00000000 01 02 02005e100001'],
    ['half an option', '85 00 0000 00000000 01'],
    ['a neighbor solicitation', '87 00 0000 00000000 fe800000000000000000000000000001'],
  ])('%s is dropped', (_, hex) => {
    expect(decodeIcmpv6(bytesOf(hex))).toBeUndefined();
  });
});

test('any octets are read or dropped, and what is read is written as something that reads the same', () => {
  const type = fc.constantFrom(128, 129, 133, 134);
  const message = fc
    .tuple(type, fc.uint8Array({ maxLength: 64 }))
    .map(([first, rest]) => Uint8Array.of(first, 0, ...rest));
  fc.assert(
    fc.property(fc.oneof(message, fc.uint8Array({ maxLength: 64 })), (bytes) => {
      const read = decodeIcmpv6(bytes);
      expect(read && decodeIcmpv6(encodeIcmpv6(read))).toEqual(read);
    }),
    { numRuns: runs },
  );
});
