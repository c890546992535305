import { setImmediate } from 'node:timers/promises';

/** Milliseconds that one request may hold the event loop: keepalives must not be late for it. */
const slice = 10;

/** Gives way to the rest of the process when a slice of time has been used up. */
export class Turns {
  #since = performance.now();

  async give(): Promise<void> {
    if (performance.now() - this.#since < slice) return;
    await setImmediate();
    this.#since = performance.now();
  }
}
