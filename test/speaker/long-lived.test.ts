import { expect, test } from 'vitest';
import type { Speaker } from '../../src/speaker/speaker.ts';
import type { RouteEvent } from '../../src/speaker/types.ts';
import { ipv6Unicast } from '../../src/wire/family.ts';
import type { Attributes } from '../../src/wire/update.ts';
import { addressOf, advertise, Lab, neighbor, stateOf, tableOf } from './support.ts';

const LLGR_STALE = 0xffff_0006;
const NO_LLGR = 0xffff_0007;

const wanted = (staleTime: number) => ({
  gracefulRestart: { restartTime: 60, stalePathTime: 90, longLived: [{ family: ipv6Unicast, staleTime }] },
});

/** Host 1 announces a route with a community, one without, and one that is not to be kept for long. */
async function pair(ours = wanted(1000), theirs: ReturnType<typeof wanted> | { gracefulRestart: object } = ours) {
  const lab = new Lab(1);
  const [a, b] = [await lab.speaker(1), await lab.speaker(2)];
  announce(a);
  a.addNeighbor(neighbor(2, ours));
  b.addNeighbor(neighbor(1, theirs as ReturnType<typeof wanted>));
  expect(lab.until(() => table(b).length === 3)).toBe(true);
  lab.clock.advance(1000);
  return { lab, a, b };
}

function announce(speaker: Speaker): void {
  advertise(speaker, ['2001:db8:1::/48'], { communities: [7] });
  advertise(speaker, ['2001:db8:2::/48']);
  advertise(speaker, ['2001:db8:3::/48'], { communities: [NO_LLGR] });
}

async function again(lab: Lab, ours: Parameters<typeof neighbor>[1], restarted = true): Promise<Speaker> {
  const a = await lab.speaker(1, {}, { restarted });
  announce(a);
  a.addNeighbor(neighbor(2, ours));
  return a;
}

/** The prefixes and their communities. */
function table(speaker: Speaker): [string, readonly number[] | undefined][] {
  const routes = Object.entries(tableOf(speaker, { table: 'adj-rib-in', neighbor: addressOf(1) }));
  return routes.map(([prefix, path]) => [prefix, (path as { attributes: Attributes }).attributes.communities]);
}

const kept = [
  ['2001:db8:1::/48', [7, LLGR_STALE]],
  ['2001:db8:2::/48', [LLGR_STALE]],
];
const fresh = [
  ['2001:db8:1::/48', [7]],
  ['2001:db8:2::/48', undefined],
  ['2001:db8:3::/48', [NO_LLGR]],
];

async function killed(ours = wanted(1000), theirs?: { gracefulRestart: object }) {
  const at = await pair(ours, theirs ?? ours);
  const events: RouteEvent[] = [];
  at.b.watchRoutes({ table: 'adj-rib-in' }, (some) => events.push(...some));
  at.lab.network.kill(addressOf(1));
  expect(at.lab.until(() => stateOf(at.b, 1) !== 'established')).toBe(true);
  return { ...at, events };
}

test('after the restart time the routes stay with LLGR_STALE, and those with NO_LLGR go (RFC 9494, 4.2)', async () => {
  const { lab, b, events } = await killed();
  lab.clock.advance(59_900);
  expect([table(b), events]).toEqual([fresh, []]);
  lab.clock.advance(200);
  expect(table(b)).toEqual(kept);
  expect(b.peer(addressOf(1))?.families[0]).toMatchObject({ received: 2, stale: 2 });
  expect(b.peer(addressOf(1))?.timers).toMatchObject({ 'long-lived-stale': 999_900 });
  expect(events.map(({ type, route }) => [type, route.prefix.toString()])).toEqual([
    ['announced', '2001:db8:1::/48'],
    ['announced', '2001:db8:2::/48'],
    ['withdrawn', '2001:db8:3::/48'],
  ]);
  lab.clock.advance(999_000);
  expect(table(b)).toEqual(kept);
  lab.clock.advance(1000);
  expect(table(b)).toEqual([]);
});

test.each([
  ['the time that the peer asks for', wanted(100), wanted(1000)],
  ['our own', wanted(1000), wanted(100)],
])('they stay no longer than %s', async (_, ours, theirs) => {
  const { lab, b } = await killed(ours, theirs);
  lab.clock.advance(159_000);
  expect(table(b)).toEqual(kept);
  lab.clock.advance(1100);
  expect(table(b)).toEqual([]);
});

test('they go with the restart time where one of the two does not want them long', async () => {
  const { lab, b } = await killed(wanted(1000), { gracefulRestart: { restartTime: 60, stalePathTime: 90 } });
  lab.clock.advance(60_100);
  expect(table(b)).toEqual([]);
});

test('a peer that is back sends them again, and End-of-RIB takes the rest', async () => {
  const { lab, b } = await killed();
  lab.clock.advance(300_000);
  expect(table(b)).toEqual(kept);
  await again(lab, wanted(1000));
  expect(lab.until(() => stateOf(b, 1) === 'established')).toBe(true);
  lab.clock.advance(1000);
  expect(table(b)).toEqual(fresh);
  expect(b.peer(addressOf(1))?.families[0]?.stale).toBe(0);
  expect(b.peer(addressOf(1))?.timers).not.toHaveProperty('long-lived-stale');
});

test.each([
  ['without long-lived graceful restart', { gracefulRestart: { restartTime: 60, stalePathTime: 90 } }, true],
  ['without graceful restart', {}, true],
  ['and did not forward for it', wanted(1000), false],
])('a peer that is back %s loses them at once', async (_, ours, restarted) => {
  const { lab, b, events } = await killed();
  lab.clock.advance(300_000);
  events.length = 0;
  await again(lab, ours, restarted);
  expect(lab.until(() => stateOf(b, 1) === 'established')).toBe(true);
  expect(events.map(({ type, route }) => [type, route.prefix.toString()])).toEqual([
    ['withdrawn', '2001:db8:1::/48'],
    ['withdrawn', '2001:db8:2::/48'],
  ]);
});

test('a session that ends before End-of-RIB lets them stay for what they had left', async () => {
  const { lab, b } = await killed();
  lab.clock.advance(300_000);
  await again(lab, wanted(1000));
  expect(lab.until(() => stateOf(b, 1) === 'established')).toBe(true);
  lab.network.kill(addressOf(1));
  expect(lab.until(() => stateOf(b, 1) !== 'established')).toBe(true);
  expect(table(b)).toEqual(kept);
  const { 'long-lived-stale': left = 0 } = b.peer(addressOf(1))?.timers ?? {};
  expect(left).toBeLessThan(760_000);
  lab.clock.advance(left - 1);
  expect(table(b)).toEqual(kept);
  lab.clock.advance(1);
  expect(table(b)).toEqual([]);
});
