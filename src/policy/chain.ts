import type { Address } from '../ip/address.ts';
import type { Prefix } from '../ip/prefix.ts';
import type { Family } from '../wire/family.ts';
import type { PrefixMatch, RoutePolicy, RoutePolicyActions, RoutePolicyStatement } from './types.ts';

/** What the policies make of one route. The same object for the same statements, so that what follows from it can be cached by it. */
export interface Decision {
  readonly accept: boolean;
  /** Of every statement that matched, in order. */
  readonly actions: readonly RoutePolicyActions[];
}

/** A prefix under evaluation: its address in 4 or 16 octets, and its length. */
export interface Subject {
  readonly address: Uint8Array;
  readonly length: number;
}

/**
 * The statements of all policies of one direction that concern one neighbor, in order. The first `accept` or `reject` ends the evaluation of a route over
 * all policies; a `none` statement adds its actions and goes on.
 */
export class PolicyChain {
  /** Equal for two neighbors exactly when every route is treated alike. */
  readonly signature: string;
  readonly #statements: readonly RoutePolicyStatement[];
  readonly #default: Decision;
  readonly #defaultAction: 'accept' | 'reject';
  readonly #decisions = new Map<string, Decision>();

  constructor(
    policies: Iterable<RoutePolicy>,
    type: RoutePolicy['type'],
    neighbor: Address,
    defaultAction: 'accept' | 'reject',
  ) {
    const concerned: RoutePolicyStatement[] = [];
    const names: string[] = [];
    for (const policy of policies) {
      if (policy.type !== type) continue;
      for (const statement of policy.statements) {
        if (!concerns(statement, neighbor)) continue;
        concerned.push(statement);
        names.push(
          JSON.stringify({ ...statement, conditions: { ...statement.conditions, matchNeighbors: undefined } }),
        );
      }
    }
    this.#statements = concerned;
    this.#defaultAction = defaultAction;
    this.#default = { accept: defaultAction === 'accept', actions: [] };
    this.signature = `${names.join('\n')}\n${defaultAction}`;
  }

  /** True when routes need not be looked at one by one. */
  get isConstant(): boolean {
    return this.#statements.length === 0;
  }

  decide(family: Family, subject: Subject): Decision {
    if (this.isConstant) return this.#default;
    const matched: RoutePolicyStatement[] = [];
    let action = this.#defaultAction;
    for (const statement of this.#statements) {
      if (!matches(statement, family, subject)) continue;
      matched.push(statement);
      const { routeAction } = statement.actions;
      if (routeAction === 'none') continue;
      action = routeAction;
      break;
    }
    return matched.length === 0 ? this.#default : this.#shared(matched, action === 'accept');
  }

  #shared(matched: readonly RoutePolicyStatement[], accept: boolean): Decision {
    const key = matched.map((statement) => this.#statements.indexOf(statement)).join();
    const known = this.#decisions.get(key);
    if (known !== undefined) return known;
    const decision = { accept, actions: matched.map((statement) => statement.actions) };
    this.#decisions.set(key, decision);
    return decision;
  }
}

/** Whether a statement's neighbor condition holds for a neighbor: none at all means every neighbor. */
export function concerns({ conditions }: RoutePolicyStatement, neighbor: Address): boolean {
  const { matchNeighbors } = conditions;
  if (matchNeighbors === undefined || matchNeighbors.neighbors.length === 0) return true;
  const { type, neighbors } = matchNeighbors;
  return holds(type, neighbors, (listed) => listed.equals(neighbor));
}

function matches({ conditions }: RoutePolicyStatement, family: Family, subject: Subject): boolean {
  const { matchFamilies, matchPrefixes } = conditions;
  if (matchFamilies.length > 0 && !matchFamilies.includes(family)) return false;
  return (
    matchPrefixes === undefined || holds(matchPrefixes.type, matchPrefixes.prefixes, (match) => covers(match, subject))
  );
}

function holds<T>(type: 'any' | 'all' | 'invert', list: readonly T[], test: (item: T) => boolean): boolean {
  if (type === 'all') return list.every(test);
  return list.some(test) === (type === 'any');
}

function covers({ cidr, lengthMin, lengthMax }: PrefixMatch, { address, length }: Subject): boolean {
  return length >= lengthMin && length <= lengthMax && length >= cidr.length && startsWith(address, cidr);
}

function startsWith(address: Uint8Array, { bytes, length }: Prefix): boolean {
  if (bytes.length !== address.length) return false;
  const whole = length >> 3;
  for (let i = 0; i < whole; i++) if (bytes[i] !== address[i]) return false;
  const rest = length & 7;
  return rest === 0 || (((bytes[whole] as number) ^ (address[whole] as number)) & (0xff00 >> rest) & 0xff) === 0;
}
