import type { Prefix } from '../ip/prefix.ts';
import type { RoutePolicy } from '../policy/types.ts';
import type { BgpGlobal } from '../speaker/types.ts';
import type { InstancePlan, PlannedNeighbor, PlannedPath } from './plan/types.ts';
import { sameResource } from './resources/key.ts';

/** One step from what runs to what is planned. Each either happens or does not. */
export type Operation =
  | { readonly type: 'stop-instance'; readonly instance: string }
  | { readonly type: 'remove-peer'; readonly instance: string; readonly neighbor: PlannedNeighbor }
  | { readonly type: 'withdraw'; readonly instance: string; readonly prefixes: readonly Prefix[] }
  | { readonly type: 'remove-policy'; readonly instance: string; readonly name: string }
  | { readonly type: 'start-instance'; readonly instance: string; readonly global: BgpGlobal }
  | { readonly type: 'update-policy' | 'add-policy'; readonly instance: string; readonly policy: RoutePolicy }
  /** Paths of one family that differ in their prefixes only. Those that are there already are changed. */
  | { readonly type: 'advertise'; readonly instance: string; readonly paths: readonly PlannedPath[] }
  | { readonly type: 'update-peer' | 'add-peer'; readonly instance: string; readonly neighbor: PlannedNeighbor };

/** Instances by name. */
export type Instances = ReadonlyMap<string, InstancePlan>;

/**
 * What to do, in this order: removals, updates, additions; paths and policies before peers, so that the first UPDATE and the End-of-RIB of a session are
 * right. Nothing when `running` is as planned.
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
    const is = isKept ? before : { ...to, neighbors: new Map(), policies: new Map(), paths: new Map() };
    const neighbors = changes(is.neighbors, to.neighbors);
    const policies = changes(is.policies, to.policies);
    const paths = changes(is.paths, to.paths, isSamePath);

    for (const neighbor of neighbors.removed) removals.push({ type: 'remove-peer', instance, neighbor });
    if (paths.removed.length > 0)
      removals.push({ type: 'withdraw', instance, prefixes: paths.removed.map(({ prefix }) => prefix) });
    for (const { name } of policies.removed) removals.push({ type: 'remove-policy', instance, name });

    for (const policy of policies.changed) updates.push({ type: 'update-policy', instance, policy });
    for (const same of alike(paths.changed)) updates.push({ type: 'advertise', instance, paths: same });
    for (const neighbor of neighbors.changed) updates.push({ type: 'update-peer', instance, neighbor });

    for (const policy of policies.added) additions.push({ type: 'add-policy', instance, policy });
    for (const same of alike(paths.added)) additions.push({ type: 'advertise', instance, paths: same });
    for (const neighbor of neighbors.added) additions.push({ type: 'add-peer', instance, neighbor });
  }
  return [...removals, ...updates, ...additions];
}

function changes<T>(
  from: ReadonlyMap<string, T>,
  to: ReadonlyMap<string, T>,
  isSame: (one: T, other: T) => boolean = sameResource,
): { readonly removed: readonly T[]; readonly changed: readonly T[]; readonly added: readonly T[] } {
  if (from === to) return { removed: [], changed: [], added: [] };
  const removed: T[] = [];
  const changed: T[] = [];
  const added: T[] = [];
  for (const [key, value] of from) if (!to.has(key)) removed.push(value);
  for (const [key, value] of to) {
    const before = from.get(key);
    if (before === undefined) added.push(value);
    // What did not change is the same object most of the time.
    else if (before !== value && !isSame(before, value)) changed.push(value);
  }
  return { removed, changed, added };
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
    const key = JSON.stringify([prefix.isIPv4, attributes, nextHop]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [path]);
    else group.push(path);
  }
  return groups.values();
}
