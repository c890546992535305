import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ChangeLog, type Cursor } from '../../src/rib/change-log.ts';
import { runs } from '../runs.ts';

/** A reader, and what it is still to see, in order. */
interface Reader {
  readonly cursor: Cursor;
  pending: number[];
}

/** A log beside what it must be. */
class Model {
  readonly holds = new Map<number, number>();
  readonly log = new ChangeLog({
    hold: (id) => this.#count(id, 1),
    releaseAll: (ids, length) => {
      for (const id of ids.subarray(0, length)) this.#count(id, -1);
    },
  });
  readonly readers: Reader[] = [];

  append(first: number, count: number): void {
    for (let id = first; id < first + count; id++) {
      this.log.append(id);
      for (const reader of this.readers) reader.pending = [...reader.pending.filter((other) => other !== id), id];
    }
  }

  join(): void {
    this.readers.push({ cursor: this.log.join(), pending: [] });
  }

  leave(which: number): void {
    const [reader] = this.readers.splice(which % Math.max(1, this.readers.length), 1);
    if (reader !== undefined) this.log.leave(reader.cursor);
  }

  read(which: number, most: number): void {
    const reader = this.readers[which % Math.max(1, this.readers.length)];
    if (reader === undefined) return;
    const { cursor, pending } = reader;
    const to = Math.min(cursor.position + most, this.log.end);
    for (; cursor.position < to; cursor.position++) {
      const id = this.log.at(cursor.position);
      if (id !== -1) expect(id).toBe(pending.shift());
    }
  }

  check(): void {
    for (const { cursor, pending } of this.readers) {
      const seen = [];
      for (let position = cursor.position; position < this.log.end; position++) seen.push(this.log.at(position));
      expect(seen.filter((id) => id !== -1)).toEqual(pending);
      for (const id of pending) {
        expect(this.log.isPending(id, cursor.position)).toBe(true);
        expect(this.holds.get(id)).toBe(1);
      }
    }
    expect([...this.holds.values()].every((count) => count === 0 || count === 1)).toBe(true);
    expect([...this.holds.values()].reduce((sum, count) => sum + count, 0)).toBe(this.log.liveEntries);
  }

  #count(id: number, by: number): void {
    this.holds.set(id, (this.holds.get(id) ?? 0) + by);
  }
}

const number = fc.nat({ max: 200 });
const change = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(number, number).map(
      ([first, count]) =>
        (model: Model) =>
          model.append(first, count),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(number, number).map(
      ([which, most]) =>
        (model: Model) =>
          model.read(which, most),
    ),
  },
  { weight: 1, arbitrary: fc.constant((model: Model) => model.join()) },
  { weight: 1, arbitrary: number.map((which) => (model: Model) => model.leave(which)) },
  { weight: 1, arbitrary: fc.constant((model: Model) => model.log.trim()) },
);

test('every reader sees the last change of each prefix, in order, and a prefix with a change that some reader has not seen is held once', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
      const model = new Model();
      model.join();
      for (const apply of changes) {
        apply(model);
        model.check();
      }
      while (model.readers.length > 0) model.leave(0);
      model.log.trim();
      model.check();
      expect(model.log.liveEntries).toBe(0);
    }),
    { numRuns: runs / 100 },
  );
});

test('a prefix that all have seen and that changes as the log is full is held again', () => {
  const model = new Model();
  model.join();
  model.append(0, 64);
  model.read(0, 32);
  model.append(7, 1);
  model.check();
  expect(model.holds.get(7)).toBe(1);
});
