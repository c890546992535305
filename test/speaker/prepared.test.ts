import { afterAll, describe, expect, test, vi } from 'vitest';
import { UpdateGroup } from '../../src/rib/update-group.ts';
import type { Speaker } from '../../src/speaker/speaker.ts';
import type { Neighbor } from '../../src/speaker/types.ts';
import { ipv4Unicast, ipv6Unicast } from '../../src/wire/family.ts';
import { addressOf, advertise, Lab, neighbor, stateOf, tableOf } from './support.ts';

const fill = vi.spyOn(UpdateGroup.prototype, 'fill');
const dispose = vi.spyOn(UpdateGroup.prototype, 'dispose');

// Test files share a process.
afterAll(() => {
  fill.mockRestore();
  dispose.mockRestore();
});

/** One that announces to another; whichever dials. */
async function pair(ours: Partial<Neighbor> = {}, theirs: Partial<Neighbor> = {}) {
  const lab = new Lab(1);
  const node = await lab.speaker(1);
  const router = await lab.speaker(2);
  router.addNeighbor(neighbor(1, { transport: { remotePort: 179, passive: true }, ...theirs }));
  fill.mockClear();
  node.addNeighbor(neighbor(2, ours));
  return { lab, node, router, prepared: fill.mock.calls.length };
}

const received = (router: Speaker) => Object.keys(tableOf(router, { table: 'adj-rib-in', neighbor: addressOf(1) }));

const many = Array.from({ length: 1500 }, (_, i) => i);

describe('the tables of a session are there before it is up', () => {
  test.each<[string, Partial<Neighbor>]>([
    ['of one family', {}],
    ['of two', { families: [ipv6Unicast, ipv4Unicast] }],
    ['with several paths for a prefix', { addPaths: [{ family: ipv6Unicast, mode: 'both' }] }],
    ['with a role', { role: 'peer' }],
    ['with a next hop of its own', { nextHop: { kind: 'linkLocal' } }],
  ])('%s', async (_, options) => {
    const { lab, node, router, prepared } = await pair(options, options);
    expect(prepared).toBe(options.families?.length ?? 1);
    advertise(node, ['2001:db8:a::/64', '2001:db8:b::/64']);
    expect(lab.until(() => received(router).length === 2)).toBe(true);
    expect(fill).toHaveBeenCalledTimes(prepared);
  });

  test('and again when it comes back, with what changed meanwhile', async () => {
    const { lab, node, router } = await pair();
    advertise(node, ['2001:db8:a::/64']);
    expect(lab.until(() => received(router).length === 1)).toBe(true);
    fill.mockClear();
    node.resetNeighbor(addressOf(2), { soft: 'none' });
    expect(stateOf(node, 2)).not.toBe('established');
    advertise(node, ['2001:db8:b::/64']);
    expect(node.peer(addressOf(2))?.families[0]).toMatchObject({ advertised: 0, unsent: 0 });
    expect(lab.until(() => received(router).length === 2)).toBe(true);
    expect(fill).not.toHaveBeenCalled();
  });
});

test('a peer whose session is another than expected is sent the same: it takes no IPv4, for one', async () => {
  const { lab, node, router } = await pair({ families: [ipv6Unicast, ipv4Unicast] }, { families: [ipv6Unicast] });
  advertise(node, ['2001:db8:a::/64']);
  expect(lab.until(() => received(router).length === 1)).toBe(true);
});

test('a peer whose AS is not known before it says so has its tables put together then', async () => {
  const { lab, node, router, prepared } = await pair({ asn: 0 });
  expect(prepared).toBe(0);
  advertise(node, ['2001:db8:a::/64']);
  expect(lab.until(() => received(router).length === 1)).toBe(true);
});

test('a route that only long messages have room for reaches a peer that takes them', async () => {
  const { lab, node, router } = await pair();
  advertise(node, ['2001:db8:a::/64'], { communities: many });
  advertise(node, ['2001:db8:b::/64']);
  expect(lab.until(() => received(router).length === 2)).toBe(true);
});

test('and so it does when the table that was there had nothing of the kind', async () => {
  const { lab, node, router } = await pair();
  advertise(node, ['2001:db8:b::/64']);
  expect(lab.until(() => received(router).length === 1)).toBe(true);
  expect(fill).toHaveBeenCalledTimes(1);
  advertise(node, ['2001:db8:a::/64'], { communities: many });
  expect(lab.until(() => received(router).length === 2)).toBe(true);
});

test.each<[string, (node: Speaker) => unknown]>([
  ['is shut down', (node) => node.updateNeighbor(neighbor(2, { adminDown: 'for good' }))],
  ['is removed', (node) => node.removeNeighbor(addressOf(2))],
])('the tables of a peer go when it %s, and not before', async (_, end) => {
  const { lab, node, router } = await pair();
  advertise(node, ['2001:db8:a::/64']);
  expect(lab.until(() => received(router).length === 1)).toBe(true);
  // The other one has a table too.
  lab.clock.advance(1000);
  dispose.mockClear();
  node.resetNeighbor(addressOf(2), { soft: 'none' });
  expect(dispose).not.toHaveBeenCalled();
  end(node);
  expect(dispose).toHaveBeenCalledTimes(1);
});
