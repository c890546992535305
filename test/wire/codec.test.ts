import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { decodeMessage, encodeMessage, endOfRibMessage } from '../../src/wire/codec.ts';
import { initialContext } from '../../src/wire/context.ts';
import { ipv6Unicast } from '../../src/wire/family.ts';
import { writeHeader } from '../../src/wire/header.ts';
import type { Message } from '../../src/wire/message.ts';
import { endOfRib } from '../../src/wire/update-codec.ts';
import { drawContext, drawn, drawUpdate } from './arbitraries.ts';
import { expectSame } from './build.ts';
import { anyCapability, anyFamily, damaged, hexOf, numRuns, refusal, total, unhex } from './bytes.ts';

const extended = { ...initialContext, extendedMessage: true };
const marker = 'ff'.repeat(16);

const cases: [name: string, bytes: string, value: Message][] = [
  [
    'OPEN',
    '001d 01 04 fde9 005a c0000201 00',
    { type: 'open', version: 4, myAs: 65001, holdTime: 90, routerId: 0xc0000201, capabilities: [] },
  ],
  ['UPDATE', '0017 02 0000 0000', { type: 'update', attributes: {}, faults: [] }],
  ['NOTIFICATION', '0016 03 06 02 00', { type: 'notification', code: 6, subcode: 2, data: Uint8Array.of(0) }],
  ['KEEPALIVE', '0013 04', { type: 'keepalive' }],
  ['ROUTE-REFRESH', '0017 05 0002 00 01', { type: 'route-refresh', family: ipv6Unicast, subtype: 0 }],
];

test.each(cases)('%s', (_, text, message) => {
  const bytes = unhex(marker + text);
  expect(decodeMessage(bytes, initialContext)).toEqual(message);
  expect(hexOf(encodeMessage(message, initialContext))).toBe(hexOf(bytes));
});

test('a KEEPALIVE costs nothing', () => {
  const keepalive = { type: 'keepalive' } as const;
  expect(encodeMessage(keepalive, initialContext)).toBe(encodeMessage(keepalive, extended));
});

test.each([
  ['more octets than the length', `${marker} 0013 04 00`, { code: 1, subcode: 2, data: '0013' }],
  ['fewer octets than the length', `${marker} 0017 02 0000`, { code: 1, subcode: 2, data: '0017' }],
  ['no octets', '', { code: 1, subcode: 1, data: '' }],
  ['half a marker', 'ff'.repeat(8), { code: 1, subcode: 1, data: '' }],
])('RFC 4271, 6.1: %s', (_, text, error) => {
  expect(refusal(() => decodeMessage(unhex(text), initialContext))).toEqual(error);
});

describe('RFC 8654: the limit', () => {
  const long = (length: number): Uint8Array => {
    const bytes = new Uint8Array(length);
    writeHeader(bytes, 0, 3, length);
    bytes.set([6, 2], 19);
    return bytes;
  };

  test('of what comes in', () => {
    expect(decodeMessage(long(4096), initialContext)).toMatchObject({ code: 6 });
    expect(refusal(() => decodeMessage(long(4097), initialContext))).toEqual({ code: 1, subcode: 2, data: '1001' });
    expect(decodeMessage(long(65535), extended)).toMatchObject({ code: 6 });
  });

  test('of what goes out: a NOTIFICATION is cut (5), so that it gets out', () => {
    const notification = { type: 'notification', code: 7, subcode: 1, data: new Uint8Array(65535) } as const;
    expect(encodeMessage(notification, initialContext).length).toBe(4096);
    expect(encodeMessage(notification, extended).length).toBe(65535);
  });
});

test('the data of a NOTIFICATION is a copy, whatever becomes of the octets it was read from', () => {
  const bytes = unhex(`${marker} 0016 03 06 02 00`);
  const message = decodeMessage(bytes, initialContext);
  bytes.fill(0xee);
  expect(message).toEqual({ type: 'notification', code: 6, subcode: 2, data: Uint8Array.of(0) });
});

const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  fc.record({
    type: fc.constant('open' as const),
    version: fc.constant(4),
    myAs: fc.integer({ min: 1, max: 0xffff }),
    holdTime: fc.integer({ min: 3, max: 0xffff }),
    routerId: fc.integer({ min: 1, max: 0xffff_ffff }),
    capabilities: fc.array(anyCapability, { maxLength: 4 }),
  }),
  fc.record({
    type: fc.constant('notification' as const),
    code: fc.nat(255),
    subcode: fc.nat(255),
    data: fc.uint8Array({ maxLength: 60 }),
  }),
  fc.constant({ type: 'keepalive' as const }),
  fc.record({ type: fc.constant('route-refresh' as const), family: anyFamily, subtype: fc.nat(255) }),
);

property.prop([anyMessage], { numRuns })('decode(encode(x)) = x for all but UPDATE', (message) => {
  expectSame(decodeMessage(encodeMessage(message, initialContext), initialContext), message);
});

const exchange = drawn((draw) => {
  const context = drawContext(draw);
  return { context, bytes: encodeMessage(drawUpdate(draw, context), context) };
});

property.prop([exchange], { numRuns })(
  'encode(decode(bytes)) = bytes for an UPDATE that we encode',
  ({ context, bytes }) => {
    expect(hexOf(encodeMessage(decodeMessage(bytes, context), context))).toBe(hexOf(bytes));
  },
);

const harmed = damaged(
  fc.oneof(
    anyMessage.map((message) => encodeMessage(message, initialContext)),
    exchange.map(({ bytes }) => bytes),
  ),
);

/** The header is made right again, so that the damage gets past it. */
const framed = fc
  .tuple(fc.oneof(harmed, fc.uint8Array({ maxLength: 200 })), fc.integer({ min: 1, max: 5 }))
  .map(([bytes, type]) => {
    const whole = bytes.length < 19 ? new Uint8Array(19) : bytes.slice(0, 4096);
    writeHeader(whole, 0, type, whole.length);
    return whole;
  });

property.prop([fc.oneof(harmed, framed, fc.uint8Array({ maxLength: 100 }))], { numRuns })(
  'any octets are a message or a BgpError with a registered code',
  (bytes) => {
    const message = total(() => decodeMessage(bytes, initialContext));
    if (message === undefined) expect([1, 2, 3, 7]).toContain(refusal(() => decodeMessage(bytes, initialContext)).code);
    else expect(['open', 'update', 'notification', 'keepalive', 'route-refresh']).toContain(message.type);
  },
);

property.prop([anyFamily, drawn((draw) => drawContext(draw))], { numRuns })(
  'the End-of-RIB message of a family is what any context encodes, and the same array each time',
  (family, context) => {
    const bytes = endOfRibMessage(family);
    expect(hexOf(bytes)).toBe(hexOf(encodeMessage(endOfRib(family), context)));
    expect(endOfRibMessage(family)).toBe(bytes);
  },
);
