import type { InstanceError, PlannedCondition } from './types.ts';

/** Octets: so much of a message is kept. */
const MAX_MESSAGE = 32 * 1024;

/** A problem that is there (`True`, with words) or is not (`False`, with a reason that says so, and no words). */
export function problem(
  type: string,
  reasons: { readonly there: string; readonly none: string },
  message: string,
): PlannedCondition {
  return message === ''
    ? { type, status: 'False', reason: reasons.none, message }
    : { type, status: 'True', reason: reasons.there, message };
}

/** Cilium's condition of a node: one line for each error. */
export function reconcileError(errors: readonly InstanceError[]): PlannedCondition {
  const text = errors.map(({ instance, message }) => `${instance}: ${message}\n`).join('');
  return problem('cilium.io/BGPReconcileError', { there: 'BGPReconcileError', none: 'Reconciled' }, capped(text));
}

function capped(text: string): string {
  const octets = new TextEncoder().encode(text);
  if (octets.length <= MAX_MESSAGE) return text;
  // What the cut leaves of a character is dropped.
  return new TextDecoder().decode(octets.subarray(0, MAX_MESSAGE)).replace(/\uFFFD$/, '');
}
