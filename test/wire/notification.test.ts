import { fc, test as property } from '@fast-check/vitest';
import { expect, describe as group, test } from 'vitest';
import { BgpError } from '../../src/wire/error.ts';
import type { Notification } from '../../src/wire/message.ts';
import {
  decodeNotification,
  describe,
  encapsulate,
  encapsulated,
  encodeNotification,
  notificationName,
  notificationOf,
  shutdownCommunication,
  shutdownTextOf,
} from '../../src/wire/notification.ts';
import { expectSame } from './build.ts';
import { hexOf, numRuns, unhex } from './bytes.ts';

function notification(code: number, subcode: number, data: Uint8Array = new Uint8Array(0)): Notification {
  return { type: 'notification', code, subcode, data };
}

test.each([
  [1, 0, 'Message Header Error'],
  [1, 1, 'Message Header Error: Connection Not Synchronized'],
  [1, 2, 'Message Header Error: Bad Message Length'],
  [1, 3, 'Message Header Error: Bad Message Type'],
  [2, 0, 'OPEN Message Error'],
  [2, 1, 'OPEN Message Error: Unsupported Version Number'],
  [2, 2, 'OPEN Message Error: Bad Peer AS'],
  [2, 3, 'OPEN Message Error: Bad BGP Identifier'],
  [2, 4, 'OPEN Message Error: Unsupported Optional Parameter'],
  [2, 5, 'OPEN Message Error: Authentication Failure (deprecated)'],
  [2, 6, 'OPEN Message Error: Unacceptable Hold Time'],
  [2, 7, 'OPEN Message Error: Unsupported Capability'],
  [2, 11, 'OPEN Message Error: Role Mismatch'],
  [2, 12, 'OPEN Message Error: subcode 12'],
  [3, 1, 'UPDATE Message Error: Malformed Attribute List'],
  [3, 2, 'UPDATE Message Error: Unrecognized Well-known Attribute'],
  [3, 3, 'UPDATE Message Error: Missing Well-known Attribute'],
  [3, 4, 'UPDATE Message Error: Attribute Flags Error'],
  [3, 5, 'UPDATE Message Error: Attribute Length Error'],
  [3, 6, 'UPDATE Message Error: Invalid ORIGIN Attribute'],
  [3, 8, 'UPDATE Message Error: Invalid NEXT_HOP Attribute'],
  [3, 9, 'UPDATE Message Error: Optional Attribute Error'],
  [3, 10, 'UPDATE Message Error: Invalid Network Field'],
  [3, 11, 'UPDATE Message Error: Malformed AS_PATH'],
  [4, 0, 'Hold Timer Expired'],
  [5, 0, 'Finite State Machine Error'],
  [5, 1, 'Finite State Machine Error: Receive Unexpected Message in OpenSent State'],
  [5, 2, 'Finite State Machine Error: Receive Unexpected Message in OpenConfirm State'],
  [5, 3, 'Finite State Machine Error: Receive Unexpected Message in Established State'],
  [6, 1, 'Cease: Maximum Number of Prefixes Reached'],
  [6, 2, 'Cease: Administrative Shutdown'],
  [6, 3, 'Cease: Peer De-configured'],
  [6, 4, 'Cease: Administrative Reset'],
  [6, 5, 'Cease: Connection Rejected'],
  [6, 6, 'Cease: Other Configuration Change'],
  [6, 7, 'Cease: Connection Collision Resolution'],
  [6, 8, 'Cease: Out of Resources'],
  [6, 9, 'Cease: Hard Reset'],
  [6, 10, 'Cease: BFD Down'],
  [7, 1, 'ROUTE-REFRESH Message Error: Invalid Message Length'],
  [8, 0, 'Send Hold Timer Expired'],
  [4, 7, 'Hold Timer Expired: subcode 7'],
  [0, 0, 'error code 0, subcode 0'],
  [99, 3, 'error code 99, subcode 3'],
])('%d/%d is %s', (code, subcode, name) => {
  expect(notificationName(code, subcode)).toBe(name);
  expect(describe(notification(code, subcode))).toBe(name);
});

test.each([
  [
    'the text of a shutdown',
    6,
    2,
    '13 6d61696e74656e616e636520756e74696c2035',
    'Cease: Administrative Shutdown: "maintenance until 5"',
  ],
  ['an empty text', 6, 4, '00', 'Cease: Administrative Reset'],
  ['a text of the wrong length', 6, 2, '05 6869', 'Cease: Administrative Shutdown: 0x056869'],
  ['a text that is not UTF-8', 6, 2, '02 c328', 'Cease: Administrative Shutdown: 0x02c328'],
  [
    'control characters, quotes and bidi overrides',
    6,
    2,
    '08 610a 22 5c e280ae 7f',
    'Cease: Administrative Shutdown: "a\\u{a}\\"\\\\\\u{202e}\\u{7f}"',
  ],
  ['a prefix limit', 6, 1, '0002 01 00000064', 'Cease: Maximum Number of Prefixes Reached: 100 for ipv6/unicast'],
  ['a prefix limit of the wrong length', 6, 1, '0002', 'Cease: Maximum Number of Prefixes Reached: 0x0002'],
  ['a length', 1, 2, '0012', 'Message Header Error: Bad Message Length: length 18'],
  ['a length of the wrong length', 1, 2, '00', 'Message Header Error: Bad Message Length: 0x00'],
  ['a type', 1, 3, '09', 'Message Header Error: Bad Message Type: type 9'],
  ['two types', 1, 3, '0909', 'Message Header Error: Bad Message Type: 0x0909'],
  ['a version', 2, 1, '0004', 'OPEN Message Error: Unsupported Version Number: version 4 is supported'],
  ['half a version', 2, 1, '04', 'OPEN Message Error: Unsupported Version Number: 0x04'],
  ['a hard reset', 6, 9, '06 02 02 6869', 'Cease: Hard Reset: Cease: Administrative Shutdown: "hi"'],
  ['a hard reset without data', 6, 9, '', 'Cease: Hard Reset'],
  ['a hard reset with half a notification', 6, 9, '06', 'Cease: Hard Reset: 0x06'],
  ['a hard reset of a hard reset', 6, 9, '06 09 06 09', 'Cease: Hard Reset: Cease: Hard Reset: 0x0609'],
  ['other data', 3, 5, '40 01 01 00', 'UPDATE Message Error: Attribute Length Error: 0x40010100'],
  [
    'much data',
    7,
    1,
    'ab'.repeat(40),
    `ROUTE-REFRESH Message Error: Invalid Message Length: 0x${'ab'.repeat(32)}... (40 octets)`,
  ],
])('%s', (_, code, subcode, data, text) => {
  expect(describe(notification(code, subcode, unhex(data)))).toBe(text);
});

group('RFC 9003: shutdown communication', () => {
  test.each([
    ['', '00'],
    ['hi', '02 6869'],
    ['größe', '07 6772c3b6c39f65'],
  ])('%j', (text, bytes) => {
    expect(hexOf(shutdownCommunication(text))).toBe(hexOf(unhex(bytes)));
    expect(shutdownTextOf(notification(6, 2, unhex(bytes)))).toBe(text);
    expect(shutdownTextOf(notification(6, 4, unhex(bytes)))).toBe(text);
  });

  test.each([
    ['a'.repeat(300), 'a'.repeat(255)],
    ['ä'.repeat(200), 'ä'.repeat(127)],
    ['€'.repeat(90), '€'.repeat(85)],
    [`a${'😀'.repeat(64)}`, `a${'😀'.repeat(63)}`],
    [`${'a'.repeat(255)}😀`, 'a'.repeat(255)],
  ])('is cut at a character: %s', (text, kept) => {
    expect(shutdownTextOf(notification(6, 2, shutdownCommunication(text)))).toBe(kept);
  });

  test.each([
    [6, 3, '02 6869'],
    [3, 2, '02 6869'],
    [6, 2, ''],
    [6, 2, '03 6869'],
    [6, 2, '01 6869'],
    [6, 2, '02 c080'],
  ])('%d/%d with %s has none', (code, subcode, data) => {
    expect(shutdownTextOf(notification(code, subcode, unhex(data)))).toBeUndefined();
  });
});

test('RFC 8538, 3: a hard reset carries what it is about', () => {
  const inner = notification(6, 2, shutdownCommunication('bye'));
  const outer = encapsulate(inner);
  expect(outer).toEqual(notification(6, 9, unhex('06 02 03 627965')));
  expect(encapsulated(outer)).toEqual(inner);
  expect(encapsulated(inner)).toBeUndefined();
  expect(encapsulated(notification(6, 9, unhex('06')))).toBeUndefined();
});

test('a BgpError is the NOTIFICATION to send', () => {
  const error = new BgpError(1, 3, 'message type 9 is unknown', Uint8Array.of(9));
  expect(notificationOf(error)).toEqual(notification(1, 3, Uint8Array.of(9)));
});

test('data that does not fit is cut', () => {
  const value = notification(7, 1, new Uint8Array(100).fill(0xab));
  expect(hexOf(encodeNotification(value, 5))).toBe('0701ababab');
  expect(encodeNotification(value, 102).length).toBe(102);
  expect(encodeNotification(value, 101).length).toBe(101);
});

const anyNotification = fc
  .tuple(fc.nat(255), fc.nat(255), fc.uint8Array({ maxLength: 50 }))
  .map(([code, subcode, data]) => notification(code, subcode, data));

property.prop([anyNotification], { numRuns })('decode(encode(x)) = x', (value) => {
  expectSame(decodeNotification(encodeNotification(value, 4077)), value);
});

property.prop([fc.nat(9), fc.nat(12), fc.uint8Array({ maxLength: 50 })], { numRuns })(
  'a description is one line that begins with the name',
  (code, subcode, data) => {
    const text = describe(notification(code, subcode, data));
    expect(text.startsWith(notificationName(code, subcode))).toBe(true);
    expect(text).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
  },
);

property.prop([fc.string({ unit: 'grapheme', maxLength: 300 })], { numRuns })(
  'a shutdown communication is at most 255 octets and the beginning of its text',
  (text) => {
    const data = shutdownCommunication(text);
    expect(data.length).toBeLessThanOrEqual(256);
    const kept = shutdownTextOf(notification(6, 2, data));
    expect(text.startsWith(kept ?? 'none')).toBe(true);
    if (Buffer.byteLength(text) <= 255) expect(kept).toBe(text);
  },
);
