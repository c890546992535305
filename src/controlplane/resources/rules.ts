import * as z from 'zod';

// Rules between the fields of a map. They are looked at even when a field is wrong by itself, so that everything that is
// wrong is said at once; what they are given is therefore not known to be of the right type.

export type Loose = Readonly<Record<string, unknown>>;
export type Report = (path: readonly PropertyKey[], message: string) => void;

/** The arguments of `superRefine` for a rule on a map. */
export function rules(check: (given: Loose, report: Report) => void) {
  const refine = (value: unknown, context: z.core.$RefinementCtx) => {
    if (!isMap(value)) return;
    check(value, (path, message) => context.issues.push({ code: 'custom', message, path: [...path], input: value }));
  };
  return [refine, { when: () => true }] as const;
}

export function isMap(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The arguments of `superRefine` for a list whose elements differ in the field. */
export function differIn(field: string, what: string) {
  const refine = (value: unknown, context: z.core.$RefinementCtx) => {
    if (!Array.isArray(value)) return;
    const first = new Map<string | number, number>();
    for (const [index, element] of value.entries()) {
      const key: unknown = isMap(element) ? element[field] : undefined;
      if (typeof key !== 'string' && typeof key !== 'number') continue;
      const other = first.get(key);
      if (other === undefined) {
        first.set(key, index);
        continue;
      }
      const message = `the ${what} ${key} is already that of entry ${other}`;
      context.issues.push({ code: 'custom', message, path: [index, field], input: key });
    }
  };
  return [refine, { when: () => true }] as const;
}
