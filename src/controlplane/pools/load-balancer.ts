import type { Address } from '../../ip/address.ts';
import { addressOf } from '../plan/addresses.ts';
import { bySeniority } from '../plan/resource-set.ts';
import type { PlannedCondition, ResourceStatus } from '../plan/types.ts';
import { keyOf, keyText } from '../resources/key.ts';
import type { CiliumLoadBalancerIPPool, IPFamily, ResourceKey, Service } from '../resources/types.ts';
import { Book } from './book.ts';
import { has, isOpen, type Pool, poolsOf, selects, statusOf } from './pool.ts';
import { type Ask, askOf, isOurs, type Request, refused, requestOf, satisfied, sizeOf } from './request.ts';
import { sharingKey } from './sharing.ts';

/** The addresses of each service, by its key as text. Given to the next allocation, it keeps them; it can be stored. */
export type LoadBalancerAllocations = ReadonlyMap<string, readonly string[]>;

/** For a service's status. */
export interface ServiceAllocation {
  readonly key: ResourceKey;
  readonly addresses: readonly string[];
  readonly condition: PlannedCondition;
}

/**
 * Gives addresses to services of type LoadBalancer, those that came first first. Who has an address that it may have keeps it. A change of a service costs
 * what that service, those that it shares addresses with and those that wait for one cost; the result is the same as that of all services from nothing
 * with the addresses that they had here.
 */
export class LoadBalancerAllocator {
  readonly #pools: readonly Pool[];
  readonly #book: Book;
  readonly #requests = new Map<string, Request>();
  /** Those that have not all they ask for, and may get it from what others give back. */
  readonly #waiting = new Set<Request>();
  #evaluations = 0;

  /** `previous`: what services had; for others it is what their status says. */
  constructor(
    pools: Iterable<CiliumLoadBalancerIPPool>,
    services: Iterable<Service>,
    previous: LoadBalancerAllocations = new Map(),
  ) {
    this.#pools = poolsOf(pools);
    this.#book = new Book(this.#pools);
    this.#settle(
      [...services].flatMap((service) => this.#enter(service, previous.get(keyText(keyOf(service))) ?? []) ?? []),
    );
  }

  /** How many times a service was looked at. */
  get evaluations(): number {
    return this.#evaluations;
  }

  get pools(): readonly ResourceStatus[] {
    return this.#pools.map(statusOf);
  }

  /** Of every service that is given addresses here; one of another class is not among them. */
  get services(): readonly ServiceAllocation[] {
    return [...this.#requests.values()].map(allocationOf);
  }

  /** Undefined: it is given none here. */
  get(key: string): ServiceAllocation | undefined {
    const request = this.#requests.get(key);
    return request && allocationOf(request);
  }

  /** Takes services, or their absence, into account, by key as text; gives the keys of all those that were looked at again. */
  change(services: ReadonlyMap<string, Service | undefined>): ReadonlySet<string> {
    const fresh: Ask[] = [];
    let isBookOpened = false;
    for (const [key, service] of services) {
      const known = this.#requests.get(key);
      const had = known?.given ?? [];
      if (known !== undefined) {
        this.#requests.delete(key);
        this.#waiting.delete(known);
        this.#book.release(known);
      }
      const ask = service && this.#enter(service, had);
      if (ask !== undefined) fresh.push(ask);
      else if (had.length > 0) isBookOpened = true;
    }
    const touched = this.#settle(fresh, isBookOpened);
    return new Set([...services.keys(), ...[...touched].map(({ key }) => key)]);
  }

  #enter(service: Service, before: readonly string[]): Ask | undefined {
    if (!isOurs(service)) return undefined;
    const request = requestOf(service);
    this.#requests.set(request.key, request);
    return askOf(request, before, this.#pools);
  }

  /** `isBookOpened`: somebody who is gone gave something back. */
  #settle(fresh: readonly Ask[], isBookOpened = false): Iterable<Request> {
    const asks = new Map(fresh.map((ask) => [ask.request, ask]));
    const touch = (request: Request) => asks.set(request, askOf(request, request.given, this.#pools));
    // Where those that share an address cannot any more, who came first has it.
    for (const { before } of fresh) {
      for (const holder of before.flatMap((address) => this.#book.holdersOf(address))) {
        if (asks.has(holder)) continue;
        touch(holder);
        this.#book.release(holder);
      }
    }
    for (const ask of inOrder(asks.values())) this.#keep(ask, ask.before);
    const isGivenBack = ({ before, request: { given } }: Ask) => before.some((address) => !given.includes(address));
    const mayShare = ({ request: { service } }: Ask) => sharingKey(service) !== undefined;
    if (isBookOpened || [...asks.values()].some((ask) => isGivenBack(ask) || mayShare(ask))) {
      for (const request of this.#waiting) if (!asks.has(request)) touch(request);
    }
    const all = inOrder(asks.values());
    for (const ask of all) if (ask.request.given.length === 0) this.#keep(ask, ask.claims);
    for (const ask of all) this.#satisfy(ask);
    return asks.keys();
  }

  /** What it had, as far as a pool that selects the service still has it. */
  #keep({ request, named, families }: Ask, addresses: readonly string[]): void {
    const { service } = request;
    for (const address of addresses.flatMap((text) => addressOf(text) ?? [])) {
      const { given } = request;
      const text = address.toString();
      if (given.includes(text)) continue;
      const isWanted =
        named.length > 0
          ? named.includes(text)
          : families.some((family) => sizeOf(family) === address.bytes.length) &&
            given.every((other) => isIPv4(other) !== address.isIPv4);
      if (isWanted && this.#isOffered(address, service) && this.#book.isFreeFor(address, service))
        this.#book.take(address, request);
    }
  }

  #isOffered(address: Address, service: Service): boolean {
    return this.#pools.some((pool) => selects(pool, service) && has(pool, address));
  }

  #satisfy({ request, named, families, claims }: Ask): void {
    this.#evaluations++;
    const { service } = request;
    const answers =
      named.length > 0
        ? named.map((text) => this.#giveNamed(text, request))
        : families.map((family) => this.#giveAny(family, request));
    const refusals = answers.filter((answer) => answer !== satisfied);
    request.condition = refusals[0] ?? satisfied;
    const mayGetMore = refusals.some(({ reason }) => contended.has(reason));
    const mayChange = mayGetMore || claims.length > 0 || sharingKey(service) !== undefined;
    if (refusals.length > 0 && mayChange) this.#waiting.add(request);
    else this.#waiting.delete(request);
  }

  #giveNamed(text: string, request: Request): PlannedCondition {
    const { service, given } = request;
    const address = addressOf(text);
    if (address === undefined) return refused('invalid_request', `"${text}" is not an address`);
    if (given.includes(address.toString())) return satisfied;
    const having = this.#pools.filter((pool) => has(pool, address));
    if (having.length === 0) return refused('no_pool', `no pool has ${address}`);
    const matching = having.filter((pool) => selects(pool, service));
    if (matching.length === 0)
      return refused('pool_selector_mismatch', `the pool that has ${address} does not select this service`);
    if (!matching.some(isOpen))
      return refused('pool_disabled', `the pool that has ${address} is disabled or in conflict`);
    if (!this.#book.isFreeFor(address, service))
      return refused('already_allocated', `${address} is that of another service that it cannot be shared with`);
    this.#book.take(address, request);
    return satisfied;
  }

  #giveAny(family: IPFamily, request: Request): PlannedCondition {
    const { service, given } = request;
    const size = sizeOf(family);
    if (given.some((address) => isIPv4(address) === (family === 'IPv4'))) return satisfied;
    const shared = this.#sharedAddress(size, service);
    if (shared !== undefined) {
      this.#book.take(shared, request);
      return satisfied;
    }
    const ranges = this.#pools
      .filter((pool) => isOpen(pool) && selects(pool, service))
      .flatMap((pool) => pool.ranges)
      .filter(({ bounds }) => bounds.size === size);
    if (ranges.length === 0) return refused('no_pool', `no enabled pool with ${family} selects this service`);
    for (const range of ranges) {
      const free = range.firstFree((address) => this.#book.isTaken(address));
      if (free === undefined) continue;
      this.#book.take(free, request);
      return satisfied;
    }
    return refused('out_of_ips', `no ${family} address is left in the pools that select this service`);
  }

  #sharedAddress(size: number, service: Service): Address | undefined {
    const key = sharingKey(service);
    if (key === undefined) return undefined;
    return this.#book
      .sharedBy(key)
      .find(
        (address) =>
          address.bytes.length === size && this.#book.isFreeFor(address, service) && this.#isOffered(address, service),
      );
  }
}

/** Refusals that end when somebody gives an address back; the others are for pools to end. */
const contended: ReadonlySet<string> = new Set(['out_of_ips', 'already_allocated']);

function inOrder(asks: Iterable<Ask>): readonly Ask[] {
  return [...asks].sort((a, b) => bySeniority(a.request.service, b.request.service));
}

function allocationOf({ service, given, condition }: Request): ServiceAllocation {
  return { key: keyOf(service), addresses: given, condition };
}

function isIPv4(address: string): boolean {
  return !address.includes(':');
}
