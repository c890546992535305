import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PrefixTable } from '../../src/rib/prefix-table.ts';
import { after, hash, steps } from '../../src/rib/probing.ts';
import { nlri, runs } from './support.ts';

const masks = [127, 255, 1023];

test.each(masks)('all slots come in turn, from wherever one begins, below mask %i', (mask) => {
  for (const start of [0, 7, 8, mask - 7, mask]) {
    const seen = new Set<number>();
    for (let slot = start; !seen.has(slot); slot = after(slot, mask)) {
      expect(steps(start, slot, mask)).toBe(seen.size);
      seen.add(slot);
    }
    expect(seen.size).toBe(mask + 1);
  }
});

test('eight neighbours have the eight slots of one line, whatever their length', () => {
  fc.assert(
    fc.property(
      fc.tuple(fc.integer(), fc.integer(), fc.integer(), fc.integer()),
      fc.integer({ min: 3, max: 128 }),
      (words, bits) => {
        const slots = Array.from({ length: 8 }, (_, place) => {
          const own = words.map((word, i) => {
            const left = Math.max(0, Math.min(32, bits - 32 * i));
            return left === 0 ? 0 : word & (0xffffffff << (32 - left));
          });
          // The last bits of the prefix, which may be those of two words.
          let all = own.reduce((sum, word) => (sum << 32n) | BigInt(word >>> 0), 0n);
          const shift = BigInt(128 - bits);
          all = ((((all >> shift) >> 3n) << 3n) | BigInt(place)) << shift;
          const [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = [96n, 64n, 32n, 0n].map((at) =>
            Number(BigInt.asIntN(32, all >> at)),
          );
          return hash(w0, w1, w2, w3, bits) & 0xffff;
        });
        // Where the three bits are in one word.
        if (((bits - 1) & 31) >= 2) {
          expect(new Set(slots.map((slot) => slot >> 3)).size).toBe(1);
          expect(new Set(slots).size).toBe(8);
        }
      },
    ),
    { numRuns: runs / 10 },
  );
});

test('a table whose prefixes all begin in the same slot has every one of them, also while they go', () => {
  const table = new PrefixTable(4);
  const found: Uint8Array[] = [];
  // Of more than a line has places for, and than one place of all lines has.
  for (let i = 0; found.length < 200; i++) {
    const address = [10, i >> 16, i >> 8, i].map((n) => n & 255);
    const word = (address[0] as number) * 0x1000000 + (i & 0xffffff);
    if ((hash(word | 0, 0, 0, 0, 32) & 1023) === 5) found.push(nlri(32, address));
  }
  const ids = found.map((prefix) => table.acquire(prefix, 0));
  expect(new Set(ids).size).toBe(found.length);
  found.forEach((prefix, i) => expect(table.lookup(prefix, 0)).toBe(ids[i]));
  for (let gone = 0; gone < found.length; gone++) {
    table.release(ids[(gone * 7) % found.length] as number);
    for (let i = 0; i < found.length; i += 13) {
      const isGone = Array.from({ length: gone + 1 }, (_, n) => (n * 7) % found.length).includes(i);
      expect(table.lookup(found[i] as Uint8Array, 0)).toBe(isGone ? -1 : ids[i]);
    }
  }
  expect(table.size).toBe(0);
});
