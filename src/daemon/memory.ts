import { totalmem } from 'node:os';

/** Octets that received routes never take, however much memory there is. */
const MOST = 2 ** 30;

/**
 * Octets that the routes of peers may take: a quarter of what the process may have, by its control group or by the machine, and 1 GiB at most. Tables
 * grow by doubling and garbage waits for its collector, so that the process takes two or three times as much.
 */
export function memoryForRoutes(constrained = process.constrainedMemory(), total = totalmem()): number {
  // 0: the system does not know.
  const most = constrained === 0 ? total : Math.min(constrained, total);
  return Math.min(MOST, Math.floor(most / 4));
}
