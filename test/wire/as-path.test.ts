import { describe, expect, test } from 'vitest';
import { asPathLength, decodeAsPath, encodeAsPath, mergeAs4Path, needsAs4Path } from '../../src/wire/as-path.ts';
import { decodeAttributes } from '../../src/wire/attribute.ts';
import { Malformed } from '../../src/wire/fault.ts';
import { Writer } from '../../src/wire/octets.ts';
import type { AsSegment } from '../../src/wire/update.ts';
import { drawAttributes, drawContext, drawn, law } from './arbitraries.ts';
import { expectSame, hex } from './build.ts';

const sequence = (...asns: number[]): AsSegment => ({ type: 'sequence', asns });
const set = (...asns: number[]): AsSegment => ({ type: 'set', asns });
const confederation = (...asns: number[]): AsSegment => ({ type: 'confed-sequence', asns });

function encoded(path: readonly AsSegment[], size: 2 | 4): Uint8Array {
  const writer = new Writer();
  encodeAsPath(writer, path, size);
  return writer.finish();
}

describe('encoding', () => {
  test('splits a segment of more than 255 AS numbers (RFC 4271, 5.1.2)', () => {
    const asns = Array.from({ length: 600 }, (_, i) => i + 1);
    expect(decodeAsPath(encoded([sequence(...asns)], 4), 4)).toEqual([
      sequence(...asns.slice(0, 255)),
      sequence(...asns.slice(255, 510)),
      sequence(...asns.slice(510)),
    ]);
  });

  test('keeps a segment of 255 whole', () => {
    const path = [sequence(...Array.from({ length: 255 }, (_, i) => i + 1))];
    expect(decodeAsPath(encoded(path, 2), 2)).toEqual(path);
  });

  test('leaves out empty segments', () => {
    expect(encoded([sequence(), set(1)], 2)).toEqual(hex('01 01 0001'));
  });

  test('puts AS_TRANS for what two octets cannot hold (RFC 6793, 4.2.2)', () => {
    expect(encoded([sequence(65535, 65536, 4294967295)], 2)).toEqual(hex('02 03 ffff 5ba0 5ba0'));
  });
});

describe('a malformed path (RFC 7606, 7.2; RFC 7607, 2)', () => {
  test.each([
    ['a segment type of 0', '00 01 0000fde9'],
    ['a segment type of 5', '05 01 0000fde9'],
    ['a segment without AS numbers', '02 00'],
    ['an empty segment after a good one', '02 01 0000fde9 02 00'],
    ['more AS numbers than octets', '02 02 0000fde9'],
    ['an AS number that is cut short', '02 01 0000fd'],
    ['one octet after the last segment', '02 01 0000fde9 02'],
    ['AS 0', '02 02 0000fde9 00000000'],
    ['AS 0 in a set', '01 01 00000000'],
  ])('%s', (_, bytes) => {
    expect(decodeAsPath(hex(bytes), 4)).toBeInstanceOf(Malformed);
  });
});

test('the length counts a set as one and confederations not at all (RFC 4271, 9.1.2.2; RFC 5065, 5.3)', () => {
  expect(asPathLength([])).toBe(0);
  expect(asPathLength([confederation(1, 2), sequence(3, 4, 5), set(6, 7), { type: 'confed-set', asns: [8] }])).toBe(4);
});

test('only numbers outside of confederations call for AS4_PATH', () => {
  expect(needsAs4Path([sequence(65535), confederation(65536)])).toBe(false);
  expect(needsAs4Path([sequence(1), set(65536)])).toBe(true);
});

describe('AS_PATH and AS4_PATH together (RFC 6793, 4.2.3)', () => {
  const T = 23456;
  const large = 4200000000;

  test.each<[string, AsSegment[], AsSegment[], AsSegment[]]>([
    ['the same length', [sequence(1, T)], [sequence(1, large)], [sequence(1, large)]],
    ['AS4_PATH lacks the front', [sequence(7, 8, 1, T)], [sequence(1, large)], [sequence(7, 8, 1, large)]],
    ['AS4_PATH is longer, so ignored', [sequence(1)], [sequence(1, large)], [sequence(1)]],
    ['AS4_PATH is empty', [sequence(1, T)], [], [sequence(1, T)]],
    ['a set counts as one', [sequence(7), set(1, T)], [set(1, large)], [sequence(7), set(1, large)]],
    ['a set in front is taken whole', [set(7, 8), sequence(T)], [sequence(large)], [set(7, 8), sequence(large)]],
    [
      'a leading confederation stays',
      [confederation(5), sequence(T)],
      [sequence(large)],
      [confederation(5), sequence(large)],
    ],
    [
      'a confederation next to what stays does too',
      [sequence(7), confederation(5), sequence(T)],
      [sequence(large)],
      [sequence(7), confederation(5), sequence(large)],
    ],
    [
      'a confederation elsewhere does not',
      [sequence(7, T), confederation(5), sequence(8)],
      [sequence(large, 8)],
      [sequence(7, large, 8)],
    ],
    ['two segments in front', [set(9), sequence(7, T)], [sequence(large)], [set(9), sequence(7, large)]],
  ])('%s', (_, path, as4Path, merged) => {
    expect(mergeAs4Path(path, as4Path)).toEqual(merged);
  });

  test('sequences are not joined beyond 255 AS numbers', () => {
    const front = Array.from({ length: 10 }, () => 7);
    const back = Array.from({ length: 250 }, () => large);
    const path = [sequence(...front), sequence(...back.map(() => T))];
    expect(mergeAs4Path(path, [sequence(...back)])).toEqual([sequence(...front), sequence(...back)]);
  });

  const pairs = drawn((draw) => {
    const context = { ...drawContext(draw), fourOctetAs: true, external: false };
    const path = () => drawAttributes(draw, context).asPath ?? [];
    return { path: path(), as4Path: path().filter(({ type }) => type === 'set' || type === 'sequence') };
  });

  law('the merged path is as long as AS_PATH, and ends as AS4_PATH does', pairs, ({ path, as4Path }) => {
    const merged = mergeAs4Path(path, as4Path);
    expectSame(asPathLength(merged), asPathLength(path));
    if (asPathLength(as4Path) > asPathLength(path)) return expectSame(merged, path);
    const tail = as4Path.flatMap(({ asns }) => asns);
    expectSame(merged.flatMap(({ asns }) => asns).slice(-tail.length || Number.POSITIVE_INFINITY), tail);
  });
});

describe('the aggregator decides whether AS4 attributes count (RFC 6793, 4.2.3)', () => {
  const path = '40 02 06 02 02 0001 5ba0  c0 11 0a 02 02 00000001 fa56ea00';

  test('AS_TRANS: both count', () => {
    const bytes = hex(`${path} c0 07 06 5ba0 c0000201 c0 12 08 fa56ea00 c0000202`);
    const { attributes } = decodeAttributes(bytes, { fourOctetAs: false });
    expect(attributes.asPath).toEqual([sequence(1, 4200000000)]);
    expect(attributes.aggregator).toMatchObject({ asn: 4200000000 });
    expect(String(attributes.aggregator?.address)).toBe('192.0.2.2');
  });

  test('any other number: neither does', () => {
    const bytes = hex(`${path} c0 07 06 0001 c0000201 c0 12 08 fa56ea00 c0000202`);
    const { attributes } = decodeAttributes(bytes, { fourOctetAs: false });
    expect(attributes.asPath).toEqual([sequence(1, 23456)]);
    expect(attributes.aggregator).toMatchObject({ asn: 1 });
    expect(String(attributes.aggregator?.address)).toBe('192.0.2.1');
  });

  test('AS4_AGGREGATOR alone is nothing', () => {
    expect(decodeAttributes(hex('c0 12 08 fa56ea00 c0000202'), { fourOctetAs: false })).toEqual({
      attributes: {},
      faults: [],
    });
  });
});
