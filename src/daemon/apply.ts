import { pathSpecOf } from '../api/build.ts';
import { isConfigured, setNeighbor } from '../api/instances.ts';
import type { Prefix } from '../ip/prefix.ts';
import type { RoutePolicy } from '../policy/types.ts';
import { isSame } from '../session/same.ts';
import { SpeakerError, type SpeakerErrorCode } from '../speaker/error.ts';
import type { PolicyEdits } from '../speaker/policies.ts';
import type { Speaker } from '../speaker/speaker.ts';
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
  // No peer is to hear of a path that goes because the policy that kept it back goes too.
  const withdrawn = withdrawPaths(speaker, from.paths, to.paths);
  const known = changed.filter(({ address }) => isConfigured(speaker, address));
  const { edits, count } = policyEdits(speaker, from.policies, to.policies);
  speaker.editRoutePolicies(edits, known);
  const advertised = advertisePaths(speaker, from.paths, to.paths);
  for (const neighbor of [...changed, ...added]) if (!known.includes(neighbor)) setNeighbor(speaker, neighbor);
  const tightened = tightenRanges(speaker, from.listenRanges, to.listenRanges);
  return {
    neighbors: removed.length + changed.length + added.length,
    listenRanges: relaxed + tightened,
    paths: withdrawn + advertised,
    policies: count,
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

/**
 * Policies have an order, and new ones come last: those that keep their place are replaced there, and from the first that does not on all are put in
 * again. `count`: how many come, go or change.
 */
function policyEdits(speaker: Speaker, from: InstanceConfig['policies'], to: InstanceConfig['policies']) {
  const there = new Set(speaker.routePolicies().map(policyKey));
  const keys = from.map(policyKey);
  const moved = to.findIndex((policy, place) => policyKey(policy) !== keys[place] || !there.has(policyKey(policy)));
  const kept = moved === -1 ? to.length : moved;
  const replace = to.slice(0, kept).filter((policy, place) => !isSame(policy, from[place]));
  const add = to.slice(kept);
  const removed = from.slice(kept);
  const edits: PolicyEdits = { remove: [...removed, ...add], replace, add };
  return { edits, count: removed.length + replace.length + add.length };
}

function policyKey({ name, type }: RoutePolicy): string {
  return `${type} ${name}`;
}

/** Returns how many went. */
function withdrawPaths(speaker: Speaker, from: readonly PathConfig[], to: readonly PathConfig[]): number {
  const after = eachPath(to);
  const gone = [...eachPath(from)].filter(([key]) => !after.has(key)).map(([, path]) => path);
  for (const nlri of pack(gone)) speaker.withdrawPrefixes(nlri.family, nlri, 'config');
  return gone.length;
}

/** Returns how many are new, or have other attributes. */
function advertisePaths(speaker: Speaker, from: readonly PathConfig[], to: readonly PathConfig[]): number {
  const before = eachPath(from);
  let count = 0;
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
