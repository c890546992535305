import { describe, expect, test } from 'vitest';
import { Prefix } from '../../src/ip/prefix.ts';
import type { RoutePolicy } from '../../src/policy/types.ts';
import { parseCommunity } from '../../src/wire/community.ts';
import { ipv6Unicast } from '../../src/wire/family.ts';
import { addressOf, advertise, Lab, neighbor, tableOf } from './support.ts';

// What Cilium asks of a speaker, by the names of its own tests.

test('TestGlobalImportPolicy: of what peers announce nothing is in the Loc-RIB, whatever import policies say', async () => {
  const lab = new Lab(1);
  const [node, router] = [await lab.speaker(1), await lab.speaker(2)];
  advertise(node, ['2001:db8:a:1::/64']);
  advertise(router, ['2001:db8:b:1::/64']);
  node.addNeighbor(neighbor(2, { defaultImportAction: 'accept' }));
  router.addNeighbor(neighbor(1));
  expect(lab.until(() => node.peer(addressOf(2))?.families[0]?.accepted === 1)).toBe(true);
  expect(Object.keys(tableOf(node, { table: 'adj-rib-in', neighbor: addressOf(2) }))).toEqual(['2001:db8:b:1::/64']);
  expect(Object.keys(tableOf(node))).toEqual(['2001:db8:a:1::/64']);
});

describe('TestAddRemoveRoutePolicy', () => {
  const match = (cidr: string, lengthMin: number, lengthMax: number) => ({
    cidr: Prefix.parse(cidr),
    lengthMin,
    lengthMax,
  });
  const simple: RoutePolicy = {
    name: 'simple policy',
    type: 'export',
    statements: [
      {
        name: '0',
        conditions: {
          matchNeighbors: { type: 'any', neighbors: [addressOf(2)] },
          matchPrefixes: { type: 'any', prefixes: [match('2001:db8:a::/48', 64, 64)] },
          matchFamilies: [],
        },
        actions: { routeAction: 'accept', addCommunities: [], addLargeCommunities: [] },
      },
    ],
  };
  const complex: RoutePolicy = {
    name: 'complex policy',
    type: 'export',
    statements: [
      {
        name: 'everybody else',
        conditions: {
          matchNeighbors: { type: 'invert', neighbors: [addressOf(3)] },
          matchPrefixes: {
            type: 'any',
            prefixes: [match('2001:db8:a::/48', 64, 64), match('2001:db8:b::/48', 48, 64)],
          },
          matchFamilies: [ipv6Unicast],
        },
        actions: {
          routeAction: 'accept',
          addCommunities: [parseCommunity('65000:100'), parseCommunity('no-export')],
          addLargeCommunities: [],
          setLocalPreference: 150,
          nextHop: 'unchanged',
        },
      },
    ],
  };
  const own = '2001:db8:ff::1';
  const nextHop = { kind: 'single', address: addressOf(77) } as const;

  /** A node whose internal peer is sent what policies let through. */
  async function setUp() {
    const lab = new Lab(1);
    const [node, router] = [await lab.speaker(1), await lab.speaker(2, { asn: 65001 })];
    advertise(node, ['2001:db8:a:1::/64', '2001:db8:b::/48', '2001:db8:b::/63'], {}, nextHop);
    advertise(node, [`${own}/128`]);
    node.addNeighbor(neighbor(2, { asn: 65001, defaultExportAction: 'reject' }));
    router.addNeighbor(neighbor(1));
    expect(lab.until(() => node.peer(addressOf(2))?.sessionState === 'established')).toBe(true);
    lab.clock.advance(1000);
    const received = () => {
      lab.clock.advance(1000);
      return tableOf(router, { table: 'adj-rib-in', neighbor: addressOf(1) });
    };
    return { node, received };
  }

  test('simple policy', async () => {
    const { node, received } = await setUp();
    node.addRoutePolicy(simple);
    expect(node.routePolicies()).toEqual([simple]);
    expect(Object.keys(received())).toEqual(['2001:db8:a:1::/64']);
    node.removeRoutePolicy(simple.name, simple.type);
    expect(node.routePolicies()).toEqual([]);
    expect(received()).toEqual({});
  });

  test('complex policy', async () => {
    const { node, received } = await setUp();
    node.addRoutePolicy(complex);
    const found = received();
    expect(Object.keys(found)).toEqual(['2001:db8:a:1::/64', '2001:db8:b::/48', '2001:db8:b::/63']);
    for (const route of Object.values(found))
      expect(route).toMatchObject({
        attributes: {
          communities: [parseCommunity('65000:100'), parseCommunity('no-export')],
          localPref: 150,
        },
        nextHop,
      });
    node.removeRoutePolicy(complex.name, complex.type);
    expect(received()).toEqual({});
  });

  test.each<[string, RoutePolicy]>([
    ['a name that is there', { ...complex, name: simple.name }],
    ['two statements of one name', { ...complex, statements: [...complex.statements, ...complex.statements] }],
  ])('one with %s is refused and leaves nothing', async (_, policy) => {
    const { node, received } = await setUp();
    node.addRoutePolicy(simple);
    const before = received();
    expect(() => node.addRoutePolicy(policy)).toThrow(/already|statement/);
    expect(node.routePolicies()).toEqual([simple]);
    expect(received()).toEqual(before);
  });
});
