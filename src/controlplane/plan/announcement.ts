import type { Address } from '../../ip/address.ts';
import type { Prefix } from '../../ip/prefix.ts';
import type { Family } from '../../wire/family.ts';
import type { NextHop } from '../../wire/update.ts';
import type { BGPAdvertisement } from '../resources/types.ts';
import type { RouteAttributes } from './attributes.ts';

/** Prefixes of one family that one advertisement gives to those it is for. */
export interface Announcement {
  /** The export policy's statement, its family included: what several announcements of one statement say of a prefix is merged. */
  readonly statement: string;
  /** Statements are in the order of it, the lowest first, then by name. */
  readonly priority: number;
  readonly prefixes: readonly Prefix[];
  readonly attributes: RouteAttributes;
  readonly nextHop?: NextHop;
  /** The resource for whose sake it is, as text. */
  readonly owner: string;
}

/** Cilium's, and ours for prefixes, which it does not have. */
export const priorities = {
  interface: 20,
  podCIDR: 30,
  service: 40,
  aggregate: 41,
  podIPPool: 50,
  prefixes: 60,
} as const;

/** Peers of one instance with the same advertisements. */
export interface Audience {
  readonly instance: string;
  /** Unique in the instance. */
  readonly name: string;
  /** Only those that are run have an address. */
  readonly peers: readonly { readonly name: string; readonly address?: Address }[];
  readonly families: readonly AudienceFamily[];
}

export interface AudienceFamily {
  readonly family: Family;
  readonly ip: IP;
  readonly advertisements: readonly AppliedAdvertisement[];
}

/** As Cilium's names of statements have it. */
export type IP = 'ipv4' | 'ipv6';

/** One entry of a CiliumBGPAdvertisement. */
export interface AppliedAdvertisement<A extends BGPAdvertisement = BGPAdvertisement> {
  /** Its resource, as text. */
  readonly source: string;
  readonly advertisement: A;
  readonly attributes: RouteAttributes;
}

export function isOf(ip: IP): (what: Address | Prefix) => boolean {
  return ({ isIPv4 }) => isIPv4 === (ip === 'ipv4');
}
