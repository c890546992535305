import type { Prefix } from '../ip/prefix.ts';
import { SortedMap } from '../policy/sorted-map.ts';
import type { RoutePolicy } from '../policy/types.ts';
import type { BgpGlobal } from '../speaker/types.ts';
import { memoised } from './plan/memo.ts';
import type { InstancePlan, PlannedNeighbor, PlannedPath } from './plan/types.ts';
import { sameResource } from './resources/key.ts';

/** One step from what runs to what is planned. Each either happens or does not. */
export type Operation =
  | { readonly type: 'stop-instance'; readonly instance: string }
  | { readonly type: 'remove-peer'; readonly instance: string; readonly neighbor: PlannedNeighbor }
  | { readonly type: 'withdraw'; readonly instance: string; readonly prefixes: readonly Prefix[] }
  | { readonly type: 'remove-policy'; readonly instance: string; readonly name: string }
  | { readonly type: 'start-instance'; readonly instance: string; readonly global: BgpGlobal }
  | { readonly type: 'update-policy'; readonly instance: string; readonly policy: RoutePolicy }
  | { readonly type: 'add-policy'; readonly instance: string; readonly policy: RoutePolicy }
  /** Paths of one family that differ in their prefixes only. Those that are there already are changed. */
  | { readonly type: 'advertise'; readonly instance: string; readonly paths: readonly PlannedPath[] }
  | { readonly type: 'update-peer' | 'add-peer'; readonly instance: string; readonly neighbor: PlannedNeighbor };

/** Instances by name. */
export type Instances = ReadonlyMap<string, InstancePlan>;

/**
 * What to do, in this order: removals, updates with all that changes of policies, additions; paths and policies before peers, so that the first UPDATE and
 * the End-of-RIB of a session are right. Nothing when `running` is as planned.
 */
export function diff(running: Instances, planned: Instances): readonly Operation[] {
  const removals: Operation[] = [];
  const updates: Operation[] = [];
  const additions: Operation[] = [];
  for (const [instance, is] of running) {
    const to = planned.get(instance);
    if (to === undefined || !sameResource(is.global, to.global)) removals.push({ type: 'stop-instance', instance });
  }
  for (const [instance, to] of planned) {
    const before = running.get(instance);
    const isKept = before !== undefined && sameResource(before.global, to.global);
    if (!isKept) additions.push({ type: 'start-instance', instance, global: to.global });
    const is = isKept
      ? before
      : { ...to, neighbors: new Map(), policies: new Map(), paths: SortedMap.empty<PlannedPath>() };
    const neighbors = changes(is.neighbors, to.neighbors);
    const policies = changes(is.policies, to.policies, isSamePolicy);
    const paths = pathChanges(is.paths, to.paths);

    for (const neighbor of neighbors.removed) removals.push({ type: 'remove-peer', instance, neighbor });
    if (paths.removed.length > 0)
      removals.push({ type: 'withdraw', instance, prefixes: paths.removed.map(({ prefix }) => prefix) });

    // In a row, to be done in one step: peers that are treated alike stay together.
    const edits = isKept ? updates : additions;
    for (const { name } of policies.removed) edits.push({ type: 'remove-policy', instance, name });
    for (const policy of policies.changed) edits.push({ type: 'update-policy', instance, policy });
    for (const policy of policies.added) edits.push({ type: 'add-policy', instance, policy });
    for (const same of alike(paths.changed)) updates.push({ type: 'advertise', instance, paths: same });
    for (const neighbor of neighbors.changed) updates.push({ type: 'update-peer', instance, neighbor });

    for (const same of alike(paths.added)) additions.push({ type: 'advertise', instance, paths: same });
    for (const neighbor of neighbors.added) additions.push({ type: 'add-peer', instance, neighbor });
  }
  return [...removals, ...updates, ...additions];
}

interface Changes<T> {
  readonly removed: readonly T[];
  readonly changed: readonly T[];
  readonly added: readonly T[];
}

function changes<T>(
  from: ReadonlyMap<string, T>,
  to: ReadonlyMap<string, T>,
  isSame: (one: T, other: T) => boolean = sameResource,
): Changes<T> {
  const removed = [...from].filter(([key]) => !to.has(key)).map(([, value]) => value);
  const changed: T[] = [];
  const added: T[] = [];
  for (const [key, value] of to) {
    const before = from.get(key);
    if (before === undefined) added.push(value);
    else if (!isSame(before, value)) changed.push(value);
  }
  return { removed, changed, added };
}

/** Looks only at what the two do not share. */
function pathChanges(from: SortedMap<PlannedPath>, to: SortedMap<PlannedPath>): Changes<PlannedPath> {
  const removed: PlannedPath[] = [];
  const changed: PlannedPath[] = [];
  const added: PlannedPath[] = [];
  from.eachChange(to, ({ before, after }) => {
    if (after === undefined) removed.push(before as PlannedPath);
    else if (before === undefined) added.push(after);
    else if (!isSamePath(before, after)) changed.push(after);
  });
  return { removed, changed, added };
}

function isSamePolicy(one: RoutePolicy, other: RoutePolicy): boolean {
  const { neighbor: first, statements } = one;
  const { neighbor: second, statements: others } = other;
  if (first === undefined || second === undefined) return sameResource(one, other);
  let isSame = first.equals(second) && statements.size === others.size;
  if (!isSame || statements === others) return isSame;
  statements.eachChange(others, ({ before, after }) => {
    isSame &&= sameResource(before, after);
  });
  return isSame;
}

/** For whose sake it is there is not for a speaker to know. */
function isSamePath(one: PlannedPath, other: PlannedPath): boolean {
  return sameResource(one.attributes, other.attributes) && sameResource(one.nextHop, other.nextHop);
}

/** Groups paths that one request can carry. */
function alike(paths: readonly PlannedPath[]): Iterable<readonly PlannedPath[]> {
  const groups = new Map<string, PlannedPath[]>();
  for (const path of paths) {
    const { prefix, attributes, nextHop } = path;
    const key = `${prefix.isIPv4} ${textOf(attributes)} ${nextHop === undefined ? '' : JSON.stringify(nextHop)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [path]);
    else group.push(path);
  }
  return groups.values();
}

/** Most paths have the same object. */
const textOf = memoised((attributes: PlannedPath['attributes']): string => JSON.stringify(attributes));
