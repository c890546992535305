import type { Address } from '../ip/address.ts';
import type { SortedMap } from './sorted-map.ts';
import type { RoutePolicy, RoutePolicyStatement } from './types.ts';

/** The statements of one policy that concern a neighbor. */
export type Source = SortedMap<RoutePolicyStatement> | ListSource;

export interface ListSource {
  readonly statements: readonly RoutePolicyStatement[];
  /** Each without its neighbors, as text: what is equal treats every route alike. */
  readonly texts: readonly string[];
}

/** The statements of all policies of one direction that concern one neighbor, in order. */
export function sourcesOf(
  policies: Iterable<RoutePolicy>,
  type: RoutePolicy['type'],
  neighbor: Address,
): readonly Source[] {
  const sources: Source[] = [];
  for (const policy of policies) {
    if (policy.type !== type) continue;
    if (policy.neighbor === undefined) {
      const source = listSource(policy, neighbor);
      if (source.statements.length > 0) sources.push(source);
    } else if (policy.neighbor.equals(neighbor) && policy.statements.size > 0) sources.push(policy.statements);
  }
  return sources;
}

/** Whether they treat every route alike. */
export function sameSources(some: readonly Source[], others: readonly Source[]): boolean {
  return some.length === others.length && some.every((source, index) => isSameSource(source, others[index] as Source));
}

export function isSameSource(one: Source, other: Source): boolean {
  if (one === other) return true;
  if (!isList(one) || !isList(other)) return false;
  return one.texts.length === other.texts.length && one.texts.every((text, index) => text === other.texts[index]);
}

export function isList(source: Source): source is ListSource {
  return 'texts' in source;
}

/** Whether a statement's neighbor condition holds for a neighbor: none at all means every neighbor. */
export function concerns({ conditions }: RoutePolicyStatement, neighbor: Address): boolean {
  const { matchNeighbors } = conditions;
  if (matchNeighbors === undefined || matchNeighbors.neighbors.length === 0) return true;
  const { type, neighbors } = matchNeighbors;
  if (type === 'all') return neighbors.every((listed) => listed.equals(neighbor));
  return neighbors.some((listed) => listed.equals(neighbor)) === (type === 'any');
}

const known = new WeakMap<RoutePolicy, Map<string, ListSource>>();

/** Remembered: most changes of policies are of others. */
function listSource(policy: RoutePolicy & { readonly neighbor?: undefined }, neighbor: Address): ListSource {
  let byNeighbor = known.get(policy);
  if (byNeighbor === undefined) known.set(policy, (byNeighbor = new Map()));
  const key = neighbor.toString();
  let source = byNeighbor.get(key);
  if (source === undefined) {
    const statements = policy.statements.filter((statement) => concerns(statement, neighbor));
    byNeighbor.set(key, (source = { statements, texts: statements.map(textOf) }));
  }
  return source;
}

function textOf(statement: RoutePolicyStatement): string {
  return JSON.stringify({ ...statement, conditions: { ...statement.conditions, matchNeighbors: undefined } });
}
