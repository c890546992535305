import type { PeerEvent } from '../speaker/types.ts';

type Watch = (instance: string, listener: (event: PeerEvent) => void) => () => void;

/** Watches the sessions of instances, and tells when some of them changed: once for all that happen together. */
export class SessionWatch {
  readonly #watch: Watch;
  readonly #changed: () => void;
  readonly #stops: (() => void)[] = [];
  #isTelling = false;

  constructor(watch: Watch, changed: () => void) {
    this.#watch = watch;
    this.#changed = changed;
  }

  /** From now on these instances, and no others. */
  watch(instances: Iterable<string>): void {
    // All anew: each may be another of the same name by now.
    this.close();
    for (const name of instances) this.#stops.push(this.#watch(name, () => this.#tellSoon()));
  }

  close(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  #tellSoon(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      this.#changed();
    });
  }
}
