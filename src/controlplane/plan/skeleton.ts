import type { BgpGlobal } from '../../speaker/types.ts';
import { ipv4Unicast, ipv6Unicast } from '../../wire/family.ts';
import { keyOf, keyText, sameResource } from '../resources/key.ts';
import { matchesLabels } from '../resources/labels.ts';
import type { BGPFamilyWithAdverts, BGPNodeInstance, CiliumBGPPeerConfig } from '../resources/types.ts';
import { peerConfigWithDefaults } from '../resources/with-defaults.ts';
import type { AppliedAdvertisement, Audience, AudienceFamily } from './announcement.ts';
import { routeAttributes } from './attributes.ts';
import { problem, reconcileError } from './condition.ts';
import { type Fragment, fragmentOf } from './fragment.ts';
import { isConverted, withConvertedPolicy } from './legacy.ts';
import { nodeAnnouncements } from './node-announcements.ts';
import { type NodeConfigs, nodeConfigs } from './node-config.ts';
import { authSecret, familyOf, neighborOf } from './peer.ts';
import type { ResourceSet } from './resource-set.ts';
import { defaultRouterId } from './router-id.ts';
import {
  type HeldPeer,
  type InstanceError,
  type NodeFacts,
  neighborKey,
  type PlannedNeighbor,
  type ResourceStatus,
  type RouterIds,
} from './types.ts';

/** All of a plan but what follows from services. */
export interface Skeleton {
  readonly instances: readonly SkeletonInstance[];
  readonly audiences: readonly Audience[];
  /** What the node itself has to announce. */
  readonly fragment: Fragment;
  readonly held: readonly HeldPeer[];
  readonly errors: readonly InstanceError[];
  readonly nodeConfigs: NodeConfigs['configs'];
  readonly statuses: readonly ResourceStatus[];
  readonly routerIds: RouterIds;
}

export interface SkeletonInstance {
  readonly global: BgpGlobal;
  readonly name: string;
  readonly neighbors: ReadonlyMap<string, PlannedNeighbor>;
}

export function skeletonOf(given: ResourceSet, facts: NodeFacts, previousIds: RouterIds): Skeleton {
  const { resources, errors: conversionErrors } = withConvertedPolicy(given, facts);
  const { configs, statuses, routerIds } = nodeConfigs(resources, facts, previousIds);
  const config = configs.get(facts.name);
  const instances: SkeletonInstance[] = [];
  const audiences: Audience[] = [];
  const held: HeldPeer[] = [];
  const errors: InstanceError[] = [...conversionErrors];
  for (const instance of config?.spec.bgpInstances ?? []) {
    const global = globalOf(instance, resources, facts);
    if (typeof global === 'string') {
      errors.push({ instance: instance.name, message: global });
      continue;
    }
    const peers = peersOf(instance, resources, facts);
    instances.push({ name: instance.name, global, neighbors: peers.neighbors });
    held.push(...peers.held);
    audiences.push(...audiencesOf(instance, peers.neighbors, resources));
  }
  const nodeStatus: readonly ResourceStatus[] =
    config === undefined ? [] : [{ key: keyOf(config), conditions: [reconcileError(errors), peersHeld(held)] }];
  return {
    instances,
    audiences,
    fragment: fragmentOf(audiences, ({ advertisements, ip }) =>
      advertisements.flatMap((advertisement) => nodeAnnouncements(advertisement, ip, resources, facts)),
    ),
    held,
    errors,
    nodeConfigs: configs,
    statuses: [...statuses, ...peerConfigStatuses(resources, facts), ...nodeStatus].filter(
      ({ key }) => !isConverted(key.name),
    ),
    routerIds,
  };
}

/** What the instance runs with, or why it cannot run. */
function globalOf(instance: BGPNodeInstance, resources: ResourceSet, facts: NodeFacts): BgpGlobal | string {
  const { localASN, localPort = -1, routerID } = instance;
  if (localASN === undefined)
    return 'localASN is missing: set it in the CiliumBGPClusterConfig or in a CiliumBGPNodeConfigOverride';
  if (routerID === undefined && facts.routerId.mode === 'ip-pool')
    return `no router ID is left in ${facts.routerId.pool}`;
  const routerId = routerID ?? defaultRouterId(facts.name, resources.find('CiliumNode', facts.name));
  return { asn: localASN, routerId, listenPort: localPort };
}

function peersOf(
  { name: instance, peers = [] }: BGPNodeInstance,
  resources: ResourceSet,
  facts: NodeFacts,
): { readonly neighbors: ReadonlyMap<string, PlannedNeighbor>; readonly held: readonly HeldPeer[] } {
  const neighbors = new Map<string, PlannedNeighbor>();
  const held: HeldPeer[] = [];
  for (const peer of peers) {
    const found = neighborOf(instance, peer, resources, facts);
    if (found.kind === 'held') {
      held.push({ instance, peer: peer.name, reason: found.reason, message: found.message });
      continue;
    }
    const { address } = found.value;
    const twin = [...neighbors.values()].find((other) => other.address.equals(address));
    if (twin === undefined) neighbors.set(neighborKey(found.value), found.value);
    else {
      const message = `${address} is already the address of peer "${twin.name}"`;
      held.push({ instance, peer: peer.name, reason: 'DuplicatePeer', message });
    }
  }
  return { neighbors, held };
}

/** Peers with the same advertisements are sent the same. A peer that is not run keeps the paths that it would be sent in place. */
function audiencesOf(
  { name: instance, peers = [] }: BGPNodeInstance,
  neighbors: ReadonlyMap<string, PlannedNeighbor>,
  resources: ResourceSet,
): readonly Audience[] {
  const addresses = new Map([...neighbors.values()].map(({ name, address }) => [name, address]));
  const references = [...new Set(peers.flatMap(({ peerConfigRef }) => peerConfigRef?.name ?? []))];
  const audiences: { readonly name: string; readonly families: readonly AudienceFamily[]; references: string[] }[] = [];
  for (const name of references) {
    const peerConfig = resources.find('CiliumBGPPeerConfig', name);
    if (peerConfig === undefined) continue;
    const families = familiesOf(peerConfig, resources);
    const same = audiences.find((audience) => sameResource(audience.families, families));
    if (same === undefined) audiences.push({ name, families, references: [name] });
    else same.references.push(name);
  }
  return audiences.map(({ name, families, references: members }) => ({
    instance,
    name,
    families,
    peers: peers
      .filter(({ peerConfigRef }) => peerConfigRef !== undefined && members.includes(peerConfigRef.name))
      .map((peer) => {
        const address = addresses.get(peer.name);
        return address === undefined ? { name: peer.name } : { name: peer.name, address };
      }),
  }));
}

const unicast = new Map([
  [ipv6Unicast, 'ipv6'],
  [ipv4Unicast, 'ipv4'],
] as const);

function familiesOf({ spec }: CiliumBGPPeerConfig, resources: ResourceSet): readonly AudienceFamily[] {
  return peerConfigWithDefaults(spec).families.flatMap((configured) => {
    const family = familyOf(configured);
    const ip = family && unicast.get(family);
    if (family === undefined || ip === undefined) return [];
    const advertisements = advertisementsOf(configured, resources);
    return advertisements.length === 0 ? [] : [{ family, ip, advertisements }];
  });
}

function advertisementsOf(
  { advertisements: selector }: BGPFamilyWithAdverts,
  resources: ResourceSet,
): readonly AppliedAdvertisement[] {
  if (selector === undefined) return [];
  return resources
    .all('CiliumBGPAdvertisement')
    .filter(({ metadata: { labels = {} } }) => matchesLabels(selector, labels))
    .flatMap((resource) =>
      resource.spec.advertisements.map((advertisement) => ({
        source: keyText(keyOf(resource)),
        advertisement,
        attributes: routeAttributes(advertisement.attributes),
      })),
    );
}

function peersHeld(held: readonly HeldPeer[]) {
  const lines = held.map(({ instance, peer, message }) => `${instance}: peer ${peer}: ${message}`);
  return problem('cilium.io/BGPPeersHeld', { there: 'PeersHeld', none: 'NoPeerHeld' }, lines.join('\n'));
}

function peerConfigStatuses(resources: ResourceSet, facts: NodeFacts): readonly ResourceStatus[] {
  return resources.all('CiliumBGPPeerConfig').map((peerConfig) => {
    const { authSecretRef, families } = peerConfigWithDefaults(peerConfig.spec);
    const secret = authSecretRef === undefined ? undefined : authSecret(authSecretRef, resources, facts);
    const unsupported = families.filter((family) => familyOf(family) === undefined);
    return {
      key: keyOf(peerConfig),
      conditions: [
        problem(
          'cilium.io/MissingAuthSecret',
          {
            there: 'AuthSecretMissing',
            none: secret === undefined ? 'AuthSecretNotConfigured' : 'AuthSecretValidated',
          },
          secret?.kind === 'missing' ? secret.message : '',
        ),
        problem(
          'cilium.io/UnsupportedFamilies',
          { there: 'UnsupportedFamilies', none: 'FamiliesSupported' },
          unsupported.length === 0
            ? ''
            : `Not spoken: [${unsupported.map(({ afi, safi }) => `${afi}/${safi}`).join(' ')}]`,
        ),
      ],
    };
  });
}
