import type { BGPAttributes, ServiceAddressType } from './advertisement.ts';
import type { LabelSelector, Metadata } from './metadata.ts';
import type { BGPFamily } from './peer-config.ts';

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
