import type { AsSegment, Attributes } from '../wire/update.ts';

const origins = { igp: 0, egp: 1, incomplete: 2 } as const;

/**
 * Orders paths by the steps of RFC 4271, 9.1.2.2 that tell apart paths of our own: local preference, AS path length, origin, MED.
 * Negative when the first is better.
 */
export function comparePreference(first: Attributes, second: Attributes): number {
  return (
    (second.localPref ?? 100) - (first.localPref ?? 100) ||
    pathLength(first.asPath) - pathLength(second.asPath) ||
    origins[first.origin ?? 'igp'] - origins[second.origin ?? 'igp'] ||
    (first.med ?? 0) - (second.med ?? 0)
  );
}

/** A set counts as one (9.1.2.2, a); confederation segments do not count (RFC 5065, 5.3). */
function pathLength(path: readonly AsSegment[] = []): number {
  let length = 0;
  for (const { type, asns } of path) {
    if (type === 'sequence') length += asns.length;
    else if (type === 'set') length += 1;
  }
  return length;
}
