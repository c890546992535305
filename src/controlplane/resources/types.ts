import type { SecretText } from '../../session/secret-text.ts';

// The resources of Cilium's BGP control plane, and those of Kubernetes that it reads. Names are those of their JSON.
// A field is optional where absent and empty or zero mean different things, or where absent means the default;
// `with-defaults.ts` fills defaults in. Kinds that have several versions are kept as their storage version.

/** The part of an object's metadata that is looked at. */
export interface Metadata {
  /** A DNS subdomain. */
  readonly name: string;
  /** Namespaced kinds only, and always there on them. */
  readonly namespace?: string;
  readonly labels?: Labels;
  readonly annotations?: Readonly<Record<string, string>>;
  /** RFC 3339; only of what comes from a cluster. */
  readonly creationTimestamp?: string;
}

/** Metadata of a kind that lives in a namespace; `default` where the manifest names none. */
export interface NamespacedMetadata extends Metadata {
  readonly namespace: string;
}

export type Labels = Readonly<Record<string, string>>;

/** All requirements must hold; an empty selector selects everything. What an absent one does is said where it is used. */
export interface LabelSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly LabelRequirement[];
}

export type LabelRequirement =
  | { readonly key: string; readonly operator: 'In' | 'NotIn'; readonly values: readonly string[] }
  | { readonly key: string; readonly operator: 'Exists' | 'DoesNotExist'; readonly values?: readonly [] };

/** metav1.Condition. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  /** RFC 3339. */
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}

export interface ConditionStatus {
  readonly conditions?: readonly Condition[];
}

// CiliumBGPClusterConfig: which nodes run which instances, with which peers.

export interface CiliumBGPClusterConfig {
  readonly apiVersion: 'cilium.io/v2';
  readonly kind: 'CiliumBGPClusterConfig';
  readonly metadata: Metadata;
  readonly spec: {
    /** Matched on the CiliumNode's labels. Absent or empty: all nodes. */
    readonly nodeSelector?: LabelSelector;
    /** 1 to 16. */
    readonly bgpInstances: readonly BGPInstance[];
  };
  readonly status?: ConditionStatus;
}

export interface BGPInstance {
  readonly name: string;
  /** 1 to 4294967295. Absent: an override must give it. */
  readonly localASN?: number;
  /** Absent: the instance does not listen. */
  readonly localPort?: number;
  readonly peers?: readonly BGPPeer[];
}

export interface BGPPeer {
  readonly name: string;
  /** An address, a link-local one with its zone; never a prefix. */
  readonly peerAddress?: string;
  /** The interface of a link-local peerAddress. */
  readonly peerInterface?: string;
  /** 0 and absent: whatever the peer's OPEN says. */
  readonly peerASN?: number;
  /** Not looked at when there is a peerAddress. */
  readonly autoDiscovery?: AutoDiscovery;
  /** Absent: default transport, timers and families, and nothing is advertised. */
  readonly peerConfigRef?: PeerConfigRef;
}

/** What discovers a peer's address. */
export type AutoDiscovery =
  | { readonly mode: 'DefaultGateway'; readonly defaultGateway: DefaultGateway }
  /** The one router on an interface, or on that of the default route. */
  | { readonly mode: 'Unnumbered'; readonly unnumbered: { readonly interface: string } }
  | { readonly mode: 'Unnumbered'; readonly defaultGateway: DefaultGateway };

export interface DefaultGateway {
  readonly addressFamily: 'ipv4' | 'ipv6';
}

export interface PeerConfigRef {
  /** Of a CiliumBGPPeerConfig. */
  readonly name: string;
}

// CiliumBGPPeerConfig: how to talk to a peer, and what to advertise to it.

export interface CiliumBGPPeerConfig {
  readonly apiVersion: 'cilium.io/v2';
  readonly kind: 'CiliumBGPPeerConfig';
  readonly metadata: Metadata;
  readonly spec: PeerConfigSpec;
  readonly status?: ConditionStatus;
}

export interface PeerConfigSpec {
  readonly transport?: {
    /** Default: 179. */
    readonly peerPort?: number;
    /** The interface whose address is the source of the session. */
    readonly sourceInterface?: string;
  };
  readonly timers?: {
    /** Default: 120. */
    readonly connectRetryTimeSeconds?: number;
    /** Default: 90. */
    readonly holdTimeSeconds?: number;
    /** Default: 30. */
    readonly keepAliveTimeSeconds?: number;
  };
  /** A Secret in the secrets' namespace whose key `password` is for TCP MD5 (RFC 2385). */
  readonly authSecretRef?: string;
  readonly gracefulRestart?: {
    readonly enabled: boolean;
    /** Default: 120. */
    readonly restartTimeSeconds?: number;
  };
  /** With a neighbor on the link. */
  readonly bfd?: BfdSpec;
  /** The TTL towards an external peer. Default: 1, which is none. */
  readonly ebgpMultihop?: number;
  /** Not in Cilium: what the peer is told where an advertisement has no next hop of its own. Default: auto. */
  readonly nextHop?: string;
  /** Default: ipv6/unicast and ipv4/unicast, both with no advertisements. */
  readonly families?: readonly BGPFamilyWithAdverts[];
}

export interface BfdSpec {
  readonly enabled: boolean;
  /** 1 to 60000. Default: 300. */
  readonly transmitIntervalMilliseconds?: number;
  /** 1 to 60000. Default: 300. */
  readonly receiveIntervalMilliseconds?: number;
  /** 1 to 255. Default: 3. */
  readonly detectionMultiplier?: number;
  /** The session waits for it. Default: false. */
  readonly strict?: boolean;
}

export const afis = ['ipv4', 'ipv6', 'l2vpn', 'ls', 'opaque'] as const;
export type Afi = (typeof afis)[number];

export const safis = [
  'unicast',
  'multicast',
  'mpls_label',
  'encapsulation',
  'vpls',
  'evpn',
  'ls',
  'sr_policy',
  'mup',
  'mpls_vpn',
  'mpls_vpn_multicast',
  'route_target_constraints',
  'flowspec_unicast',
  'flowspec_vpn',
  'key_value',
] as const;
export type Safi = (typeof safis)[number];

export interface BGPFamily {
  readonly afi: Afi;
  readonly safi: Safi;
}

export interface BGPFamilyWithAdverts extends BGPFamily {
  /** Selects CiliumBGPAdvertisements by their labels. Absent: none; empty: all. */
  readonly advertisements?: LabelSelector;
  /** Not in Cilium: routes of the family may have several paths (RFC 7911). Default: no. */
  readonly addPaths?: 'send' | 'receive' | 'both';
}

// CiliumBGPAdvertisement: what to advertise, and with which attributes. Chosen by its own labels.

export interface CiliumBGPAdvertisement {
  readonly apiVersion: 'cilium.io/v2';
  readonly kind: 'CiliumBGPAdvertisement';
  readonly metadata: Metadata;
  readonly spec: { readonly advertisements: readonly BGPAdvertisement[] };
}

export type BGPAdvertisement =
  | PodCIDRAdvertisement
  | PodIPPoolAdvertisement
  | ServiceAdvertisement
  | InterfaceAdvertisement
  | PrefixesAdvertisement;

interface AdvertisementBase {
  readonly attributes?: BGPAttributes;
}

/** The node's pod prefixes: `spec.ipam.podCIDRs` of its CiliumNode. */
export interface PodCIDRAdvertisement extends AdvertisementBase {
  readonly advertisementType: 'PodCIDR';
}

/** What the node holds of pod pools. */
export interface PodIPPoolAdvertisement extends AdvertisementBase {
  readonly advertisementType: 'CiliumPodIPPool';
  /** On pools. Absent: none; empty: all. */
  readonly selector?: LabelSelector;
}

export const serviceAddressTypes = ['LoadBalancerIP', 'ClusterIP', 'ExternalIP'] as const;
export type ServiceAddressType = (typeof serviceAddressTypes)[number];

export interface ServiceAdvertisement extends AdvertisementBase {
  readonly advertisementType: 'Service';
  /** On services. Absent: none; empty: all. */
  readonly selector?: LabelSelector;
  readonly service: {
    /** At least one. */
    readonly addresses: readonly ServiceAddressType[];
    /** 0 to 31. */
    readonly aggregationLengthIPv4?: number;
    /** 0 to 127. */
    readonly aggregationLengthIPv6?: number;
  };
}

/** The addresses of an interface of the node. */
export interface InterfaceAdvertisement extends AdvertisementBase {
  readonly advertisementType: 'Interface';
  /** Allowed by the schema, without meaning. */
  readonly selector?: LabelSelector;
  readonly interface: { readonly name: string };
}

/** Herald's own: prefixes as given. */
export interface PrefixesAdvertisement extends AdvertisementBase {
  readonly advertisementType: 'Prefixes';
  /** At least one, each in canonical text. */
  readonly prefixes: readonly string[];
  /** `self`, an address, or `global,link-local`. Absent: each session's own address. */
  readonly nextHop?: string;
}

export interface BGPAttributes {
  readonly communities?: {
    /** Each `A:B` or a decimal number. */
    readonly standard?: readonly string[];
    /** Names of `wellKnownCommunities`. */
    readonly wellKnown?: readonly string[];
    /** Each `A:B:C`. */
    readonly large?: readonly string[];
  };
  /** Sent to internal peers alone. */
  readonly localPreference?: number;
  /** Herald's own, as what follows. */
  readonly med?: number;
  /** AS numbers that the path starts with, before our own is put in front. */
  readonly asPathPrepend?: readonly number[];
  /** In the text forms of `parseExtendedCommunity`. */
  readonly extendedCommunities?: readonly string[];
  /** Default: `igp`. */
  readonly origin?: 'igp' | 'egp' | 'incomplete';
}

// CiliumBGPNodeConfig: what follows for one node. The control plane makes it; nobody applies it.

export interface CiliumBGPNodeConfig {
  readonly apiVersion: 'cilium.io/v2';
  readonly kind: 'CiliumBGPNodeConfig';
  /** The name is the node's. */
  readonly metadata: Metadata;
  readonly spec: { readonly bgpInstances: readonly BGPNodeInstance[] };
  readonly status?: BGPNodeStatus;
}

export interface BGPNodeInstance {
  readonly name: string;
  readonly localASN?: number;
  /** IPv4 text. */
  readonly routerID?: string;
  /** Absent: the instance does not listen. */
  readonly localPort?: number;
  readonly peers?: readonly BGPNodePeer[];
}

export interface BGPNodePeer extends BGPPeer {
  readonly localAddress?: string;
}

export interface BGPNodeStatus extends ConditionStatus {
  readonly bgpInstances?: readonly BGPNodeInstanceStatus[];
}

export interface BGPNodeInstanceStatus {
  readonly name: string;
  readonly localASN?: number;
  readonly peers?: readonly BGPNodePeerStatus[];
}

export interface BGPNodePeerStatus {
  readonly name: string;
  readonly peerAddress: string;
  readonly peerASN?: number;
  /** Cilium's names: idle, connect, active, open_sent, open_confirm, established. */
  readonly peeringState?: string;
  readonly timers?: { readonly appliedHoldTimeSeconds?: number; readonly appliedKeepaliveSeconds?: number };
  /** RFC 3339, UTC. */
  readonly establishedTime?: string;
  readonly routeCount?: readonly (BGPFamily & { readonly received?: number; readonly advertised?: number })[];
}

// CiliumBGPNodeConfigOverride: what one node has differently. The name is the node's.

export interface CiliumBGPNodeConfigOverride {
  readonly apiVersion: 'cilium.io/v2';
  readonly kind: 'CiliumBGPNodeConfigOverride';
  readonly metadata: Metadata;
  readonly spec: { readonly bgpInstances: readonly BGPInstanceOverride[] };
}

export interface BGPInstanceOverride {
  /** Of the instance that it changes. */
  readonly name: string;
  readonly routerID?: string;
  readonly localPort?: number;
  readonly localASN?: number;
  readonly peers?: readonly BGPPeerOverride[];
}

export interface BGPPeerOverride {
  /** Of the peer that it changes. */
  readonly name: string;
  /** The source address of the session. */
  readonly localAddress?: string;
  /** The source port of the session. */
  readonly localPort?: number;
}

// Pools.

export interface CiliumLoadBalancerIPPool {
  readonly apiVersion: 'cilium.io/v2';
  readonly kind: 'CiliumLoadBalancerIPPool';
  readonly metadata: Metadata;
  readonly spec: {
    /** Absent or empty: all services. */
    readonly serviceSelector?: LabelSelector;
    /** Default: Yes. Without meaning for /31, /32, /127 and /128. */
    readonly allowFirstLastIPs?: 'Yes' | 'No';
    readonly blocks?: readonly LoadBalancerIPBlock[];
    /** True: no new allocations, those there are stay. */
    readonly disabled?: boolean;
  };
  readonly status?: ConditionStatus;
}

/** A prefix, or a range: `stop` absent is one address; `start` is at most `stop`, both of one family. */
export type LoadBalancerIPBlock =
  | { readonly cidr: string; readonly start?: undefined; readonly stop?: undefined }
  | { readonly start: string; readonly stop?: string; readonly cidr?: undefined };

export interface CiliumPodIPPool {
  readonly apiVersion: 'cilium.io/v2alpha1';
  readonly kind: 'CiliumPodIPPool';
  readonly metadata: Metadata;
  readonly spec: {
    readonly ipv4?: PodPoolRange;
    readonly ipv6?: PodPoolRange;
    /** Default: false. Without meaning for /31, /32, /127 and /128. */
    readonly allowFirstIP?: boolean;
    readonly allowLastIP?: boolean;
    readonly podSelector?: LabelSelector;
    readonly namespaceSelector?: LabelSelector;
  };
}

export interface PodPoolRange {
  /** At least one; each as long as `maskSize` or shorter. */
  readonly cidrs: readonly string[];
  /** Of what one node is given: 1 to 32 or 128. */
  readonly maskSize: number;
}

// CiliumNode: a node and what it was given.

export interface CiliumNode {
  readonly apiVersion: 'cilium.io/v2';
  readonly kind: 'CiliumNode';
  readonly metadata: Metadata;
  readonly spec: {
    readonly addresses?: readonly NodeAddress[];
    readonly ipam?: {
      readonly podCIDRs?: readonly string[];
      readonly pools?: {
        readonly allocated?: readonly AllocatedPool[];
        readonly requested?: readonly RequestedPool[];
      };
    };
  };
}

export interface NodeAddress {
  /** InternalIP, ExternalIP, CiliumInternalIP, Hostname... */
  readonly type?: string;
  readonly ip?: string;
}

export interface AllocatedPool {
  readonly pool: string;
  readonly cidrs?: readonly string[];
  readonly allowFirstIP?: boolean;
  readonly allowLastIP?: boolean;
}

export interface RequestedPool {
  readonly pool: string;
  readonly needed?: { readonly 'ipv4-addrs'?: number; readonly 'ipv6-addrs'?: number };
}

// Kubernetes' own kinds: the fields that matter here; all others are dropped.

export type IPFamily = 'IPv4' | 'IPv6';
export type TrafficPolicy = 'Cluster' | 'Local';
export type Protocol = 'TCP' | 'UDP' | 'SCTP';

export interface Service {
  readonly apiVersion: 'v1';
  readonly kind: 'Service';
  readonly metadata: NamespacedMetadata;
  readonly spec: {
    /** Default: ClusterIP. */
    readonly type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
    /** An address, empty, or `None` for a headless service. */
    readonly clusterIP?: string;
    readonly clusterIPs?: readonly string[];
    readonly externalIPs?: readonly string[];
    readonly loadBalancerClass?: string;
    readonly loadBalancerIP?: string;
    /** Default: Cluster. */
    readonly externalTrafficPolicy?: TrafficPolicy;
    /** Default: Cluster. */
    readonly internalTrafficPolicy?: TrafficPolicy;
    readonly ipFamilies?: readonly IPFamily[];
    readonly ipFamilyPolicy?: 'SingleStack' | 'PreferDualStack' | 'RequireDualStack';
    readonly publishNotReadyAddresses?: boolean;
    readonly healthCheckNodePort?: number;
    readonly ports?: readonly ServicePort[];
    readonly selector?: Labels;
  };
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly LoadBalancerIngress[] };
    readonly conditions?: readonly Condition[];
  };
}

export interface ServicePort {
  readonly name?: string;
  /** Default: TCP. */
  readonly protocol?: Protocol;
  readonly port: number;
  readonly targetPort?: number | string;
  readonly nodePort?: number;
}

export interface LoadBalancerIngress {
  readonly ip?: string;
  readonly hostname?: string;
  readonly ipMode?: 'VIP' | 'Proxy';
}

/** The label of an EndpointSlice that names its Service. */
export const serviceNameLabel = 'kubernetes.io/service-name';

export interface EndpointSlice {
  readonly apiVersion: 'discovery.k8s.io/v1';
  readonly kind: 'EndpointSlice';
  /** Its Service is the label `serviceNameLabel`, in the same namespace. */
  readonly metadata: NamespacedMetadata;
  readonly addressType: 'IPv4' | 'IPv6' | 'FQDN';
  readonly endpoints: readonly Endpoint[];
  readonly ports?: readonly EndpointPort[];
}

export interface Endpoint {
  /** At least one. */
  readonly addresses: readonly string[];
  readonly conditions?: {
    /** Absent: true. */
    readonly ready?: boolean;
    /** Absent: as ready. */
    readonly serving?: boolean;
    /** Absent: false. */
    readonly terminating?: boolean;
  };
  readonly nodeName?: string;
  readonly hostname?: string;
  readonly zone?: string;
}

export interface EndpointPort {
  readonly name?: string;
  readonly protocol?: Protocol;
  readonly port?: number;
}

/** Write-only: its values never leave the process, and print as `[redacted]`. */
export interface Secret {
  readonly apiVersion: 'v1';
  readonly kind: 'Secret';
  readonly metadata: NamespacedMetadata;
  readonly type?: string;
  /** `data` decoded, with `stringData` over it. */
  readonly data: Readonly<Record<string, SecretText>>;
}

// CiliumBGPPeeringPolicy: what was before all of the above. `legacy.ts` turns it into them.

export interface CiliumBGPPeeringPolicy {
  readonly apiVersion: 'cilium.io/v2alpha1';
  readonly kind: 'CiliumBGPPeeringPolicy';
  readonly metadata: Metadata;
  readonly spec: {
    /** Absent or empty: all nodes. */
    readonly nodeSelector?: LabelSelector;
    /** At least one, each with another localASN. */
    readonly virtualRouters: readonly VirtualRouter[];
  };
}

export interface VirtualRouter {
  readonly localASN: number;
  /** Default: false. */
  readonly exportPodCIDR?: boolean;
  /** Absent: none. */
  readonly podIPPoolSelector?: LabelSelector;
  /** Absent: none. */
  readonly serviceSelector?: LabelSelector;
  /** Default: LoadBalancerIP. */
  readonly serviceAdvertisements?: readonly ServiceAddressType[];
  /** At least one. */
  readonly neighbors: readonly LegacyNeighbor[];
}

export interface LegacyNeighbor {
  /** A prefix of one address: /32 or /128. */
  readonly peerAddress: string;
  readonly peerPort?: number;
  readonly peerASN: number;
  readonly authSecretRef?: string;
  readonly eBGPMultihopTTL?: number;
  readonly connectRetryTimeSeconds?: number;
  readonly holdTimeSeconds?: number;
  readonly keepAliveTimeSeconds?: number;
  readonly gracefulRestart?: { readonly enabled: boolean; readonly restartTimeSeconds?: number };
  readonly families?: readonly BGPFamily[];
  readonly advertisedPathAttributes?: readonly LegacyPathAttributes[];
}

export interface LegacyPathAttributes {
  readonly selectorType: 'PodCIDR' | 'CiliumLoadBalancerIPPool' | 'CiliumPodIPPool';
  /** Absent: all. */
  readonly selector?: LabelSelector;
  readonly communities?: NonNullable<BGPAttributes['communities']>;
  readonly localPreference?: number;
}

/** What can be applied. */
export type Resource =
  | CiliumBGPClusterConfig
  | CiliumBGPPeerConfig
  | CiliumBGPAdvertisement
  | CiliumBGPNodeConfigOverride
  | CiliumLoadBalancerIPPool
  | CiliumPodIPPool
  | CiliumNode
  | Service
  | EndpointSlice
  | Secret
  | CiliumBGPPeeringPolicy;

export type Kind = Resource['kind'];
export type ResourceOf<K extends Kind> = Extract<Resource, { readonly kind: K }>;

/** Names one resource; `keyOf` and `keyText` are in `key.ts`. */
export interface ResourceKey {
  readonly kind: Kind | CiliumBGPNodeConfig['kind'];
  /** There exactly on the kinds that live in a namespace. */
  readonly namespace?: string;
  readonly name: string;
}
