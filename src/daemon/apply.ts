import { pathSpecOf } from '../api/build.ts';
import { isConfigured } from '../api/instances.ts';
import type { Prefix } from '../ip/prefix.ts';
import type { RoutePolicy } from '../policy/types.ts';
import { isSame } from '../session/same.ts';
import { SpeakerError, type SpeakerErrorCode } from '../speaker/error.ts';
import type { Speaker } from '../speaker/speaker.ts';
import type { Neighbor } from '../speaker/types.ts';
import { ipv4Unicast, ipv6Unicast } from '../wire/family.ts';
import { packPrefixes } from '../wire/nlri.ts';
import type { Nlri } from '../wire/update.ts';
import { relaxRanges, tightenRanges } from './apply-ranges.ts';
import type { InstanceConfig } from './config/instance.ts';
import type { PathConfig } from './config/path.ts';
import { difference } from './difference.ts';

// From one configuration of an instance to the next. What the API added belongs to others and stays as it is.

/** An instance that has nothing from a configuration yet. */
export function nothing({ name, global }: InstanceConfig): InstanceConfig {
  return { name, global, listenRanges: [], neighbors: [], paths: [], policies: [] };
}

/** How many of each were added, removed or changed. */
export interface Changes {
  readonly neighbors: number;
  readonly listenRanges: number;
  readonly paths: number;
  readonly policies: number;
}

/** Paths and policies come before peers, so that the first UPDATE and the End-of-RIB are right. */
export function apply(speaker: Speaker, from: InstanceConfig, to: InstanceConfig): Changes {
  const { removed, changed, added } = difference(from.neighbors, to.neighbors, ({ address }) => address.toString());
  for (const { address } of removed) unless('not-found', () => speaker.removeNeighbor(address));
  const relaxed = relaxRanges(speaker, from.listenRanges, to.listenRanges);
  const policies = applyPolicies(speaker, from.policies, to.policies);
  const paths = applyPaths(speaker, from.paths, to.paths);
  for (const neighbor of [...changed, ...added]) setNeighbor(speaker, neighbor);
  const tightened = tightenRanges(speaker, from.listenRanges, to.listenRanges);
  return {
    neighbors: removed.length + changed.length + added.length,
    listenRanges: relaxed + tightened,
    paths,
    policies,
  };
}

/** The API may have been there first: what is to go may be gone, and what is to come may be there. False when it was so. */
function unless(code: SpeakerErrorCode, operation: () => void): boolean {
  try {
    operation();
    return true;
  } catch (error) {
    if (error instanceof SpeakerError && error.code === code) return false;
    throw error;
  }
}

function setNeighbor(speaker: Speaker, neighbor: Neighbor): void {
  if (isConfigured(speaker, neighbor.address)) speaker.updateNeighbor(neighbor);
  else speaker.addNeighbor(neighbor);
}

function setPolicy(speaker: Speaker, policy: RoutePolicy): void {
  if (unless('already-exists', () => speaker.addRoutePolicy(policy))) return;
  speaker.removeRoutePolicy(policy.name, policy.type);
  speaker.addRoutePolicy(policy);
}

/** Policies have an order, and new ones come last: from the first difference on they are all put in again. */
function applyPolicies(speaker: Speaker, from: InstanceConfig['policies'], to: InstanceConfig['policies']): number {
  let same = 0;
  while (same < from.length && same < to.length && isSame(from[same], to[same])) same++;
  for (const { name, type } of from.slice(same)) unless('not-found', () => speaker.removeRoutePolicy(name, type));
  for (const policy of to.slice(same)) setPolicy(speaker, policy);
  return from.length + to.length - 2 * same;
}

function applyPaths(speaker: Speaker, from: readonly PathConfig[], to: readonly PathConfig[]): number {
  const before = eachPath(from);
  const after = eachPath(to);
  const gone = [...before].filter(([key]) => !after.has(key)).map(([, path]) => path);
  for (const nlri of pack(gone)) speaker.withdrawPrefixes(nlri.family, nlri, 'config');
  let count = gone.length;
  for (const path of to) {
    const { attributes, nextHop } = path;
    const news = pathsOf(path).filter((one) => !isSame(before.get(keyOf(one))?.treatment, one.treatment));
    for (const nlri of pack(news)) speaker.advertiseBulk({ ...pathSpecOf(nlri, attributes, nextHop), owner: 'config' });
    count += news.length;
  }
  return count;
}

interface OnePath extends Pick<PathConfig, 'pathId'> {
  readonly prefix: Prefix;
  readonly treatment: Pick<PathConfig, 'attributes' | 'nextHop'>;
}

function pathsOf({ prefixes, pathId, attributes, nextHop }: PathConfig): readonly OnePath[] {
  const treatment = { attributes, nextHop };
  return prefixes.map((prefix) => ({ prefix, pathId, treatment }));
}

function eachPath(paths: readonly PathConfig[]): Map<string, OnePath> {
  return new Map(paths.flatMap((path) => pathsOf(path).map((one) => [keyOf(one), one] as const)));
}

function keyOf({ prefix, pathId }: OnePath): string {
  return `${prefix} ${pathId}`;
}

function pack(paths: readonly OnePath[]): Nlri[] {
  const families = [
    [ipv6Unicast, paths.filter(({ prefix }) => prefix.isIPv6)],
    [ipv4Unicast, paths.filter(({ prefix }) => prefix.isIPv4)],
  ] as const;
  return families
    .filter(([, some]) => some.length > 0)
    .map(([family, some]) =>
      packPrefixes(
        family,
        some.map(({ prefix }) => prefix),
        some.map(({ pathId }) => pathId),
      ),
    );
}
