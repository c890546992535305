import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import type { Capability } from '../../src/wire/capability.ts';
import { ipv4Unicast, ipv6Unicast } from '../../src/wire/family.ts';
import type { Open } from '../../src/wire/message.ts';
import { asnOf, capabilityOf, decodeOpen, encodeOpen } from '../../src/wire/open.ts';
import { expectSame } from './build.ts';
import { anyCapability, damaged, hexOf, numRuns, refusal, total, unhex } from './bytes.ts';

const fixed = '04 fde9 005a c0000201';
const base: Open = { type: 'open', version: 4, myAs: 65001, holdTime: 90, routerId: 0xc0000201, capabilities: [] };

const filler = (code: number, length: number): Capability => ({ name: 'unknown', code, value: new Uint8Array(length) });

const cases: [name: string, bytes: string, value: Open][] = [
  ['no optional parameters', `${fixed} 00`, base],
  [
    'capabilities in one parameter',
    `${fixed} 10 02 0e 01040002 0001 0200 4104 0000fde9`,
    {
      ...base,
      capabilities: [
        { name: 'multiprotocol', family: ipv6Unicast },
        { name: 'route-refresh' },
        { name: 'four-octet-as', asn: 65001 },
      ],
    },
  ],
  ['a hold time of 0', '04 0001 0000 ffffffff 00', { ...base, myAs: 1, holdTime: 0, routerId: 0xffffffff }],
  [
    'the most that the short form takes',
    `${fixed} ff 02 fd c8fb${'00'.repeat(251)}`,
    { ...base, capabilities: [filler(200, 251)] },
  ],
  [
    'RFC 9072: the least that needs the long form',
    `${fixed} ff ff 0101 02 00fe c8fc${'00'.repeat(252)}`,
    { ...base, capabilities: [filler(200, 252)] },
  ],
];

test.each(cases)('%s', (_, text, open) => {
  expect(decodeOpen(unhex(text))).toEqual(open);
  expect(hexOf(encodeOpen(open))).toBe(hexOf(unhex(text)));
});

describe('other forms that are accepted', () => {
  test.each([
    ['RFC 5492, 4: several parameters', `${fixed} 0c 02 06 01040002 0001 02 02 0200`],
    ['RFC 9072, 2: the long form where the short one would do', `${fixed} ff ff 000b 02 0008 01040002 0001 0200`],
    ['RFC 9072, 3: a first length other than 255', `${fixed} 01 ff 000b 02 0008 01040002 0001 0200`],
    ['the long form, several parameters', `${fixed} ff ff 000e 02 0006 01040002 0001 02 0002 0200`],
    ['an empty parameter', `${fixed} 0c 02 00 02 08 01040002 0001 0200`],
  ])('%s', (_, text) => {
    expect(decodeOpen(unhex(text)).capabilities).toEqual([
      { name: 'multiprotocol', family: ipv6Unicast },
      { name: 'route-refresh' },
    ]);
  });

  test('the long form with nothing in it', () => {
    expect(decodeOpen(unhex(`${fixed} ff ff 0000`))).toEqual(base);
  });
});

test.each([
  ['version 3', '03 fde9 005a c0000201 00', 1, '0004'],
  ['version 5 before all else', '05 0000 0001 00000000 ff', 1, '0004'],
  ['AS 0', '04 0000 005a c0000201 00', 2, ''],
  ['AS 0 though the capability has another', '04 0000 005a c0000201 08 02 06 4104 0000fde9', 2, ''],
  ['AS 0 in the capability', `${fixed} 08 02 06 4104 00000000`, 2, ''],
  ['BGP identifier 0', '04 fde9 005a 00000000 00', 3, ''],
  ['the authentication parameter', `${fixed} 03 01 01 00`, 4, ''],
  ['parameter 255 in the second place', `${fixed} 06 02 02 0200 ff 00`, 4, ''],
  ['parameter 255 in the long form', `${fixed} ff ff 0003 ff 0000`, 4, ''],
  ['hold time 1', '04 fde9 0001 c0000201 00', 6, ''],
  ['hold time 2', '04 fde9 0002 c0000201 00', 6, ''],
  ['parameters longer than the message', `${fixed} 05 02 02 0200`, 0, ''],
  ['parameters shorter than the message', `${fixed} 03 02 02 0200`, 0, ''],
  ['octets after no parameters', `${fixed} 00 02 00`, 0, ''],
  ['a parameter longer than the parameters', `${fixed} 04 02 03 0200`, 0, ''],
  ['a parameter without a length', `${fixed} 01 02`, 0, ''],
  ['a length without parameters', `${fixed} 04`, 0, ''],
  ['a capability longer than its parameter', `${fixed} 08 02 02 4104 02 02 0200`, 0, ''],
  ['the long form cut in its length', `${fixed} ff ff 00`, 0, ''],
  ['the long form with a wrong length', `${fixed} ff ff 0004 02 0002 0200`, 0, ''],
  ['the long form cut in a parameter', `${fixed} ff ff 0002 02 00`, 0, ''],
  ['the long form, a parameter too long', `${fixed} ff ff 0005 02 0003 0200`, 0, ''],
  ['a malformed capability', `${fixed} 05 02 03 4101 00`, 0, ''],
])('RFC 4271, 6.2: %s', (_, text, subcode, data) => {
  expect(refusal(() => decodeOpen(unhex(text)))).toEqual({ code: 2, subcode, data });
});

test('a body that is too short is a bad length of the message', () => {
  expect(refusal(() => decodeOpen(unhex('04 fde9 005a c00002')))).toEqual({ code: 1, subcode: 2, data: '001b' });
});

test('asnOf: the capability wins over the field, the last of several', () => {
  expect(asnOf(base)).toBe(65001);
  const open: Open = { ...base, myAs: 23456, capabilities: [{ name: 'four-octet-as', asn: 4200000000 }] };
  expect(asnOf(open)).toBe(4200000000);
  expect(asnOf({ ...open, capabilities: [...open.capabilities, { name: 'four-octet-as', asn: 7 }] })).toBe(7);
});

test('RFC 4724, 3: capabilityOf answers the last of its name, or nothing', () => {
  const restart = (time: number): Capability => ({
    name: 'graceful-restart',
    restarting: false,
    notification: false,
    time,
    families: [{ family: ipv4Unicast, forwarding: true }],
  });
  const open: Open = { ...base, capabilities: [restart(1), { name: 'route-refresh' }, restart(2)] };
  expect(capabilityOf(open, 'graceful-restart')?.time).toBe(2);
  expect(capabilityOf(open, 'role')).toBeUndefined();
});

test('4096 octets are the most', () => {
  // 19 of the header, 10 fixed, 3 of the long form, 3 of the parameter, and 2 for each capability.
  const capabilities = [...Array(15).fill(filler(200, 255)), filler(200, 204)];
  expect(encodeOpen({ ...base, capabilities }).length).toBe(4096 - 19);
  expect(() => encodeOpen({ ...base, capabilities: [...capabilities, filler(200, 0)] })).toThrow(RangeError);
});

const anyOpen: fc.Arbitrary<Open> = fc.record({
  type: fc.constant('open' as const),
  version: fc.constant(4),
  myAs: fc.integer({ min: 1, max: 0xffff }),
  holdTime: fc.oneof(fc.constant(0), fc.integer({ min: 3, max: 0xffff })),
  routerId: fc.integer({ min: 1, max: 0xffff_ffff }),
  capabilities: fc.array(anyCapability, { maxLength: 6 }),
});

property.prop([anyOpen], { numRuns })('decode(encode(x)) = x', (open) => {
  expectSame(decodeOpen(encodeOpen(open)), open);
});

property.prop([anyOpen], { numRuns })('encode(decode(bytes)) = bytes for what we encode', (open) => {
  const bytes = encodeOpen(open);
  expect(hexOf(encodeOpen(decodeOpen(bytes)))).toBe(hexOf(bytes));
});

property.prop([fc.oneof(fc.uint8Array({ maxLength: 300 }), damaged(anyOpen.map(encodeOpen)))], { numRuns })(
  'any octets are an OPEN that survives a round trip, or a BgpError of an OPEN',
  (bytes) => {
    const open = total(() => decodeOpen(bytes));
    if (open !== undefined) expectSame(decodeOpen(encodeOpen(open)), open);
    else expect(refusal(() => decodeOpen(bytes)).code).toBe(bytes.length < 10 ? 1 : 2);
  },
);
