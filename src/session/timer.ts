import type { Clock, Timer } from './ports.ts';

/** A timer that is restarted far more often than it expires: a restart writes down a time and leaves the clock alone. */
export class RestartableTimer {
  readonly #clock: Clock;
  readonly #expired: () => void;
  #armed: { readonly timer: Timer; readonly at: number } | undefined;
  #deadline = 0;
  #length = 0;

  constructor(clock: Clock, expired: () => void) {
    this.#clock = clock;
    this.#expired = expired;
  }

  /** Starts, or starts again, from now. */
  start(milliseconds: number): void {
    this.#length = milliseconds;
    this.#deadline = this.#clock.now() + milliseconds;
    if (this.#armed !== undefined && this.#armed.at <= this.#deadline) return;
    this.#armed?.timer.cancel();
    this.#arm(milliseconds);
  }

  /** From now, for as long as the last time; nothing when it does not run. */
  restart(): void {
    if (this.#armed !== undefined) this.start(this.#length);
  }

  stop(): void {
    this.#armed?.timer.cancel();
    this.#armed = undefined;
  }

  /** Milliseconds until it expires; undefined when it does not run. */
  get remaining(): number | undefined {
    return this.#armed && Math.max(0, this.#deadline - this.#clock.now());
  }

  #arm(milliseconds: number): void {
    const timer = this.#clock.timer(milliseconds, () => {
      this.#armed = undefined;
      const left = this.#deadline - this.#clock.now();
      if (left > 0) this.#arm(left);
      else this.#expired();
    });
    this.#armed = { timer, at: this.#clock.now() + milliseconds };
  }
}
