import { isMap } from './rules.ts';

/** A place in a resource and what is there. */
export interface Place {
  readonly path: readonly PropertyKey[];
  readonly value: unknown;
}

/** The places that a pattern as `spec.bgpInstances[].peers[].peerASN` has in a value, where there is something. */
export function placesOf(value: unknown, pattern: string): readonly Place[] {
  let places: readonly Place[] = [{ path: [], value }];
  for (const step of pattern.split('.')) {
    const key = step.replace('[]', '');
    places = places.flatMap(({ path, value }) => {
      if (!isMap(value) || !Object.hasOwn(value, key)) return [];
      const found = value[key];
      if (!step.endsWith('[]')) return [{ path: [...path, key], value: found }];
      if (!Array.isArray(found)) return [];
      return found.map((element: unknown, index) => ({ path: [...path, key, index], value: element }));
    });
  }
  return places;
}
