import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { family, ipv4Unicast, ipv6Unicast } from '../../src/wire/family.ts';
import { writeHeader } from '../../src/wire/header.ts';
import { decodeRouteRefresh, describeRouteRefresh, encodeRouteRefresh } from '../../src/wire/refresh.ts';
import { anyFamily, hexOf, numRuns, refusal, total, unhex } from './bytes.ts';

function message(body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(19 + body.length);
  writeHeader(bytes, 0, 5, bytes.length);
  bytes.set(body, 19);
  return bytes;
}

test.each([
  ['0002 00 01', ipv6Unicast, 0, 'request for ipv6/unicast'],
  ['0002 01 01', ipv6Unicast, 1, 'beginning of ipv6/unicast'],
  ['0001 02 01', ipv4Unicast, 2, 'end of ipv4/unicast'],
  ['0001 03 01', ipv4Unicast, 3, 'subtype 3 for ipv4/unicast'],
  ['ffff ff ff', family(0xffff, 0xff), 255, 'subtype 255 for afi-65535/safi-255'],
])('%s', (text, of, subtype, words) => {
  const value = { type: 'route-refresh', family: of, subtype } as const;
  expect(decodeRouteRefresh(message(unhex(text)))).toEqual(value);
  expect(hexOf(encodeRouteRefresh(value))).toBe(hexOf(unhex(text)));
  expect(describeRouteRefresh(value)).toBe(words);
});

test.each(['', '0002', '0002 01', '0002 03', '0002 01 01 00', '0002 02 01 00', '0002 00 01 01 40 00'])(
  'RFC 7313, 5: a body of "%s" is an invalid length, and the data is the whole message',
  (text) => {
    const bytes = message(unhex(text));
    expect(refusal(() => decodeRouteRefresh(bytes))).toEqual({ code: 7, subcode: 1, data: hexOf(bytes) });
  },
);

test('RFC 7313, 5: a subtype that is to be ignored is no error, whatever follows', () => {
  expect(decodeRouteRefresh(message(unhex('0002 09 01 dead')))).toEqual({
    type: 'route-refresh',
    family: ipv6Unicast,
    subtype: 9,
  });
});

property.prop([anyFamily, fc.nat(255)], { numRuns })('decode(encode(x)) = x', (of, subtype) => {
  const value = { type: 'route-refresh', family: of, subtype } as const;
  expect(decodeRouteRefresh(message(encodeRouteRefresh(value)))).toEqual(value);
});

property.prop([fc.uint8Array({ maxLength: 8 })], { numRuns })(
  'any body is a value or Invalid Message Length',
  (body) => {
    const value = total(() => decodeRouteRefresh(message(body)));
    if (value !== undefined) expect(hexOf(encodeRouteRefresh(value))).toBe(hexOf(body.subarray(0, 4)));
    else expect(refusal(() => decodeRouteRefresh(message(body)))).toMatchObject({ code: 7, subcode: 1 });
  },
);
