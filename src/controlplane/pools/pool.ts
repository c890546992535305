import type { Address } from '../../ip/address.ts';
import { overlap } from '../../ip/pool.ts';
import { SortedMap } from '../../policy/sorted-map.ts';
import { problem } from '../plan/condition.ts';
import { bySeniority } from '../plan/resource-set.ts';
import { serviceLabels } from '../plan/service.ts';
import type { PlannedCondition, ResourceStatus } from '../plan/types.ts';
import { keyOf } from '../resources/key.ts';
import { matchesLabels } from '../resources/labels.ts';
import type { CiliumLoadBalancerIPPool, Service } from '../resources/types.ts';
import { loadBalancerIPPoolWithDefaults } from '../resources/with-defaults.ts';
import { type AddressRange, addressAt, countOf, holds, numberOf, rangesOf, textOf } from './range.ts';

/** A pool while its addresses are being given out. */
export interface Pool {
  readonly resource: CiliumLoadBalancerIPPool;
  readonly ranges: readonly Range[];
  /** Says what it overlaps with; empty when it does not. */
  readonly conflict: string;
  /** Of its addresses, how many somebody has. */
  used: bigint;
}

/** The addresses of one block, of which somebody has some. */
export class Range {
  readonly bounds: AddressRange;
  /** Everything below is taken, but for what was returned. */
  #next: bigint;
  #returned = SortedMap.empty<bigint>();

  constructor(bounds: AddressRange) {
    this.bounds = bounds;
    this.#next = bounds.first;
  }

  /** The lowest address that is not taken. What was found taken is looked at again only when it comes back. */
  firstFree(isTaken: (address: Address) => boolean): Address | undefined {
    const { last, size } = this.bounds;
    for (let number = this.#returned.first; number !== undefined; number = this.#returned.first) {
      const address = addressAt(number, size);
      if (!isTaken(address)) return address;
      this.#returned = this.#returned.without(orderOf(number));
    }
    for (; this.#next <= last; this.#next++) {
      const address = addressAt(this.#next, size);
      if (!isTaken(address)) return address;
    }
    return undefined;
  }

  /** Nobody has this address of it any more. */
  giveBack(address: Address): void {
    const number = numberOf(address);
    if (number < this.#next) this.#returned = this.#returned.with(orderOf(number), number);
  }
}

/** Numbers of any size sort as their texts do. */
function orderOf(number: bigint): string {
  return number.toString(16).padStart(32, '0');
}

export function poolsOf(resources: Iterable<CiliumLoadBalancerIPPool>): readonly Pool[] {
  const pools: Pool[] = [];
  for (const resource of [...resources].sort(bySeniority)) {
    const ranges = rangesOf(resource);
    const conflict = conflictOf(ranges, pools);
    pools.push({ resource, ranges: ranges.map((range) => new Range(range)), conflict, used: 0n });
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
      const theirs = pool.ranges.find(({ bounds }) => overlap([range.block], [bounds.block]) !== undefined);
      if (theirs !== undefined)
        return `${textOf(range)} overlaps with ${textOf(theirs.bounds)} of pool "${pool.resource.metadata.name}"`;
    }
  }
  return '';
}

export function selects({ resource: { spec } }: Pool, service: Service): boolean {
  return matchesLabels(spec.serviceSelector ?? {}, serviceLabels(service));
}

export function isOpen({ resource, conflict }: Pool): boolean {
  return conflict === '' && !loadBalancerIPPoolWithDefaults(resource).disabled;
}

export function has({ ranges }: Pool, address: Address): boolean {
  return ranges.some(({ bounds }) => holds(bounds, address));
}

export function statusOf({ resource, ranges, conflict, used }: Pool): ResourceStatus {
  const total = ranges.reduce((sum, { bounds }) => sum + countOf(bounds), 0n);
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
