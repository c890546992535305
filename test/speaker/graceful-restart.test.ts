import { describe, expect, test } from 'vitest';
import { staleTimesOf } from '../../src/speaker/graceful-restart.ts';
import type { Speaker } from '../../src/speaker/speaker.ts';
import type { Neighbor, RouteEvent } from '../../src/speaker/types.ts';
import { ipv4Unicast, ipv6Unicast } from '../../src/wire/family.ts';
import { addressOf, advertise, Lab, neighbor, stateOf, tableOf, withdraw } from './support.ts';

const gracefulRestart = { restartTime: 60, stalePathTime: 90 };
const routes = ['2001:db8:1::/48', '2001:db8:2::/48'];

/** Host 1 announces two routes to host 2; both have graceful restart unless told otherwise. */
async function pair(ours: Partial<Neighbor> = { gracefulRestart }, theirs: Partial<Neighbor> = ours) {
  const lab = new Lab(1);
  const [a, b] = [await lab.speaker(1), await lab.speaker(2)];
  advertise(a, routes);
  a.addNeighbor(neighbor(2, ours));
  b.addNeighbor(neighbor(1, theirs));
  expect(lab.until(() => received(b) === 2)).toBe(true);
  lab.clock.advance(1000);
  return { lab, a, b };
}

function family(speaker: Speaker, host = 1) {
  return speaker.peer(addressOf(host))?.families[0];
}

function received(speaker: Speaker): number {
  return family(speaker)?.received ?? 0;
}

function stale(speaker: Speaker): number {
  return family(speaker)?.stale ?? 0;
}

function table(speaker: Speaker): string[] {
  return Object.keys(tableOf(speaker, { table: 'adj-rib-in', neighbor: addressOf(1) }));
}

function claimed(speaker: Speaker, host: number) {
  const { capabilities = [] } = speaker.peer(addressOf(host))?.negotiated?.localOpen ?? {};
  return capabilities.find(({ name }) => name === 'graceful-restart');
}

/** The same host starts again, as a new process would. */
async function again(
  lab: Lab,
  options: { readonly restarted: boolean },
  ours: Partial<Neighbor> = { gracefulRestart },
) {
  const speaker = await lab.speaker(1, {}, { ...options, peersWait: true });
  speaker.addNeighbor(neighbor(2, ours));
  return speaker;
}

describe('the capability', () => {
  test('is not claimed by default', async () => {
    const { a } = await pair({});
    expect(claimed(a, 2)).toBeUndefined();
    expect(a.peer(addressOf(2))?.negotiated?.gracefulRestart).toBeUndefined();
  });

  test('says nothing of a restart on a first start; what it says is negotiated', async () => {
    const { a } = await pair({ gracefulRestart }, { gracefulRestart: { restartTime: 7, stalePathTime: 90 } });
    expect(claimed(a, 2)).toEqual({
      name: 'graceful-restart',
      restarting: false,
      notification: true,
      time: 60,
      families: [{ family: ipv6Unicast, forwarding: false }],
    });
    expect(a.peer(addressOf(2))?.negotiated?.gracefulRestart).toEqual({
      restartTime: 7,
      notification: true,
      families: new Map([[ipv6Unicast, { forwarding: false }]]),
      longLived: new Map(),
    });
  });

  test('has the F bit and no R bit in the next session of the same process (RFC 4724, 4.2; RFC 8538, 4)', async () => {
    const { lab, a } = await pair();
    lab.network.reset(addressOf(1), addressOf(2));
    expect(lab.until(() => stateOf(a, 2) === 'established')).toBe(true);
    expect(claimed(a, 2)).toMatchObject({ restarting: false, families: [{ forwarding: true }] });
  });

  test('has the R bit in the first session after a restart, and no more in the next', async () => {
    const { lab } = await pair();
    lab.network.kill(addressOf(1));
    const a = await again(lab, { restarted: true });
    a.startPeers();
    expect(lab.until(() => stateOf(a, 2) === 'established')).toBe(true);
    expect(claimed(a, 2)).toMatchObject({ restarting: true, families: [{ forwarding: true }] });
    lab.network.reset(addressOf(1), addressOf(2));
    expect(lab.until(() => stateOf(a, 2) !== 'established')).toBe(true);
    expect(lab.until(() => stateOf(a, 2) === 'established')).toBe(true);
    expect(claimed(a, 2)).toMatchObject({ restarting: false, families: [{ forwarding: true }] });
  });

  test('has no R bit once nobody can have routes of before any more', async () => {
    const lab = new Lab(1);
    const a = await again(lab, { restarted: true });
    a.startPeers();
    lab.clock.advance(61_000);
    const b = await lab.speaker(2);
    b.addNeighbor(neighbor(1, { gracefulRestart }));
    expect(lab.until(() => stateOf(a, 2) === 'established')).toBe(true);
    expect(claimed(a, 2)).toMatchObject({ restarting: false });
  });
});

describe('a lost connection', () => {
  test('takes the routes with it where graceful restart is off', async () => {
    const { lab, b } = await pair({});
    lab.network.reset(addressOf(1), addressOf(2));
    lab.until(() => stateOf(b, 1) !== 'established');
    expect(received(b)).toBe(0);
  });

  test.each([
    ['only the peer has it on', {}, { gracefulRestart }],
    ['only we have it on', { gracefulRestart }, {}],
  ])('takes the routes with it where %s', async (_, theirs, ours) => {
    const { lab, b } = await pair(theirs, ours);
    lab.network.reset(addressOf(1), addressOf(2));
    lab.until(() => stateOf(b, 1) !== 'established');
    expect(received(b)).toBe(0);
  });

  test('leaves them stale until the restart time of the peer is over (RFC 4724, 4.2)', async () => {
    const { lab, a, b } = await pair();
    const events: RouteEvent[] = [];
    b.watchRoutes({ table: 'adj-rib-in' }, (some) => events.push(...some));
    lab.network.kill(addressOf(1));
    void a;
    expect(lab.until(() => stateOf(b, 1) !== 'established')).toBe(true);
    expect([received(b), stale(b), table(b)]).toEqual([2, 2, routes]);
    expect(b.peer(addressOf(1))?.timers).toMatchObject({ restart: 60_000, 'stale-path': 90_000 });
    lab.clock.advance(59_900);
    expect([received(b), events]).toEqual([2, []]);
    lab.clock.advance(200);
    expect([received(b), stale(b), table(b)]).toEqual([0, 0, []]);
    expect(events.map(({ type, route }) => [type, route.prefix.toString()])).toEqual(
      routes.map((prefix) => ['withdrawn', prefix]),
    );
    expect(b.peer(addressOf(1))?.timers).not.toHaveProperty('stale-path');
  });

  test('leaves them no longer than the upper bound, however long the peer asks for', async () => {
    const { lab, b } = await pair({ gracefulRestart: { restartTime: 4095, stalePathTime: 90 } });
    lab.network.kill(addressOf(1));
    expect(lab.until(() => stateOf(b, 1) !== 'established')).toBe(true);
    lab.clock.advance(89_900);
    expect(received(b)).toBe(2);
    lab.clock.advance(200);
    expect(received(b)).toBe(0);
  });
});

describe('a peer that comes back', () => {
  test('replaces what it sends again; End-of-RIB takes the rest, and nothing was gone meanwhile', async () => {
    const { lab, a, b } = await pair();
    const events: RouteEvent[] = [];
    b.watchRoutes({ table: 'adj-rib-in' }, (some) => events.push(...some));
    lab.network.cut(addressOf(1), addressOf(2));
    lab.network.reset(addressOf(1), addressOf(2));
    withdraw(a, routes.slice(1));
    advertise(a, ['2001:db8:3::/48']);
    lab.clock.advance(100);
    expect(stale(b)).toBe(2);
    lab.network.heal(addressOf(1), addressOf(2));
    expect(lab.until(() => stateOf(b, 1) === 'established')).toBe(true);
    lab.clock.advance(1000);
    expect(table(b)).toEqual(['2001:db8:1::/48', '2001:db8:3::/48']);
    expect([received(b), stale(b)]).toEqual([2, 0]);
    expect(events.filter(({ type }) => type === 'withdrawn').map(({ route }) => route.prefix.toString())).toEqual([
      '2001:db8:2::/48',
    ]);
    const { timers } = b.peer(addressOf(1)) ?? {};
    expect(timers).not.toHaveProperty('restart');
    expect(timers).not.toHaveProperty('stale-path');
  });

  test('without the F bit loses them at once (RFC 4724, 4.2)', async () => {
    const { lab, b } = await pair();
    lab.network.kill(addressOf(1));
    const a = await again(lab, { restarted: false });
    lab.until(() => stale(b) === 2);
    a.startPeers();
    expect(lab.until(() => stateOf(b, 1) === 'established')).toBe(true);
    expect(received(b)).toBe(0);
  });

  test('without the capability loses them at once', async () => {
    const { lab, b } = await pair();
    lab.network.kill(addressOf(1));
    const a = await again(lab, { restarted: true }, {});
    lab.until(() => stale(b) === 2);
    a.startPeers();
    expect(lab.until(() => stateOf(b, 1) === 'established')).toBe(true);
    expect(received(b)).toBe(0);
  });

  test('loses the families that it speaks no more', async () => {
    const both = { gracefulRestart, families: [ipv6Unicast, ipv4Unicast] };
    const { lab, a, b } = await pair(both);
    advertise(a, ['192.0.2.0/24'], {}, undefined, ipv4Unicast);
    expect(lab.until(() => b.peer(addressOf(1))?.families[1]?.received === 1)).toBe(true);
    a.updateNeighbor(neighbor(2, { gracefulRestart }));
    expect(lab.until(() => stateOf(b, 1) !== 'established')).toBe(true);
    expect(b.peer(addressOf(1))?.families).toMatchObject([{ stale: 2 }, { stale: 1 }]);
    expect(lab.until(() => stateOf(b, 1) === 'established')).toBe(true);
    expect(b.peer(addressOf(1))?.families).toMatchObject([{ received: 2 }, { received: 0 }]);
  });

  test('and goes again before End-of-RIB: what is stale stays for what it had left (RFC 8538, 4.1)', async () => {
    const { lab, b } = await pair();
    lab.network.reset(addressOf(1), addressOf(2));
    lab.clock.advance(50);
    lab.network.cut(addressOf(1), addressOf(2));
    lab.network.reset(addressOf(1), addressOf(2));
    lab.clock.advance(40_000);
    expect([received(b), stale(b)]).toEqual([2, 2]);
    lab.clock.advance(60_000);
    expect(received(b)).toBe(0);
  });
});

describe('a NOTIFICATION (RFC 8538)', () => {
  test('that is no Hard Reset leaves the routes on both sides', async () => {
    const { lab, a, b } = await pair();
    b.resetNeighbor(addressOf(1), { soft: 'none' });
    lab.clock.advance(10);
    expect([received(b), stale(b)]).toEqual([2, 2]);
    a.resetNeighbor(addressOf(2), { soft: 'none' });
    expect(lab.until(() => stateOf(b, 1) === 'established')).toBe(true);
    a.resetNeighbor(addressOf(2), { soft: 'none' });
    expect(lab.until(() => stateOf(b, 1) !== 'established')).toBe(true);
    expect([received(b), stale(b)]).toEqual([2, 2]);
    expect(lab.until(() => stateOf(b, 1) === 'established' && stale(b) === 0)).toBe(true);
    expect(table(b)).toEqual(routes);
  });

  test('for the hold time leaves them too', async () => {
    const { lab, b } = await pair();
    lab.network.cut(addressOf(1), addressOf(2));
    expect(lab.until(() => stateOf(b, 1) !== 'established')).toBe(true);
    expect(b.peer(addressOf(1))?.lastDown?.reason).toMatchObject({ notification: { code: 4 } });
    expect([received(b), stale(b)]).toEqual([2, 2]);
  });

  test('that is a Hard Reset takes them: a stop for good, and a peer that is removed', async () => {
    const { lab, a, b } = await pair();
    await a.stop({ fullDestroy: true, text: 'so long' });
    expect(lab.until(() => stateOf(b, 1) !== 'established')).toBe(true);
    expect(b.peer(addressOf(1))?.lastDown?.reason).toMatchObject({
      notification: { code: 6, subcode: 9 },
      text: 'Cease: Hard Reset: Cease: Administrative Shutdown: "so long"',
    });
    expect(received(b)).toBe(0);

    const second = await pair();
    second.a.removeNeighbor(addressOf(2));
    expect(second.lab.until(() => stateOf(second.b, 1) !== 'established')).toBe(true);
    expect(second.b.peer(addressOf(1))?.lastDown?.reason).toMatchObject({
      text: 'Cease: Hard Reset: Cease: Peer De-configured',
    });
    expect(received(second.b)).toBe(0);
  });

  test('that is a Hard Reset takes them: a reset that is asked to be one, on both sides', async () => {
    const { lab, a, b } = await pair();
    advertise(b, ['2001:db8:9::/48']);
    expect(lab.until(() => family(a, 2)?.received === 1)).toBe(true);
    a.resetNeighbor(addressOf(2), { soft: 'none', communication: 'new cable', hard: true });
    expect([family(a, 2)?.received, stateOf(a, 2)]).toEqual([0, 'idle']);
    expect(lab.until(() => stateOf(b, 1) !== 'established')).toBe(true);
    expect(b.peer(addressOf(1))?.lastDown?.reason).toMatchObject({
      text: 'Cease: Hard Reset: Cease: Administrative Reset: "new cable"',
    });
    expect(received(b)).toBe(0);
    expect(lab.until(() => received(b) === 2 && family(a, 2)?.received === 1)).toBe(true);
  });

  test('is a plain Cease where graceful restart is off', async () => {
    const { lab, a, b } = await pair({});
    await a.stop({ fullDestroy: false, text: 'so long' });
    expect(lab.until(() => stateOf(b, 1) !== 'established')).toBe(true);
    expect(b.peer(addressOf(1))?.lastDown?.reason).toMatchObject({ notification: { code: 6, subcode: 2 } });
  });
});

test('a stop that is not for good says nothing to a peer that helps', async () => {
  const { lab, a, b } = await pair();
  await a.stop({ fullDestroy: false, text: 'so long' });
  expect(lab.until(() => stateOf(b, 1) !== 'established')).toBe(true);
  expect(b.peer(addressOf(1))?.lastDown?.reason).toMatchObject({ kind: 'connection' });
  expect([received(b), stale(b)]).toEqual([2, 2]);
});

test('no session begins before everything is there, whoever dials', async () => {
  const { lab, b } = await pair();
  lab.network.kill(addressOf(1));
  const a = await again(lab, { restarted: true });
  a.updateNeighbor(neighbor(2, { gracefulRestart, timers: { ...neighbor(2).timers, holdTime: 30 } }));
  lab.clock.advance(30_000);
  expect([stateOf(a, 2), stale(b), a.refusedConnections]).toEqual(['idle', 2, 0]);
  advertise(a, routes);
  a.startPeers();
  expect(lab.until(() => stateOf(b, 1) === 'established')).toBe(true);
  lab.clock.advance(1000);
  expect([table(b), stale(b)]).toEqual([routes, 0]);
});

test('turned off, or without a family, while the peer is away: what waits for it goes', async () => {
  const { lab, b } = await pair();
  lab.network.kill(addressOf(1));
  expect(lab.until(() => stale(b) === 2)).toBe(true);
  b.updateNeighbor(neighbor(1));
  expect(received(b)).toBe(0);
});

/** What of a peer's routes stays after a session that ended so, when both have RFC 8538 and when one of them has not. */
describe.each<[string, code: number, subcodes: readonly number[], stays: boolean]>([
  ['Message Header Error', 1, [0, 1, 2, 3], true],
  ['UPDATE Message Error', 3, [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11], true],
  ['Hold Timer Expired', 4, [0], true],
  ['Finite State Machine Error', 5, [0, 3], true],
  ['Cease', 6, [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 255], true],
  ['Cease, Hard Reset', 6, [9], false],
  ['ROUTE-REFRESH Message Error', 7, [1], true],
  ['Send Hold Timer Expired', 8, [0], true],
  ['a code that nobody knows', 99, [0], true],
])('%s', (_, code, subcodes, stays) => {
  test.each(
    (['notification-received', 'notification-sent', 'stopped'] as const).flatMap((kind) =>
      subcodes.map((subcode) => [kind, subcode] as const),
    ),
  )('%s, subcode %d', (kind, subcode) => {
    const families = new Map([[ipv6Unicast, { forwarding: true }]]);
    const reason = {
      kind,
      notification: { type: 'notification', code, subcode, data: new Uint8Array(0) },
      text: '',
    } as const;
    const times = (notification: boolean) =>
      staleTimesOf(
        ipv6Unicast,
        gracefulRestart,
        { restartTime: 60, notification, families, longLived: new Map() },
        reason,
      );
    expect([times(true) !== undefined, times(false) !== undefined]).toEqual([stays, false]);
  });
});
