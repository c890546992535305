import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SetColumn } from '../../src/rib/set-column.ts';
import { runThrough } from '../../src/rib/steps.ts';
import { runs } from './support.ts';

/** On both sides of what is written to at once, and of what a column grows to. */
const id = fc.oneof(
  fc.nat({ max: 200 }),
  ...[1024, 16384, 65536, 262144].map((edge) => fc.integer({ min: edge - 3, max: edge + 3 })),
);
const set = fc.integer({ min: 0, max: 3 });

test('whatever order ids are entered in, each keeps the set that it was given last', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(id, set)), fc.option(id), (changes, room) => {
      const column = new SetColumn();
      const wanted = new Map<number, number>();
      if (room !== null) column.reserve(room);
      for (const [id, set] of changes) {
        if (id >= column.entered) column.enter(id);
        column.sets[id] = set;
        wanted.set(id, set);
      }
      for (const [id, set] of wanted) expect(column.at(id)).toBe(set);
      for (const set of [1, 2, 3]) {
        const last = Math.max(-1, ...[...wanted].flatMap(([id, given]) => (given === set ? [id] : [])));
        expect(column.endOf(set)).toBe(last + 1);
        expect(column.end).toBeGreaterThan(last);
      }
    }),
    { numRuns: runs / 100 },
  );
});

test('a column has one set when all ids that have one have the same, however many are looked at in a step', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0, 0, 1, 1, 1, 2)), fc.integer({ min: 1, max: 100 }), (sets, step) => {
      const column = new SetColumn();
      for (const [id, set] of sets.entries()) column.enter(id)[id] = set;
      let all: number | undefined;
      runThrough(
        (function* () {
          all = yield* column.setOfAll(step);
        })(),
      );
      const [set = 0, ...others] = new Set(sets.filter((set) => set !== 0));
      expect(all).toBe(others.length > 0 ? undefined : set);
    }),
    { numRuns: runs },
  );
});
