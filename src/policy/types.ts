import type { Address } from '../ip/address.ts';
import type { Prefix } from '../ip/prefix.ts';
import type { Family } from '../wire/family.ts';
import type { SortedMap } from './sorted-map.ts';

// The names are those of Cilium's internal Router interface.

export type RouteAction = 'none' | 'accept' | 'reject';
export type MatchType = 'any' | 'all' | 'invert';

export type RoutePolicy = {
  readonly name: string;
  readonly type: 'export' | 'import';
} & ({ readonly neighbor?: undefined; readonly statements: readonly RoutePolicyStatement[] } | NeighborStatements);

/**
 * The policy of one neighbor: its statements say nothing of neighbors. Those of several policies may be the same map, and it is only looked into where it
 * differs from the one before.
 */
export interface NeighborStatements {
  readonly neighbor: Address;
  /** In the order of their keys; no two have the same name. */
  readonly statements: SortedMap<RoutePolicyStatement>;
}

/** All of a policy's statements, in order, with their conditions in full. */
export function statementsOf(policy: RoutePolicy): readonly RoutePolicyStatement[] {
  if (policy.neighbor === undefined) return policy.statements;
  const matchNeighbors = { type: 'any', neighbors: [policy.neighbor] } as const;
  return [...policy.statements.values()].map((statement) => ({
    ...statement,
    conditions: { ...statement.conditions, matchNeighbors },
  }));
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
