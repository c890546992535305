import type { Address } from '../ip/address.ts';
import type { Family } from './family.ts';

/**
 * NLRI of one family, in wire form and already checked: for the families that are prefixes every length is in range and
 * every byte is there, so that a table can walk `bytes` with no further test and no object per prefix.
 */
export interface Nlri {
  readonly family: Family;
  /** Each prefix is preceded by a four-octet path identifier (RFC 7911). */
  readonly addPath: boolean;
  readonly bytes: Uint8Array;
}

export interface Update {
  readonly type: 'update';
  /** IPv4 unicast, from the WITHDRAWN ROUTES field; absent when the field is empty. */
  readonly withdrawn?: Nlri;
  /** IPv4 unicast, from the NLRI field; absent when the field is empty. Its next hop is `attributes.nextHop`. */
  readonly nlri?: Nlri;
  readonly reach?: Reach;
  readonly unreach?: Nlri;
  readonly attributes: Attributes;
  /** Next hop and attributes as a set: see `attribute-set.ts`. Only where that is known without encoding them, of an UPDATE without faults. */
  readonly encoded?: Uint8Array;
  /** What was wrong, in wire order (RFC 7606); empty when nothing was. The most severe one decides: see `severityOf`. */
  readonly faults: readonly Fault[];
}

export interface Reach {
  readonly nextHop: NextHop;
  readonly nlri: Nlri;
}

/** The next hop of MP_REACH_NLRI: one address, or a global and a link-local one (RFC 2545, 3). Families we do not know: bytes. */
export type NextHop =
  | { readonly kind: 'single'; readonly address: Address }
  | { readonly kind: 'global-and-link-local'; readonly global: Address; readonly linkLocal: Address }
  | { readonly kind: 'opaque'; readonly bytes: Uint8Array };

export type FaultAction = 'attribute-discard' | 'treat-as-withdraw' | 'session-reset';

export interface Fault {
  readonly action: FaultAction;
  /** The attribute's type code; 0 for a fault of the message itself. */
  readonly attribute: number;
  /** The UPDATE subcode that a reset would carry (RFC 4271, 6.3). */
  readonly subcode: number;
  readonly message: string;
  /** The data field of the NOTIFICATION, when the action is a reset. */
  readonly data: Uint8Array;
}

export type Origin = 'igp' | 'egp' | 'incomplete';

export interface AsSegment {
  readonly type: 'set' | 'sequence' | 'confed-sequence' | 'confed-set';
  readonly asns: readonly number[];
}

export interface Aggregator {
  readonly asn: number;
  /** IPv4. */
  readonly address: Address;
}

/** Every path attribute but MP_REACH_NLRI and MP_UNREACH_NLRI. What is absent was not sent (or was discarded). */
export interface Attributes {
  readonly origin?: Origin;
  /** AS4_PATH is already merged in (RFC 6793, 4.2.3). */
  readonly asPath?: readonly AsSegment[];
  /** IPv4, of the NLRI field. */
  readonly nextHop?: Address;
  readonly med?: number;
  readonly localPref?: number;
  readonly atomicAggregate?: true;
  /** AS4_AGGREGATOR is already merged in. */
  readonly aggregator?: Aggregator;
  /** Unsigned 32-bit integers, in the order received. */
  readonly communities?: readonly number[];
  readonly originatorId?: number;
  readonly clusterList?: readonly number[];
  /** Eight bytes each. */
  readonly extendedCommunities?: readonly Uint8Array[];
  /** Twenty bytes each (RFC 5701). */
  readonly ipv6ExtendedCommunities?: readonly Uint8Array[];
  readonly largeCommunities?: readonly (readonly [number, number, number])[];
  /** RFC 7311: the metric of the AIGP TLV. */
  readonly aigp?: bigint;
  /** RFC 9234: Only to Customer. */
  readonly onlyToCustomer?: number;
  /** RFC 6514. */
  readonly pmsiTunnel?: PmsiTunnel;
  /** Codes of attributes above that came with the partial bit, in wire order: it is never cleared again (RFC 4271, 5). */
  readonly partial?: readonly number[];
  /** In wire order. What becomes of one that is passed on: see `passOn`. */
  readonly unknown?: readonly UnknownAttribute[];
}

export interface PmsiTunnel {
  readonly flags: number;
  readonly type: number;
  /** 24 bits as on the wire. */
  readonly label: number;
  readonly identifier: Uint8Array;
}

export interface UnknownAttribute {
  /** The flag octet without the extended-length bit. */
  readonly flags: number;
  readonly code: number;
  readonly value: Uint8Array;
}
