import { expect, test } from 'vitest';
import { warmUp } from '../../src/speaker/warm-up.ts';

test('the warm-up goes in steps and ends', () => {
  expect([...warmUp()].length).toBeGreaterThan(1);
});
