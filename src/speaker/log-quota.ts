import type { Clock } from '../session/ports.ts';

/** Lines in a minute. */
const MOST = 10;
const MINUTE = 60_000;

/** Keeps what others can cause as often as they like from filling the log: so many lines of one kind in a minute, and the rest is counted. */
export class LogQuota {
  readonly #clock: Clock;
  #since = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #skipped = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What is to be said beside the next line: how many were left out since the last. Undefined: leave this one out too. */
  next(): { readonly skipped?: number } | undefined {
    const now = this.#clock.now();
    if (now - this.#since >= MINUTE) {
      this.#since = now;
      this.#lines = 0;
    }
    if (this.#lines === MOST) {
      this.#skipped++;
      return undefined;
    }
    this.#lines++;
    const skipped = this.#skipped;
    this.#skipped = 0;
    return skipped === 0 ? {} : { skipped };
  }
}
