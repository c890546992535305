import { isSame } from '../session/same.ts';

/** What to do to get from one list to the other. */
export function difference<T>(
  from: readonly T[],
  to: readonly T[],
  keyOf: (element: T) => string,
): { readonly removed: readonly T[]; readonly changed: readonly T[]; readonly added: readonly T[] } {
  const before = new Map(from.map((element) => [keyOf(element), element]));
  const after = new Set(to.map(keyOf));
  return {
    removed: from.filter((element) => !after.has(keyOf(element))),
    changed: to.filter((element) => before.has(keyOf(element)) && !isSame(before.get(keyOf(element)), element)),
    added: to.filter((element) => !before.has(keyOf(element))),
  };
}
