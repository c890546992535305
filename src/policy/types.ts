import type { Address } from '../ip/address.ts';
import type { Prefix } from '../ip/prefix.ts';
import type { Family } from '../wire/family.ts';

// The names are those of Cilium's internal Router interface.

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
