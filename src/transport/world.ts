// The global of this name is looked up anew for each message that comes.
import { performance } from 'node:perf_hooks';
import type { Clock, Entropy, Timer } from '../session/ports.ts';

/** The most that setTimeout takes; what is longer would fire at once. */
const longest = 2 ** 31 - 1;

/** The machine's clock. Its timers do not keep the process alive: listeners do. */
export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => new Date(),
  timer(milliseconds: number, callback: () => void): Timer {
    let handle: NodeJS.Timeout;
    const wait = (left: number) => {
      const isLast = left <= longest;
      handle = setTimeout(isLast ? callback : () => wait(left - longest), isLast ? left : longest).unref();
    };
    wait(milliseconds);
    return { cancel: () => clearTimeout(handle) };
  },
  turn: (callback) => void setImmediate(callback),
};

export const systemEntropy: Entropy = () => Math.random();
