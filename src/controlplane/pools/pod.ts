import { carve } from '../../ip/pool.ts';
import type { Prefix } from '../../ip/prefix.ts';
import { prefixOf } from '../plan/addresses.ts';
import { bySeniority } from '../plan/resource-set.ts';
import type { AllocatedPool, CiliumNode, CiliumPodIPPool, IPFamily, PodPoolRange } from '../resources/types.ts';
import { podIPPoolWithDefaults } from '../resources/with-defaults.ts';

export interface PodPoolResult {
  /** What `spec.ipam.pools.allocated` of each node is to say, by node name. */
  readonly allocated: ReadonlyMap<string, readonly AllocatedPool[]>;
  /** Requests that the pools have too little for. */
  readonly shortages: readonly PodPoolShortage[];
}

export interface PodPoolShortage {
  readonly node: string;
  readonly pool: string;
  readonly family: IPFamily;
  readonly message: string;
}

/**
 * Carves prefixes out of pools for the nodes that request addresses of them. What a node says it was allocated, it keeps: that is the state. It is given
 * more until it has what it needs, and nothing is taken from it, but for a prefix that an older node has too.
 */
export function allocatePodPools(
  poolResources: Iterable<CiliumPodIPPool>,
  nodeResources: Iterable<CiliumNode>,
): PodPoolResult {
  const nodes = [...nodeResources].sort(bySeniority);
  const taken = new Taken();
  const allocated = new Map<string, Map<string, Prefix[]>>();
  for (const node of nodes) allocated.set(node.metadata.name, keptBy(node, taken));

  const pools = [...poolResources].sort(bySeniority).map((resource) => new Carving(resource, taken));
  const shortages: PodPoolShortage[] = [];
  for (const { metadata, spec } of nodes) {
    const held = allocated.get(metadata.name) as Map<string, Prefix[]>;
    for (const { pool: name, needed = {} } of spec.ipam?.pools?.requested ?? []) {
      const families = [
        ['IPv4', needed['ipv4-addrs'] ?? 0],
        ['IPv6', needed['ipv6-addrs'] ?? 0],
      ] as const;
      for (const [family, count] of families) {
        if (count === 0) continue;
        const prefixes = held.get(name) ?? [];
        held.set(name, prefixes);
        const pool = pools.find(({ resource }) => resource.metadata.name === name);
        const missing = pool === undefined ? 'does not exist' : pool.fill(prefixes, family, count);
        if (missing === undefined) continue;
        shortages.push({ node: metadata.name, pool: name, family, message: `pool "${name}" ${missing}` });
      }
    }
  }
  return {
    allocated: new Map(
      [...allocated].map(([node, held]) => [
        node,
        [...held]
          .filter(([, prefixes]) => prefixes.length > 0)
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, prefixes]) => allocatedPool(name, prefixes, pools)),
      ]),
    ),
    shortages,
  };
}

function keptBy({ spec }: CiliumNode, taken: Taken): Map<string, Prefix[]> {
  const held = new Map<string, Prefix[]>();
  for (const { pool, cidrs = [] } of spec.ipam?.pools?.allocated ?? []) {
    const prefixes = held.get(pool) ?? [];
    held.set(pool, prefixes);
    for (const prefix of cidrs.flatMap((text) => prefixOf(text) ?? [])) if (taken.take(prefix)) prefixes.push(prefix);
  }
  return held;
}

function allocatedPool(pool: string, prefixes: readonly Prefix[], pools: readonly Carving[]): AllocatedPool {
  const cidrs = prefixes.toSorted((a, b) => a.compare(b)).map(String);
  const resource = pools.find((carving) => carving.resource.metadata.name === pool)?.resource;
  return resource === undefined ? { pool, cidrs } : { pool, cidrs, ...podIPPoolWithDefaults(resource) };
}

/** Prefixes that nodes have. */
class Taken {
  /** By length, so that a prefix is looked for among those that can hold it or that it can hold. */
  readonly #byLength = new Map<string, Map<string, Prefix>>();

  take(prefix: Prefix): boolean {
    if (this.#isTaken(prefix)) return false;
    const kind = `${prefix.bytes.length} ${prefix.length}`;
    let known = this.#byLength.get(kind);
    if (known === undefined) this.#byLength.set(kind, (known = new Map()));
    known.set(prefix.toString(), prefix);
    return true;
  }

  /** Nearly always all prefixes are of one length. */
  #isTaken(prefix: Prefix): boolean {
    for (const [kind, known] of this.#byLength) {
      if (kind === `${prefix.bytes.length} ${prefix.length}`) {
        if (known.has(prefix.toString())) return true;
      } else for (const other of known.values()) if (other.overlaps(prefix)) return true;
    }
    return false;
  }
}

/** A pool while it is being given out. */
class Carving {
  readonly resource: CiliumPodIPPool;
  readonly #taken: Taken;
  readonly #free = new Map<IPFamily, Iterator<Prefix>>();

  constructor(resource: CiliumPodIPPool, taken: Taken) {
    this.resource = resource;
    this.#taken = taken;
  }

  /** Adds prefixes until there are addresses for `count`; says what is missing when the pool has too little. */
  fill(prefixes: Prefix[], family: IPFamily, count: number): string | undefined {
    const range = family === 'IPv4' ? this.resource.spec.ipv4 : this.resource.spec.ipv6;
    if (range === undefined) return `has no ${family}`;
    const isOf = ({ isIPv4 }: Prefix) => isIPv4 === (family === 'IPv4');
    let capacity = prefixes.filter(isOf).reduce((sum, prefix) => sum + this.#usable(prefix), 0n);
    while (capacity < BigInt(count)) {
      const next = this.#next(family, range);
      if (next === undefined) return `has no ${family} prefix left`;
      prefixes.push(next);
      capacity += this.#usable(next);
    }
    return undefined;
  }

  #next(family: IPFamily, range: PodPoolRange): Prefix | undefined {
    let free = this.#free.get(family);
    if (free === undefined) this.#free.set(family, (free = prefixesOf(range)));
    for (let next = free.next(); next.done !== true; next = free.next()) {
      if (this.#taken.take(next.value)) return next.value;
    }
    return undefined;
  }

  #usable({ bytes, length }: Prefix): bigint {
    const bits = bytes.length * 8 - length;
    const { allowFirstIP, allowLastIP } = podIPPoolWithDefaults(this.resource);
    const size = 1n << BigInt(bits);
    return bits < 2 ? size : size - (allowFirstIP ? 0n : 1n) - (allowLastIP ? 0n : 1n);
  }
}

function* prefixesOf({ cidrs, maskSize }: PodPoolRange): Generator<Prefix> {
  for (const cidr of cidrs) {
    const prefix = prefixOf(cidr);
    if (prefix !== undefined && prefix.length <= maskSize) yield* carve(prefix, maskSize);
  }
}
