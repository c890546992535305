import { expect } from 'vitest';
import { Controller, type Outcome } from '../../../src/controlplane/controller.ts';
import { Planner, plan } from '../../../src/controlplane/plan/planner.ts';
import type { InstancePlan, NodeFacts, Plan } from '../../../src/controlplane/plan/types.ts';
import { keyOf, keyText } from '../../../src/controlplane/resources/key.ts';
import type {
  BGPAdvertisement,
  BGPAttributes,
  BGPPeer,
  CiliumBGPAdvertisement,
  CiliumBGPClusterConfig,
  CiliumBGPNodeConfigOverride,
  CiliumBGPPeerConfig,
  CiliumNode,
  CiliumPodIPPool,
  EndpointSlice,
  Labels,
  PeerConfigSpec,
  Resource,
  Secret,
  Service,
} from '../../../src/controlplane/resources/types.ts';
import { Address } from '../../../src/ip/address.ts';
import { statementsOf as fullStatementsOf } from '../../../src/policy/types.ts';
import { SecretText } from '../../../src/session/secret-text.ts';
import { formatCommunity, formatLargeCommunity } from '../../../src/wire/community.ts';
import { FakeInstances } from '../fake.ts';

export const NODE = 'node-1';

export function facts(changes: Partial<NodeFacts> = {}): NodeFacts {
  return {
    name: NODE,
    interfaces: [],
    defaultRoutes: [],
    ipam: 'cluster-pool',
    routerId: { mode: 'default' },
    secretsNamespace: 'kube-system',
    services: { ready: true, announceWithoutEndpoints: true, legacyOrigin: false },
    capabilities: { md5: false },
    ...changes,
  };
}

export function device(
  name: string,
  addresses: readonly string[],
  state: { readonly adminUp?: boolean; readonly operState?: string } = {},
): NodeFacts['interfaces'][number] {
  return { name, addresses: addresses.map((text) => Address.parse(text)), adminUp: true, operState: 'up', ...state };
}

export function ciliumNode(
  spec: CiliumNode['spec'] = { addresses: [{ type: 'InternalIP', ip: '192.0.2.1' }] },
  name = NODE,
  labels: Labels = {},
): CiliumNode {
  return { apiVersion: 'cilium.io/v2', kind: 'CiliumNode', metadata: { name, labels }, spec };
}

export function clusterConfig(
  peers: readonly BGPPeer[],
  changes: Partial<CiliumBGPClusterConfig['spec']['bgpInstances'][number]> = {},
  name = 'cluster',
): CiliumBGPClusterConfig {
  return {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumBGPClusterConfig',
    metadata: { name },
    spec: { bgpInstances: [{ name: 'instance', localASN: 65001, peers, ...changes }] },
  };
}

export const RED = '2001:db8::aaaa';
export const BLUE = '2001:db8::bbbb';

export function peer(name: string, peerAddress: string, peerConfig?: string): BGPPeer {
  return {
    name,
    peerAddress,
    peerASN: 65000,
    ...(peerConfig !== undefined && { peerConfigRef: { name: peerConfig } }),
  };
}

const everyFamily = (advertisements: Labels) =>
  (['ipv6', 'ipv4'] as const).map((afi) => ({
    afi,
    safi: 'unicast' as const,
    advertisements: { matchLabels: advertisements },
  }));

/** Advertises what is labelled `advertise: NAME`, in both families. */
export function peerConfig(name: string, spec: PeerConfigSpec = {}): CiliumBGPPeerConfig {
  return {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumBGPPeerConfig',
    metadata: { name },
    spec: { families: everyFamily({ advertise: name }), ...spec },
  };
}

export function advertisement(
  name: string,
  advertisements: readonly BGPAdvertisement[],
  to = 'red',
): CiliumBGPAdvertisement {
  return {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumBGPAdvertisement',
    metadata: { name, labels: { advertise: to } },
    spec: { advertisements },
  };
}

export function serviceAdvertisement(
  addresses: readonly ('LoadBalancerIP' | 'ClusterIP' | 'ExternalIP')[],
  options: {
    readonly selector?: Labels | null;
    readonly attributes?: BGPAttributes;
    readonly lengths?: { readonly ipv4?: number; readonly ipv6?: number };
  } = {},
): BGPAdvertisement {
  const { selector = {}, attributes, lengths = {} } = options;
  return {
    advertisementType: 'Service',
    ...(selector !== null && { selector: { matchLabels: selector } }),
    service: {
      addresses,
      ...(lengths.ipv4 !== undefined && { aggregationLengthIPv4: lengths.ipv4 }),
      ...(lengths.ipv6 !== undefined && { aggregationLengthIPv6: lengths.ipv6 }),
    },
    ...(attributes && { attributes }),
  };
}

export function override(spec: CiliumBGPNodeConfigOverride['spec'], node = NODE): CiliumBGPNodeConfigOverride {
  return { apiVersion: 'cilium.io/v2', kind: 'CiliumBGPNodeConfigOverride', metadata: { name: node }, spec };
}

export function service(
  name: string,
  spec: Service['spec'] = {},
  ingress: readonly string[] = [],
  metadata: { readonly labels?: Labels; readonly annotations?: Labels; readonly namespace?: string } = {},
): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default', ...metadata },
    spec: { type: ingress.length > 0 ? 'LoadBalancer' : 'ClusterIP', ...spec },
    status: { loadBalancer: { ingress: ingress.map((ip) => ({ ip })) } },
  };
}

type EndpointOptions = { readonly node?: string; readonly ready?: boolean; readonly terminating?: boolean };

/** One slice of each family for a service, with an endpoint for each of the options. */
export function endpoints(name: string, options: readonly EndpointOptions[], namespace = 'default'): EndpointSlice[] {
  return (['IPv4', 'IPv6'] as const).map((addressType) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${name}-${addressType.toLowerCase()}`,
      namespace,
      labels: { 'kubernetes.io/service-name': name },
    },
    addressType,
    endpoints: options.map(({ node: nodeName = NODE, ready = true, terminating = false }, index) => ({
      addresses: [addressType === 'IPv4' ? `10.1.0.${index + 1}` : `2001:db8:1::${index + 1}`],
      nodeName,
      conditions: { ready, terminating },
    })),
  }));
}

export function podPool(name: string, labels: Labels = {}): CiliumPodIPPool {
  return {
    apiVersion: 'cilium.io/v2alpha1',
    kind: 'CiliumPodIPPool',
    metadata: { name, labels },
    spec: { ipv4: { cidrs: ['10.100.0.0/16'], maskSize: 24 }, ipv6: { cidrs: ['2001:db8:100::/48'], maskSize: 64 } },
  };
}

export function secret(name: string, data: Readonly<Record<string, string>>, namespace = 'kube-system'): Secret {
  const texts = Object.entries(data).map(([key, text]) => [key, new SecretText(text)] as const);
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, data: Object.fromEntries(texts) };
}

/** A node whose resources are edited step by step. Each step is planned and carried out twice: the second time nothing is done. */
export class World {
  readonly instances = new FakeInstances();
  readonly controller = new Controller(this.instances);
  readonly resources = new Map<string, Resource>();
  readonly planner: Planner;
  node: NodeFacts;

  constructor(node: NodeFacts = facts()) {
    this.node = node;
    this.planner = new Planner(node);
  }

  set(...resources: readonly Resource[]): void {
    for (const resource of resources) {
      this.resources.set(keyText(keyOf(resource)), resource);
      this.planner.update(keyOf(resource), resource);
    }
  }

  delete(...resources: readonly Resource[]): void {
    for (const resource of resources) {
      this.resources.delete(keyText(keyOf(resource)));
      this.planner.update(keyOf(resource), undefined);
    }
  }

  setNode(node: NodeFacts): void {
    this.node = node;
    this.planner.setNode(node);
  }

  async step(): Promise<Outcome> {
    const outcome = await this.controller.run(this.planner.plan());
    expect(outcome.failures.map(({ message }) => message)).toEqual([]);
    // From nothing it is the same plan, and there is nothing left to do.
    const again = plan(this.resources.values(), this.node, this.planner.plan().routerIds);
    expect(planText(again)).toEqual(planText(this.planner.plan()));
    expect((await this.controller.run(again)).operations).toEqual([]);
    expect((await this.controller.run(this.planner.plan())).operations).toEqual([]);
    return outcome;
  }

  get plan(): Plan {
    return this.planner.plan();
  }

  /** What the fake speaker has, as text. */
  paths(instance = 'instance'): readonly string[] {
    return [...(this.instances.get(instance)?.paths.keys() ?? [])].toSorted();
  }

  /** Statement name to prefixes and attributes. */
  statements(peerName: string, instance = 'instance'): Record<string, string> {
    return statementsOf(this.plan.instances.get(instance), peerName);
  }
}

export function statementsOf(instance: InstancePlan | undefined, peerName: string): Record<string, string> {
  const policy = instance?.policies.get(`peer-${peerName}-export`);
  return Object.fromEntries(
    (policy === undefined ? [] : fullStatementsOf(policy)).map(({ name, conditions, actions }) => [
      name,
      [
        conditions.matchPrefixes?.prefixes.map(({ cidr }) => cidr.toString()).join(' '),
        ...actions.addCommunities.map(formatCommunity),
        ...actions.addLargeCommunities.map(formatLargeCommunity),
        ...(actions.setLocalPreference === undefined ? [] : [`LP ${actions.setLocalPreference}`]),
      ].join(' | '),
    ]),
  );
}

/** A plan as plain data, with nothing of the order in which it came about. */
export function planText(of: Plan): unknown {
  const sorted = <V>(map: ReadonlyMap<string, V>) => [...map].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.parse(
    JSON.stringify({
      ...of,
      nodeConfigs: sorted(of.nodeConfigs),
      routerIds: sorted(of.routerIds),
      instances: sorted(of.instances).map(([name, { global, neighbors, policies, paths }]) => ({
        name,
        global,
        neighbors: sorted(neighbors),
        policies: sorted(policies),
        paths: sorted(paths),
      })),
    }),
  );
}

/** `type reason: message` of each condition that is True. */
export function problemsOf(of: Plan, kind: string, name: string): readonly string[] {
  const status = of.statuses.find(({ key }) => key.kind === kind && key.name === name);
  if (status === undefined) throw new Error(`no status of ${kind} ${name}`);
  return status.conditions
    .filter((condition) => condition.status === 'True')
    .map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
}
