import type { CiliumBGPAdvertisement } from './types/advertisement.ts';
import type { CiliumBGPClusterConfig } from './types/cluster-config.ts';
import type { EndpointSlice, Secret, Service } from './types/core.ts';
import type { CiliumLoadBalancerIPPool, CiliumPodIPPool } from './types/ip-pools.ts';
import type { CiliumNode } from './types/node.ts';
import type { CiliumBGPNodeConfig, CiliumBGPNodeConfigOverride } from './types/node-config.ts';
import type { CiliumBGPPeerConfig } from './types/peer-config.ts';
import type { CiliumBGPPeeringPolicy } from './types/peering-policy.ts';

// The resources of Cilium's BGP control plane, and those of Kubernetes that it reads. Names are those of their JSON.
// A field is optional where absent and empty or zero mean different things, or where absent means the default;
// `with-defaults.ts` fills defaults in. Kinds that have several versions are kept as their storage version.

export * from './types/advertisement.ts';
export type * from './types/cluster-config.ts';
export * from './types/core.ts';
export type * from './types/ip-pools.ts';
export type * from './types/metadata.ts';
export type * from './types/node.ts';
export type * from './types/node-config.ts';
export * from './types/peer-config.ts';
export type * from './types/peering-policy.ts';

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
