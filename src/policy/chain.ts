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
  /** Places of the statements that match exact prefixes, by prefix: a node has one for each of its services. */
  readonly #exact = new Map<string, number[]>();
  /** Places of all others, in order. */
  readonly #others: number[] = [];
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
        this.#index(statement, concerned.length);
        concerned.push(statement);
        names.push(textOf(statement));
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
    const matched: number[] = [];
    let action = this.#defaultAction;
    for (const place of this.#candidates(subject)) {
      const statement = this.#statements[place] as RoutePolicyStatement;
      if (!matches(statement, family, subject)) continue;
      matched.push(place);
      const { routeAction } = statement.actions;
      if (routeAction === 'none') continue;
      action = routeAction;
      break;
    }
    return matched.length === 0 ? this.#default : this.#shared(matched, action === 'accept');
  }

  #index(statement: RoutePolicyStatement, place: number): void {
    const { matchPrefixes } = statement.conditions;
    const isExact = ({ cidr, lengthMin, lengthMax }: PrefixMatch) =>
      lengthMin === cidr.length && lengthMax === cidr.length;
    if (matchPrefixes?.type !== 'any' || !matchPrefixes.prefixes.every(isExact)) {
      this.#others.push(place);
      return;
    }
    for (const { cidr } of matchPrefixes.prefixes) {
      const key = keyOf(cidr.bytes, cidr.length);
      const places = this.#exact.get(key);
      if (places === undefined) this.#exact.set(key, [place]);
      else if (places.at(-1) !== place) places.push(place);
    }
  }

  /** The places of all statements that may match, in order. */
  #candidates({ address, length }: Subject): readonly number[] {
    const exact = this.#exact.size === 0 ? undefined : this.#exact.get(keyOf(address, length));
    if (exact === undefined) return this.#others;
    if (this.#others.length === 0) return exact;
    return [...exact, ...this.#others].toSorted((a, b) => a - b);
  }

  #shared(matched: readonly number[], accept: boolean): Decision {
    const key = matched.join();
    const known = this.#decisions.get(key);
    if (known !== undefined) return known;
    const decision = {
      accept,
      actions: matched.map((place) => (this.#statements[place] as RoutePolicyStatement).actions),
    };
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

function keyOf(address: Uint8Array, length: number): string {
  return `${String.fromCharCode(...address)}/${length}`;
}

const texts = new WeakMap<RoutePolicyStatement, string>();

/** A statement without its neighbors, as text; remembered, since policies change by a statement or two. */
function textOf(statement: RoutePolicyStatement): string {
  const known = texts.get(statement);
  if (known !== undefined) return known;
  const text = JSON.stringify({ ...statement, conditions: { ...statement.conditions, matchNeighbors: undefined } });
  texts.set(statement, text);
  return text;
}
