/** Octets that are written to all connections together before everything else has its turn: a keepalive or a request waits for no more than that. */
const share = 1 << 18;

/** Has the connections that are sent much write in rotation, whichever of them comes first when all do. */
export class WriteTurns {
  /** Octets written in this turn, or in some together when they were few. */
  #written = 0;
  readonly #waiting: (() => void)[] = [];
  #isDue = false;

  /** Counts what was written; false when it is enough for this turn. */
  take(octets: number): boolean {
    this.#written += octets;
    return this.#written < share;
  }

  /** For who has heard that it is enough: calls once, when it is their turn again. */
  wait(goOn: () => void): void {
    this.#waiting.push(goOn);
    this.#comeBack();
  }

  #comeBack(): void {
    if (this.#isDue || this.#waiting.length === 0) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      this.#next();
    });
  }

  #next(): void {
    this.#written = 0;
    // Who has little to write, or nothing any more, leaves the turn to the next.
    while (this.#written < share) {
      const goOn = this.#waiting.shift();
      if (goOn === undefined) return;
      goOn();
    }
    this.#comeBack();
  }
}
