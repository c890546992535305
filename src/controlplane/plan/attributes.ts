import {
  formatExtendedCommunity,
  type LargeCommunity,
  parseCommunity,
  parseExtendedCommunity,
  parseLargeCommunity,
} from '../../wire/community.ts';
import type { Attributes, Origin } from '../../wire/update.ts';
import type { BGPAttributes } from '../resources/types.ts';
import { memoised, memoisedPair } from './memo.ts';

/** What an advertisement gives its routes. What differs between peers is in the export policy, the rest is of the path. */
export interface RouteAttributes {
  readonly peer: PeerAttributes;
  readonly path: PathAttributes;
}

export interface PeerAttributes {
  /** Sorted, each once, as are the large ones. */
  readonly communities: readonly number[];
  readonly largeCommunities: readonly LargeCommunity[];
  readonly localPreference?: number;
}

export interface PathAttributes {
  readonly origin?: Origin;
  readonly med?: number;
  readonly asPathPrepend?: readonly number[];
  /** In the text of `formatExtendedCommunity`; sorted, each once. */
  readonly extendedCommunities: readonly string[];
}

export function routeAttributes(given: BGPAttributes = {}): RouteAttributes {
  const { communities = {}, localPreference, origin, med, asPathPrepend, extendedCommunities = [] } = given;
  const { standard = [], wellKnown = [], large = [] } = communities;
  return {
    peer: {
      communities: numbers([...standard, ...wellKnown].map(parseCommunity)),
      largeCommunities: triples(large.map(parseLargeCommunity)),
      ...(localPreference !== undefined && { localPreference }),
    },
    path: {
      ...(origin !== undefined && { origin }),
      ...(med !== undefined && { med }),
      ...(asPathPrepend !== undefined && asPathPrepend.length > 0 && { asPathPrepend }),
      extendedCommunities: texts(
        extendedCommunities.map((text) => formatExtendedCommunity(parseExtendedCommunity(text))),
      ),
    },
  };
}

/** What a peer is sent of a route that several advertisements cover: all their communities, and the highest preference. */
export const mergePeerAttributes = memoisedPair((one: PeerAttributes, other: PeerAttributes): PeerAttributes => {
  const localPreference = chosen(Math.max, one.localPreference, other.localPreference);
  return {
    communities: numbers([...one.communities, ...other.communities]),
    largeCommunities: triples([...one.largeCommunities, ...other.largeCommunities]),
    ...(localPreference !== undefined && { localPreference }),
  };
});

/** The path that several advertisements cover: where they differ, what is preferred wins (RFC 4271, 9.1.2.2), and what is given wins over what is not. */
export const mergePathAttributes = memoisedPair((one: PathAttributes, other: PathAttributes): PathAttributes => {
  const origin = chosen(betterOrigin, one.origin, other.origin);
  const med = chosen(Math.min, one.med, other.med);
  const asPathPrepend = chosen(betterPath, one.asPathPrepend, other.asPathPrepend);
  return {
    ...(origin !== undefined && { origin }),
    ...(med !== undefined && { med }),
    ...(asPathPrepend !== undefined && { asPathPrepend }),
    extendedCommunities: texts([...one.extendedCommunities, ...other.extendedCommunities]),
  };
});

export const pathAttributesOf = memoised((of: PathAttributes): Attributes => {
  const { origin, med, asPathPrepend, extendedCommunities } = of;
  return {
    origin: origin ?? 'igp',
    asPath: asPathPrepend === undefined ? [] : [{ type: 'sequence', asns: asPathPrepend }],
    ...(med !== undefined && { med }),
    ...(extendedCommunities.length > 0 && { extendedCommunities: extendedCommunities.map(parseExtendedCommunity) }),
  };
});

function chosen<T>(choose: (one: T, other: T) => T, one: T | undefined, other: T | undefined): T | undefined {
  return one === undefined || other === undefined ? (one ?? other) : choose(one, other);
}

const origins: readonly Origin[] = ['igp', 'egp', 'incomplete'];

function betterOrigin(one: Origin, other: Origin): Origin {
  return origins.indexOf(one) <= origins.indexOf(other) ? one : other;
}

function betterPath(one: readonly number[], other: readonly number[]): readonly number[] {
  return inOrder(one, other) <= 0 ? one : other;
}

function numbers(list: readonly number[]): readonly number[] {
  return [...new Set(list)].toSorted((a, b) => a - b);
}

function texts(list: readonly string[]): readonly string[] {
  return [...new Set(list)].toSorted();
}

function triples(list: readonly LargeCommunity[]): readonly LargeCommunity[] {
  return [...new Map(list.map((community) => [community.join(), community])).values()].toSorted(inOrder);
}

/** Shorter first, then by the first number that differs. */
function inOrder(one: readonly number[], other: readonly number[]): number {
  if (one.length !== other.length) return one.length - other.length;
  const at = one.findIndex((value, index) => value !== other[index]);
  return at === -1 ? 0 : (one[at] as number) - (other[at] as number);
}
