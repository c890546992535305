import type { BGPPeer } from './cluster-config.ts';
import type { ConditionStatus, Metadata } from './metadata.ts';
import type { BGPFamily } from './peer-config.ts';

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
