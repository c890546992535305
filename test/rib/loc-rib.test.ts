import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AttributeStore } from '../../src/rib/attribute-store.ts';
import { LocRib, type Owner } from '../../src/rib/loc-rib.ts';
import { PrefixTable } from '../../src/rib/prefix-table.ts';
import { nlri, runs } from './support.ts';

/** The first octet of a set is its rank: lower is better. */
function locRib() {
  const store = new AttributeStore();
  const table = new PrefixTable(16);
  const rank = (set: number) => store.bytesOf(set)[0] as number;
  return { store, table, locRib: new LocRib(table, store, (first, second) => rank(first) - rank(second)) };
}

const owner = fc.constantFrom<Owner>('api', 'config', 'plan');
const step = fc.record({
  put: fc.boolean(),
  prefix: fc.integer({ min: 0, max: 3 }),
  pathId: fc.integer({ min: 0, max: 1 }),
  owner,
  rank: fc.integer({ min: 0, max: 3 }),
});

test('the best path is the lowest rank, then the lowest path id, then config, plan, api, whatever was put in and taken out', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { store, table, locRib: rib } = locRib();
      const model = new Map<string, (typeof steps)[number]>();
      for (const { put, prefix, pathId, owner: who, rank } of steps) {
        const bytes = nlri(64, [0x20, prefix]);
        const key = `${prefix} ${pathId} ${who}`;
        if (put) {
          const id = table.acquire(bytes, 0);
          rib.set(id, pathId, who, store.acquire(Uint8Array.of(rank)), 0);
          table.release(id);
          model.set(key, { put, prefix, pathId, owner: who, rank });
        } else {
          const id = table.lookup(bytes, 0);
          const slot = id === -1 ? -1 : rib.find(id, pathId, who);
          expect(slot !== -1).toBe(model.delete(key));
          if (slot !== -1) rib.remove(slot);
        }
      }
      expect(rib.size).toBe(model.size);
      for (let prefix = 0; prefix < 4; prefix++) {
        const paths = [...model.values()].filter((path) => path.prefix === prefix);
        const order = { config: 0, plan: 1, api: 2 };
        paths.sort((a, b) => a.rank - b.rank || a.pathId - b.pathId || order[a.owner] - order[b.owner]);
        const id = table.lookup(nlri(64, [0x20, prefix]), 0);
        const [best] = paths;
        if (best === undefined) {
          expect(id).toBe(-1);
          continue;
        }
        const slot = rib.bestSlot(id);
        expect(store.bytesOf(rib.best(id))[0]).toBe(best.rank);
        expect([rib.pathIdOf(slot), rib.ownerOf(slot)]).toEqual([best.pathId, best.owner]);
        expect([...rib.slots(id)]).toHaveLength(paths.length);
      }
    }),
    { numRuns: runs / 20 },
  );
});

test('a row that is used again has another generation', () => {
  const { store, table, locRib: rib } = locRib();
  const put = () => {
    const id = table.acquire(nlri(64, [1]), 0);
    const slot = rib.set(id, 0, 'api', store.acquire(Uint8Array.of(0)), 0);
    table.release(id);
    return slot;
  };
  const first = put();
  const generation = rib.generationOf(first);
  expect(rib.resolve(first, generation)).toBe(first);
  rib.remove(first);
  expect(rib.resolve(first, generation)).toBeUndefined();
  expect(rib.resolve(first, rib.generationOf(first))).toBeUndefined();
  expect(put()).toBe(first);
  expect(rib.resolve(first, generation)).toBeUndefined();
  expect(rib.resolve(first + 1, generation)).toBeUndefined();
});

test('a path that is alone is the best without a look at its attributes', () => {
  const store = new AttributeStore();
  const table = new PrefixTable(16);
  const compared: number[] = [];
  const rib = new LocRib(table, store, (first, second) => compared.push(first, second));
  const prefix = table.acquire(nlri(64, [1]), 0);
  const slot = rib.set(prefix, 0, 'api', store.acquire(Uint8Array.of(0)), 0);
  expect([rib.bestSlot(prefix), rib.best(prefix)]).toEqual([slot, store.acquire(Uint8Array.of(0))]);
  expect(compared).toEqual([]);
});
