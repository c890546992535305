import type { Clock } from '../session/ports.ts';

/** Milliseconds after which a piece of work waits for calm no longer, while sessions come up without end: it has the next turn that is free. */
const patience = 1000;

/**
 * Work that waits until no session is on its way: for a handshake the peer has a timer, and it is a few short messages, behind which hundreds more may wait;
 * for a table there is no timer. One piece in each turn, so that the next handshake is heard before the next table.
 */
export class Calm {
  readonly #clock: Clock;
  readonly #waiting: { readonly since: number; readonly work: () => void }[] = [];
  #isStirred = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A session went from one state to another. */
  stir(): void {
    this.#isStirred = true;
  }

  /** Calls `work` in a turn to come, after all that waits already. */
  wait(work: () => void): void {
    if (this.#waiting.push({ since: this.#clock.now(), work }) === 1) this.#lookLater();
  }

  #lookLater(): void {
    this.#clock.turn(() => this.#look());
  }

  #look(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    const isDue = !this.#isStirred || this.#clock.now() - first.since >= patience;
    this.#isStirred = false;
    if (isDue) this.#waiting.shift();
    // Before the work, which may throw.
    if (this.#waiting.length > 0) this.#lookLater();
    if (isDue) first.work();
  }
}
