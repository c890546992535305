import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';

/** In milliseconds: a turn of the event loop that takes longer had something to do. */
const idleTurn = 0.5;

/**
 * Resolves when nobody is waited for, and a turn of the event loop had nothing to do; after `longest` milliseconds in any case, and not before the next turn.
 * Returns how many milliseconds it took.
 */
export async function timeToSpare(isWaiting: () => boolean, longest: number): Promise<number> {
  const start = performance.now();
  for (;;) {
    const since = performance.now();
    await turn();
    const now = performance.now();
    if (now - start >= longest) return now - start;
    // One that does not keep the process alive does not come either while nothing else does.
    if (isWaiting()) await wait(1, undefined, { ref: false });
    else if (now - since < idleTurn) return now - start;
  }
}
