import { dated, type Finding } from './allocation.ts';
import type { PlannedCondition } from './plan/types.ts';
import type { Condition } from './resources/types.ts';
import { type ResourceStore, type Stored, timeText } from './store.ts';

/** What is written to a resource that pools found something out about: its status, and what a node was given. */
export function writtenOf(store: ResourceStore, finding: Finding, now: Date): Stored['written'] {
  const { key, conditions = [], addresses, allocated, shortage } = finding;
  const stored = store.get(key);
  const status = stored?.written.status;
  const before = (status?.['conditions'] ?? []) as readonly Condition[];
  const fresh = dated(conditions, before, timeText(now), stored?.generation ?? 1);
  return {
    ...(allocated !== undefined && { allocated }),
    ...((conditions.length > 0 || status !== undefined || shortage !== undefined || addresses !== undefined) && {
      status: {
        ...status,
        ...(conditions.length > 0 && { conditions: foreignConditions(stored, conditions).concat(fresh) }),
        ...(addresses && { loadBalancer: { ingress: addresses } }),
        ...(key.kind === 'CiliumNode' && { ipam: { 'operator-status': { error: shortage ?? '' } } }),
      },
    }),
  };
}

/** Conditions that a resource came with, of other types than ours. */
function foreignConditions(stored: Stored | undefined, ours: readonly PlannedCondition[]): readonly Condition[] {
  const { status } = (stored?.given ?? {}) as { readonly status?: { readonly conditions?: readonly Condition[] } };
  return (status?.conditions ?? []).filter(({ type }) => ours.every((condition) => condition.type !== type));
}
