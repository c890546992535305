import type { Address } from '../../ip/address.ts';
import { Prefix } from '../../ip/prefix.ts';
import { flat, keyOf, keyText } from '../resources/key.ts';
import { matchesLabels } from '../resources/labels.ts';
import {
  type EndpointSlice,
  type Labels,
  type Service,
  type ServiceAddressType,
  type ServiceAdvertisement,
  serviceAddressTypes,
  type TrafficPolicy,
} from '../resources/types.ts';
import { endpointConditions, serviceWithDefaults } from '../resources/with-defaults.ts';
import { addressOf } from './addresses.ts';
import { type Announcement, type AppliedAdvertisement, type IP, isOf, priorities } from './announcement.ts';
import type { RouteAttributes } from './attributes.ts';
import { memoised } from './memo.ts';
import type { NodeFacts } from './types.ts';

/** The only class of load balancers, beside none at all, whose addresses are announced. */
export const loadBalancerClass = 'io.cilium/bgp-control-plane';

/** Says that the traffic of a service goes to a proxy on each node, so that its own endpoints say nothing. */
const proxyAnnotation = 'service.cilium.io/proxy-redirect';
/** On the services that Cilium makes for gateways and ingresses: their only endpoint is a dummy. */
const proxyLabels = ['io.cilium.gateway/owning-gateway', 'cilium.io/ingress'] as const;

/** All that decides whether, and as what, the addresses of a service are announced. */
export interface ServiceView {
  readonly name: string;
  readonly namespace: string;
  readonly owner: string;
  /** Its own and those made from its name. */
  readonly labels: Labels;
  readonly addresses: Readonly<Record<ServiceAddressType, readonly Address[]>>;
  readonly policies: Readonly<Record<ServiceAddressType, TrafficPolicy>>;
  readonly backends: Readonly<Record<IP, Backends>>;
  readonly proxied: boolean;
}

/** The active endpoints of a service: those that are ready, and not about to end. */
interface Backends {
  readonly any: boolean;
  /** On this node. */
  readonly local: boolean;
}

export function viewOf(service: Service, slices: Iterable<EndpointSlice>, node: string): ServiceView {
  const { name, namespace, labels = {}, annotations = {} } = service.metadata;
  const { externalTrafficPolicy, internalTrafficPolicy } = serviceWithDefaults(service);
  const all = [...slices];
  return {
    name,
    namespace,
    owner: keyText(keyOf(service)),
    labels: serviceLabels(service),
    addresses: addressesOf(service),
    policies: {
      LoadBalancerIP: externalTrafficPolicy,
      ExternalIP: externalTrafficPolicy,
      ClusterIP: internalTrafficPolicy,
    },
    backends: { ipv4: backendsOf(service, all, 'IPv4', node), ipv6: backendsOf(service, all, 'IPv6', node) },
    proxied: annotations[proxyAnnotation] === 'true' || proxyLabels.some((label) => label in labels),
  };
}

/** What selectors of services look at. */
export function serviceLabels({ metadata: { name, namespace, labels } }: Service): Labels {
  return { ...labels, 'io.kubernetes.service.name': name, 'io.kubernetes.service.namespace': namespace };
}

/** What one advertisement makes of one service. */
export function serviceAnnouncements(
  { advertisement, attributes }: AppliedAdvertisement<ServiceAdvertisement>,
  service: ServiceView,
  ip: IP,
  { services }: NodeFacts,
): readonly Announcement[] {
  const { selector, service: wanted } = advertisement;
  if (selector === undefined || !services.ready || !matchesLabels(selector, service.labels)) return [];
  const length = ip === 'ipv4' ? wanted.aggregationLengthIPv4 : wanted.aggregationLengthIPv6;
  return serviceAddressTypes
    .filter((type) => wanted.addresses.includes(type) && isRoutable(service, type, ip, services))
    .flatMap((type): readonly Announcement[] => {
      const addresses = service.addresses[type].filter(isOf(ip));
      if (addresses.length === 0) return [];
      // One node of many must not draw the traffic of a whole aggregate when only some have endpoints.
      const aggregated = service.policies[type] === 'Cluster' ? length : undefined;
      const base = flat('Service-', service.name, '-', service.namespace, '-', type, '-', ip);
      return [
        {
          statement: aggregated === undefined ? base : `${base}-agg-${aggregated}`,
          priority: aggregated === undefined ? priorities.service : priorities.aggregate,
          prefixes: distinct(addresses.map((address) => prefixOf(address, aggregated))),
          attributes: type === 'LoadBalancerIP' && services.legacyOrigin ? withLegacyOrigin(attributes) : attributes,
          owner: service.owner,
        },
      ];
    });
}

function isRoutable(
  { policies, backends, proxied }: ServiceView,
  type: ServiceAddressType,
  ip: IP,
  { announceWithoutEndpoints }: NodeFacts['services'],
): boolean {
  if (proxied && type !== 'ClusterIP') return true;
  const { any, local } = backends[ip];
  return policies[type] === 'Local' ? local : any || announceWithoutEndpoints;
}

function addressesOf(service: Service): Record<ServiceAddressType, readonly Address[]> {
  const { spec, status } = service;
  const { type } = serviceWithDefaults(service);
  const isOurs = spec.loadBalancerClass === undefined || spec.loadBalancerClass === loadBalancerClass;
  const ingress = type === 'LoadBalancer' && isOurs ? (status?.loadBalancer?.ingress ?? []) : [];
  const clusterIPs = spec.clusterIPs ?? (spec.clusterIP === undefined ? [] : [spec.clusterIP]);
  return {
    LoadBalancerIP: parsed(ingress.flatMap(({ ip }) => ip ?? [])),
    ExternalIP: parsed(spec.externalIPs ?? []),
    // A headless service says None, which is no address.
    ClusterIP: parsed(clusterIPs),
  };
}

function parsed(texts: readonly string[]): readonly Address[] {
  return texts.flatMap((text) => addressOf(text) ?? []);
}

function backendsOf(
  { spec: { ports = [] } }: Service,
  slices: readonly EndpointSlice[],
  type: 'IPv4' | 'IPv6',
  node: string,
): Backends {
  const active = slices
    .filter((slice) => slice.addressType === type && serves(slice, new Set(ports.map(({ name = '' }) => name))))
    .flatMap(({ endpoints }) => endpoints)
    .filter((endpoint) => {
      const { ready, terminating } = endpointConditions(endpoint);
      return ready && !terminating;
    });
  return { any: active.length > 0, local: active.some(({ nodeName }) => nodeName === node) };
}

/** Whether a slice has one of the service's ports; ports are paired by name. */
function serves({ ports = [] }: EndpointSlice, names: ReadonlySet<string>): boolean {
  return ports.length === 0 || names.size === 0 || ports.some(({ name = '' }) => names.has(name));
}

function prefixOf(address: Address, length: number | undefined): Prefix {
  return length === undefined ? Prefix.host(address) : Prefix.around(address, length);
}

function distinct(prefixes: readonly Prefix[]): readonly Prefix[] {
  return [...new Map(prefixes.map((prefix) => [prefix.toString(), prefix])).values()].toSorted((a, b) => a.compare(b));
}

const withLegacyOrigin = memoised(
  (attributes: RouteAttributes): RouteAttributes => ({
    ...attributes,
    path: { origin: 'incomplete', ...attributes.path },
  }),
);
