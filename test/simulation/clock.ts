import type { Clock, Timer } from '../../src/session/ports.ts';

interface Due {
  readonly at: number;
  readonly callback: () => void;
}

/** Time that passes only when told to. What is due at the same time happens in the order it was asked for. */
export class VirtualClock implements Clock {
  /** Sorted by time. */
  readonly #due: Due[] = [];
  #now = 0;

  now(): number {
    return this.#now;
  }

  /** Virtual time begins with the year 2026. */
  date(): Date {
    return new Date(Date.UTC(2026, 0, 1) + this.#now);
  }

  timer(milliseconds: number, callback: () => void): Timer {
    const entry: Due = { at: this.#now + Math.max(0, milliseconds), callback };
    this.#due.splice(this.#after(entry.at), 0, entry);
    return {
      cancel: () => {
        const index = this.#due.indexOf(entry);
        if (index >= 0) this.#due.splice(index, 1);
      },
    };
  }

  turn(callback: () => void): void {
    this.timer(0, callback);
  }

  /** How many timers run. */
  get waiting(): number {
    return this.#due.length;
  }

  /** Lets so many milliseconds pass. */
  advance(milliseconds: number): void {
    this.until(() => false, milliseconds);
  }

  /** Lets time pass until the condition holds; false when it does not within so many milliseconds. */
  until(condition: () => boolean, milliseconds: number): boolean {
    const end = this.#now + milliseconds;
    while (!condition()) {
      const next = this.#due[0];
      if (next === undefined || next.at > end) {
        this.#now = end;
        return false;
      }
      this.#due.shift();
      this.#now = next.at;
      next.callback();
    }
    return true;
  }

  /** The place behind everything that is due by then. */
  #after(at: number): number {
    let low = 0;
    let high = this.#due.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.#due[middle];
      if (entry !== undefined && entry.at <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
