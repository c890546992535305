import { Address } from '../../ip/address.ts';
import { Prefix } from '../../ip/prefix.ts';
import { matchesLabels } from './labels.ts';
import type {
  BGPAdvertisement,
  BGPAttributes,
  BGPFamily,
  BGPInstanceOverride,
  BGPPeer,
  CiliumBGPAdvertisement,
  CiliumBGPClusterConfig,
  CiliumBGPNodeConfigOverride,
  CiliumBGPPeerConfig,
  CiliumBGPPeeringPolicy,
  CiliumNode,
  LabelSelector,
  LegacyNeighbor,
  LegacyPathAttributes,
  PeerConfigSpec,
  VirtualRouter,
} from './types.ts';
import { peerConfigDefaults } from './with-defaults.ts';

/** What a CiliumBGPPeeringPolicy comes to on one node. */
export interface ConvertedPolicy {
  readonly clusterConfig: CiliumBGPClusterConfig;
  readonly peerConfigs: readonly CiliumBGPPeerConfig[];
  readonly advertisements: readonly CiliumBGPAdvertisement[];
  /** What the node's annotations say of the virtual routers. */
  readonly override?: CiliumBGPNodeConfigOverride;
  readonly warnings: readonly string[];
}

/**
 * Says the same with the kinds that came after it. Of several path attributes that fit, the first one counts, as the first
 * statement that accepts a route does; in a list of advertisements they come in that order.
 */
export function convertPeeringPolicy(
  policy: CiliumBGPPeeringPolicy,
  node: Pick<CiliumNode, 'metadata'>,
): ConvertedPolicy {
  const { metadata, spec } = policy;
  const neighbors = spec.virtualRouters.flatMap((router) =>
    router.neighbors.map((neighbor) => convertNeighbor(metadata.name, router, neighbor, node)),
  );
  const { instances, warnings } = readAnnotations(spec.virtualRouters, node);
  return {
    clusterConfig: {
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumBGPClusterConfig',
      metadata,
      spec: {
        ...(spec.nodeSelector && { nodeSelector: spec.nodeSelector }),
        bgpInstances: spec.virtualRouters.map((router) => ({
          name: instanceName(router),
          localASN: router.localASN,
          peers: neighbors.filter((each) => each.router === router).map(({ peer }) => peer),
        })),
      },
    },
    peerConfigs: neighbors.map(({ peerConfig }) => peerConfig),
    advertisements: neighbors.flatMap(({ advertisement }) => (advertisement === undefined ? [] : [advertisement])),
    ...(instances.length > 0 && {
      override: {
        apiVersion: 'cilium.io/v2',
        kind: 'CiliumBGPNodeConfigOverride',
        metadata: { name: node.metadata.name },
        spec: { bgpInstances: instances },
      },
    }),
    warnings,
  };
}

function instanceName({ localASN }: VirtualRouter): string {
  return `virtual-router-${localASN}`;
}

interface ConvertedNeighbor {
  readonly router: VirtualRouter;
  readonly peer: BGPPeer;
  readonly peerConfig: CiliumBGPPeerConfig;
  readonly advertisement: CiliumBGPAdvertisement | undefined;
}

function convertNeighbor(
  policy: string,
  router: VirtualRouter,
  neighbor: LegacyNeighbor,
  node: Pick<CiliumNode, 'metadata'>,
): ConvertedNeighbor {
  const address = Prefix.parse(neighbor.peerAddress).address.toString();
  const id = `${router.localASN}-${slug(address)}`;
  const name = `${policy}-${id}`;
  const advertisements = advertisementsOf(router, neighbor, node);
  // The name of a policy is too long for a label's value, and fits its key.
  const labels = { [`${policy}/neighbor`]: id };
  return {
    router,
    peer: { name: address, peerAddress: address, peerASN: neighbor.peerASN, peerConfigRef: { name } },
    peerConfig: {
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumBGPPeerConfig',
      metadata: { name },
      spec: peerConfigOf(neighbor, advertisements.length > 0 ? { matchLabels: labels } : undefined),
    },
    advertisement:
      advertisements.length === 0
        ? undefined
        : {
            apiVersion: 'cilium.io/v2',
            kind: 'CiliumBGPAdvertisement',
            metadata: { name, labels },
            spec: { advertisements },
          },
  };
}

/** An address in the letters of a name. */
function slug(address: string): string {
  const text = address.replace(/[:.]/g, '-');
  return text.endsWith('-') ? `${text}0` : text;
}

function peerConfigOf(neighbor: LegacyNeighbor, advertisements: LabelSelector | undefined): PeerConfigSpec {
  const { peerPort, authSecretRef, gracefulRestart, eBGPMultihopTTL } = neighbor;
  const { connectRetryTimeSeconds, holdTimeSeconds, keepAliveTimeSeconds } = neighbor;
  const families: readonly BGPFamily[] = neighbor.families?.length ? neighbor.families : peerConfigDefaults.families;
  return {
    ...(peerPort !== undefined && { transport: { peerPort } }),
    timers: {
      ...(connectRetryTimeSeconds !== undefined && { connectRetryTimeSeconds }),
      ...(holdTimeSeconds !== undefined && { holdTimeSeconds }),
      ...(keepAliveTimeSeconds !== undefined && { keepAliveTimeSeconds }),
    },
    ...(authSecretRef !== undefined && { authSecretRef }),
    ...(gracefulRestart && { gracefulRestart }),
    ...(eBGPMultihopTTL !== undefined && { ebgpMultihop: eBGPMultihopTTL }),
    families: families.map(({ afi, safi }) => ({ afi, safi, ...(advertisements && { advertisements }) })),
  };
}

function advertisementsOf(
  router: VirtualRouter,
  { advertisedPathAttributes = [] }: LegacyNeighbor,
  node: Pick<CiliumNode, 'metadata'>,
): readonly BGPAdvertisement[] {
  const { exportPodCIDR, podIPPoolSelector, serviceSelector, serviceAdvertisements } = router;
  const of = (type: LegacyPathAttributes['selectorType']) =>
    advertisedPathAttributes.filter(({ selectorType }) => selectorType === type);
  const advertisements: BGPAdvertisement[] = [];
  if (exportPodCIDR === true) {
    const labels = node.metadata.labels ?? {};
    const fitting = of('PodCIDR').find(({ selector = {} }) => matchesLabels(selector, labels));
    advertisements.push({ advertisementType: 'PodCIDR', ...attributesOf(fitting) });
  }
  if (podIPPoolSelector !== undefined) {
    for (const entry of of('CiliumPodIPPool')) {
      const selector = both(podIPPoolSelector, entry.selector ?? {});
      advertisements.push({ advertisementType: 'CiliumPodIPPool', selector, ...attributesOf(entry) });
    }
    if (of('CiliumPodIPPool').every(({ selector }) => selector !== undefined)) {
      advertisements.push({ advertisementType: 'CiliumPodIPPool', selector: podIPPoolSelector });
    }
  }
  if (serviceSelector !== undefined) {
    const attributes = attributesOf(of('CiliumLoadBalancerIPPool').find(({ selector }) => selector === undefined));
    const addresses = serviceAdvertisements?.length ? serviceAdvertisements : ['LoadBalancerIP' as const];
    // Only load balancer addresses come from a pool.
    const pooled = addresses.filter((type) => type === 'LoadBalancerIP');
    const others = addresses.filter((type) => type !== 'LoadBalancerIP');
    const selector = serviceSelector;
    if (attributes === undefined)
      advertisements.push({ advertisementType: 'Service', selector, service: { addresses } });
    else {
      if (pooled.length > 0)
        advertisements.push({ advertisementType: 'Service', selector, service: { addresses: pooled }, ...attributes });
      if (others.length > 0)
        advertisements.push({ advertisementType: 'Service', selector, service: { addresses: others } });
    }
  }
  return advertisements;
}

function attributesOf(entry: LegacyPathAttributes | undefined): { readonly attributes: BGPAttributes } | undefined {
  if (entry === undefined) return undefined;
  const { communities, localPreference } = entry;
  return {
    attributes: { ...(communities && { communities }), ...(localPreference !== undefined && { localPreference }) },
  };
}

/** Selects what both do. */
function both(one: LabelSelector, other: LabelSelector): LabelSelector {
  const asExpressions = Object.entries(other.matchLabels ?? {}).map(([key, value]) => ({
    key,
    operator: 'In' as const,
    values: [value],
  }));
  const matchExpressions = [...(one.matchExpressions ?? []), ...asExpressions, ...(other.matchExpressions ?? [])];
  return {
    ...(one.matchLabels && { matchLabels: one.matchLabels }),
    ...(matchExpressions.length > 0 && { matchExpressions }),
  };
}

const annotationPrefix = 'cilium.io/bgp-virtual-router.';

/** `cilium.io/bgp-virtual-router.65001: router-id=192.0.2.1,local-port=179`. */
function readAnnotations(
  routers: readonly VirtualRouter[],
  { metadata }: Pick<CiliumNode, 'metadata'>,
): { instances: readonly BGPInstanceOverride[]; warnings: readonly string[] } {
  const warnings: string[] = [];
  const instances = routers.flatMap((router): BGPInstanceOverride[] => {
    const annotation = `${annotationPrefix}${router.localASN}`;
    const text = metadata.annotations?.[annotation];
    if (text === undefined) return [];
    let found: BGPInstanceOverride = { name: instanceName(router) };
    for (const part of text.split(',')) {
      const [key = '', value = ''] = part.split('=', 2).map((side) => side.trim());
      if (key === 'router-id' && isRouterId(value)) found = { ...found, routerID: value };
      else if (key === 'local-port' && isPort(value)) found = { ...found, localPort: Number(value) };
      else
        warnings.push(
          `node ${metadata.name}: annotation ${annotation}: '${part}' is neither router-id=IPV4 nor local-port=PORT`,
        );
    }
    return Object.keys(found).length > 1 ? [found] : [];
  });
  return { instances, warnings };
}

function isRouterId(text: string): boolean {
  try {
    const address = Address.parse(text);
    return address.isIPv4 && !address.isUnspecified;
  } catch {
    return false;
  }
}

function isPort(text: string): boolean {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65535;
}
