import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { initialContext } from '../../src/wire/context.ts';
import { checkHeader, maxLengthOf, writeHeader } from '../../src/wire/header.ts';
import { hexOf, numRuns, refusal, total, unhex } from './bytes.ts';

const marker = 'ff'.repeat(16);

test.each([
  ['KEEPALIVE', '0013 04', 4, 19],
  ['the shortest OPEN', '001d 01', 1, 29],
  ['the longest OPEN', '1000 01', 1, 4096],
  ['the shortest UPDATE', '0017 02', 2, 23],
  ['the longest UPDATE', 'ffff 02', 2, 65535],
  ['the shortest NOTIFICATION', '0015 03', 3, 21],
  ['the longest NOTIFICATION', 'ffff 03', 3, 65535],
  ['ROUTE-REFRESH', '0017 05', 5, 23],
  ['a ROUTE-REFRESH with an error of its own', '0013 05', 5, 19],
])('%s', (_, rest, type, length) => {
  const bytes = unhex(marker + rest);
  expect(checkHeader(bytes, 0, 65535)).toEqual({ type, length });
  const written = new Uint8Array(19);
  writeHeader(written, 0, type, length);
  expect(hexOf(written)).toBe(hexOf(bytes));
});

test.each([
  ['a zero in the marker', `${'ff'.repeat(15)}00 0013 04`, 1, ''],
  ['a zero at its start', `fe${'ff'.repeat(15)} 0013 04`, 1, ''],
  ['a length of 18', `${marker} 0012 04`, 2, '0012'],
  ['a length of 0', `${marker} 0000 04`, 2, '0000'],
  ['a KEEPALIVE with a body', `${marker} 0014 04`, 2, '0014'],
  ['an OPEN of 28', `${marker} 001c 01`, 2, '001c'],
  ['an UPDATE of 22', `${marker} 0016 02`, 2, '0016'],
  ['a NOTIFICATION of 20', `${marker} 0014 03`, 2, '0014'],
  ['type 0', `${marker} 0013 00`, 3, '00'],
  ['type 6', `${marker} 0013 06`, 3, '06'],
  ['type 255', `${marker} 0013 ff`, 3, 'ff'],
  ['a bad length before a bad type', `${marker} 0001 ff`, 2, '0001'],
  ['a bad marker before all else', `${'00'.repeat(16)} 0001 ff`, 1, ''],
])('RFC 4271, 6.1: %s', (_, text, subcode, data) => {
  expect(refusal(() => checkHeader(unhex(text), 0, 4096))).toEqual({ code: 1, subcode, data });
});

test.each([1, 2, 3, 4, 5])('RFC 4271, 4.1: 4097 octets are too long for type %d before extended messages', (type) => {
  const bytes = new Uint8Array(19);
  writeHeader(bytes, 0, type, 4097);
  expect(refusal(() => checkHeader(bytes, 0, 4096))).toEqual({ code: 1, subcode: 2, data: '1001' });
});

test.each([
  [1, false],
  [2, true],
  [3, true],
  [4, false],
  [5, true],
])('RFC 8654, 6: type %d may be 4097 octets with extended messages: %s', (type, allowed) => {
  const bytes = new Uint8Array(19);
  writeHeader(bytes, 0, type, 4097);
  if (allowed) expect(checkHeader(bytes, 0, 65535)).toEqual({ type, length: 4097 });
  else expect(refusal(() => checkHeader(bytes, 0, 65535))).toEqual({ code: 1, subcode: 2, data: '1001' });
});

test('the limit of a session', () => {
  expect(maxLengthOf(initialContext)).toBe(4096);
  expect(maxLengthOf({ ...initialContext, extendedMessage: true })).toBe(65535);
});

property.prop([fc.nat(40), fc.integer({ min: 1, max: 5 }), fc.nat(0xffff)], { numRuns })(
  'what is written at an offset is what is checked there, or an error of length',
  (offset, type, length) => {
    const bytes = new Uint8Array(offset + 19);
    writeHeader(bytes, offset, type, length);
    const checked = total(() => checkHeader(bytes, offset, 65535));
    if (checked !== undefined) expect(checked).toEqual({ type, length });
    else expect(refusal(() => checkHeader(bytes, offset, 65535)).subcode).toBe(2);
  },
);

property.prop([fc.uint8Array({ maxLength: 30 })], { numRuns })('any octets are a header or a BgpError', (bytes) => {
  expect(total(() => checkHeader(bytes, 0, 4096))?.length ?? 19).toBeGreaterThanOrEqual(19);
});
