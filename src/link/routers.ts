import type { Address } from '../ip/address.ts';
import type { RouterSearch } from './links.ts';

/** How somebody showed to be a router: an advertisement says more than an answer to those who are routers, and one of a default router most. */
export type Sign = 'echo-reply' | 'advertisement' | 'default-router';

const weight: Readonly<Record<Sign, number>> = { 'echo-reply': 1, advertisement: 2, 'default-router': 3 };

/** As many are kept apart: who sends from ever new addresses takes no more room than that. */
const most = 16;

interface Router {
  readonly address: Address;
  readonly weight: number;
  /** Until when it counts without another sign. */
  readonly until: number;
}

/** The routers that were heard on one link, and which of them is meant. Times are in milliseconds of one clock. */
export class Routers {
  readonly #heard = new Map<string, Router>();
  #current: Address | undefined;

  /** Returns whether it is one that was not there before. */
  hear(address: Address, sign: Sign, now: number, lifetime: number): boolean {
    this.#forgetOld(now);
    const key = address.toString();
    const known = this.#heard.get(key);
    if (known === undefined && this.#heard.size >= most) return false;
    // An answer takes nothing back of what an advertisement said.
    const counts = sign === 'echo-reply' ? Math.max(weight[sign], known?.weight ?? 0) : weight[sign];
    this.#heard.set(key, { address, weight: counts, until: Math.max(known?.until ?? 0, now + lifetime) });
    return known === undefined;
  }

  /** Those that give no sign for so long do not count any more. */
  doubt(now: number, patience: number): void {
    for (const [key, router] of this.#heard)
      this.#heard.set(key, { ...router, until: Math.min(router.until, now + patience) });
  }

  clear(): void {
    this.#heard.clear();
    this.#current = undefined;
  }

  /** Those that count most. */
  #candidates(now: number): readonly Address[] {
    this.#forgetOld(now);
    const heaviest = Math.max(0, ...[...this.#heard.values()].map((router) => router.weight));
    return [...this.#heard.values()]
      .filter((router) => router.weight === heaviest)
      .map(({ address }) => address)
      .toSorted((a, b) => a.compare(b));
  }

  /** Who was found stays so for as long as it gives signs, or nobody else does: no stranger takes its place. */
  choose(now: number, name: string): RouterSearch {
    const candidates = this.#candidates(now);
    const current = this.#current;
    if (current === undefined || (candidates.length > 0 && !this.#heard.has(current.toString()))) {
      this.#current = candidates.length === 1 ? candidates[0] : undefined;
    }
    if (this.#current !== undefined) {
      const chosen = this.#current;
      return { kind: 'found', address: chosen, others: candidates.filter((address) => !address.equals(chosen)) };
    }
    return { kind: 'none', reason: reasonOf(candidates, name) };
  }

  #forgetOld(now: number): void {
    for (const [key, { until }] of this.#heard) if (until <= now) this.#heard.delete(key);
  }
}

function reasonOf(candidates: readonly Address[], name: string): string {
  if (candidates.length === 0) return `no router advertisement on ${name} any more`;
  const list = candidates.map((address) => address.withZone(undefined).toString()).join(', ');
  return `${candidates.length} routers on ${name}: ${list}; name one by peerAddress`;
}
