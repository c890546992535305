import type { ConditionStatus, LabelSelector, Metadata } from './metadata.ts';

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
