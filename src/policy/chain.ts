import type { Prefix } from '../ip/prefix.ts';
import type { Family } from '../wire/family.ts';
import { isList, isSameSource, type ListSource, type Source, sameSources } from './sources.ts';
import { isExact, keyOf, Stage, type Subject } from './stage.ts';
import type { RoutePolicyActions, RoutePolicyStatement } from './types.ts';

/** What the policies make of one route. The same object for the same actions, so that what follows from it can be cached by it. */
export interface Decision {
  readonly accept: boolean;
  /** Of every statement that matched, in order. */
  readonly actions: readonly RoutePolicyActions[];
}

/** The prefixes whose routes may be treated otherwise than before. */
export type Touched = 'all' | readonly Prefix[];

/**
 * What all policies of one direction make of the routes of one neighbor, or of several that are treated alike. The first `accept` or `reject` ends the
 * evaluation of a route over all policies; a `none` statement adds its actions and goes on.
 */
export class PolicyChain {
  /** No other chain has it. */
  readonly id: number;
  readonly defaultAction: 'accept' | 'reject';
  #stages: readonly Stage[];
  readonly #nothing = new Matched([]);

  constructor(sources: readonly Source[], defaultAction: 'accept' | 'reject') {
    this.id = ++chains;
    this.defaultAction = defaultAction;
    this.#stages = sources.map((source) => new Stage(source));
  }

  /** True when routes need not be looked at one by one. */
  get isConstant(): boolean {
    return this.#stages.length === 0;
  }

  /** Whether every route is treated as these would. */
  is(sources: readonly Source[], defaultAction: 'accept' | 'reject'): boolean {
    return defaultAction === this.defaultAction && sameSources(this.#sources, sources);
  }

  decide(family: Family, subject: Subject): Decision {
    let matched = this.#nothing;
    if (this.#stages.length === 0) return matched.decision(this.defaultAction);
    const key = keyOf(subject.address, subject.length);
    for (const stage of this.#stages) {
      for (const { statement } of stage.candidates(key)) {
        if (!stage.matches(statement, family, subject)) continue;
        const { actions } = statement;
        matched = matched.and(actions);
        if (actions.routeAction !== 'none') return matched.decision(actions.routeAction);
      }
    }
    return matched.decision(this.defaultAction);
  }

  /** Takes other statements in place of those it has, at the cost of those that differ. */
  become(sources: readonly Source[]): Touched {
    const before = this.#stages;
    const [start, end] = commonEnds(this.#sources, sources, isSameSource);
    const removed = before.slice(start, before.length - end);
    const added = sources.slice(start, sources.length - end);
    const touched = new TouchedPrefixes();
    const [from, to] = [removed[0], added[0]];
    if (from !== undefined && to !== undefined && removed.length === 1 && added.length === 1) {
      if (!isList(from.source) && !isList(to)) {
        from.become(to, (statement) => touched.add(statement));
        return touched.value;
      }
      if (isList(from.source) && isList(to)) touched.addAll(difference(from.source, to));
      else touched.addAll([...statementsOf(from.source), ...statementsOf(to)]);
    } else touched.addAll([...removed.map(({ source }) => source), ...added].flatMap(statementsOf));
    this.#stages = [
      ...before.slice(0, start),
      ...added.map((source) => new Stage(source)),
      ...before.slice(before.length - end),
    ];
    return touched.value;
  }

  get #sources(): readonly Source[] {
    return this.#stages.map(({ source }) => source);
  }
}

let chains = 0;

/** Statements that matched, by the objects that their actions are: what comes next to them, and what they decide. */
class Matched {
  readonly #actions: readonly RoutePolicyActions[];
  readonly #next = new WeakMap<RoutePolicyActions, Matched>();
  readonly #decisions: { accept?: Decision; reject?: Decision } = {};

  constructor(actions: readonly RoutePolicyActions[]) {
    this.#actions = actions;
  }

  and(actions: RoutePolicyActions): Matched {
    let next = this.#next.get(actions);
    if (next === undefined) this.#next.set(actions, (next = new Matched([...this.#actions, actions])));
    return next;
  }

  decision(action: 'accept' | 'reject'): Decision {
    return (this.#decisions[action] ??= { accept: action === 'accept', actions: this.#actions });
  }
}

class TouchedPrefixes {
  value: 'all' | Prefix[] = [];

  add({ conditions: { matchPrefixes } }: RoutePolicyStatement): void {
    if (this.value === 'all') return;
    if (isExact(matchPrefixes)) for (const { cidr } of matchPrefixes.prefixes) this.value.push(cidr);
    else this.value = 'all';
  }

  addAll(statements: Iterable<RoutePolicyStatement>): void {
    for (const statement of statements) this.add(statement);
  }
}

function statementsOf(source: Source): readonly RoutePolicyStatement[] {
  return isList(source) ? source.statements : [...source.values()];
}

/** Statements of either that the other has not, or not at the same place among the rest. */
function difference(from: ListSource, to: ListSource): readonly RoutePolicyStatement[] {
  const [start, end] = commonEnds(from.texts, to.texts, (one, other) => one === other);
  return [from, to].flatMap(({ statements }) => statements.slice(start, statements.length - end));
}

/** How many items two lists have in common at their starts, and at their ends behind these. */
function commonEnds<T>(
  some: readonly T[],
  others: readonly T[],
  isSame: (one: T, other: T) => boolean,
): readonly [start: number, end: number] {
  const most = Math.min(some.length, others.length);
  let start = 0;
  while (start < most && isSame(some[start] as T, others[start] as T)) start++;
  let end = 0;
  while (end < most - start && isSame(some.at(-1 - end) as T, others.at(-1 - end) as T)) end++;
  return [start, end];
}
