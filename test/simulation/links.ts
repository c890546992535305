import { Address } from '../../src/ip/address.ts';
import type { LinkChange, LinkState, Links, RouterSearch } from '../../src/link/links.ts';

/** The links of one host: they are what a test says. All are up at first, with no router on them. */
export class SimulatedLinks implements Links {
  readonly #states = new Map<string, LinkState>();
  readonly #searches = new Map<string, RouterSearch>();
  readonly #watchers = new Set<(change: LinkChange) => void>();
  readonly #seekers = new Map<string, Set<(search: RouterSearch) => void>>();

  stateOf(name: string): LinkState {
    return this.#states.get(name) ?? 'up';
  }

  watch(listener: (change: LinkChange) => void): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  findRouter(name: string, listener: (search: RouterSearch) => void): () => void {
    const seekers = this.#seekers.get(name) ?? new Set();
    this.#seekers.set(name, seekers.add(listener));
    listener(this.#searches.get(name) ?? { kind: 'none', reason: `no router advertisement on ${name} yet` });
    return () => seekers.delete(listener);
  }

  /** How many look for the router on a link. */
  seekers(name: string): number {
    return this.#seekers.get(name)?.size ?? 0;
  }

  /** The router on a link is at this address, or, in words, why none is. */
  router(name: string, address: string, ...others: readonly string[]): void {
    const isAddress = address.includes('%');
    this.#tell(
      name,
      isAddress
        ? { kind: 'found', address: Address.parse(address), others: others.map((each) => Address.parse(each)) }
        : { kind: 'none', reason: address },
    );
  }

  set(name: string, state: LinkState): void {
    this.#states.set(name, state);
    for (const watcher of this.#watchers) watcher({ interface: name, state });
  }

  #tell(name: string, search: RouterSearch): void {
    this.#searches.set(name, search);
    for (const seeker of this.#seekers.get(name) ?? []) seeker(search);
  }
}
