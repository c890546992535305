import { expect, test } from 'vitest';
import { warmUpReceive } from '../../src/speaker/warm-up-receive.ts';

test('the warm-up goes in steps, and receives a table', async () => {
  const steps = warmUpReceive();
  let count = 0;
  let step = await steps.next();
  for (; step.done !== true; step = await steps.next()) count++;
  expect(count).toBeGreaterThan(1);
  expect(step.value).toBe(4000);
});
