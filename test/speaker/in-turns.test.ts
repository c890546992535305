import { expect, test } from 'vitest';
import { inTurns } from '../../src/speaker/in-turns.ts';

test('the first step is taken at once, then one a turn of each piece of work in rotation, whatever comes meanwhile', () => {
  const turns: (() => void)[] = [];
  const run = inTurns({ turn: (callback) => void turns.push(callback) });
  const taken: string[] = [];
  function* work(name: string, steps: number, last?: () => void): Generator<void, void> {
    for (let i = 1; ; i++) {
      taken.push(`${name}${i}`);
      if (i === steps) break;
      yield;
    }
    last?.();
  }
  run(work('a', 1));
  expect(turns).toHaveLength(0);
  run(work('b', 3, () => run(work('d', 2))));
  run(work('c', 3));
  expect(taken).toEqual(['a1', 'b1', 'c1']);
  const each: string[][] = [];
  for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) {
    expect(turns).toHaveLength(0);
    const before = taken.length;
    turn();
    each.push(taken.slice(before));
  }
  expect(each).toEqual([['b2'], ['c2'], ['b3', 'd1'], ['c3'], ['d2']]);
});
