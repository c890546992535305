import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AttributeStore } from '../../src/rib/attribute-store.ts';
import { runs } from './support.ts';

const sets = fc.uint8Array({ max: 3, maxLength: 6 });

test('the same bytes are the same id for as long as somebody holds it, and the bytes stay what they were', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), sets), { maxLength: 300 }), (steps) => {
      const store = new AttributeStore();
      const model = new Map<string, { id: number; holders: number }>();
      for (const [acquire, bytes] of steps) {
        const key = bytes.toString();
        const known = model.get(key);
        if (acquire) {
          const id = store.acquire(bytes);
          expect(id).toBeGreaterThan(0);
          if (known !== undefined) expect(id).toBe(known.id);
          else expect([...model.values()].map((entry) => entry.id)).not.toContain(id);
          model.set(key, { id, holders: (known?.holders ?? 0) + 1 });
        } else if (known !== undefined) {
          store.release(known.id);
          if (known.holders === 1) model.delete(key);
          else model.set(key, { ...known, holders: known.holders - 1 });
        }
      }
      expect(store.size).toBe(model.size);
      for (const [key, { id }] of model) expect(store.bytesOf(id).toString()).toBe(key);
    }),
    { numRuns: runs / 50 },
  );
});

test('churn of large sets does not make the arena grow without end', () => {
  const store = new AttributeStore();
  const kept = store.acquire(new Uint8Array(1000).fill(7));
  for (let i = 0; i < 10_000; i++) {
    const bytes = new Uint8Array(1000);
    new DataView(bytes.buffer).setUint32(0, i);
    store.release(store.acquire(bytes));
  }
  expect(store.size).toBe(1);
  expect(store.bytesOf(kept)).toEqual(new Uint8Array(1000).fill(7));
  expect(store.bytesOf(kept).buffer.byteLength).toBeLessThan(64 * 1024);
});
