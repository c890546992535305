import { Address } from '../../ip/address.ts';
import type { Service } from '../resources/types.ts';
import { has, type Pool } from './pool.ts';
import type { Request } from './request.ts';
import { canShare, sharingKey } from './sharing.ts';

/** Who has which address. */
export class Book {
  readonly #pools: readonly Pool[];
  readonly #holders = new Map<string, Request[]>();
  /** Addresses by the sharing key of those that have them. */
  readonly #shared = new Map<string, Map<string, Address>>();

  constructor(pools: readonly Pool[]) {
    this.#pools = pools;
  }

  holdersOf(address: string): readonly Request[] {
    return this.#holders.get(address) ?? [];
  }

  /** Whether the service can have it, alone or with those that do. */
  isFreeFor(address: Address, service: Service): boolean {
    return this.holdersOf(address.toString()).every((holder) => canShare(holder.service, service));
  }

  isTaken(address: Address): boolean {
    return this.#holders.has(address.toString());
  }

  take(address: Address, request: Request): void {
    const text = address.toString();
    const holders = this.#holders.get(text);
    request.given = request.given.concat(text);
    if (holders !== undefined) {
      holders.push(request);
      return;
    }
    this.#holders.set(text, [request]);
    for (const pool of this.#pools) if (has(pool, address)) pool.used++;
    const key = sharingKey(request.service);
    if (key === undefined) return;
    const shared = this.#shared.get(key) ?? new Map<string, Address>();
    this.#shared.set(key, shared.set(text, address));
  }

  /** Takes all that it has from a request. */
  release(request: Request): void {
    const { given } = request;
    request.given = [];
    for (const text of given) {
      const others = this.holdersOf(text).filter((holder) => holder !== request);
      if (others.length > 0) {
        this.#holders.set(text, others);
        continue;
      }
      this.#holders.delete(text);
      const address = Address.parse(text);
      for (const pool of this.#pools) {
        if (!has(pool, address)) continue;
        pool.used--;
        for (const range of pool.ranges) range.giveBack(address);
      }
      const key = sharingKey(request.service);
      if (key === undefined) continue;
      const shared = this.#shared.get(key);
      shared?.delete(text);
      if (shared?.size === 0) this.#shared.delete(key);
    }
  }

  /** Addresses that services of this sharing key have, the lowest first. */
  sharedBy(key: string): readonly Address[] {
    return [...(this.#shared.get(key)?.values() ?? [])].toSorted((a, b) => a.compare(b));
  }
}
