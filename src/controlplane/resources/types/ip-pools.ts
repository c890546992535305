import type { ConditionStatus, LabelSelector, Metadata } from './metadata.ts';

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
