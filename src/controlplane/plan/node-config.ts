import { keyOf } from '../resources/key.ts';
import { matchesLabels } from '../resources/labels.ts';
import type {
  BGPInstance,
  BGPInstanceOverride,
  BGPNodeInstance,
  BGPNodePeer,
  BGPPeer,
  CiliumBGPClusterConfig,
  Labels,
} from '../resources/types.ts';
import { problem } from './condition.ts';
import type { ResourceSet } from './resource-set.ts';
import { allocateRouterIds, type Claim } from './router-id.ts';
import type { NodeFacts, PlannedNodeConfig, ResourceStatus, RouterIds } from './types.ts';

/** What Cilium's operator does: from cluster-wide configuration to that of each node. */
export interface NodeConfigs {
  /** By node name. */
  readonly configs: ReadonlyMap<string, PlannedNodeConfig>;
  /** Of the CiliumBGPClusterConfigs. */
  readonly statuses: readonly ResourceStatus[];
  readonly routerIds: RouterIds;
}

interface Selected {
  readonly node: string;
  readonly owner: CiliumBGPClusterConfig;
}

export function nodeConfigs(resources: ResourceSet, facts: NodeFacts, previous: RouterIds): NodeConfigs {
  const nodes = nodesOf(resources, facts);
  const owners = new Map<string, CiliumBGPClusterConfig>();
  const statuses: ResourceStatus[] = [];
  for (const config of resources.all('CiliumBGPClusterConfig')) {
    const selector = config.spec.nodeSelector ?? {};
    const matching = nodes.filter(({ labels }) => matchesLabels(selector, labels));
    const rivals = new Set<string>();
    for (const { name } of matching) {
      const owner = owners.get(name);
      if (owner === undefined) owners.set(name, config);
      else rivals.add(owner.metadata.name);
    }
    statuses.push({
      key: keyOf(config),
      conditions: conditionsOf(matching.length > 0, missingPeerConfigs(config, resources), [...rivals].toSorted()),
    });
  }
  const selected = [...owners].map(([node, owner]): Selected => ({ node, owner }));
  const routerIds = routerIdsOf(selected, resources, facts, previous);
  const configs = selected.map(({ node, owner }): readonly [string, PlannedNodeConfig] => [
    node,
    nodeConfigOf(node, owner, resources, routerIds),
  ]);
  return { configs: new Map(configs.toSorted(([a], [b]) => (a < b ? -1 : 1))), statuses, routerIds };
}

function nodesOf(
  resources: ResourceSet,
  facts: NodeFacts,
): readonly { readonly name: string; readonly labels: Labels }[] {
  const nodes = resources.all('CiliumNode').map(({ metadata: { name, labels = {} } }) => ({ name, labels }));
  if (facts.labels === undefined || nodes.some(({ name }) => name === facts.name)) return nodes;
  return [...nodes, { name: facts.name, labels: facts.labels }];
}

function conditionsOf(matches: boolean, missing: readonly string[], rivals: readonly string[]) {
  return [
    problem(
      'cilium.io/NoMatchingNode',
      { there: 'NoMatchingNode', none: 'NodeMatched' },
      matches ? '' : 'No node matches spec.nodeSelector',
    ),
    problem(
      'cilium.io/MissingPeerConfigs',
      { there: 'MissingPeerConfigs', none: 'PeerConfigsFound' },
      missing.length === 0 ? '' : `Referenced CiliumBGPPeerConfig(s) are missing: [${missing.join(' ')}]`,
    ),
    problem(
      'cilium.io/ConflictingClusterConfig',
      { there: 'ConflictingClusterConfigs', none: 'NoConflict' },
      rivals.length === 0 ? '' : `Selecting the same node(s) with ClusterConfig(s): [${rivals.join(' ')}]`,
    ),
  ];
}

function missingPeerConfigs({ spec }: CiliumBGPClusterConfig, resources: ResourceSet): readonly string[] {
  const names = spec.bgpInstances.flatMap(({ peers = [] }) => peers.map(({ peerConfigRef }) => peerConfigRef?.name));
  const missing = names.filter(
    (name) => name !== undefined && resources.find('CiliumBGPPeerConfig', name) === undefined,
  );
  return [...new Set(missing as string[])].toSorted();
}

function routerIdsOf(
  selected: readonly Selected[],
  resources: ResourceSet,
  { routerId }: NodeFacts,
  previous: RouterIds,
): RouterIds {
  if (routerId.mode === 'default') return new Map();
  const claims = selected.flatMap(({ node, owner }) =>
    owner.spec.bgpInstances.map(({ name }): Claim => {
      const given = overrideOf(resources, node, name)?.routerID;
      return { key: `${node}/${name}`, ...(given !== undefined && { given }) };
    }),
  );
  return allocateRouterIds(routerId.pool, claims, previous);
}

function nodeConfigOf(
  node: string,
  owner: CiliumBGPClusterConfig,
  resources: ResourceSet,
  routerIds: RouterIds,
): PlannedNodeConfig {
  const bgpInstances = owner.spec.bgpInstances.map((instance) =>
    nodeInstanceOf(instance, overrideOf(resources, node, instance.name), routerIds.get(`${node}/${instance.name}`)),
  );
  return {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumBGPNodeConfig',
    metadata: { name: node },
    owner: owner.metadata.name,
    spec: { bgpInstances },
  };
}

function nodeInstanceOf(
  { name, localASN, localPort, peers = [] }: BGPInstance,
  override: BGPInstanceOverride | undefined,
  allocated: string | undefined,
): BGPNodeInstance {
  const asn = override?.localASN ?? localASN;
  const port = override?.localPort ?? localPort;
  const routerID = override?.routerID ?? allocated;
  return {
    name,
    ...(asn !== undefined && { localASN: asn }),
    ...(routerID !== undefined && { routerID }),
    ...(port !== undefined && { localPort: port }),
    peers: peers.map((peer) => nodePeerOf(peer, override)),
  };
}

function nodePeerOf(peer: BGPPeer, override: BGPInstanceOverride | undefined): BGPNodePeer {
  const localAddress = override?.peers?.find(({ name }) => name === peer.name)?.localAddress;
  return { ...peer, ...(localAddress !== undefined && { localAddress }) };
}

/** What the CiliumBGPNodeConfigOverride of a node says of one of its instances. */
export function overrideOf(resources: ResourceSet, node: string, instance: string): BGPInstanceOverride | undefined {
  const found = resources.find('CiliumBGPNodeConfigOverride', node);
  return found?.spec.bgpInstances.find(({ name }) => name === instance);
}
