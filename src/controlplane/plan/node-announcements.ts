import { Prefix } from '../../ip/prefix.ts';
import { parseNextHop } from '../../speaker/next-hop-text.ts';
import { keyOf, keyText } from '../resources/key.ts';
import { matchesLabels } from '../resources/labels.ts';
import type {
  CiliumNode,
  InterfaceAdvertisement,
  PodIPPoolAdvertisement,
  PrefixesAdvertisement,
} from '../resources/types.ts';
import { prefixOf, usableAddresses } from './addresses.ts';
import { type Announcement, type AppliedAdvertisement, type IP, isOf, priorities } from './announcement.ts';
import type { ResourceSet } from './resource-set.ts';
import type { NodeFacts } from './types.ts';

type Applied<A extends AppliedAdvertisement['advertisement']> = AppliedAdvertisement<A>;

/** What an advertisement that is not for services makes of the node. */
export function nodeAnnouncements(
  applied: AppliedAdvertisement,
  ip: IP,
  resources: ResourceSet,
  facts: NodeFacts,
): readonly Announcement[] {
  const { advertisement } = applied;
  const node = resources.find('CiliumNode', facts.name);
  switch (advertisement.advertisementType) {
    case 'Service':
      return [];
    case 'PodCIDR':
      return podCIDRs(applied, ip, node, facts);
    case 'CiliumPodIPPool':
      return podIPPools({ ...applied, advertisement }, ip, node, resources, facts);
    case 'Interface':
      return interfaceAddresses({ ...applied, advertisement }, ip, facts);
    case 'Prefixes':
      return prefixes({ ...applied, advertisement }, ip);
  }
}

function podCIDRs(
  { attributes }: AppliedAdvertisement,
  ip: IP,
  node: CiliumNode | undefined,
  { ipam }: NodeFacts,
): readonly Announcement[] {
  if (node === undefined || (ipam !== 'kubernetes' && ipam !== 'cluster-pool')) return [];
  return announced({
    statement: `PodCIDR-${ip}`,
    priority: priorities.podCIDR,
    prefixes: prefixesOf(node.spec.ipam?.podCIDRs, ip),
    attributes,
    owner: keyText(keyOf(node)),
  });
}

function podIPPools(
  { advertisement: { selector }, attributes }: Applied<PodIPPoolAdvertisement>,
  ip: IP,
  node: CiliumNode | undefined,
  resources: ResourceSet,
  { ipam }: NodeFacts,
): readonly Announcement[] {
  if (node === undefined || selector === undefined || ipam !== 'multi-pool') return [];
  return (node.spec.ipam?.pools?.allocated ?? []).flatMap(({ pool: name, cidrs }) => {
    const pool = resources.find('CiliumPodIPPool', name);
    if (pool === undefined) return [];
    const { labels, namespace = '' } = pool.metadata;
    const known = { ...labels, 'io.cilium.podippool.name': name, 'io.cilium.podippool.namespace': namespace };
    if (!matchesLabels(selector, known)) return [];
    return announced({
      statement: `CiliumPodIPPool-${name}-${ip}`,
      priority: priorities.podIPPool,
      prefixes: prefixesOf(cidrs, ip),
      attributes,
      owner: keyText(keyOf(pool)),
    });
  });
}

/** Up, or of a kind that never says so, as loopback and dummy interfaces. */
const operational = new Set(['up', 'unknown']);

function interfaceAddresses(
  { advertisement, attributes, source }: Applied<InterfaceAdvertisement>,
  ip: IP,
  { interfaces }: NodeFacts,
): readonly Announcement[] {
  const device = interfaces.find(({ name }) => name === advertisement.interface.name);
  if (device === undefined || !device.adminUp || !operational.has(device.operState)) return [];
  return announced({
    statement: `Interface-${ip}`,
    priority: priorities.interface,
    prefixes: usableAddresses(device)
      .filter(isOf(ip))
      .map((address) => Prefix.host(address)),
    attributes,
    owner: source,
  });
}

function prefixes(
  { advertisement, attributes, source }: Applied<PrefixesAdvertisement>,
  ip: IP,
): readonly Announcement[] {
  const { nextHop: text = 'self' } = advertisement;
  const nextHop = text === 'self' ? undefined : parseNextHop(text);
  return announced({
    statement: `Prefixes-${ip}`,
    priority: priorities.prefixes,
    prefixes: prefixesOf(advertisement.prefixes, ip),
    attributes,
    owner: source,
    ...(nextHop !== undefined && { nextHop }),
  });
}

function prefixesOf(texts: readonly string[] = [], ip: IP): readonly Prefix[] {
  return texts.flatMap((text) => prefixOf(text) ?? []).filter(isOf(ip));
}

function announced(announcement: Announcement): readonly Announcement[] {
  return announcement.prefixes.length === 0 ? [] : [announcement];
}
