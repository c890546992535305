import type { RoutePolicy } from '../../policy/types.ts';
import type { BgpGlobal } from '../../speaker/types.ts';
import { sameResource } from '../resources/key.ts';
import { pathAttributesOf } from './attributes.ts';
import { type FragmentPath, type FragmentStatement, mergePaths } from './fragment.ts';
import type { InstancePlan, PlannedNeighbor, PlannedPath } from './types.ts';

/**
 * One instance put together from fragments. What did not change stays the same object, so that a comparison of two plans looks only into what did.
 */
export class Assembly {
  readonly #name: string;
  readonly #global: BgpGlobal;
  readonly #neighbors: ReadonlyMap<string, PlannedNeighbor>;
  /** By prefix, then by fragment and owner. */
  readonly #wishes = new Map<string, Map<string, FragmentPath>>();
  readonly #paths = new Map<string, PlannedPath>();
  readonly #statements = new Map<string, Map<string, FragmentStatement>>();
  readonly #policies = new Map<string, RoutePolicy>();
  readonly #stalePaths = new Set<string>();
  readonly #stalePeers = new Set<string>();
  #plan: InstancePlan | undefined;

  constructor(name: string, global: BgpGlobal, neighbors: ReadonlyMap<string, PlannedNeighbor>) {
    this.#name = name;
    this.#global = global;
    this.#neighbors = neighbors;
  }

  addPath(fragment: string, path: FragmentPath): void {
    const prefix = path.prefix.toString();
    entry(this.#wishes, prefix).set(`${fragment} ${path.owner}`, path);
    this.#stalePaths.add(prefix);
  }

  removePath(fragment: string, path: FragmentPath): void {
    const prefix = path.prefix.toString();
    entry(this.#wishes, prefix).delete(`${fragment} ${path.owner}`);
    this.#stalePaths.add(prefix);
  }

  addStatement(fragment: string, statement: FragmentStatement): void {
    entry(this.#statements, statement.peer).set(orderOf(fragment, statement), statement);
    this.#stalePeers.add(statement.peer);
  }

  removeStatement(fragment: string, statement: FragmentStatement): void {
    entry(this.#statements, statement.peer).delete(orderOf(fragment, statement));
    this.#stalePeers.add(statement.peer);
  }

  /** What it is now. The same object until something changes. */
  plan(): InstancePlan {
    if (this.#plan !== undefined && this.#stalePaths.size === 0 && this.#stalePeers.size === 0) return this.#plan;
    const hasPathChanges = this.#stalePaths.size > 0;
    for (const prefix of this.#stalePaths) this.#settlePath(prefix);
    for (const peer of this.#stalePeers) this.#settlePolicy(peer);
    this.#stalePaths.clear();
    this.#stalePeers.clear();
    const paths = this.#plan === undefined || hasPathChanges ? new Map(this.#paths) : this.#plan.paths;
    this.#plan = {
      name: this.#name,
      global: this.#global,
      neighbors: this.#neighbors,
      policies: new Map(this.#policies),
      paths,
    };
    return this.#plan;
  }

  #settlePath(prefix: string): void {
    const wishes = this.#wishes.get(prefix);
    const path = wishes && pathOf([...wishes.values()]);
    if (path === undefined) {
      this.#wishes.delete(prefix);
      this.#paths.delete(prefix);
    } else if (!sameResource(path, this.#paths.get(prefix))) this.#paths.set(prefix, path);
  }

  #settlePolicy(peer: string): void {
    const name = `peer-${peer}-export`;
    const statements = this.#statements.get(peer);
    if (statements === undefined || statements.size === 0) {
      this.#statements.delete(peer);
      this.#policies.delete(name);
      return;
    }
    // A map keeps its keys in the order of insertion, so that all but what changed is sorted already.
    const order = [...statements.keys()].sort();
    const ordered = order.map((key) => (statements.get(key) as FragmentStatement).statement);
    this.#policies.set(name, { name, type: 'export', statements: distinctlyNamed(ordered) });
  }
}

function entry<V>(map: Map<string, Map<string, V>>, key: string): Map<string, V> {
  let found = map.get(key);
  if (found === undefined) map.set(key, (found = new Map()));
  return found;
}

/** Sorts by priority, then by name; the fragment tells two of one name apart. */
function orderOf(fragment: string, { priority, statement }: FragmentStatement): string {
  return `${String(priority).padStart(3, '0')} ${statement.name} ${fragment}`;
}

/** The names of service `a-b` in namespace `c` and of `a` in `b-c` are the same. */
function distinctlyNamed(statements: readonly RoutePolicy['statements'][number][]): RoutePolicy['statements'] {
  let repeats = 0;
  return statements.map((statement, index) => {
    repeats = statement.name === statements[index - 1]?.name ? repeats + 1 : 0;
    return repeats === 0 ? statement : { ...statement, name: `${statement.name}~${repeats}` };
  });
}

function pathOf(wishes: readonly FragmentPath[]): PlannedPath | undefined {
  const [first, ...others] = wishes;
  if (first === undefined) return undefined;
  const { prefix, attributes, nextHop } = others.reduce(mergePaths, first);
  const owners = [...new Set(wishes.map(({ owner }) => owner))].toSorted();
  return { prefix, attributes: pathAttributesOf(attributes), ...(nextHop && { nextHop }), owners };
}
