import { describe, expect, test } from 'vitest';
import type { RoutePolicy } from '../../src/policy/types.ts';
import { BadPeer } from './bad-peer.ts';
import { addressOf, advertise, Lab, neighbor } from './support.ts';

// Cilium resets peers softly when their policies change. Here nobody asks for that: a change of policies is felt by the peers that it is about, and by no
// others, and each is sent only what differs for it.

/** A policy, which accepts everything of some peers or, without them, of all. */
interface Policy {
  readonly name: string;
  readonly type: RoutePolicy['type'];
  readonly peers: readonly number[];
}
const outbound = (name: string, ...peers: readonly number[]): Policy => ({ name, type: 'export', peers });
const inbound = (name: string, ...peers: readonly number[]): Policy => ({ name, type: 'import', peers });

function policyOf({ name, type, peers }: Policy): RoutePolicy {
  const matchNeighbors = { type: 'any', neighbors: peers.map(addressOf) } as const;
  const conditions = { matchFamilies: [], ...(peers.length > 0 && { matchNeighbors }) };
  const actions = { routeAction: 'accept', addCommunities: [], addLargeCommunities: [] } as const;
  return { name, type, statements: [{ name: 'all', conditions, actions }] };
}

const keyOf = ({ name, type }: Policy) => `${type} ${name}`;

/** Host 1 with the peers 2 and 3; each has a route for the other side, which policies alone let through. */
async function setUp(policies: readonly Policy[]) {
  const lab = new Lab(1);
  const node = await lab.speaker(1);
  for (const policy of policies) node.addRoutePolicy(policyOf(policy));
  advertise(node, ['2001:db8:a:1::/64']);
  for (const host of [2, 3]) {
    const other = await lab.speaker(host);
    advertise(other, [`2001:db8:b:${host}::/64`]);
    other.addNeighbor(neighbor(1));
    node.addNeighbor(neighbor(host, { defaultExportAction: 'reject', defaultImportAction: 'reject' }));
  }
  const peers = () => [2, 3].map((host) => ({ host, state: node.peer(addressOf(host)) }));
  expect(
    lab.until(() =>
      peers().every(({ state }) => state?.sessionState === 'established' && state.families[0]?.received === 1),
    ),
  ).toBe(true);
  lab.clock.advance(1000);
  /** What each peer was sent and asked for, and how many of its routes count. */
  const look = () =>
    peers().flatMap(
      ({ host, state }) =>
        [
          [`out ${host}`, state?.counters.updatesSent],
          [`in ${host}`, state?.families[0]?.accepted],
          [`asked ${host}`, state?.counters.routeRefreshesSent],
          [`session ${host}`, state?.counters.established],
        ] as const,
    );
  return { lab, node, look };
}

describe('TestRoutePolicySoftReset', () => {
  test.each<[name: string, before: readonly Policy[], after: readonly Policy[], affected: readonly string[]]>([
    ['new outbound', [], [outbound('a', 2)], ['out 2']],
    ['new inbound', [], [inbound('a', 2)], ['in 2']],
    ['new outbound and inbound, one peer', [], [outbound('a', 2), inbound('a', 2)], ['out 2', 'in 2']],
    ['new outbound and inbound, mixed peers', [], [outbound('a', 2), inbound('b', 3)], ['out 2', 'in 3']],
    ['new outbound, several peers', [], [outbound('a', 2), outbound('b', 3)], ['out 2', 'out 3']],
    [
      'update neighbors, outbound: the old and the new peer',
      [outbound('a', 2)],
      [outbound('a', 3)],
      ['out 2', 'out 3'],
    ],
    ['update neighbors, inbound: the old and the new peer', [inbound('a', 2)], [inbound('a', 3)], ['in 2', 'in 3']],
    ['update type export to import', [outbound('a', 2)], [inbound('a', 2)], ['out 2', 'in 2']],
    ['update type import to export', [inbound('a', 2)], [outbound('a', 2)], ['out 2', 'in 2']],
    ['delete one of several, outbound', [outbound('a', 2), outbound('b', 3)], [outbound('a', 2)], ['out 3']],
    ['delete one of several, inbound', [inbound('a', 2), inbound('b', 3)], [inbound('a', 2)], ['in 3']],
    ['delete one of several, mixed', [outbound('a', 2), inbound('b', 2)], [outbound('a', 2)], ['in 2']],
    ['delete all', [outbound('a', 2), inbound('b', 3)], [], ['out 2', 'in 3']],
    ['no change, outbound', [outbound('a', 2)], [outbound('a', 2)], []],
    ['no change, inbound', [inbound('a', 2)], [inbound('a', 2)], []],
    ['empty neighbors, outbound: all', [], [outbound('a')], ['out 2', 'out 3']],
    ['empty neighbors, inbound: all', [], [inbound('a')], ['in 2', 'in 3']],
    ['specific to all, outbound', [outbound('a', 2)], [outbound('a')], ['out 3']],
    ['all to specific, outbound', [outbound('a')], [outbound('a', 2)], ['out 3']],
    ['specific to all, inbound', [inbound('a', 2)], [inbound('a')], ['in 3']],
    ['all to specific, inbound', [inbound('a')], [inbound('a', 2)], ['in 3']],
  ])('%s', async (_, before, after, affected) => {
    const { lab, node, look } = await setUp(before);
    const seen = new Map(look());
    const had = new Set(before.map(keyOf));
    for (const policy of before) {
      if (!after.some((other) => keyOf(other) === keyOf(policy))) node.removeRoutePolicy(policy.name, policy.type);
    }
    for (const policy of after) {
      if (had.has(keyOf(policy))) node.editRoutePolicies({ replace: [policyOf(policy)] });
      else node.addRoutePolicy(policyOf(policy));
    }
    lab.clock.advance(1000);
    const changed = look().flatMap(([what, value]) => (seen.get(what) === value ? [] : what));
    expect(changed.toSorted()).toEqual([...affected].toSorted());
  });
});

describe('a soft reset of all', () => {
  test('asks nobody when one of them cannot be asked, and says which', async () => {
    const { lab, node, look } = await setUp([]);
    node.addNeighbor(neighbor(9, { transport: { remotePort: 179, passive: true } }));
    new BadPeer(lab).greet();
    expect(lab.until(() => node.peer(addressOf(9))?.sessionState === 'established')).toBe(true);
    const before = look();
    for (const soft of ['in', 'both'] as const)
      expect(() => node.resetAllNeighbors({ soft })).toThrow('peer 2001:db8::9 did not negotiate route refresh');
    lab.clock.advance(1000);
    expect(look()).toEqual(before);
    node.removeNeighbor(addressOf(9));
    node.resetAllNeighbors({ soft: 'in' });
    expect(look()).not.toEqual(before);
  });
});
