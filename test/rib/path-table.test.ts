import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PathTable } from '../../src/rib/path-table.ts';
import { PrefixTable } from '../../src/rib/prefix-table.ts';
import { nlri, runs } from './support.ts';

function withPathId(pathId: number, prefix: number): Uint8Array {
  const id = new Uint8Array(4);
  new DataView(id.buffer).setUint32(0, pathId);
  return Uint8Array.from([...id, ...nlri(48, [0x20, 1, 0xd, 0xb8, 0, prefix])]);
}

const step = fc.record({
  do: fc.constantFrom('acquire', 'acquire', 'release', 'lookup'),
  prefix: fc.integer({ min: 0, max: 3 }),
  pathId: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(0x80000000, 0xffffffff)),
});

test('ids, holders and what is written are those of a plain map, and each prefix has exactly its paths', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const prefixes = new PrefixTable(16);
      const paths = new PathTable(prefixes);
      const model = new Map<string, { id: number; holders: number; prefix: number; pathId: number }>();
      for (const { do: action, prefix, pathId } of steps) {
        const key = `${prefix} ${pathId}`;
        const bytes = withPathId(pathId, prefix);
        const known = model.get(key);
        if (action === 'lookup') expect(paths.lookup(bytes, 0)).toBe(known?.id ?? -1);
        else if (action === 'acquire') {
          const id = paths.acquire(bytes, 0);
          if (known === undefined) {
            expect([...model.values()].some((entry) => entry.id === id)).toBe(false);
            model.set(key, { id, holders: 1, prefix, pathId });
          } else {
            expect(id).toBe(known.id);
            known.holders++;
          }
        } else if (known !== undefined) {
          paths.release(known.id);
          if (--known.holders === 0) model.delete(key);
        }
      }
      expect(paths.size).toBe(model.size);
      for (const { id, prefix, pathId } of model.values()) {
        const bytes = withPathId(pathId, prefix);
        const out = new Uint8Array(bytes.length + 4);
        expect(paths.nlriSize(id)).toBe(bytes.length);
        expect(paths.writeNlri(id, out, 2)).toBe(bytes.length + 2);
        expect(out.subarray(2, -2)).toEqual(bytes);
        expect(paths.pathIdOf(id)).toBe(pathId);
        const same = [...model.values()].filter((entry) => entry.prefix === prefix);
        expect(paths.of(paths.prefixOf(id))).toEqual(same.sort((a, b) => a.pathId - b.pathId).map((entry) => entry.id));
      }
      for (const { id, holders } of model.values()) for (let i = 0; i < holders; i++) paths.release(id);
      expect([paths.size, prefixes.size]).toEqual([0, 0]);
    }),
    { numRuns: Math.max(10, runs / 20) },
  );
});
