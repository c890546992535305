/** A copy of a value of maps and lists with one place in it changed; `undefined` takes the place away. */
export function change(value: unknown, path: string, to: unknown): unknown {
  const copy: unknown = structuredClone(value);
  const steps = path.split('.');
  const last = steps.pop() ?? '';
  const around = steps.reduce<unknown>((place, step) => {
    const next: unknown = Reflect.get(Object(place), step);
    if (typeof next !== 'object' || next === null) throw new Error(`there is no ${path}`);
    return next;
  }, copy) as object;
  if (to === undefined) Reflect.deleteProperty(around, last);
  else Reflect.set(around, last, to);
  return copy;
}
