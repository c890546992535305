import type { Metadata } from './metadata.ts';

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
