import type { Address } from '../../ip/address.ts';
import { overlap } from '../../ip/pool.ts';
import { addressOf } from '../plan/addresses.ts';
import { problem } from '../plan/condition.ts';
import { bySeniority } from '../plan/resource-set.ts';
import { loadBalancerClass, serviceLabels } from '../plan/service.ts';
import type { PlannedCondition, ResourceStatus } from '../plan/types.ts';
import { keyOf, keyText } from '../resources/key.ts';
import { matchesLabels } from '../resources/labels.ts';
import type {
  CiliumLoadBalancerIPPool,
  IPFamily,
  LoadBalancerIngress,
  ResourceKey,
  Service,
} from '../resources/types.ts';
import { loadBalancerIPPoolWithDefaults } from '../resources/with-defaults.ts';
import { type AddressRange, addressAt, countOf, holds, rangesOf, textOf } from './range.ts';
import { canShare, sharingKey } from './sharing.ts';

/** The addresses of each service, by its key as text. Given to the next allocation, it keeps them; it can be stored. */
export type LoadBalancerAllocations = ReadonlyMap<string, readonly string[]>;

export interface LoadBalancerResult {
  readonly allocations: LoadBalancerAllocations;
  /** Of every service that is given addresses here; one of another class is not among them. */
  readonly services: readonly ServiceAllocation[];
  readonly pools: readonly ResourceStatus[];
}

/** For a service's status. */
export interface ServiceAllocation {
  readonly key: ResourceKey;
  readonly ingress: readonly LoadBalancerIngress[];
  readonly condition: PlannedCondition;
}

const classes = new Set([loadBalancerClass, 'io.cilium/l2-announcer']);
const requestAnnotations = ['lbipam.cilium.io/ips', 'io.cilium/lb-ipam-ips'] as const;
const satisfiedType = 'io.cilium/lb-ipam-request-satisfied';

interface Pool {
  readonly resource: CiliumLoadBalancerIPPool;
  readonly ranges: readonly Range[];
  /** Says what it overlaps with; empty when it does not. */
  readonly conflict: string;
}

interface Range extends AddressRange {
  /** Everything below is taken. */
  next: bigint;
}

interface Request {
  readonly service: Service;
  readonly key: string;
  /** Addresses that are asked for by name: these and no others. */
  readonly named: readonly string[];
  readonly families: readonly IPFamily[];
  readonly given: Address[];
}

interface Refusal {
  readonly reason: string;
  readonly message: string;
}

/** Gives addresses to services of type LoadBalancer, those that came first first. Who has an address that it may have keeps it. */
export function allocateLoadBalancerIPs(
  poolResources: Iterable<CiliumLoadBalancerIPPool>,
  services: Iterable<Service>,
  previous: LoadBalancerAllocations = new Map(),
): LoadBalancerResult {
  const pools = poolsOf([...poolResources].sort(bySeniority));
  const requests = [...services]
    .filter(isOurs)
    .sort(bySeniority)
    .map((service) => requestOf(service, pools));
  const book = new Book();
  for (const request of requests) keep(request, previous.get(request.key) ?? [], pools, book);
  const conditions = requests.map((request) => satisfy(request, pools, book));
  return {
    allocations: new Map(
      requests.filter(({ given }) => given.length > 0).map(({ key, given }) => [key, given.map(String)]),
    ),
    services: requests.map(({ service, given }, index) => ({
      key: keyOf(service),
      ingress: given.map((address) => ({ ip: address.toString() })),
      condition: conditions[index] as PlannedCondition,
    })),
    pools: pools.map((pool) => statusOf(pool, book)),
  };
}

/** What the status of services says they have: for when nothing else was stored. */
export function allocationsIn(services: Iterable<Service>): LoadBalancerAllocations {
  return new Map(
    [...services].map((service) => [
      keyText(keyOf(service)),
      (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []),
    ]),
  );
}

/** Who has which address. */
class Book {
  readonly #holders = new Map<string, Service[]>();

  get addresses(): Iterable<string> {
    return this.#holders.keys();
  }

  /** Whether the service can have it, alone or with those that do. */
  isFreeFor(address: string, service: Service): boolean {
    return (this.#holders.get(address) ?? []).every((holder) => canShare(holder, service));
  }

  isTaken(address: string): boolean {
    return this.#holders.has(address);
  }

  take(address: Address, { service, given }: Request): void {
    const key = address.toString();
    const holders = this.#holders.get(key);
    if (holders === undefined) this.#holders.set(key, [service]);
    else holders.push(service);
    given.push(address);
  }

  /** Addresses that services of this sharing key have. */
  *sharedBy(key: string): Generator<string> {
    for (const [address, [first]] of this.#holders) if (first && sharingKey(first) === key) yield address;
  }
}

function poolsOf(resources: readonly CiliumLoadBalancerIPPool[]): readonly Pool[] {
  const pools: Pool[] = [];
  for (const resource of resources) {
    const ranges = rangesOf(resource).map((range) => ({ ...range, next: range.first }));
    pools.push({ resource, ranges, conflict: conflictOf(ranges, pools) });
  }
  return pools;
}

/** The later one of two pools loses; blocks of one pool must not overlap either. */
function conflictOf(ranges: readonly AddressRange[], earlier: readonly Pool[]): string {
  for (const [index, range] of ranges.entries()) {
    const own = ranges.slice(0, index).find((other) => overlap([range.block], [other.block]) !== undefined);
    if (own !== undefined) return `${textOf(range)} overlaps with ${textOf(own)} of the same pool`;
    for (const pool of earlier) {
      if (pool.conflict !== '') continue;
      const theirs = pool.ranges.find((other) => overlap([range.block], [other.block]) !== undefined);
      if (theirs !== undefined)
        return `${textOf(range)} overlaps with ${textOf(theirs)} of pool "${pool.resource.metadata.name}"`;
    }
  }
  return '';
}

function isOurs({ spec }: Service): boolean {
  const { type, loadBalancerClass: given } = spec;
  return type === 'LoadBalancer' && (given === undefined || classes.has(given));
}

function requestOf(service: Service, pools: readonly Pool[]): Request {
  const { metadata, spec } = service;
  const annotated = requestAnnotations.flatMap((name) => metadata.annotations?.[name]?.split(',') ?? []);
  const texts = [...annotated, spec.loadBalancerIP ?? ''].map((text) => text.trim()).filter((text) => text !== '');
  const named = new Set(texts.map((text) => addressOf(text)?.toString() ?? text));
  return {
    service,
    key: keyText(keyOf(service)),
    named: [...named],
    families: familiesOf(service, pools),
    given: [],
  };
}

/** Those the service says, those of its cluster addresses, or all that its pools have. */
function familiesOf(service: Service, pools: readonly Pool[]): readonly IPFamily[] {
  const { ipFamilies = [], ipFamilyPolicy, clusterIPs = [], clusterIP = '' } = service.spec;
  if (ipFamilies.length > 0) return ipFamilyPolicy === 'SingleStack' ? ipFamilies.slice(0, 1) : ipFamilies;
  const cluster = [...clusterIPs, clusterIP].flatMap((text) => addressOf(text) ?? []);
  const offered = pools.filter(({ resource }) => selects(resource, service)).flatMap(({ ranges }) => ranges);
  const sizes = cluster.length > 0 ? cluster.map(({ bytes }) => bytes.length) : offered.map(({ size }) => size);
  const families = (['IPv4', 'IPv6'] as const).filter((family) => sizes.includes(sizeOf(family)));
  return families.length > 0 ? families : ['IPv4', 'IPv6'];
}

function selects({ spec }: CiliumLoadBalancerIPPool, service: Service): boolean {
  return matchesLabels(spec.serviceSelector ?? {}, serviceLabels(service));
}

function sizeOf(family: IPFamily): number {
  return family === 'IPv4' ? 4 : 16;
}

/** What it had, as far as a pool that selects the service still has it. */
function keep(request: Request, previous: readonly string[], pools: readonly Pool[], book: Book): void {
  const { service, named, families, given } = request;
  for (const text of previous) {
    const address = addressOf(text);
    if (address === undefined || given.some((other) => other.equals(address))) continue;
    const isWanted =
      named.length > 0
        ? named.includes(address.toString())
        : families.some((family) => sizeOf(family) === address.bytes.length) &&
          given.every(({ bytes }) => bytes.length !== address.bytes.length);
    const pool = poolOf(address, pools, service);
    if (isWanted && pool !== undefined && book.isFreeFor(address.toString(), service)) book.take(address, request);
  }
}

function poolOf(address: Address, pools: readonly Pool[], service: Service): Pool | undefined {
  return pools.find(
    ({ resource, ranges }) => selects(resource, service) && ranges.some((range) => holds(range, address)),
  );
}

function satisfy(request: Request, pools: readonly Pool[], book: Book): PlannedCondition {
  const refusals =
    request.named.length > 0
      ? request.named.map((text) => giveNamed(text, request, pools, book))
      : request.families.map((family) => giveAny(family, request, pools, book));
  const refusal = refusals.find((refused) => refused !== undefined);
  return refusal === undefined
    ? { type: satisfiedType, status: 'True', reason: 'satisfied', message: '' }
    : { type: satisfiedType, status: 'False', ...refusal };
}

function giveNamed(text: string, request: Request, pools: readonly Pool[], book: Book): Refusal | undefined {
  const { service, given } = request;
  const address = addressOf(text);
  if (address === undefined) return { reason: 'invalid_request', message: `"${text}" is not an address` };
  if (given.some((other) => other.equals(address))) return undefined;
  const having = pools.filter(({ ranges }) => ranges.some((range) => holds(range, address)));
  if (having.length === 0) return { reason: 'no_pool', message: `no pool has ${address}` };
  const matching = having.filter(({ resource }) => selects(resource, service));
  if (matching.length === 0)
    return { reason: 'pool_selector_mismatch', message: `the pool that has ${address} does not select this service` };
  if (!matching.some(isOpen))
    return { reason: 'pool_disabled', message: `the pool that has ${address} is disabled or in conflict` };
  if (!book.isFreeFor(address.toString(), service))
    return {
      reason: 'already_allocated',
      message: `${address} is that of another service that it cannot be shared with`,
    };
  book.take(address, request);
  return undefined;
}

function giveAny(family: IPFamily, request: Request, pools: readonly Pool[], book: Book): Refusal | undefined {
  const { service, given } = request;
  const size = sizeOf(family);
  if (given.some(({ bytes }) => bytes.length === size)) return undefined;
  const shared = sharedAddress(size, service, pools, book);
  if (shared !== undefined) {
    book.take(shared, request);
    return undefined;
  }
  const ranges = pools
    .filter((pool) => isOpen(pool) && selects(pool.resource, service))
    .flatMap((pool) => pool.ranges)
    .filter((range) => range.size === size);
  if (ranges.length === 0) return { reason: 'no_pool', message: `no enabled pool with ${family} selects this service` };
  for (const range of ranges) {
    const free = firstFree(range, book);
    if (free === undefined) continue;
    book.take(free, request);
    return undefined;
  }
  return { reason: 'out_of_ips', message: `no ${family} address is left in the pools that select this service` };
}

function sharedAddress(size: number, service: Service, pools: readonly Pool[], book: Book): Address | undefined {
  const key = sharingKey(service);
  if (key === undefined) return undefined;
  for (const text of book.sharedBy(key)) {
    const address = addressOf(text);
    if (address?.bytes.length !== size || !book.isFreeFor(text, service)) continue;
    if (poolOf(address, pools, service) !== undefined) return address;
  }
  return undefined;
}

function isOpen({ resource, conflict }: Pool): boolean {
  return conflict === '' && !loadBalancerIPPoolWithDefaults(resource).disabled;
}

/** The lowest address that nobody has. Nothing is given back during an allocation: what was found taken is not looked at again. */
function firstFree(range: Range, book: Book): Address | undefined {
  for (; range.next <= range.last; range.next++) {
    const address = addressAt(range.next, range.size);
    if (!book.isTaken(address.toString())) return address;
  }
  return undefined;
}

function statusOf({ resource, ranges, conflict }: Pool, book: Book): ResourceStatus {
  const total = ranges.reduce((sum, range) => sum + countOf(range), 0n);
  let used = 0n;
  for (const text of book.addresses) {
    const address = addressOf(text);
    if (address !== undefined && ranges.some((range) => holds(range, address))) used++;
  }
  const counter = (name: string, value: bigint): PlannedCondition => ({
    type: `cilium.io/${name}`,
    status: 'Unknown',
    reason: 'noreason',
    message: `${value}`,
  });
  return {
    key: keyOf(resource),
    conditions: [
      problem('cilium.io/PoolConflict', { there: 'cidr_overlap', none: 'resolved' }, conflict),
      counter('IPsTotal', total),
      counter('IPsAvailable', total - used),
      counter('IPsUsed', used),
    ],
  };
}
