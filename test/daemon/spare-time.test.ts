import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { timeToSpare } from '../../src/daemon/spare-time.ts';

const never = () => false;
const forever = 60_000;

/** Keeps the processor for so many milliseconds. */
function work(milliseconds: number): void {
  for (const start = performance.now(); performance.now() - start < milliseconds; );
}

test('there is time when a turn had nothing to do, and not before the next turn', async () => {
  let turns = 0;
  setImmediate(() => turns++);
  expect(await timeToSpare(never, forever)).toBeLessThan(forever);
  expect(turns).toBe(1);
});

test('there is none while each turn has something to do', async () => {
  let done = 0;
  const busy = (async () => {
    for (; done < 10; done++) {
      await turn();
      work(2);
    }
  })();
  await timeToSpare(never, forever);
  expect(done).toBe(10);
  await busy;
});

test('there is none while somebody is waited for', async () => {
  let asked = 0;
  await timeToSpare(() => ++asked < 5, forever);
  expect(asked).toBe(5);
});

test('who waits for ever waits as long as it may', async () => {
  let asked = 0;
  expect(await timeToSpare(() => ++asked > 0, 20)).toBeGreaterThanOrEqual(20);
  expect(asked).toBeGreaterThan(0);
});

test('who may not wait has one turn all the same', async () => {
  let turns = 0;
  setImmediate(() => turns++);
  await timeToSpare(() => true, 0);
  expect(turns).toBe(1);
});
