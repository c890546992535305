import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SortedMap } from '../../src/policy/sorted-map.ts';
import { runs } from '../runs.ts';

const key = fc.string({ maxLength: 2, unit: fc.constantFrom('a', 'b', 'c', 'd') });
const edits = fc.array(fc.tuple(key, fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined })));
type Edits = readonly (readonly [string, number | undefined])[];

function edited(from: SortedMap<number>, steps: Edits): SortedMap<number> {
  return steps.reduce((map, [name, value]) => (value === undefined ? map.without(name) : map.with(name, value)), from);
}

function model(steps: Edits): (readonly [string, number])[] {
  const map = new Map<string, number>();
  for (const [name, value] of steps) {
    if (value === undefined) map.delete(name);
    else map.set(name, value);
  }
  return [...map].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function changes<V>(from: SortedMap<V>, to: SortedMap<V>) {
  const seen: unknown[] = [];
  from.eachChange(to, (change) => seen.push(change));
  return seen;
}

test('it says what a map says, in the order of the keys', () => {
  fc.assert(
    fc.property(edits, key, (steps, name) => {
      const map = edited(SortedMap.empty(), steps);
      const expected = model(steps);
      expect([...map]).toEqual(expected);
      expect([...map.keys()]).toEqual(expected.map(([each]) => each));
      expect([...map.values()]).toEqual(expected.map(([, value]) => value));
      expect(map.size).toBe(expected.length);
      expect(map.first).toBe(expected[0]?.[1]);
      expect(map.get(name)).toBe(new Map(expected).get(name));
      expect([...map.from(name)]).toEqual(expected.filter(([each]) => each >= name));
      expect(map.has(name)).toBe(new Map(expected).has(name));
    }),
    { numRuns: runs },
  );
});

test('an edit makes another map, and leaves the one there was as it is', () => {
  fc.assert(
    fc.property(edits, edits, (steps, more) => {
      const map = edited(SortedMap.empty(), steps);
      edited(map, more);
      expect([...map]).toEqual(model(steps));
    }),
    { numRuns: runs },
  );
});

test('the changes between two maps are those of their entries, in order', () => {
  fc.assert(
    fc.property(edits, edits, (steps, more) => {
      const from = edited(SortedMap.empty(), steps);
      const to = edited(from, more);
      const names = [...new Set([...from.keys(), ...to.keys()])].toSorted();
      const expected = names
        .filter((name) => from.get(name) !== to.get(name))
        .map((name) => ({
          key: name,
          ...(from.has(name) && { before: from.get(name) }),
          ...(to.has(name) && { after: to.get(name) }),
        }));
      expect(changes(from, to)).toEqual(expected);
      expect(changes(from, SortedMap.of(model([...steps, ...more])))).toEqual(expected);
      expect(changes(from, edited(from, model(steps)))).toEqual([]);
    }),
    { numRuns: runs },
  );
});
