import type { PlannedCondition } from './plan/types.ts';
import { allocateLoadBalancerIPs, allocationsIn, type LoadBalancerAllocations } from './pools/load-balancer.ts';
import { allocatePodPools } from './pools/pod.ts';
import { keyText } from './resources/key.ts';
import type {
  AllocatedPool,
  CiliumLoadBalancerIPPool,
  CiliumNode,
  CiliumPodIPPool,
  Condition,
  ResourceKey,
  Service,
} from './resources/types.ts';

/** What pools gave out, and what there is to say of it. */
export interface Allocation {
  readonly addresses: LoadBalancerAllocations;
  /** By node. */
  readonly prefixes: ReadonlyMap<string, readonly AllocatedPool[]>;
  readonly findings: readonly Finding[];
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

/** Addresses for services. Without any pool they keep what they came with. */
export function addressesFor(
  pools: readonly CiliumLoadBalancerIPPool[],
  services: readonly Service[],
  previous: LoadBalancerAllocations,
): Pick<Allocation, 'addresses' | 'findings'> {
  if (pools.length === 0) return { addresses: new Map(), findings: [] };
  const before = new Map([...allocationsIn(services), ...previous]);
  const result = allocateLoadBalancerIPs(pools, services, before);
  return {
    addresses: result.allocations,
    findings: [
      ...result.services.map(({ key, ingress, condition }) => ({ key, addresses: ingress, conditions: [condition] })),
      ...result.pools,
    ],
  };
}

/** Prefixes for nodes: those that they came with, or had before, and those that they ask for. */
export function prefixesFor(
  pools: readonly CiliumPodIPPool[],
  nodes: readonly CiliumNode[],
  previous: Allocation['prefixes'],
): Pick<Allocation, 'prefixes' | 'findings'> {
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
    return { ...condition, lastTransitionTime, observedGeneration: generation };
  });
}

/** Whether a change of a service can change which addresses it, or another one, is given. */
export function concernsAddresses(before: Service | undefined, after: Service | undefined): boolean {
  const relevant = (service: Service | undefined) => {
    if (service?.spec.type !== 'LoadBalancer') return undefined;
    const { metadata, spec, status } = service;
    const { externalIPs: _, internalTrafficPolicy: __, ...rest } = spec;
    return JSON.stringify([
      keyText({ kind: 'Service', ...metadata }),
      metadata.labels,
      metadata.annotations,
      rest,
      status,
    ]);
  };
  return relevant(before) !== relevant(after);
}
