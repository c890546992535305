import { expect, test } from 'vitest';
import { apply, nothing } from '../../src/daemon/apply.ts';
import type { InstanceConfig } from '../../src/daemon/config/instance.ts';
import type { PathConfig } from '../../src/daemon/config/path.ts';
import { Prefix } from '../../src/ip/prefix.ts';
import type { RouteAction, RoutePolicy } from '../../src/policy/types.ts';
import type { Attributes } from '../../src/wire/update.ts';
import { addressOf, Lab, neighbor } from '../speaker/support.ts';

type Parts = Partial<Pick<InstanceConfig, 'neighbors' | 'paths' | 'policies'>>;

const prefixes = Array.from({ length: 20 }, (_, i) => Prefix.parse(`2001:db8:a:${i.toString(16)}::/64`));
function path(some: readonly Prefix[], attributes: Attributes = {}): PathConfig {
  return { prefixes: some, pathId: 0, attributes, nextHop: { kind: 'self' } };
}

const base: InstanceConfig = {
  name: 'a',
  global: { asn: 65001, routerId: '10.0.0.1', listenPort: 179 },
  listenRanges: [],
  neighbors: [neighbor(2)],
  paths: [path(prefixes)],
  policies: [],
};

/** About the prefix of that number, or about all. */
function policy(
  name: string,
  about: number | 'all',
  routeAction: RouteAction,
  ...addCommunities: number[]
): RoutePolicy {
  const cidr = typeof about === 'number' ? prefixes[about] : undefined;
  const matchPrefixes = cidr && ({ type: 'any', prefixes: [{ cidr, lengthMin: 64, lengthMax: 64 }] } as const);
  const conditions = { matchFamilies: [], ...(matchPrefixes && { matchPrefixes }) };
  const actions = { routeAction, addCommunities, addLargeCommunities: [] };
  return { name, type: 'export', statements: [{ name: 's', conditions, actions }] };
}

const secret = policy('secret', 1, 'reject');
const label = (about: number | 'all', community: number) => policy('label', about, 'none', community);
const only = neighbor(2, { defaultExportAction: 'reject' });

const all = (type: string, except: number) => prefixes.flatMap((_, i) => (i === except ? [] : `${type} ${i}`));

/** `heard`: `type number`. */
test.each<[name: string, from: Parts, to: Parts, heard: readonly string[]]>([
  ['one policy of several', { policies: [label(3, 1), secret] }, { policies: [label(3, 2), secret] }, ['announced 3']],
  [
    'one that moves to another prefix',
    { policies: [label(3, 1)] },
    { policies: [label(4, 1)] },
    ['announced 3', 'announced 4'],
  ],
  ['their order, which says the same', { policies: [secret, label(3, 1)] }, { policies: [label(3, 1), secret] }, []],
  ['a name', { policies: [policy('other', 1, 'reject')] }, { policies: [secret] }, []],
  ['one more in front', { policies: [secret] }, { policies: [label(3, 1), secret] }, ['announced 3']],
  ['nothing', { policies: [secret, label(3, 1)] }, { policies: [secret, label(3, 1)] }, []],
  [
    'what all have',
    { policies: [label('all', 1), secret] },
    { policies: [label('all', 2), secret] },
    all('announced', 1),
  ],
  [
    'what is accepted, by policy before and by default after',
    { neighbors: [only], policies: [policy('p', 'all', 'accept')] },
    {},
    [],
  ],
  [
    'what is accepted, by default before and by policy after',
    {},
    { neighbors: [only], policies: [policy('p', 2, 'accept')] },
    all('withdrawn', 2),
  ],
  [
    'a path that goes with the policy that kept it back',
    { policies: [secret] },
    { paths: [path(prefixes.toSpliced(1, 1))] },
    [],
  ],
  [
    'a path that comes with the policy that keeps it back',
    { paths: [path(prefixes.toSpliced(1, 1))] },
    { policies: [secret] },
    [],
  ],
  [
    'the attributes of one path',
    {},
    {
      paths: [path(prefixes.toSpliced(5, 1)), path(prefixes.slice(5, 6), { med: 1 })],
    },
    ['announced 5'],
  ],
])('a new configuration that changes %s sends that alone', async (_, from, to, heard) => {
  const lab = new Lab(1);
  const [node, router] = [await lab.speaker(1), await lab.speaker(2)];
  const [before, after] = [
    { ...base, ...from },
    { ...base, ...to },
  ];
  apply(node, { ...base, neighbors: [], paths: [], policies: [] }, before);
  router.addNeighbor(neighbor(1));
  expect(lab.until(() => router.peer(addressOf(1))?.sessionState === 'established')).toBe(true);
  lab.clock.advance(1000);
  const events: string[] = [];
  router.watchRoutes({ table: 'adj-rib-in' }, (more) => {
    for (const { type, route } of more) events.push(`${type} ${prefixes.findIndex((one) => one.equals(route.prefix))}`);
  });
  apply(node, before, after);
  lab.clock.advance(1000);
  expect(events.toSorted()).toEqual(heard.toSorted());
  expect(node.routePolicies()).toEqual(after.policies);
  expect(router.peer(addressOf(1))?.counters.established).toBe(1);
});

test('policies of the API keep their places, and those of its names are taken over', async () => {
  const node = await new Lab(1).speaker(1);
  const empty = { ...base, neighbors: [], paths: [] };
  apply(node, empty, { ...empty, policies: [secret] });
  node.addRoutePolicy(policy('api', 7, 'reject'));
  node.addRoutePolicy(label(3, 9));
  apply(node, { ...empty, policies: [secret] }, { ...empty, policies: [policy('secret', 2, 'reject'), label(3, 1)] });
  expect(node.routePolicies()).toEqual([policy('secret', 2, 'reject'), policy('api', 7, 'reject'), label(3, 1)]);
  node.removeRoutePolicy('secret', 'export');
  apply(node, { ...empty, policies: [policy('secret', 2, 'reject'), label(3, 1)] }, { ...empty, policies: [secret] });
  expect(node.routePolicies()).toEqual([policy('api', 7, 'reject'), secret]);
});

test('peers may take each other’s names', async () => {
  const lab = new Lab(1);
  const speaker = await lab.speaker(1);
  const named = (...names: readonly string[]): InstanceConfig => ({
    ...base,
    neighbors: names.map((name, i) => neighbor(i + 2, { name })),
  });
  const now = () => speaker.peers().map((peer) => peer.neighbor.name);
  const [first, next, swapped] = [named('a', 'b'), named('b', 'c', 'a'), named('c', 'b', 'a')];
  apply(speaker, nothing(first), first);
  apply(speaker, first, next);
  expect(now()).toEqual(['b', 'c', 'a']);
  apply(speaker, next, swapped);
  expect(now()).toEqual(['c', 'b', 'a']);
});
