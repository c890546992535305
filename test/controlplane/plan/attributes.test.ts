import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  mergePathAttributes,
  mergePeerAttributes,
  type PathAttributes,
  type PeerAttributes,
  pathAttributesOf,
  routeAttributes,
} from '../../../src/controlplane/plan/attributes.ts';
import { parseCommunity } from '../../../src/wire/community.ts';
import { runs as all } from '../../runs.ts';

const runs = all / 10;

const none: PeerAttributes = { communities: [], largeCommunities: [] };
const standard = (...communities: readonly string[]) =>
  routeAttributes({ communities: { standard: communities } }).peer;
const large = (...communities: readonly string[]) => routeAttributes({ communities: { large: communities } }).peer;
const preference = (localPreference: number): PeerAttributes => ({ ...none, localPreference });

describe('Test_MergeRoutePolicies', () => {
  test.each<[string, PeerAttributes, PeerAttributes, PeerAttributes]>([
    ['nil A', none, standard('1:1'), standard('1:1')],
    ['nil B', standard('1:1'), none, standard('1:1')],
    ['nil A and nil B', none, none, none],
    ['nil LP', none, none, none],
    ['one LP set', preference(0), none, preference(0)],
    ['both standard', standard('2:2'), standard('1:1'), standard('1:1', '2:2')],
    ['both large', large('2:2:2'), large('1:1:1'), large('1:1:1', '2:2:2')],
    ['standard and large', standard('1:1'), large('1:1:1'), { ...standard('1:1'), largeCommunities: [[1, 1, 1]] }],
    ['dedup', standard('1:1', '2:2'), standard('2:2', '1:1'), standard('1:1', '2:2')],
    ['differing local preference (max)', preference(50), preference(200), preference(200)],
  ])('%s', (_, one, other, expected) => {
    expect(mergePeerAttributes(one, other)).toEqual(expected);
    expect(mergePeerAttributes(other, one)).toEqual(expected);
  });
});

test('a well-known community by name and by number is one', () => {
  const { peer } = routeAttributes({ communities: { standard: ['65535:65281', '1:1'], wellKnown: ['no-export'] } });
  expect(peer.communities).toEqual([parseCommunity('1:1'), parseCommunity('no-export')]);
});

test('a path without attributes is an internal one with nothing in front', () => {
  expect(pathAttributesOf(routeAttributes().path)).toEqual({ origin: 'igp', asPath: [] });
});

const number = fc.integer({ min: 0, max: 3 });
const maybe = <T>(key: string, values: fc.Arbitrary<T>) =>
  fc.option(values, { nil: undefined }).map((value) => (value === undefined ? {} : { [key]: value }));

const peerAttributes: fc.Arbitrary<PeerAttributes> = fc
  .tuple(fc.array(number), fc.array(fc.tuple(number, number, number)), maybe('localPreference', number))
  .map(([communities, triples, rest]) => {
    const given = routeAttributes({
      communities: { standard: communities.map(String), large: triples.map((triple) => triple.join(':')) },
    });
    return { ...given.peer, ...rest };
  });

const pathAttributes: fc.Arbitrary<PathAttributes> = fc
  .tuple(
    maybe('origin', fc.constantFrom('igp', 'egp', 'incomplete')),
    maybe('med', number),
    maybe('asPathPrepend', fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 })),
    fc.subarray(['rt:1:1', 'rt:1:2']),
  )
  .map(([origin, med, path, extendedCommunities]) => ({ ...origin, ...med, ...path, extendedCommunities }));

describe('merging neither depends on the order nor on how often', () => {
  test('of what a peer is sent', () => {
    fc.assert(
      fc.property(peerAttributes, peerAttributes, peerAttributes, (a, b, c) => {
        expect(mergePeerAttributes(a, b)).toEqual(mergePeerAttributes(b, a));
        expect(mergePeerAttributes(a, a)).toEqual(a);
        expect(mergePeerAttributes(mergePeerAttributes(a, b), c)).toEqual(
          mergePeerAttributes(a, mergePeerAttributes(b, c)),
        );
      }),
      { numRuns: runs },
    );
  });

  test('of paths', () => {
    fc.assert(
      fc.property(pathAttributes, pathAttributes, pathAttributes, (a, b, c) => {
        expect(mergePathAttributes(a, b)).toEqual(mergePathAttributes(b, a));
        expect(mergePathAttributes(a, a)).toEqual(a);
        expect(mergePathAttributes(mergePathAttributes(a, b), c)).toEqual(
          mergePathAttributes(a, mergePathAttributes(b, c)),
        );
      }),
      { numRuns: runs },
    );
  });
});
