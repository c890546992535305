import { describe, expect, test } from 'vitest';
import { Address } from '../../src/ip/address.ts';
import { Prefix } from '../../src/ip/prefix.ts';
import { PolicyChain } from '../../src/policy/chain.ts';
import { sourcesOf } from '../../src/policy/sources.ts';
import type { RoutePolicy, RoutePolicyActions, RoutePolicyConditions } from '../../src/policy/types.ts';
import { ipv4Unicast, ipv6Unicast } from '../../src/wire/family.ts';

const us = Address.parse('2001:db8::1');
const other = Address.parse('2001:db8::2');
const accept: RoutePolicyActions = { routeAction: 'accept', addCommunities: [], addLargeCommunities: [] };
const reject = { ...accept, routeAction: 'reject' } as const;
const go = (community: number): RoutePolicyActions => ({ ...accept, routeAction: 'none', addCommunities: [community] });

function policy(name: string, ...statements: [Partial<RoutePolicyConditions>, RoutePolicyActions][]): RoutePolicy {
  return {
    name,
    type: 'export',
    statements: statements.map(([conditions, actions], i) => ({
      name: `${name}-${i}`,
      conditions: { matchFamilies: [], ...conditions },
      actions,
    })),
  };
}

function prefixes(type: 'any' | 'all' | 'invert', ...list: [string, number, number][]): Partial<RoutePolicyConditions> {
  return {
    matchPrefixes: {
      type,
      prefixes: list.map(([cidr, lengthMin, lengthMax]) => ({ cidr: Prefix.parse(cidr), lengthMin, lengthMax })),
    },
  };
}

function decide(policies: RoutePolicy[], text: string, byDefault: 'accept' | 'reject' = 'reject') {
  const { bytes, length } = Prefix.parse(text);
  const family = bytes.length === 4 ? ipv4Unicast : ipv6Unicast;
  return new PolicyChain(sourcesOf(policies, 'export', us), byDefault).decide(family, { address: bytes, length });
}

test('without a statement the default decides', () => {
  expect(decide([], '::/0', 'accept').accept).toBe(true);
  expect(decide([], '::/0', 'reject').accept).toBe(false);
});

test('the first accept or reject ends it, over all policies', () => {
  expect(decide([policy('a', [{}, reject]), policy('b', [{}, accept])], '::/0', 'accept').accept).toBe(false);
  expect(decide([policy('a', [{}, accept]), policy('b', [{}, reject])], '::/0').accept).toBe(true);
});

test('a statement that only acts adds its actions and goes on', () => {
  const { accept: accepted, actions } = decide(
    [policy('a', [{}, go(1)], [{}, go(2)]), policy('b', [{}, accept])],
    '::/0',
  );
  expect(accepted).toBe(true);
  expect(actions.flatMap((action) => action.addCommunities)).toEqual([1, 2]);
});

test('what only acts leaves the decision to the default', () => {
  expect(decide([policy('a', [{}, go(1)])], '::/0', 'accept')).toMatchObject({
    accept: true,
    actions: [{ addCommunities: [1] }],
  });
});

test('policies of the other direction do not count', () => {
  expect(decide([{ ...policy('a', [{}, reject]), type: 'import' }], '::/0', 'accept').accept).toBe(true);
});

describe('prefix conditions', () => {
  test.each([
    ['exact', [['2001:db8::/64', 64, 64]], '2001:db8::/64', true],
    ['a longer one', [['2001:db8::/64', 64, 64]], '2001:db8::/65', false],
    ['a range', [['2001:db8::/32', 48, 64]], '2001:db8:1::/48', true],
    ['too short for the range', [['2001:db8::/32', 48, 64]], '2001:db8::/47', false],
    ['outside', [['2001:db8::/32', 32, 128]], '2001:db9::/32', false],
    ['shorter than its own prefix', [['2001:db8::/32', 0, 128]], '2001::/16', false],
    ['bits within an octet', [['2001:db8:80::/41', 41, 128]], '2001:db8:c0::/42', true],
    ['bits within an octet, outside', [['2001:db8:80::/41', 41, 128]], '2001:db8:40::/42', false],
    ['the other family', [['0.0.0.0/0', 0, 32]], '::/0', false],
    ['IPv4', [['10.0.0.0/8', 8, 24]], '10.1.2.0/24', true],
  ] as [string, [string, number, number][], string, boolean][])('%s', (_, list, text, matches) => {
    expect(decide([policy('p', [prefixes('any', ...list), accept])], text).accept).toBe(matches);
    expect(decide([policy('p', [prefixes('invert', ...list), accept])], text).accept).toBe(!matches);
  });

  test('all of a list', () => {
    const both = prefixes('all', ['2001:db8::/32', 0, 128], ['2001:db8:1::/48', 0, 128]);
    expect(decide([policy('p', [both, accept])], '2001:db8:1::/64').accept).toBe(true);
    expect(decide([policy('p', [both, accept])], '2001:db8:2::/64').accept).toBe(false);
  });
});

describe('neighbor conditions', () => {
  test.each([
    ['any', [us], true],
    ['any', [other, us], true],
    ['any', [other], false],
    ['invert', [other], true],
    ['invert', [us], false],
    ['all', [us], true],
    ['all', [us, other], false],
    ['any', [], true],
  ] as ['any' | 'invert' | 'all', Address[], boolean][])('%s of %s', (type, neighbors, concerned) => {
    expect(decide([policy('p', [{ matchNeighbors: { type, neighbors } }, accept])], '::/0').accept).toBe(concerned);
  });
});

test('a family condition', () => {
  expect(decide([policy('p', [{ matchFamilies: [ipv4Unicast] }, accept])], '::/0').accept).toBe(false);
  expect(decide([policy('p', [{ matchFamilies: [ipv4Unicast] }, accept])], '10.0.0.0/8').accept).toBe(true);
});

describe('whether two neighbors are treated alike', () => {
  const chain = (policies: RoutePolicy[], byDefault: 'accept' | 'reject' = 'reject') =>
    new PolicyChain(sourcesOf(policies, 'export', us), byDefault);
  const both = policy('p', [{ matchNeighbors: { type: 'any', neighbors: [us, other] } }, accept]);

  test('they are where the same statements concern them', () => {
    expect(chain([both]).is(sourcesOf([both], 'export', other), 'reject')).toBe(true);
  });

  test('they are not where a statement, its actions or the default differ', () => {
    const all = [
      [],
      [both],
      [policy('p', [{}, go(1)])],
      [policy('p', [{}, go(2)])],
      [policy('p', [prefixes('any', ['::/0', 0, 0]), accept])],
      [policy('p', [prefixes('any', ['::/0', 0, 64]), accept])],
    ];
    for (const [at, policies] of all.entries()) {
      for (const [index, others] of all.entries())
        expect(chain(policies).is(sourcesOf(others, 'export', us), 'reject')).toBe(at === index);
      expect(chain(policies).is(sourcesOf(policies, 'export', us), 'accept')).toBe(false);
    }
  });
});

test('statements of exact prefixes and others apply in the order in which they stand', () => {
  const exact = prefixes('any', ['2001:db8:1::/48', 48, 48], ['2001:db8:2::/48', 48, 48]);
  const range = prefixes('any', ['2001:db8::/32', 32, 64]);
  const policies = [policy('p', [range, go(1)], [exact, go(2)], [{}, go(3)], [exact, accept], [{}, reject])];
  const communities = (text: string) => decide(policies, text).actions.flatMap((action) => action.addCommunities);
  expect(communities('2001:db8:2::/48')).toEqual([1, 2, 3]);
  expect(decide(policies, '2001:db8:2::/48').accept).toBe(true);
  expect(communities('2001:db8:3::/48')).toEqual([1, 3]);
  expect(decide(policies, '2001:db8:3::/48').accept).toBe(false);
});

test('the same statements give the same decision object, so that what follows can be cached', () => {
  const chain = new PolicyChain(
    sourcesOf([policy('p', [prefixes('any', ['::/0', 0, 128]), accept])], 'export', us),
    'reject',
  );
  const one = chain.decide(ipv6Unicast, { address: Address.parse('2001:db8::').bytes, length: 64 });
  const two = chain.decide(ipv6Unicast, { address: Address.parse('2001:db8:1::').bytes, length: 64 });
  expect(two).toBe(one);
});
