import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Address } from '../../src/ip/address.ts';
import { Prefix } from '../../src/ip/prefix.ts';
import { PolicyChain } from '../../src/policy/chain.ts';
import { SortedMap } from '../../src/policy/sorted-map.ts';
import { sourcesOf } from '../../src/policy/sources.ts';
import type { RoutePolicy, RoutePolicyStatement } from '../../src/policy/types.ts';
import { ipv6Unicast } from '../../src/wire/family.ts';
import { runs } from '../runs.ts';

const us = Address.parse('2001:db8::1');
const prefixes = ['::/0', '2001:db8::/32', '2001:db8:1::/48', '2001:db8:2::/48', '2001:db8:1::/64'].map((text) =>
  Prefix.parse(text),
);

const statement: fc.Arbitrary<RoutePolicyStatement> = fc
  .record({
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    cidrs: fc.subarray(prefixes, { maxLength: 2 }),
    isExact: fc.boolean(),
    routeAction: fc.constantFrom<('accept' | 'reject' | 'none')[]>('accept', 'reject', 'none', 'none'),
    community: fc.integer({ min: 1, max: 2 }),
  })
  .map(({ name, cidrs, isExact, routeAction, community }) => ({
    name,
    conditions: {
      matchFamilies: [],
      matchPrefixes: {
        type: 'any',
        prefixes: cidrs.map((cidr) => ({ cidr, lengthMin: cidr.length, lengthMax: isExact ? cidr.length : 128 })),
      },
    },
    actions: { routeAction, addCommunities: [community], addLargeCommunities: [] },
  }));
const list: fc.Arbitrary<RoutePolicy> = fc
  .uniqueArray(statement, { selector: ({ name }) => name, maxLength: 4 })
  .map((statements) => ({ name: 'list', type: 'export', statements }));
const map: fc.Arbitrary<RoutePolicy> = fc
  .uniqueArray(statement, { selector: ({ name }) => name, maxLength: 4 })
  .map((statements) => ({
    name: 'map',
    type: 'export',
    neighbor: us,
    statements: SortedMap.of(statements.map((each) => [each.name, each])),
  }));
const policies = fc.array(fc.oneof(list, map), { maxLength: 3 });

function decisions(chain: PolicyChain): ReadonlyMap<Prefix, unknown> {
  return new Map(
    prefixes.map((prefix) => {
      const { accept, actions } = chain.decide(ipv6Unicast, { address: prefix.bytes, length: prefix.length });
      return [prefix, { accept, communities: actions.map(({ addCommunities }) => addCommunities) }];
    }),
  );
}

test('a chain that becomes another decides as that one from nothing, and what it has not named as before', () => {
  fc.assert(
    fc.property(policies, fc.array(policies, { maxLength: 4 }), (first, steps) => {
      const chain = new PolicyChain(sourcesOf(first, 'export', us), 'reject');
      for (const step of steps) {
        const before = decisions(chain);
        const sources = sourcesOf(step, 'export', us);
        const touched = chain.become(sources);
        const after = decisions(chain);
        expect(after).toEqual(decisions(new PolicyChain(sources, 'reject')));
        expect(chain.is(sources, 'reject')).toBe(true);
        for (const prefix of prefixes) {
          if (touched !== 'all' && !touched.includes(prefix)) expect(after.get(prefix)).toEqual(before.get(prefix));
        }
      }
    }),
    { numRuns: runs },
  );
});

test('of a map, only the prefixes of the statements that differ are named', () => {
  const exact = (index: number): readonly [string, RoutePolicyStatement] => {
    const cidr = Prefix.parse(`2001:db8:${index.toString(16)}::/48`);
    const matchPrefixes = { type: 'any', prefixes: [{ cidr, lengthMin: 48, lengthMax: 48 }] } as const;
    const actions = { routeAction: 'accept', addCommunities: [], addLargeCommunities: [] } as const;
    return [`${index}`, { name: `${index}`, conditions: { matchFamilies: [], matchPrefixes }, actions }];
  };
  const many = SortedMap.of(Array.from({ length: 1000 }, (_, index) => exact(index)));
  const chain = new PolicyChain([many], 'reject');
  const touched = chain.become([many.without('7').with(...exact(1000))]);
  expect(touched === 'all' ? touched : touched.map(String).toSorted()).toEqual([
    '2001:db8:3e8::/48',
    '2001:db8:7::/48',
  ]);
});
