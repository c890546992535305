import type { Prefix } from '../../ip/prefix.ts';
import type { RoutePolicyActions, RoutePolicyStatement } from '../../policy/types.ts';
import type { Family } from '../../wire/family.ts';
import type { NextHop } from '../../wire/update.ts';
import type { Announcement, Audience, AudienceFamily } from './announcement.ts';
import { mergePathAttributes, mergePeerAttributes, type PathAttributes, type PeerAttributes } from './attributes.ts';
import { memoised } from './memo.ts';

/** The part of a plan that follows from one service, or from the node itself. */
export interface Fragment {
  readonly paths: readonly FragmentPath[];
  readonly statements: readonly FragmentStatement[];
}

/** A prefix as one owner wants it. */
export interface FragmentPath {
  readonly instance: string;
  readonly prefix: Prefix;
  readonly owner: string;
  readonly attributes: PathAttributes;
  readonly nextHop?: NextHop;
}

export interface FragmentStatement {
  readonly instance: string;
  readonly audience: string;
  readonly priority: number;
  readonly statement: RoutePolicyStatement;
}

export function fragmentOf(
  audiences: readonly Omit<Audience, 'peers'>[],
  announce: (family: AudienceFamily) => readonly Announcement[],
): Fragment {
  const paths = new Map<string, FragmentPath>();
  const statements: FragmentStatement[] = [];
  for (const { instance, name: audience, families } of audiences) {
    for (const family of families) {
      const announcements = announce(family);
      for (const announcement of announcements) addPaths(paths, instance, announcement);
      for (const treated of treatments(announcements)) {
        const statement = statementOf(treated, family.family);
        statements.push({ instance, audience, priority: treated.priority, statement });
      }
    }
  }
  return { paths: [...paths.values()], statements: [...statements] };
}

function addPaths(paths: Map<string, FragmentPath>, instance: string, announcement: Announcement): void {
  const { owner, prefixes, attributes, nextHop } = announcement;
  for (const prefix of prefixes) {
    const key = `${instance} ${prefix} ${owner}`;
    const path: FragmentPath = { instance, prefix, owner, attributes: attributes.path, ...(nextHop && { nextHop }) };
    const known = paths.get(key);
    paths.set(key, known === undefined ? path : mergePaths(known, path));
  }
}

/** Two wishes for one prefix. */
export function mergePaths<P extends Pick<FragmentPath, 'attributes' | 'nextHop'>>(one: P, other: P): P {
  const nextHop = [one.nextHop, other.nextHop]
    .filter((hop) => hop !== undefined)
    .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))[0];
  return {
    ...one,
    attributes: mergePathAttributes(one.attributes, other.attributes),
    ...(nextHop !== undefined && { nextHop }),
  };
}

/** Prefixes that one peer gets with the same attributes. */
interface Treatment {
  readonly statement: string;
  readonly priority: number;
  readonly prefixes: readonly Prefix[];
  readonly attributes: PeerAttributes;
}

/** One for each statement; where announcements of one statement cover different prefixes with different attributes, one for each of these. */
function treatments(announcements: readonly Announcement[]): readonly Treatment[] {
  const byStatement = new Map<string, Announcement[]>();
  for (const announcement of announcements) {
    const known = byStatement.get(announcement.statement);
    if (known === undefined) byStatement.set(announcement.statement, [announcement]);
    else known.push(announcement);
  }
  return [...byStatement].flatMap(([statement, of]) => split(statement, of));
}

function split(statement: string, announcements: readonly Announcement[]): readonly Treatment[] {
  const { priority } = announcements[0] as Announcement;
  const treated = new Map<string, { readonly prefix: Prefix; readonly attributes: PeerAttributes }>();
  for (const { prefixes, attributes } of announcements) {
    for (const prefix of prefixes) {
      const key = prefix.toString();
      const known = treated.get(key);
      if (known === undefined) treated.set(key, { prefix, attributes: attributes.peer });
      else treated.set(key, { ...known, attributes: mergePeerAttributes(known.attributes, attributes.peer) });
    }
  }
  const groups = new Map<string, { readonly prefixes: Prefix[]; readonly attributes: PeerAttributes }>();
  for (const { prefix, attributes } of [...treated.values()].toSorted((a, b) => a.prefix.compare(b.prefix))) {
    const key = textOf(attributes);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { prefixes: [prefix], attributes });
    else group.prefixes.push(prefix);
  }
  return [...groups.values()].map(({ prefixes, attributes }, index) => ({
    statement: index === 0 ? statement : `${statement}-${index + 1}`,
    priority,
    prefixes,
    attributes,
  }));
}

function statementOf({ statement, prefixes, attributes }: Treatment, family: Family): RoutePolicyStatement {
  return {
    name: statement,
    conditions: {
      matchPrefixes: {
        type: 'any',
        prefixes: prefixes.map((cidr) => ({ cidr, lengthMin: cidr.length, lengthMax: cidr.length })),
      },
      matchFamilies: listOf(family),
    },
    actions: actionsOf(attributes),
  };
}

/** One list for each family, and one object for what is given alike: there are as many statements as services. */
const lists = new Map<Family, readonly Family[]>();

function listOf(family: Family): readonly Family[] {
  let list = lists.get(family);
  if (list === undefined) lists.set(family, (list = [family]));
  return list;
}

const actionsOf = memoised(
  ({ communities, largeCommunities, localPreference }: PeerAttributes): RoutePolicyActions => ({
    routeAction: 'accept',
    addCommunities: communities,
    addLargeCommunities: largeCommunities,
    ...(localPreference !== undefined && { setLocalPreference: localPreference }),
  }),
);

const textOf = memoised((attributes: PeerAttributes): string => JSON.stringify(attributes));
