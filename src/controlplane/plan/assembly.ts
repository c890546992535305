import { SortedMap } from '../../policy/sorted-map.ts';
import type { RoutePolicy, RoutePolicyStatement } from '../../policy/types.ts';
import { flat, sameResource } from '../resources/key.ts';
import type { Audience } from './announcement.ts';
import { pathAttributesOf } from './attributes.ts';
import { type FragmentPath, type FragmentStatement, mergePaths } from './fragment.ts';
import type { SkeletonInstance } from './skeleton.ts';
import type { InstancePlan, PlannedPath } from './types.ts';

/**
 * One instance put together from fragments. A plan shares with the one before all that did not change, so that a comparison of two looks only into what
 * did.
 */
export class Assembly {
  /** By prefix. */
  readonly #wishes = new Map<string, readonly FragmentPath[]>();
  readonly #stale = new Set<string>();
  #paths = SortedMap.empty<PlannedPath>();
  /** By audience. */
  readonly #statements = new Map<string, SortedMap<RoutePolicyStatement>>();
  #instance: SkeletonInstance;
  #audiences: readonly Audience[];
  #plan: InstancePlan | undefined;

  constructor(instance: SkeletonInstance, audiences: readonly Audience[]) {
    this.#instance = instance;
    this.#audiences = audiences;
  }

  /** What does not follow from fragments. */
  set(instance: SkeletonInstance, audiences: readonly Audience[]): void {
    this.#instance = instance;
    this.#audiences = audiences;
    this.#plan = undefined;
  }

  addPath(path: FragmentPath): void {
    const prefix = path.prefix.toString();
    this.#wishes.set(prefix, (this.#wishes.get(prefix) ?? []).concat(path));
    this.#stale.add(prefix);
  }

  /** The very one that was added. */
  removePath(path: FragmentPath): void {
    const prefix = path.prefix.toString();
    const others = (this.#wishes.get(prefix) ?? []).filter((wish) => wish !== path);
    if (others.length === 0) this.#wishes.delete(prefix);
    else this.#wishes.set(prefix, others);
    this.#stale.add(prefix);
  }

  addStatement(fragment: string, added: FragmentStatement): void {
    const statements = this.#statements.get(added.audience) ?? SortedMap.empty();
    const group = groupOf(added);
    this.#setStatements(added.audience, named(statements.with(flat(group, fragment), added.statement), group));
  }

  removeStatement(fragment: string, removed: FragmentStatement): void {
    const statements = this.#statements.get(removed.audience) ?? SortedMap.empty();
    const group = groupOf(removed);
    this.#setStatements(removed.audience, named(statements.without(flat(group, fragment)), group));
  }

  /** What it is now. The same object until something changes. */
  plan(): InstancePlan {
    for (const prefix of this.#stale) this.#settle(prefix);
    this.#stale.clear();
    const { name, global, neighbors } = this.#instance;
    this.#plan ??= { name, global, neighbors, policies: this.#policies(), paths: this.#paths };
    return this.#plan;
  }

  #setStatements(audience: string, statements: SortedMap<RoutePolicyStatement>): void {
    if (statements.size === 0) this.#statements.delete(audience);
    else this.#statements.set(audience, statements);
    this.#plan = undefined;
  }

  #settle(prefix: string): void {
    const path = pathOf(this.#wishes.get(prefix) ?? []);
    const before = this.#paths;
    if (path === undefined) this.#paths = before.without(prefix);
    else if (!sameResource(path, before.get(prefix))) this.#paths = before.with(prefix, path);
    if (this.#paths !== before) this.#plan = undefined;
  }

  #policies(): ReadonlyMap<string, RoutePolicy> {
    const policies = new Map<string, RoutePolicy>();
    for (const { name: audience, peers } of this.#audiences) {
      const statements = this.#statements.get(audience);
      if (statements === undefined) continue;
      for (const { name: peer, address } of peers) {
        const name = `peer-${peer}-export`;
        if (address !== undefined) policies.set(name, { name, type: 'export', neighbor: address, statements });
      }
    }
    return policies;
  }
}

/** Sorts by priority, then by name; the fragment behind it tells two of one name apart. */
function groupOf({ priority, statement }: FragmentStatement): string {
  return `${String(priority).padStart(3, '0')} ${statement.name} `;
}

/** The names of service `a-b` in namespace `c` and of `a` in `b-c` are the same: the second one is told apart. */
function named(statements: SortedMap<RoutePolicyStatement>, group: string): SortedMap<RoutePolicyStatement> {
  const base = group.slice(group.indexOf(' ') + 1, -1);
  let result = statements;
  let repeats = 0;
  for (const [key, statement] of statements.from(group)) {
    if (!key.startsWith(group)) break;
    const name = repeats === 0 ? base : `${base}~${repeats}`;
    if (statement.name !== name) result = result.with(key, { ...statement, name });
    repeats++;
  }
  return result;
}

function pathOf(wishes: readonly FragmentPath[]): PlannedPath | undefined {
  const [first, ...others] = wishes;
  if (first === undefined) return undefined;
  const { prefix, attributes, nextHop } = others.reduce(mergePaths, first);
  const owners = [...new Set(wishes.map(({ owner }) => owner))].toSorted();
  return { prefix, attributes: pathAttributesOf(attributes), ...(nextHop && { nextHop }), owners };
}
