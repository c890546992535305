import type { LabelSelector, Metadata } from './metadata.ts';

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
