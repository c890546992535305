import type { Address } from '../ip/address.ts';
import type { Prefix } from '../ip/prefix.ts';
import type { DownReason, Negotiated, SessionCounters, SessionState } from '../session/types.ts';
import type { Capability } from '../wire/capability.ts';
import type { Family } from '../wire/family.ts';
import type { Attributes, NextHop, Nlri } from '../wire/update.ts';

// The names are those of Cilium's internal Router interface.

export interface BgpGlobal {
  readonly asn: number;
  /** IPv4 text. */
  readonly routerId: string;
  /** -1: no listener. */
  readonly listenPort: number;
  /** Absent: one listener on 0.0.0.0 and one, IPv6 only, on ::. */
  readonly listenAddresses?: readonly Address[];
}

/** One configured peer. Times are in seconds. What is absent takes Cilium's default. */
export interface Neighbor {
  readonly name: string;
  readonly address: Address;
  /** 0: whatever its OPEN says. */
  readonly asn: number;
  readonly timers: {
    readonly connectRetry: number;
    readonly holdTime: number;
    readonly keepaliveInterval: number;
    readonly delayOpen: number;
  };
  readonly transport: {
    readonly localAddress?: Address;
    readonly localPort?: number;
    readonly remotePort: number;
    readonly passive: boolean;
  };
  readonly families: readonly Family[];
  /** What happens to a path that no export policy statement decides: `accept` for a peer added by hand, `reject` in Cilium's control plane. */
  readonly defaultExportAction: 'accept' | 'reject';
  readonly defaultImportAction: 'accept' | 'reject';
}

/** A path to originate. The next hop of `attributes` is not looked at. */
export interface PathSpec {
  readonly family: Family;
  readonly nlri: Nlri;
  readonly attributes: Attributes;
  /** Absent: each session's own local address (Cilium's placeholder `::`). */
  readonly nextHop?: NextHop;
}

export type TableType = 'loc-rib' | 'adj-rib-in' | 'adj-rib-out';

export interface Route {
  readonly prefix: Prefix;
  readonly paths: readonly Path[];
}

export interface Path {
  readonly family: Family;
  readonly pathId: number;
  readonly attributes: Attributes;
  /** The placeholder `::` or `0.0.0.0` in the Loc-RIB when each session puts in its own. */
  readonly nextHop: NextHop;
  readonly best: boolean;
  readonly createdAt: Date;
  /** 16 bytes; only of a path that we originate. */
  readonly uuid?: Uint8Array;
  /** The peer it came from; 0 for ours. */
  readonly sourceAsn: number;
}

export interface GetRoutesRequest {
  readonly table: TableType;
  readonly family: Family;
  /** Needed for adj-rib-in and adj-rib-out. */
  readonly neighbor?: Address;
}

export interface PeerFamilyState {
  readonly family: Family;
  readonly received: number;
  readonly accepted: number;
  /** Routes dropped because our own AS is in the path (RFC 4271, 9). */
  readonly looped: number;
  readonly advertised: number;
}

export interface PeerState {
  readonly neighbor: Neighbor;
  readonly sessionState: SessionState;
  /** Present while established. */
  readonly negotiated?: Negotiated;
  readonly establishedAt?: Date;
  readonly families: readonly PeerFamilyState[];
  readonly localCapabilities: readonly Capability[];
  readonly remoteCapabilities: readonly Capability[];
  readonly counters: SessionCounters;
  readonly lastDown?: { readonly reason: DownReason; readonly at: Date };
}

export type RouteAction = 'none' | 'accept' | 'reject';
export type MatchType = 'any' | 'all' | 'invert';

export interface RoutePolicy {
  readonly name: string;
  readonly type: 'export' | 'import';
  readonly statements: readonly RoutePolicyStatement[];
}

export interface RoutePolicyStatement {
  /** Unique in the policy. */
  readonly name: string;
  /** All must match. */
  readonly conditions: RoutePolicyConditions;
  readonly actions: RoutePolicyActions;
}

export interface RoutePolicyConditions {
  readonly matchNeighbors?: { readonly type: MatchType; readonly neighbors: readonly Address[] };
  readonly matchPrefixes?: { readonly type: MatchType; readonly prefixes: readonly PrefixMatch[] };
  /** Empty: every family. */
  readonly matchFamilies: readonly Family[];
}

export interface PrefixMatch {
  readonly cidr: Prefix;
  readonly lengthMin: number;
  readonly lengthMax: number;
}

export interface RoutePolicyActions {
  readonly routeAction: RouteAction;
  /** Unsigned 32-bit. */
  readonly addCommunities: readonly number[];
  readonly addLargeCommunities: readonly (readonly [number, number, number])[];
  readonly setLocalPreference?: number;
  readonly nextHop?: 'self' | 'unchanged';
}

/** One error class for what a caller asks wrongly; `code` is stable. */
export type SpeakerErrorCode =
  | 'invalid-argument'
  | 'not-found'
  | 'already-exists'
  | 'failed-precondition'
  | 'resource-exhausted';

export type PeerEvent =
  | { readonly type: 'added' | 'removed' | 'state-changed'; readonly at: Date; readonly peer: PeerState }
  | { readonly type: 'down'; readonly at: Date; readonly peer: PeerState; readonly reason: DownReason };

export interface RouteEvent {
  readonly type: 'announced' | 'withdrawn';
  readonly table: 'loc-rib' | 'adj-rib-in';
  readonly at: Date;
  /** Absent for the Loc-RIB. */
  readonly neighbor?: Address;
  readonly route: Route;
}
