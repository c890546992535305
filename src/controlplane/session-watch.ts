import type { PeerEvent } from '../speaker/types.ts';

type Watch = (instance: string, listener: (event: PeerEvent) => void) => () => void;

/** Watches the sessions of instances, and tells when some of them changed: once for all that happen together. */
export class SessionWatch {
  readonly #watch: Watch;
  readonly #changed: () => void;
  readonly #watched = new Map<string, () => void>();
  #isTelling = false;

  constructor(watch: Watch, changed: () => void) {
    this.#watch = watch;
    this.#changed = changed;
  }

  /** From now on these instances, and no others. */
  watch(instances: Iterable<string>): void {
    const names = new Set(instances);
    for (const [name, stop] of this.#watched) {
      if (names.has(name)) continue;
      stop();
      this.#watched.delete(name);
    }
    for (const name of names)
      if (!this.#watched.has(name))
        this.#watched.set(
          name,
          this.#watch(name, () => this.#tellSoon()),
        );
  }

  close(): void {
    for (const stop of this.#watched.values()) stop();
    this.#watched.clear();
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
