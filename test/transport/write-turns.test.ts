import { expect, test } from 'vitest';
import { WriteTurns } from '../../src/transport/write-turns.ts';

const slab = 1 << 17;

/** Writers of so many slabs each, which go on for as long as they may; notes who wrote in which turn. */
async function written(...slabs: readonly number[]): Promise<string[]> {
  const turns = new WriteTurns();
  const log: string[] = [];
  let turn = '';
  const write = (writer: number, left: number): void => {
    for (; left > 0; left--) {
      turn += writer;
      if (turns.take(slab)) continue;
      turns.wait(() => write(writer, left - 1));
      return;
    }
  };
  for (const [writer, left] of slabs.entries()) write(writer, left);
  const count = slabs.reduce((sum, some) => sum + some);
  for (; ; await new Promise(setImmediate)) {
    if (turn !== '') log.push(turn);
    turn = '';
    if (log.join('').length === count) return log;
  }
}

test('one that is alone writes two slabs in a turn', async () => {
  expect(await written(5)).toEqual(['00', '00', '0']);
});

test('several write in rotation, and in a turn no more than one alone', async () => {
  // Nobody knows in the first turn who else will come.
  expect(await written(6, 5, 5)).toEqual(['0012', '00', '11', '22', '00', '11', '22']);
});

test('who has little left to write leaves the rest of the turn to the next, and who has none the whole', async () => {
  expect(await written(3, 1, 4, 1)).toEqual(['00123', '02', '22']);
});

test('what all write in a turn is counted together', () => {
  const turns = new WriteTurns();
  expect([turns.take(slab), turns.take(slab - 1), turns.take(1), turns.take(0)]).toEqual([true, true, false, false]);
});

test('one who has waited is called once', async () => {
  const turns = new WriteTurns();
  let calls = 0;
  turns.take(2 * slab);
  turns.wait(() => calls++);
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
  expect(calls).toBe(1);
});
