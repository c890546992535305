import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AdjRibIn } from '../../src/rib/adj-rib-in.ts';
import { AttributeStore } from '../../src/rib/attribute-store.ts';
import { PathTable } from '../../src/rib/path-table.ts';
import { PrefixTable } from '../../src/rib/prefix-table.ts';
import { nlri, runs } from './support.ts';

type State = 'accepted' | 'rejected' | 'looped';
const step = fc.record({
  do: fc.constantFrom<State | 'remove' | 'mark'>('accepted', 'rejected', 'looped', 'remove', 'mark'),
  prefix: fc.integer({ min: 0, max: 5 }),
  set: fc.integer({ min: 0, max: 2 }),
});

test.each([false, true])(
  'counts, sets and staleness are those of a plain map, and nothing stays held after clear; with ADD-PATH: %s',
  (addPath) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const store = new AttributeStore();
        const table = new PrefixTable(16);
        const keys = addPath ? new PathTable(table) : table;
        const rib = new AdjRibIn(keys, store);
        const model = new Map<number, { state: State; set: number; stale: boolean }>();
        const nlris = new Map<number, Uint8Array>();
        for (const { do: action, prefix, set } of steps) {
          // With ADD-PATH two of them are paths of one prefix.
          const bytes = addPath
            ? Uint8Array.from([0, 0, 0, prefix % 2, ...nlri(64, [0x20, prefix >> 1])])
            : nlri(64, [0x20, prefix]);
          nlris.set(prefix, bytes);
          if (action === 'mark') {
            rib.markStale();
            for (const entry of model.values()) entry.stale = true;
          } else if (action === 'remove') {
            const id = keys.lookup(bytes, 0);
            expect(id !== -1 && rib.remove(id)).toBe(model.delete(prefix));
          } else {
            const id = keys.acquire(bytes, 0);
            if (action === 'looped') rib.setDropped(id, 'looped', 0);
            else rib.set(id, store.acquire(Uint8Array.of(set)), action === 'accepted', 0);
            model.set(prefix, { state: action, set, stale: false });
          }
        }
        const states = [...model.values()].map(({ state }) => state);
        expect(rib.accepted).toBe(states.filter((state) => state === 'accepted').length);
        expect(rib.stale).toBe([...model.values()].filter(({ state, stale }) => stale && state !== 'looped').length);
        expect(rib.looped).toBe(states.filter((state) => state === 'looped').length);
        expect(rib.size).toBe(states.filter((state) => state !== 'looped').length);
        expect([...rib.ids()]).toHaveLength(model.size);
        for (const [prefix, { state, set, stale }] of model) {
          const id = keys.lookup(nlris.get(prefix) as Uint8Array, 0);
          expect(rib.isStale(id)).toBe(stale);
          expect(rib.isAccepted(id)).toBe(state === 'accepted');
          if (state === 'looped') expect(rib.attributesOf(id)).toBe(0);
          else expect(store.bytesOf(rib.attributesOf(id))).toEqual(Uint8Array.of(set));
        }
        for (const id of rib.ids()) rib.remove(id);
        expect([rib.size, rib.accepted, rib.looped, table.size, store.size]).toEqual([0, 0, 0, 0, 0]);
      }),
      { numRuns: runs / 20 },
    );
  },
);
