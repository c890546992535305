import { expect, test } from 'vitest';
import { memoryForRoutes } from '../../src/daemon/memory.ts';

const MB = 2 ** 20;

test.each<[what: string, constrained: number, total: number, octets: number]>([
  ['a quarter of what a control group allows', 512 * MB, 16_384 * MB, 128 * MB],
  ['of the machine, where it allows more than there is', 2 ** 63, 2048 * MB, 512 * MB],
  ['of the machine, where there is none or nobody knows', 0, 2048 * MB, 512 * MB],
  ['never more than 1 GiB', 0, 65_536 * MB, 1024 * MB],
])('received routes may take %s', (_, constrained, total, octets) => {
  expect(memoryForRoutes(constrained, total)).toBe(octets);
});

test('received routes may take something on this machine', () => {
  expect(memoryForRoutes()).toBeGreaterThan(0);
});
