import { describe, expect, test } from 'vitest';
import {
  CommunityError,
  formatCommunity,
  formatExtendedCommunity,
  formatIPv6ExtendedCommunity,
  formatLargeCommunity,
  parseCommunity,
  parseExtendedCommunity,
  parseIPv6ExtendedCommunity,
  parseLargeCommunity,
  wellKnownCommunities,
} from '../../src/wire/community.ts';
import { drawn, law } from './arbitraries.ts';
import { expectSame, hex } from './build.ts';

describe('communities', () => {
  test.each([
    ['65001:100', 0xfde90064],
    ['0:1', 1],
    ['65535:65535', 0xffffffff],
    ['no-export', 0xffffff01],
    ['blackhole', 0xffff029a],
    ['planned-shut', 0xffff0000],
    ['internet', 0],
  ])('%s', (text, value) => {
    expect(parseCommunity(text)).toBe(value);
    expect(formatCommunity(value)).toBe(text);
  });

  test.each([
    ['4259905636', 0xfde90064],
    ['0', 0],
    ['4294967295', 0xffffffff],
    ['65535:65281', 0xffffff01],
    ['0:0', 0],
  ])('%s is read, but not written so', (text, value) => {
    expect(parseCommunity(text)).toBe(value);
  });

  test('there are the well-known names of Cilium', () => {
    const byCilium = {
      internet: '0:0',
      'planned-shut': '65535:0',
      'accept-own': '65535:1',
      'route-filter-translated-v4': '65535:2',
      'route-filter-v4': '65535:3',
      'route-filter-translated-v6': '65535:4',
      'route-filter-v6': '65535:5',
      'llgr-stale': '65535:6',
      'no-llgr': '65535:7',
      blackhole: '65535:666',
      'no-export': '65535:65281',
      'no-advertise': '65535:65282',
      'no-export-subconfed': '65535:65283',
      'no-peer': '65535:65284',
    };
    expect(Object.fromEntries(wellKnownCommunities)).toEqual(
      Object.fromEntries(Object.entries(byCilium).map(([name, text]) => [name, parseCommunity(text)])),
    );
  });

  test.each([
    '',
    ':',
    '1:',
    ':1',
    '1:2:3',
    '65536:1',
    '1:65536',
    '01:1',
    '1:01',
    '4294967296',
    '-1',
    '+1',
    ' 1',
    '1 ',
    '1e3',
    '0x1',
    'No-Export',
    'noexport',
    '１:1',
  ])('%j is refused', (text) => {
    expect(() => parseCommunity(text)).toThrow(CommunityError);
  });

  test('the error names the text and the forms', () => {
    expect(() => parseCommunity('65536:1')).toThrow(/"65536:1".*A:B.*0-65535.*no-export/);
  });
});

describe('large communities', () => {
  test.each<[string, readonly [number, number, number]]>([
    ['65001:1:2', [65001, 1, 2]],
    ['0:0:0', [0, 0, 0]],
    ['4294967295:4294967295:4294967295', [4294967295, 4294967295, 4294967295]],
  ])('%s', (text, value) => {
    expect(parseLargeCommunity(text)).toEqual(value);
    expect(formatLargeCommunity(value)).toBe(text);
  });

  test.each(['', '1', '1:2', '1:2:3:4', '::', '01:1:1', '1:1:4294967296', '1:-1:1', '1: 1:1'])(
    '%j is refused',
    (text) => {
      expect(() => parseLargeCommunity(text)).toThrow(CommunityError);
    },
  );
});

describe('extended communities', () => {
  test.each([
    ['rt:65001:100', '00 02 fde9 00000064'],
    ['rt:65535:4294967295', '00 02 ffff ffffffff'],
    ['rt:4200000000:100', '02 02 fa56ea00 0064'],
    ['rt:65001L:100', '02 02 0000fde9 0064'],
    ['rt:192.0.2.1:100', '01 02 c0000201 0064'],
    ['soo:65001:100', '00 03 fde9 00000064'],
    ['soo:4200000000:65535', '02 03 fa56ea00 ffff'],
    ['soo:192.0.2.1:0', '01 03 c0000201 0000'],
    ['link-bandwidth:65001:125000000', '40 04 fde9 4cee6b28'],
    ['link-bandwidth:0:0', '40 04 0000 00000000'],
    ['color:100', '03 0b 0000 00000064'],
    ['0x030b800000000064', '03 0b 8000 00000064'],
    ['0x4004fde97f800000', '40 04 fde9 7f800000'],
    ['0x4004fde980000000', '40 04 fde9 80000000'],
    ['0x0123456789abcdef', '0123456789abcdef'],
    ['0x4002fde900000064', '40 02 fde9 00000064'],
  ])('%s', (text, bytes) => {
    expect(parseExtendedCommunity(text)).toEqual(hex(bytes));
    expect(formatExtendedCommunity(hex(bytes))).toBe(text);
  });

  test.each([
    ['rt:4200000000L:1', '02 02 fa56ea00 0001'],
    ['link-bandwidth:1:1.25e8', '40 04 0001 4cee6b28'],
    ['0x0002FDE900000064', '00 02 fde9 00000064'],
  ])('%s is read, but not written so', (text, bytes) => {
    expect(parseExtendedCommunity(text)).toEqual(hex(bytes));
  });

  test.each([
    '',
    'rt',
    'rt:1',
    'rt:1:2:3',
    'rt::1',
    'rt:4200000000:65536',
    'rt:1L:65536',
    'rt:4294967296:1',
    'rt:192.0.2.1:65536',
    'rt:192.0.2:1',
    'rt:192.0.2.256:1',
    'rt:L:1',
    'rt:65001:-1',
    'RT:1:2',
    'color',
    'color:',
    'color:4294967296',
    'color:1:2',
    'link-bandwidth:65536:1',
    'link-bandwidth:1:-1',
    'link-bandwidth:1:1e39',
    'link-bandwidth:1:',
    'link-bandwidth:1:Infinity',
    'link-bandwidth:1',
    'link-bandwidth:1:1:1',
    '0x',
    '0x0123456789abcde',
    '0x0123456789abcdef0',
    '0x0123456789abcdeg',
    '0123456789abcdef',
  ])('%j is refused', (text) => {
    expect(() => parseExtendedCommunity(text)).toThrow(CommunityError);
  });

  const any = drawn((draw) => {
    const bytes = draw.bytes(8);
    if (draw.oneIn(2)) bytes.set([draw.pick([0, 1, 2, 3, 0x40]), draw.pick([2, 3, 4, 0x0b])]);
    if (draw.oneIn(2)) bytes.set([0, 0], 2);
    return bytes;
  });

  law('what is written is read back to the same octets', any, (bytes) => {
    expectSame(parseExtendedCommunity(formatExtendedCommunity(bytes)), bytes);
  });
});

describe('IPv6 extended communities', () => {
  test('are hexadecimal', () => {
    const text = '0x000220010db80000000000000000000000010064';
    expect(parseIPv6ExtendedCommunity(text)).toEqual(hex(text.slice(2)));
    expect(formatIPv6ExtendedCommunity(hex(text.slice(2)))).toBe(text);
  });

  test.each(['', '0x', '0x0002', 'rt:1:2'])('%j is refused', (text) => {
    expect(() => parseIPv6ExtendedCommunity(text)).toThrow(CommunityError);
  });
});

const numbers = drawn(
  (draw) => [draw.pick([draw.u32(), 0xffff0000 + draw.upTo(0xffff)]), draw.u32(), draw.u32()] as const,
);

law('any community that is written is read back the same', numbers, (parts) => {
  expectSame(parseCommunity(formatCommunity(parts[0])), parts[0]);
  expectSame(parseLargeCommunity(formatLargeCommunity(parts)), parts);
});
