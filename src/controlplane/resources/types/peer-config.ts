import type { ConditionStatus, LabelSelector, Metadata } from './metadata.ts';

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
