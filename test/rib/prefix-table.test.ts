import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PrefixTable } from '../../src/rib/prefix-table.ts';
import { ipv4Nlri, ipv6Nlri, nlri, runs } from './support.ts';

function written(table: PrefixTable, id: number): string {
  const out = new Uint8Array(17);
  return out.subarray(0, table.writeNlri(id, out, 0)).toString();
}

describe.each([
  ['IPv4', 4, ipv4Nlri],
  ['IPv6', 16, ipv6Nlri],
] as const)('the prefix table of %s', (_, octets, prefixes) => {
  test('gives what a map from text would, whatever is acquired and released', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), prefixes), { maxLength: 200 }), (steps) => {
        const table = new PrefixTable(octets);
        const model = new Map<string, { id: number; holders: number }>();
        for (const [acquire, prefix] of steps) {
          const key = prefix.toString();
          const known = model.get(key);
          expect(table.lookup(prefix, 0)).toBe(known?.id ?? -1);
          if (acquire) {
            const id = table.acquire(prefix, 0);
            if (known !== undefined) expect(id).toBe(known.id);
            else expect([...model.values()].map((entry) => entry.id)).not.toContain(id);
            model.set(key, { id, holders: (known?.holders ?? 0) + 1 });
          } else if (known !== undefined) {
            table.release(known.id);
            if (known.holders === 1) model.delete(key);
            else model.set(key, { ...known, holders: known.holders - 1 });
          }
        }
        expect(table.size).toBe(model.size);
        for (const [key, { id }] of model) expect(written(table, id)).toBe(key);
      }),
      { numRuns: runs / 50 },
    );
  });

  test('ignores the bits after the prefix', () => {
    fc.assert(
      fc.property(prefixes, fc.integer({ min: 0, max: 255 }), (prefix, noise) => {
        const table = new PrefixTable(octets);
        const id = table.acquire(prefix, 0);
        const noisy = prefix.slice();
        const bits = prefix[0] as number;
        const last = noisy.length - 1;
        if (bits % 8 !== 0) noisy[last] = (noisy[last] as number) | (noise & (0xff >> (bits % 8)));
        expect(table.acquire(noisy, 0)).toBe(id);
        expect(written(table, id)).toBe(prefix.toString());
      }),
      { numRuns: runs / 10 },
    );
  });
});

test('a hundred thousand /64s keep their ids through growth, and their ids are dense', () => {
  const table = new PrefixTable(16);
  const prefix = (i: number) =>
    nlri(
      64,
      [0x20, 1, 0xd, 0xb8, 0, i >> 16, i >> 8, i].map((n) => n & 255),
    );
  for (let i = 0; i < 100_000; i++) expect(table.acquire(prefix(i), 0)).toBe(i);
  for (let i = 0; i < 100_000; i++) expect(table.lookup(prefix(i), 0)).toBe(i);
  expect(table.end).toBe(100_000);
  for (let i = 0; i < 100_000; i += 2) table.release(i);
  expect(table.size).toBe(50_000);
  for (let i = 1; i < 100_000; i += 2) expect(table.lookup(prefix(i), 0)).toBe(i);
  for (let i = 0; i < 100_000; i += 2) expect(table.lookup(prefix(i), 0)).toBe(-1);
});
