import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Prefix } from '../../src/ip/prefix.ts';
import type { PrefixMatch, RoutePolicy, RoutePolicyStatement } from '../../src/policy/types.ts';
import type { Speaker } from '../../src/speaker/speaker.ts';
import type { Neighbor } from '../../src/speaker/types.ts';
import { runs as all } from '../runs.ts';
import { addressOf, advertise, Lab, neighbor, tableOf } from './support.ts';

// A change of what peers are to be sent, on sessions that are up: only routes that come out differently are sent, and no other way to the same configuration
// would have led to other tables.

const runs = all / 200;
const PEERS = [2, 3, 4] as const;
const ROUTES = 24;

type Host = (typeof PEERS)[number];
type Setting = Pick<Neighbor, 'defaultExportAction' | 'nextHop'>;

/** Each is one change, and takes effect in one step. */
type Change =
  | { readonly do: 'policies'; readonly policies: readonly RoutePolicy[]; readonly neighbors: readonly Neighbor[] }
  | { readonly do: 'neighbor'; readonly host: Host; readonly setting: Setting }
  | { readonly do: 'attributes'; readonly routes: readonly number[]; readonly med: number }
  | { readonly do: 'drain' | 'undrain'; readonly host: Host };

const route = (i: number) => Prefix.parse(`2001:db8:a:${i.toString(16)}::/64`);
const host = fc.constantFrom(...PEERS);
const routes = fc.integer({ min: 0, max: ROUTES - 1 });

const match: fc.Arbitrary<PrefixMatch> = fc.oneof(
  routes.map((i) => ({ cidr: route(i), lengthMin: 64, lengthMax: 64 })),
  fc.constantFrom(61, 62).chain((length) =>
    routes.map((i) => ({
      cidr: Prefix.parse(`2001:db8:a:${(i & ~((1 << (64 - length)) - 1)).toString(16)}::/${length}`),
      lengthMin: length,
      lengthMax: 64,
    })),
  ),
);

const statement: fc.Arbitrary<Omit<RoutePolicyStatement, 'name'>> = fc.record({
  conditions: fc
    .record({
      hosts: fc.uniqueArray(host, { maxLength: 3 }),
      prefixes: fc.option(fc.array(match, { minLength: 1, maxLength: 4 }), { nil: undefined, freq: 8 }),
    })
    .map(({ hosts, prefixes }) => ({
      matchFamilies: [],
      ...(hosts.length > 0 && { matchNeighbors: { type: 'any', neighbors: hosts.map(addressOf) } as const }),
      ...(prefixes && { matchPrefixes: { type: 'any', prefixes } as const }),
    })),
  actions: fc
    .record({
      routeAction: fc.constantFrom('none', 'accept', 'reject'),
      addCommunities: fc.subarray([1, 2], { maxLength: 2 }),
      nextHop: fc.option(fc.constantFrom('self', 'unchanged'), { nil: undefined }),
    })
    .map(({ nextHop, ...actions }) => ({ ...actions, addLargeCommunities: [], ...(nextHop && { nextHop }) })),
});

const policies: fc.Arbitrary<RoutePolicy[]> = fc.uniqueArray(
  fc
    .record({ name: fc.constantFrom('a', 'b', 'c'), statements: fc.array(statement, { maxLength: 4 }) })
    .map(({ name, statements }) => ({
      name,
      type: 'export',
      statements: statements.map((one, i) => ({ ...one, name: `${i}` })),
    })),
  { selector: ({ name }) => name, maxLength: 3 },
);

const setting: fc.Arbitrary<Setting> = fc.record({
  defaultExportAction: fc.constantFrom('accept', 'reject'),
  nextHop: fc.constantFrom({ kind: 'auto' } as const, { kind: 'global' } as const, { kind: 'both' } as const),
});

const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('policies' as const),
      policies,
      neighbors: fc.uniqueArray(
        fc.record({ host, setting }).map((one) => neighbor(one.host, one.setting)),
        { selector: ({ name }) => name, maxLength: 2 },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('neighbor' as const), host, setting }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('attributes' as const),
      routes: fc.array(routes, { minLength: 1, maxLength: 5 }),
      med: fc.integer({ min: 0, max: 2 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('drain', 'undrain'), host }) },
);

function make(node: Speaker, change: Change): void {
  switch (change.do) {
    case 'policies': {
      const there = new Set(node.routePolicies().map(({ name }) => name));
      const kept = change.policies.filter(({ name }) => there.has(name));
      node.editRoutePolicies(
        {
          remove: node.routePolicies().filter(({ name }) => kept.every((policy) => policy.name !== name)),
          replace: kept,
          add: change.policies.filter((policy) => !kept.includes(policy)),
        },
        change.neighbors,
      );
      return;
    }
    case 'neighbor':
      node.updateNeighbor(neighbor(change.host, change.setting));
      return;
    case 'attributes':
      advertise(
        node,
        change.routes.map((i) => route(i).toString()),
        { med: change.med },
      );
      return;
    case 'drain':
      node.drain({ address: addressOf(change.host), wait: 3600 });
      return;
    case 'undrain':
      node.undrain({ address: addressOf(change.host) });
  }
}

/** Host 1 and its peers, with all sessions up. */
async function setUp() {
  const lab = new Lab(1);
  const node = await lab.speaker(1);
  advertise(
    node,
    Array.from({ length: ROUTES / 2 }, (_, i) => route(i).toString()),
  );
  advertise(
    node,
    Array.from({ length: ROUTES / 2 }, (_, i) => route(ROUTES / 2 + i).toString()),
    { med: 7 },
    { kind: 'single', address: addressOf(8) },
  );
  const peers: { readonly host: Host; readonly speaker: Speaker }[] = [];
  for (const host of PEERS) {
    const speaker = await lab.speaker(host);
    speaker.addNeighbor(neighbor(1));
    node.addNeighbor(neighbor(host));
    peers.push({ host, speaker });
  }
  const up = () => peers.every(({ host }) => node.peer(addressOf(host))?.families[0]?.advertised === ROUTES);
  expect(lab.until(up)).toBe(true);
  lab.clock.advance(1000);
  return { lab, node, peers };
}

const received = (speaker: Speaker) => tableOf(speaker, { table: 'adj-rib-in', neighbor: addressOf(1) });

test('a change sends each peer the routes that come out differently for it, each once, and no other', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
      const { lab, node, peers } = await setUp();
      const heard = new Map<Host, string[]>(PEERS.map((host) => [host, []]));
      for (const { host, speaker } of peers)
        speaker.watchRoutes({ table: 'adj-rib-in' }, (events) => {
          for (const { type, route } of events) heard.get(host)?.push(`${type} ${route.prefix}`);
        });
      for (const one of changes) {
        const before = new Map(peers.map(({ host, speaker }) => [host, received(speaker)]));
        make(node, one);
        lab.clock.advance(1000);
        for (const { host, speaker } of peers) {
          const news = heard.get(host)?.splice(0) ?? [];
          expect(news.toSorted()).toEqual(differences(before.get(host) ?? {}, received(speaker)));
        }
      }
      const after = peers.map(({ speaker }) => received(speaker));
      for (const host of PEERS) expect(node.peer(addressOf(host))?.counters.established).toBe(1);
      node.resetAllNeighbors({ soft: 'none' });
      const isUp = (host: Host) => node.peer(addressOf(host))?.sessionState === 'established';
      expect(lab.until(() => !PEERS.some(isUp)) && lab.until(() => PEERS.every(isUp))).toBe(true);
      lab.clock.advance(1000);
      expect(peers.map(({ speaker }) => received(speaker))).toEqual(after);
    }),
    { numRuns: runs },
  );
});

function differences(before: Record<string, unknown>, after: Record<string, unknown>): string[] {
  const gone = Object.keys(before).filter((prefix) => !(prefix in after));
  const news = Object.entries(after).filter(([prefix, is]) => JSON.stringify(is) !== JSON.stringify(before[prefix]));
  return [...gone.map((prefix) => `withdrawn ${prefix}`), ...news.map(([prefix]) => `announced ${prefix}`)].toSorted();
}

test('who asks for a refresh is sent everything, changed or not', async () => {
  const { lab, peers } = await setUp();
  const [{ speaker }, other] = peers as [(typeof peers)[0], (typeof peers)[0]];
  const heard: string[][] = [[], []];
  for (const [i, to] of [speaker, other.speaker].entries())
    to.watchRoutes({ table: 'adj-rib-in' }, (events) => {
      for (const { type, route } of events) heard[i]?.push(`${type} ${route.prefix}`);
    });
  speaker.resetNeighbor(addressOf(1), { soft: 'in' });
  lab.clock.advance(1000);
  expect(heard[0]?.toSorted()).toEqual(differences({}, received(speaker)));
  expect(heard[0]).toHaveLength(ROUTES);
  expect(heard[1]).toEqual([]);
});
