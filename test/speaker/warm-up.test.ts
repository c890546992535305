import { expect, test } from 'vitest';
import { warmUp } from '../../src/speaker/warm-up.ts';

test('the warm-up goes in steps, and sends and receives a table', async () => {
  const steps = warmUp();
  let count = 0;
  let step = await steps.next();
  for (; step.done !== true; step = await steps.next()) count++;
  expect(count).toBeGreaterThan(10);
  expect(step.value).toEqual({ sent: 4400, received: 4000 });
});
