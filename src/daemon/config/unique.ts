import type * as z from 'zod';

/** A list in which no two elements have the same key; `field` is where an element's key is. Looked at once each is right by itself. */
export function unique<T>(
  list: z.ZodType<readonly T[]>,
  what: string,
  field: readonly string[],
  keyOf: (element: T) => string,
) {
  return list.transform((elements, context) => {
    const first = new Map<string, number>();
    for (const [index, element] of elements.entries()) {
      const key = keyOf(element);
      const other = first.get(key);
      if (other === undefined) first.set(key, index);
      else {
        const message = `the ${what} ${key} is already that of entry ${other}`;
        context.issues.push({ code: 'custom', message, path: [index, ...field], input: element });
      }
    }
    return elements;
  });
}
