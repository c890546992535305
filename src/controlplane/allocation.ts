import type { SortedMap } from '../policy/sorted-map.ts';
import type { PlannedCondition } from './plan/types.ts';
import { LoadBalancerAllocator, type ServiceAllocation } from './pools/load-balancer.ts';
import { allocatePodPools } from './pools/pod.ts';
import { keyOf, keyText, sameResource } from './resources/key.ts';
import type {
  AllocatedPool,
  CiliumNode,
  CiliumPodIPPool,
  Condition,
  Kind,
  Resource,
  ResourceKey,
  ResourceOf,
  Service,
} from './resources/types.ts';

/** What pools have given out. */
export interface Allocated {
  /** To services, by key as text. */
  readonly addresses: SortedMap<readonly string[]>;
  /** By node. */
  readonly prefixes: SortedMap<readonly AllocatedPool[]>;
}

/** What pools give out now that they did not before. */
export interface AllocationChange {
  /** Of services; undefined: no more. */
  readonly addresses: ReadonlyMap<string, readonly string[] | undefined>;
  /** Of nodes; undefined: no more. */
  readonly prefixes: ReadonlyMap<string, readonly AllocatedPool[] | undefined>;
  readonly findings: readonly Finding[];
  /** Resources that no pool has to do with: of these nothing is said any more. */
  readonly silent: readonly ResourceKey[];
}

/** The resources there are, and which of them are new, others, or gone. */
export interface Edited {
  readonly all: <K extends Kind>(kind: K) => readonly ResourceOf<K>[];
  /** By key as text; undefined: it is gone. */
  readonly changed: ReadonlyMap<string, { readonly key: ResourceKey; readonly resource: Resource | undefined }>;
}

/** For the status of one resource. */
export interface Finding {
  readonly key: ResourceKey;
  readonly conditions?: readonly PlannedCondition[];
  /** A Service's addresses. */
  readonly addresses?: readonly { readonly ip?: string }[];
  /** A CiliumNode's prefixes. */
  readonly allocated?: readonly AllocatedPool[];
  /** Why a CiliumNode has too few of them. */
  readonly shortage?: string;
}

/** Gives out what pools have. A change of a Service costs what the services that it has to do with cost. */
export class Allocator {
  #addresses: SortedMap<readonly string[]>;
  #prefixes: SortedMap<readonly AllocatedPool[]>;
  /** Absent without a pool: services keep what they came with. */
  #services: LoadBalancerAllocator | undefined;

  /** From the resources there are, and what was given out before. */
  constructor(previous: Allocated, all: Edited['all']) {
    this.#addresses = previous.addresses;
    this.#prefixes = previous.prefixes;
    this.#services = this.#allocatorFor(all);
  }

  /** A value: what comes later does not change it. */
  get allocated(): Allocated {
    return { addresses: this.#addresses, prefixes: this.#prefixes };
  }

  /** What there is to say of everything. */
  start(all: Edited['all']): AllocationChange {
    return merged(this.#allServices(all), this.#allNodes(all));
  }

  change({ all, changed }: Edited): AllocationChange {
    const kinds = new Set([...changed.values()].map(({ key }) => key.kind));
    const isOfPools = kinds.has('CiliumLoadBalancerIPPool');
    if (isOfPools) this.#services = this.#allocatorFor(all);
    return merged(
      isOfPools ? this.#allServices(all) : this.#someServices(changed),
      kinds.has('CiliumPodIPPool') || kinds.has('CiliumNode') ? this.#allNodes(all) : nothing,
    );
  }

  #allocatorFor(all: Edited['all']): LoadBalancerAllocator | undefined {
    const pools = all('CiliumLoadBalancerIPPool');
    return pools.length === 0 ? undefined : new LoadBalancerAllocator(pools, all('Service'), this.#addresses);
  }

  #allServices(all: Edited['all']): AllocationChange {
    const keys = new Map(all('Service').map((service) => [keyText(keyOf(service)), keyOf(service)]));
    for (const key of this.#addresses.keys()) if (!keys.has(key)) keys.set(key, keyFrom(key));
    return this.#change(keys);
  }

  #someServices(changed: Edited['changed']): AllocationChange {
    const services = new Map<string, Service | undefined>();
    const keys = new Map<string, ResourceKey>();
    for (const [text, { key, resource }] of changed) {
      if (key.kind !== 'Service') continue;
      keys.set(text, key);
      services.set(text, resource?.kind === 'Service' ? resource : undefined);
    }
    if (services.size === 0 || this.#services === undefined) return nothing;
    for (const text of this.#services.change(services)) if (!keys.has(text)) keys.set(text, keyFrom(text));
    return this.#change(keys);
  }

  #change(keys: ReadonlyMap<string, ResourceKey>): AllocationChange {
    const addresses = new Map<string, readonly string[] | undefined>();
    const findings: Finding[] = [];
    const silent: ResourceKey[] = [];
    for (const [text, key] of keys) {
      const allocation = this.#services?.get(text);
      if (allocation === undefined) silent.push(key);
      else findings.push(findingOf(allocation));
      const texts = allocation?.addresses ?? [];
      this.#addresses = noted(addresses, this.#addresses, text, texts.length === 0 ? undefined : texts);
    }
    return { ...nothing, addresses, findings: [...findings, ...(this.#services?.pools ?? [])], silent };
  }

  #allNodes(all: Edited['all']): AllocationChange {
    const nodes = all('CiliumNode');
    const found = prefixesFor(all('CiliumPodIPPool'), nodes, this.#prefixes);
    const prefixes = new Map<string, readonly AllocatedPool[] | undefined>();
    for (const name of new Set([...this.#prefixes.keys(), ...found.prefixes.keys()]))
      this.#prefixes = noted(prefixes, this.#prefixes, name, found.prefixes.get(name));
    const spoken = new Set(found.findings.map(({ key }) => key.name));
    const silent = nodes.map(keyOf).filter(({ name }) => !spoken.has(name));
    return { ...nothing, prefixes, findings: found.findings, silent };
  }
}

const nothing: AllocationChange = { addresses: new Map(), prefixes: new Map(), findings: [], silent: [] };

function merged(services: AllocationChange, nodes: AllocationChange): AllocationChange {
  return {
    addresses: services.addresses,
    prefixes: nodes.prefixes,
    findings: [...services.findings, ...nodes.findings],
    silent: [...services.silent, ...nodes.silent],
  };
}

/** The map with the value, or without any; notes it where it is another one. */
function noted<V>(
  changes: Map<string, V | undefined>,
  map: SortedMap<V>,
  key: string,
  value: V | undefined,
): SortedMap<V> {
  if (sameResource(map.get(key), value)) return map;
  changes.set(key, value);
  return value === undefined ? map.without(key) : map.with(key, value);
}

function findingOf({ key, addresses, condition }: ServiceAllocation): Finding {
  return { key, addresses: addresses.map((ip) => ({ ip })), conditions: [condition] };
}

/** Of a Service. */
function keyFrom(text: string): ResourceKey {
  const [namespace = '', name = ''] = text.slice('Service '.length).split('/');
  return { kind: 'Service', namespace, name };
}

/** Prefixes for nodes: those that they came with, or had before, and those that they ask for. */
function prefixesFor(
  pools: readonly CiliumPodIPPool[],
  nodes: readonly CiliumNode[],
  previous: ReadonlyMap<string, readonly AllocatedPool[]>,
): { readonly prefixes: ReadonlyMap<string, readonly AllocatedPool[]>; readonly findings: readonly Finding[] } {
  const { allocated, shortages } = allocatePodPools(
    pools,
    nodes.map((node) => withPrevious(node, previous.get(node.metadata.name))),
  );
  const given = nodes.filter(({ metadata, spec }) => {
    const pools = allocated.get(metadata.name) ?? [];
    return pools.length > 0 || (spec.ipam?.pools?.requested ?? []).length > 0;
  });
  const findings = given.map(({ metadata: { name } }): Finding => {
    const missing = shortages.filter(({ node }) => node === name).map(({ message }) => message);
    return {
      key: { kind: 'CiliumNode', name },
      allocated: allocated.get(name) ?? [],
      ...(missing.length > 0 && { shortage: missing.join('; ') }),
    };
  });
  return { prefixes: new Map([...allocated].filter(([, pools]) => pools.length > 0)), findings };
}

function withPrevious(node: CiliumNode, previous: readonly AllocatedPool[] | undefined): CiliumNode {
  const { spec } = node;
  if (previous === undefined || spec.ipam?.pools?.allocated !== undefined) return node;
  return { ...node, spec: { ...spec, ipam: { ...spec.ipam, pools: { ...spec.ipam?.pools, allocated: previous } } } };
}

/** Conditions with the time at which each came to be as it is. */
export function dated(
  planned: readonly PlannedCondition[],
  before: readonly Condition[],
  now: string,
  generation: number,
): Condition[] {
  return planned.map((condition) => {
    const known = before.find(({ type }) => type === condition.type);
    const lastTransitionTime = known?.status === condition.status ? known.lastTransitionTime : now;
    const last = lastDated.get(condition);
    if (last?.lastTransitionTime === lastTransitionTime && last.observedGeneration === generation) return last;
    const { type, status, reason, message } = condition;
    const fresh = { type, status, reason, message, lastTransitionTime, observedGeneration: generation };
    lastDated.set(condition, fresh);
    return fresh;
  });
}

/** What is said of many resources at once is said by one object. */
const lastDated = new WeakMap<PlannedCondition, Condition>();

/** Whether a change of a service can change which addresses it, or another one, is given. */
export function concernsAddresses(before: Service | undefined, after: Service | undefined): boolean {
  const relevant = (service: Service | undefined) => {
    if (service?.spec.type !== 'LoadBalancer') return undefined;
    const { metadata, spec, status } = service;
    const { externalIPs: _, internalTrafficPolicy: __, ...rest } = spec;
    return JSON.stringify([
      keyText({ kind: 'Service', ...metadata }),
      metadata.creationTimestamp,
      metadata.labels,
      metadata.annotations,
      rest,
      status,
    ]);
  };
  return relevant(before) !== relevant(after);
}
