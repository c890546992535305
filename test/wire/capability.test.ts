import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { type Capability, codeOf, decodeCapabilities, encodeCapabilities } from '../../src/wire/capability.ts';
import { family, ipv4Unicast, ipv6Unicast } from '../../src/wire/family.ts';
import { expectSame } from './build.ts';
import { anyCapability, damaged, hexOf, numRuns, refusal, total, unhex } from './bytes.ts';

const cases: [name: string, bytes: string, value: Capability][] = [
  ['multiprotocol', '01 04 0002 00 01', { name: 'multiprotocol', family: ipv6Unicast }],
  ['multiprotocol, any family', '01 04 4004 00 47', { name: 'multiprotocol', family: family(16388, 71) }],
  ['route refresh', '02 00', { name: 'route-refresh' }],
  [
    'extended next hop',
    '05 06 0001 0001 0002',
    { name: 'extended-next-hop', entries: [{ family: ipv4Unicast, nextHopAfi: 2 }] },
  ],
  [
    'extended next hop, two',
    '05 0c 0001 0001 0002 0001 0080 0002',
    {
      name: 'extended-next-hop',
      entries: [
        { family: ipv4Unicast, nextHopAfi: 2 },
        { family: family(1, 128), nextHopAfi: 2 },
      ],
    },
  ],
  ['extended next hop, none', '05 00', { name: 'extended-next-hop', entries: [] }],
  ['extended message', '06 00', { name: 'extended-message' }],
  ['role', '09 01 03', { name: 'role', role: 3 }],
  [
    'graceful restart',
    '40 06 c078 0002 01 80',
    {
      name: 'graceful-restart',
      restarting: true,
      notification: true,
      time: 120,
      families: [{ family: ipv6Unicast, forwarding: true }],
    },
  ],
  [
    'graceful restart, helper only',
    '40 02 0fff',
    { name: 'graceful-restart', restarting: false, notification: false, time: 4095, families: [] },
  ],
  ['four-octet AS', '41 04 ffffffff', { name: 'four-octet-as', asn: 4294967295 }],
  [
    'ADD-PATH',
    '45 0c 0001 01 01 0002 01 02 0001 02 03',
    {
      name: 'add-path',
      families: [
        { family: ipv4Unicast, mode: 'receive' },
        { family: ipv6Unicast, mode: 'send' },
        { family: family(1, 2), mode: 'both' },
      ],
    },
  ],
  ['enhanced route refresh', '46 00', { name: 'enhanced-route-refresh' }],
  [
    'long-lived graceful restart',
    '47 0e 0001 01 80 ffffff 0002 01 00 000e10',
    {
      name: 'long-lived-graceful-restart',
      families: [
        { family: ipv4Unicast, forwarding: true, staleTime: 0xffffff },
        { family: ipv6Unicast, forwarding: false, staleTime: 3600 },
      ],
    },
  ],
  ['FQDN', '49 0b 04 6c656166 05 6c6f63616c', { name: 'fqdn', host: 'leaf', domain: 'local' }],
  ['FQDN, empty', '49 02 00 00', { name: 'fqdn', host: '', domain: '' }],
  ['software version', '4b 07 06 465252203130', { name: 'software-version', version: 'FRR 10' }],
  ['link-local next hop', '4d 00', { name: 'link-local-next-hop' }],
  ['unknown', '80 00', { name: 'unknown', code: 128, value: new Uint8Array(0) }],
  ['unknown with a value', 'ee 02 abcd', { name: 'unknown', code: 238, value: unhex('abcd') }],
];

test.each(cases)('%s', (_, text, value) => {
  expect(decodeCapabilities(unhex(text))).toEqual([value]);
  expect(hexOf(encodeCapabilities([value]))).toBe(hexOf(unhex(text)));
  expect(codeOf(value)).toBe(unhex(text)[0]);
});

test('many in one list keep their order, duplicates too', () => {
  const values = [...cases, ...cases].map(([, , value]) => value);
  expect(decodeCapabilities(encodeCapabilities(values))).toEqual(values);
});

describe('reserved bits and octets are ignored', () => {
  test.each<[string, string, Capability]>([
    ['RFC 4760, 8', '01 04 0002 ff 01', { name: 'multiprotocol', family: ipv6Unicast }],
    [
      'RFC 4724, 3',
      '40 06 3078 0002 01 7f',
      {
        name: 'graceful-restart',
        restarting: false,
        notification: false,
        time: 120,
        families: [{ family: ipv6Unicast, forwarding: false }],
      },
    ],
    [
      'RFC 9494, 3.1',
      '47 07 0002 01 7f 000001',
      {
        name: 'long-lived-graceful-restart',
        families: [{ family: ipv6Unicast, forwarding: false, staleTime: 1 }],
      },
    ],
  ])('%s', (_, text, value) => {
    expect(decodeCapabilities(unhex(text))).toEqual([value]);
  });
});

test.each([
  ['a code without a length', '01'],
  ['a value that is cut short', '41 04 000000'],
  ['the second one cut short', '02 00 41'],
  ['multiprotocol of 3', '01 03 000201'],
  ['multiprotocol of 5', '01 05 0002000100'],
  ['four-octet AS of 2', '41 02 fde8'],
  ['route refresh with a value', '02 01 00'],
  ['extended message with a value', '06 01 00'],
  ['enhanced route refresh with a value', '46 01 00'],
  ['link-local next hop with a value', '4d 01 00'],
  ['extended next hop of 5', '05 05 0001000100'],
  ['extended next hop with a SAFI above 255', '05 06 0001 0101 0002'],
  ['role of 2', '09 02 0000'],
  ['role of 0', '09 00'],
])('RFC 4271, 6.2: %s is malformed', (_, text) => {
  expect(refusal(() => decodeCapabilities(unhex(text)))).toEqual({ code: 2, subcode: 0, data: '' });
});

test.each([
  ['graceful restart of 0', '40 00'],
  ['graceful restart of 1', '40 01 00'],
  ['graceful restart of 5', '40 05 0078000201'],
  ['ADD-PATH of 3', '45 03 000201'],
  ['ADD-PATH with mode 0 (RFC 7911, 4)', '45 04 0002 01 00'],
  ['ADD-PATH with mode 4 in the second entry', '45 08 0002 01 01 0001 01 04'],
  ['long-lived graceful restart of 6', '47 06 0002 01 80 0000'],
  ['FQDN without a domain', '49 02 01 61'],
  ['FQDN with octets left', '49 03 00 00 00'],
  ['FQDN that is not UTF-8', '49 03 01 ff 00'],
  ['FQDN of nothing', '49 00'],
  ['software version cut short', '4b 02 02 61'],
  ['software version with octets left', '4b 03 01 61 61'],
  ['software version that is not shortest form UTF-8', '4b 03 02 c080'],
])('%s is as good as not understood, and is kept', (_, text) => {
  const bytes = unhex(text);
  const [capability] = decodeCapabilities(bytes);
  expect(capability).toEqual({ name: 'unknown', code: bytes[0], value: bytes.subarray(2) });
  expect(hexOf(encodeCapabilities([capability as Capability]))).toBe(hexOf(bytes));
});

test('names that are too long are cut at a character', () => {
  const long = 'ä'.repeat(200);
  const [version, fqdn] = decodeCapabilities(
    encodeCapabilities([
      { name: 'software-version', version: long },
      { name: 'fqdn', host: long, domain: long },
    ]),
  );
  expect(version).toEqual({ name: 'software-version', version: 'ä'.repeat(127) });
  expect(fqdn).toEqual({ name: 'fqdn', host: 'ä'.repeat(126), domain: '' });
});

test.each<[string, Capability]>([
  ['restart time', { name: 'graceful-restart', restarting: false, notification: false, time: 4096, families: [] }],
  [
    'stale time',
    {
      name: 'long-lived-graceful-restart',
      families: [{ family: ipv6Unicast, forwarding: true, staleTime: 0x1000000 }],
    },
  ],
  ['length', { name: 'unknown', code: 200, value: new Uint8Array(256) }],
  ['length', { name: 'add-path', families: Array(64).fill({ family: ipv6Unicast, mode: 'both' }) }],
])('a %s out of range is not encoded', (what, capability) => {
  expect(() => encodeCapabilities([capability])).toThrow(RangeError);
  expect(() => encodeCapabilities([capability])).toThrow(what);
});

property.prop([fc.array(anyCapability, { maxLength: 5 })], { numRuns })('decode(encode(x)) = x', (capabilities) => {
  expectSame(decodeCapabilities(encodeCapabilities(capabilities)), capabilities);
});

const encoded = fc.array(anyCapability, { maxLength: 5 }).map(encodeCapabilities);

property.prop([fc.oneof(fc.uint8Array({ maxLength: 300 }), damaged(encoded))], { numRuns })(
  'any octets are capabilities or a BgpError, and what is decoded once is stable',
  (bytes) => {
    const capabilities = total(() => decodeCapabilities(bytes));
    if (capabilities === undefined) return;
    const again = encodeCapabilities(capabilities);
    expect(again.length).toBe(bytes.length);
    expectSame(decodeCapabilities(again), capabilities);
  },
);
