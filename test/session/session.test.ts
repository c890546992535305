import { beforeEach, describe, expect, test } from 'vitest';
import { Session } from '../../src/session/session.ts';
import type { SessionConfig } from '../../src/session/types.ts';
import { encodeMessage } from '../../src/wire/codec.ts';
import { initialContext } from '../../src/wire/context.ts';
import { ipv4Unicast, ipv6Unicast } from '../../src/wire/family.ts';
import type { Message } from '../../src/wire/message.ts';
import { shutdownCommunication } from '../../src/wire/notification.ts';
import { VirtualClock } from '../simulation/clock.ts';
import { SimulatedNetwork } from '../simulation/network.ts';
import { seeded } from '../simulation/random.ts';
import { addressA, addressB, configA, configB, keepalive, openB, Puppet, Recorder, Side } from './sides.ts';

let clock: VirtualClock;
let network: SimulatedNetwork;

beforeEach(() => {
  clock = new VirtualClock();
  network = new SimulatedNetwork(clock, seeded(1), { delay: [1, 1] });
});

function sideA(changes: Partial<SessionConfig> = {}): Side {
  return new Side(network, addressA, { ...configA, ...changes });
}

function sideB(changes: Partial<SessionConfig> = {}): Side {
  return new Side(network, addressB, { ...configB, ...changes });
}

/** A established with a puppet in B's place. */
function withPuppet(changes: Partial<SessionConfig> = {}, open = openB()): { a: Side; puppet: Puppet } {
  const a = sideA(changes);
  const puppets = Puppet.listen(network);
  a.session.start();
  clock.advance(2);
  const [puppet] = puppets;
  if (puppet === undefined) throw new Error('A did not dial');
  puppet.say(open, keepalive);
  clock.advance(2);
  return { a, puppet };
}

/** A waits, and the puppet dials. */
function withCaller(open = openB()): { a: Side; puppet: Puppet } {
  const a = sideA({ passive: true });
  a.session.start();
  const puppet = Puppet.dial(network);
  puppet.say(open, keepalive);
  clock.advance(5);
  return { a, puppet };
}

const endOfRib: Message = { type: 'update', attributes: {}, faults: [] };

/** Header and body of an UPDATE whose attributes claim to be longer than it is. */
const brokenUpdate = Uint8Array.from([...new Uint8Array(16).fill(255), 0, 23, 2, 0, 0, 0, 9]);

describe('from start to established', () => {
  test('goes through the states in order and says what was negotiated', () => {
    const { a, puppet } = withPuppet();
    expect(a.recorder.states).toEqual(['connect', 'open_sent', 'open_confirm', 'established']);
    expect(puppet.types()).toEqual(['open', 'keepalive']);
    expect(a.recorder.negotiated).toMatchObject({ peerAsn: 65002, external: true, holdTime: 90, keepaliveTime: 30 });
    expect(a.session.counters).toMatchObject({
      opensSent: 1,
      opensReceived: 1,
      keepalivesSent: 1,
      keepalivesReceived: 1,
      established: 1,
    });
    expect(a.session.establishedAt?.getTime()).toBe(clock.date().getTime() - 1);
    expect(Object.keys(a.session.timers).sort()).toEqual(['hold', 'keepalive', 'send-hold', 'stability']);
  });

  test('a passive side waits for the peer', () => {
    const a = sideA({ passive: true });
    const b = sideB();
    a.session.start();
    clock.advance(500_000);
    expect(a.session.state).toBe('active');
    expect(network.open).toBe(0);
    b.session.start();
    clock.advance(20);
    expect([a.session.state, b.session.state]).toEqual(['established', 'established']);
  });

  test('two passive sides never meet', () => {
    const a = sideA({ passive: true });
    const b = sideB({ passive: true });
    a.session.start();
    b.session.start();
    clock.advance(3_600_000);
    expect([a.session.state, b.session.state, network.open]).toEqual(['active', 'active', 0]);
  });

  test('DelayOpen lets the peer speak first', () => {
    const a = sideA({ delayOpenTime: 10 });
    const puppets = Puppet.listen(network);
    a.session.start();
    clock.advance(9000);
    expect(puppets[0]?.types()).toEqual([]);
    puppets[0]?.say(openB());
    clock.advance(10);
    expect(puppets[0]?.types()).toEqual(['open', 'keepalive']);
    expect(a.session.state).toBe('open_confirm');
  });

  test('DelayOpen ends by itself', () => {
    const a = sideA({ delayOpenTime: 10 });
    const puppets = Puppet.listen(network);
    a.session.start();
    clock.advance(10_010);
    expect(puppets[0]?.types()).toEqual(['open']);
  });

  test('a peer that never sends OPEN loses the connection after four minutes, with Hold Timer Expired', () => {
    const a = sideA();
    const puppets = Puppet.listen(network);
    a.session.start();
    clock.advance(239_000);
    expect(puppets[0]?.notification).toBeUndefined();
    clock.advance(2000);
    expect(puppets[0]?.notification).toMatchObject({ code: 4, subcode: 0 });
    expect(a.recorder.downs[0]).toMatchObject({ kind: 'notification-sent' });
  });
});

describe('a connection that cannot be made', () => {
  test('refused: tried again within a second, and the reason says what is likely', () => {
    const a = sideA();
    a.session.start();
    clock.advance(3);
    expect(a.recorder.downs).toEqual([
      {
        kind: 'connection',
        text: 'connection refused by 2001:db8::b port 179: BGP is not running there, or the port is wrong',
      },
    ]);
    clock.advance(1000);
    expect(a.recorder.downs.length).toBeGreaterThanOrEqual(2);
  });

  test('refused for ten minutes: then met within a fifth of that', () => {
    const a = sideA();
    a.session.start();
    clock.advance(600_000);
    const b = sideB({ passive: true });
    b.session.start();
    expect(clock.until(() => a.session.state === 'established', 120_000)).toBe(true);
    expect(a.recorder.downs.length).toBeLessThan(60);
  });

  test('no answer: dropped and dialled again, and the reason names reachability and MD5', () => {
    const a = sideA();
    network.cut(addressA, addressB);
    a.session.start();
    clock.advance(5100);
    expect(a.recorder.downs).toHaveLength(1);
    expect(a.recorder.downs[0]?.text).toMatch(/^no answer from 2001:db8::b port 179: .*MD5/);
    expect(a.session.state).toBe('connect');
  });

  test('closed before OPEN: the reason names what a router does without a configured neighbour', () => {
    const a = sideA();
    const puppets = Puppet.listen(network);
    a.session.start();
    clock.advance(3);
    puppets[0]?.close();
    clock.advance(3);
    expect(a.session.lastDown?.reason.text).toContain('closed before OPEN: no address family activated for us');
    expect(a.session.state).toBe('active');
    clock.advance(1000);
    expect(puppets).toHaveLength(2);
  });

  test.each([
    ['5/0, still loading its configuration', 5, 0],
    ['6/7, holding on to another connection', 6, 7],
  ])('a peer that answers %s is tried again within a second', (_, code, subcode) => {
    const a = sideA();
    const puppets = Puppet.listen(network);
    a.session.start();
    clock.advance(3);
    puppets[0]?.say({ type: 'notification', code, subcode, data: new Uint8Array(0) });
    clock.advance(3);
    expect(a.session.lastDown?.reason).toMatchObject({
      kind: 'notification-received',
      notification: { code, subcode },
    });
    expect(puppets[0]?.types()).toEqual(['open']);
    clock.advance(1000);
    expect(puppets).toHaveLength(2);
  });
});

describe('an unacceptable OPEN', () => {
  test.each([
    ['another AS', openB({ myAs: 65003, capabilities: [{ name: 'multiprotocol', family: ipv6Unicast }] }), 2, 2],
    ['identifier 0', openB({ routerId: 0 }), 2, 3],
    ['no family in common', openB({ capabilities: [{ name: 'multiprotocol', family: ipv4Unicast }] }), 2, 7],
  ])('%s is answered with the right NOTIFICATION', (_, open, code, subcode) => {
    const a = sideA();
    const puppets = Puppet.listen(network);
    a.session.start();
    clock.advance(3);
    puppets[0]?.say(open);
    clock.advance(3);
    expect(puppets[0]?.notification).toMatchObject({ code, subcode });
    expect(puppets[0]?.closedBy).toBe('peer');
    expect(a.session.lastDown?.reason).toMatchObject({ kind: 'notification-sent', notification: { code, subcode } });
  });

  test('a hold time of 1 is 2/6', () => {
    const a = sideA();
    const puppets = Puppet.listen(network);
    a.session.start();
    clock.advance(3);
    const bytes = encodeMessage(openB(), initialContext).slice();
    bytes.set([0, 1], 22);
    puppets[0]?.sayBytes(bytes);
    clock.advance(3);
    expect(puppets[0]?.notification).toMatchObject({ code: 2, subcode: 6 });
  });

  test('a broken marker is 1/1', () => {
    const a = sideA();
    const puppets = Puppet.listen(network);
    a.session.start();
    clock.advance(3);
    puppets[0]?.sayBytes(new Uint8Array(40));
    clock.advance(3);
    expect(puppets[0]?.notification).toMatchObject({ code: 1, subcode: 1 });
    expect(a.session.state).toBe('idle');
  });
});

describe('an established session', () => {
  test('hands UPDATEs over, with their faults when these ask for less than a reset', () => {
    const { a, puppet } = withPuppet();
    puppet.say(endOfRib);
    clock.advance(2);
    expect(a.recorder.updates).toMatchObject([{ type: 'update' }]);
    expect(a.session.counters.updatesReceived).toBe(1);
  });

  test('an UPDATE that asks for a reset ends it with UPDATE Message Error', () => {
    const { a, puppet } = withPuppet();
    puppet.sayBytes(brokenUpdate);
    clock.advance(2);
    expect(puppet.notification).toMatchObject({ code: 3, subcode: 1 });
    expect(a.recorder.updates).toEqual([]);
    expect(a.session.state).toBe('idle');
  });

  test('a second OPEN on the same connection is FSM Error 5/3', () => {
    const { a, puppet } = withPuppet();
    puppet.say(openB());
    clock.advance(2);
    expect(puppet.notification).toMatchObject({ code: 5, subcode: 3 });
    expect(a.recorder.downs).toHaveLength(1);
  });

  test('silence ends it after exactly the hold time, and the tenth of a second in which what waits in a socket is read', () => {
    const { a, puppet } = withPuppet({ holdTime: 9, keepaliveTime: 3 });
    clock.advance(5000);
    puppet.say(keepalive);
    clock.advance(1);
    clock.advance(9099);
    expect(a.session.state).toBe('established');
    clock.advance(1);
    expect(a.session.state).toBe('idle');
    clock.advance(2);
    expect(puppet.notification).toMatchObject({ code: 4, subcode: 0 });
    expect(a.session.lastDown?.reason).toMatchObject({ kind: 'notification-sent', notification: { code: 4 } });
  });

  test('KEEPALIVEs come between 75 and 100 percent of their time', () => {
    const { puppet } = withPuppet({ holdTime: 0xffff, keepaliveTime: 4 }, openB({ holdTime: 0xffff }));
    const before = puppet.heard.length;
    clock.advance(1200 * 1000);
    const count = puppet.heard.length - before;
    expect(count).toBeGreaterThan(300);
    expect(count).toBeLessThan(400);
  });

  test('KEEPALIVEs are a second apart at least', () => {
    const { puppet } = withPuppet({ holdTime: 3, keepaliveTime: 1 });
    const before = puppet.heard.length;
    clock.advance(2500);
    expect(puppet.heard.length - before).toBe(2);
  });

  test('while UPDATEs go out no KEEPALIVE is needed', () => {
    const { a, puppet } = withPuppet({ keepaliveTime: 4 });
    const bytes = encodeMessage(endOfRib, initialContext);
    for (let i = 0; i < 60; i++) {
      expect(a.session.send(bytes, 1)).toBe(true);
      clock.advance(1000);
      if (i % 20 === 0) puppet.say(keepalive);
    }
    expect(a.session.counters).toMatchObject({ updatesSent: 60, keepalivesSent: 1 });
    clock.advance(4000);
    expect(a.session.counters.keepalivesSent).toBe(2);
  });

  test('a hold time of 0 needs no life sign for days', () => {
    const { a, puppet } = withPuppet({ holdTime: 0 });
    clock.advance(7 * 86_400_000);
    expect(a.session.state).toBe('established');
    expect(puppet.types()).toEqual(['open', 'keepalive']);
  });

  test('nothing is sent before it is established', () => {
    const a = sideA();
    expect(a.session.send(encodeMessage(endOfRib, initialContext), 1)).toBe(false);
    expect(a.session.sendRouteRefresh({ type: 'route-refresh', family: ipv6Unicast, subtype: 0 })).toBe(false);
    expect(a.session.counters.updatesSent).toBe(0);
  });

  test('ROUTE-REFRESH goes both ways, and what was not negotiated or is unknown is ignored', () => {
    const { a, puppet } = withPuppet();
    for (const subtype of [0, 1, 2, 7]) puppet.say({ type: 'route-refresh', family: ipv6Unicast, subtype });
    clock.advance(2);
    expect(a.recorder.refreshes).toEqual([{ type: 'route-refresh', family: ipv6Unicast, subtype: 0 }]);
    a.session.sendRouteRefresh({ type: 'route-refresh', family: ipv6Unicast, subtype: 0 });
    clock.advance(2);
    expect(puppet.types().at(-1)).toBe('route-refresh');
    expect(a.session.state).toBe('established');
    expect(a.session.counters).toMatchObject({ routeRefreshesSent: 1, routeRefreshesReceived: 4 });
  });

  test('with the enhanced kind its markers are handed over', () => {
    const enhanced = { name: 'enhanced-route-refresh' } as const;
    const { a, puppet } = withPuppet(
      { capabilities: [...configA.capabilities, enhanced] },
      openB({ capabilities: [...configB.capabilities, enhanced] }),
    );
    for (const subtype of [1, 2, 3]) puppet.say({ type: 'route-refresh', family: ipv6Unicast, subtype });
    clock.advance(2);
    expect(a.recorder.refreshes.map(({ subtype }) => subtype)).toEqual([1, 2]);
  });

  test('back-pressure shows in `send` and `pending`, and ends with `drained`', () => {
    network = new SimulatedNetwork(clock, seeded(1), { delay: [1, 1], highWater: 100 });
    const { a } = withPuppet();
    const bytes = encodeMessage(endOfRib, initialContext);
    const results: boolean[] = [];
    while (results.at(-1) !== false) results.push(a.session.send(bytes, 1));
    expect(a.session.pending).toBe(bytes.length * results.length);
    clock.advance(2);
    expect([a.session.pending, a.recorder.drains]).toEqual([0, 1]);
  });

  test('a peer that speaks but takes nothing for eight minutes is let go (RFC 9687)', () => {
    const { a, puppet } = withPuppet();
    // One direction only: what the peer says still arrives.
    const stop = network.block(addressA, addressB);
    for (let i = 0; i < 47; i++) {
      puppet.say(keepalive);
      clock.advance(10_000);
    }
    expect(a.session.state).toBe('established');
    for (let i = 0; i < 50; i++) {
      puppet.say(keepalive);
      clock.advance(1000);
    }
    stop();
    expect(a.session.lastDown?.reason).toMatchObject({
      kind: 'notification-sent',
      notification: { code: 8, subcode: 0 },
    });
  });
});

describe('a stop', () => {
  test('says Administrative Shutdown with the text, and does not start again', () => {
    const { a, puppet } = withPuppet();
    a.session.stop('maintenance until noon');
    clock.advance(2);
    expect(puppet.notification).toMatchObject({
      code: 6,
      subcode: 2,
      data: shutdownCommunication('maintenance until noon'),
    });
    expect(a.session.lastDown?.reason).toMatchObject({ kind: 'stopped', text: 'maintenance until noon' });
    clock.advance(3_600_000);
    expect([a.session.state, network.open, clock.waiting]).toEqual(['idle', 0, 0]);
  });

  test('with another subcode sends no text', () => {
    const { a, puppet } = withPuppet();
    a.session.stop('gone', 3);
    clock.advance(2);
    expect(puppet.notification).toEqual({ type: 'notification', code: 6, subcode: 3, data: new Uint8Array(0) });
  });

  test('without NOTIFICATION just closes', () => {
    const { a, puppet } = withPuppet();
    a.session.stopWithoutNotification();
    clock.advance(2);
    expect([puppet.notification, puppet.closedBy]).toEqual([undefined, 'peer']);
  });

  test('a reset says Administrative Reset and comes back within a second', () => {
    const a = sideA();
    const b = sideB({ passive: true });
    a.session.start();
    b.session.start();
    clock.advance(10);
    a.session.reset('new policy');
    clock.advance(5);
    expect(b.session.lastDown?.reason).toMatchObject({ kind: 'notification-received', notification: { subcode: 4 } });
    clock.advance(1000);
    expect([a.session.state, a.session.counters.established]).toEqual(['established', 2]);
  });

  test.each([
    { rest: 100, dials: 'later' },
    { rest: 600, dials: 'at once' },
  ])(
    'started again after $rest ms dials $dials: a peer is not disturbed while it ends the session',
    ({ rest, dials }) => {
      const { a, puppet } = withPuppet();
      a.session.stop();
      clock.advance(rest);
      expect(puppet.notification).toMatchObject({ code: 6, subcode: 2 });
      const next = new Session(configA, a.recorder, {
        clock,
        entropy: network.entropy,
        network: network.host(addressA),
      });
      next.succeed(a.session);
      next.start();
      expect(next.state).toBe(dials === 'at once' ? 'connect' : 'idle');
      clock.advance(600);
      expect(next.state).toBe('open_sent');
    },
  );

  test('while dialling leaves nothing behind', () => {
    const a = sideA();
    a.session.start();
    a.session.stop();
    clock.advance(1000);
    expect([a.session.state, clock.waiting]).toEqual(['idle', 0]);
    expect(a.recorder.states).toEqual(['connect', 'idle']);
  });

  test('a stopped session refuses connections with Connection Rejected', () => {
    const a = sideA();
    const puppet = Puppet.dial(network);
    clock.advance(10);
    expect(puppet.notification).toMatchObject({ code: 6, subcode: 5 });
    expect(puppet.closedBy).toBe('peer');
    expect(a.session.state).toBe('idle');
  });
});

describe('two connections at once (RFC 4271, 6.8)', () => {
  /** A, its own connection to B, and one that B dialled; OPENs were sent by A on both. */
  function twice(): { a: Side; ours: Puppet; theirs: Puppet } {
    const a = sideA();
    const puppets = Puppet.listen(network);
    a.session.start();
    clock.advance(3);
    const theirs = Puppet.dial(network);
    clock.advance(3);
    const [ours] = puppets;
    if (ours === undefined) throw new Error('A did not dial');
    return { a, ours, theirs };
  }

  test('the peer has the higher identifier: its connection stays', () => {
    const { a, ours, theirs } = twice();
    ours.say(openB());
    theirs.say(openB(), keepalive);
    clock.advance(5);
    expect(ours.notification).toMatchObject({ code: 6, subcode: 7 });
    expect(theirs.types()).toEqual(['open', 'keepalive']);
    expect([a.session.state, a.session.counters.collisions, a.recorder.downs]).toEqual(['established', 1, []]);
  });

  test('we have the higher identifier: our connection stays, whichever OPEN came first', () => {
    const { a, ours, theirs } = twice();
    theirs.say(openB({ routerId: 1 }));
    clock.advance(5);
    expect(theirs.notification).toMatchObject({ code: 6, subcode: 7 });
    ours.say(openB({ routerId: 1 }), keepalive);
    clock.advance(5);
    expect(ours.types()).toEqual(['open', 'keepalive']);
    expect([a.session.state, a.recorder.downs]).toEqual(['established', []]);
  });

  test('an equal identifier: the larger AS number decides (RFC 6286)', () => {
    const { a, ours, theirs } = twice();
    ours.say(openB({ routerId: configA.routerId }));
    theirs.say(openB({ routerId: configA.routerId }), keepalive);
    clock.advance(5);
    expect(ours.notification).toMatchObject({ code: 6, subcode: 7 });
    expect(a.session.state).toBe('established');
  });

  test('an established session stays; the newcomer is heard out until its OPEN', () => {
    const { a, puppet } = withPuppet();
    clock.advance(20_000);
    const late = Puppet.dial(network);
    clock.advance(5);
    expect(late.types()).toEqual(['open']);
    late.say(openB());
    clock.advance(5);
    expect(late.notification).toMatchObject({ code: 6, subcode: 7 });
    expect([a.session.state, puppet.notification, a.recorder.downs]).toEqual(['established', undefined, []]);
  });

  test('a young session goes when the peer, by right of its identifier, took the other connection', () => {
    const { a, puppet } = withPuppet();
    const late = Puppet.dial(network);
    late.say(openB());
    clock.advance(5);
    expect(late.types()).toEqual(['open', 'keepalive']);
    expect([a.session.state, a.recorder.downs]).toEqual(['established', []]);
    late.say(keepalive);
    clock.advance(5);
    expect([puppet.notification, puppet.closedBy]).toEqual([undefined, 'peer']);
    expect(a.recorder.states.slice(-3)).toEqual(['established', 'idle', 'established']);
    expect([a.recorder.downs.length, a.session.counters.established, a.recorder.most]).toEqual([1, 2, 1]);
  });

  test('a young session stays where our identifier is the higher one', () => {
    const { a } = withPuppet({}, openB({ routerId: 1 }));
    const late = Puppet.dial(network);
    late.say(openB({ routerId: 1 }));
    clock.advance(5);
    expect(late.notification).toMatchObject({ code: 6, subcode: 7 });
    expect([a.session.state, a.recorder.downs]).toEqual(['established', []]);
  });

  test('a stop while one connection replaces the other stops both', () => {
    const { a, puppet } = withPuppet();
    const late = Puppet.dial(network);
    late.say(openB());
    clock.advance(5);
    a.recorder.onDown = () => a.session.stop();
    late.say(keepalive);
    clock.advance(20);
    expect([puppet.closedBy, late.closedBy, a.session.state, network.open]).toEqual(['peer', 'peer', 'idle', 0]);
    expect([a.session.counters.established, clock.waiting]).toEqual([1, 0]);
  });

  test('a peer that restarts gracefully gets its new connection (RFC 4724, 4.2), and no NOTIFICATION on the old', () => {
    const family = { family: ipv6Unicast, forwarding: true };
    const restart = {
      name: 'graceful-restart',
      restarting: false,
      notification: false,
      time: 120,
      families: [family],
    } as const;
    const open = openB({ capabilities: [...configB.capabilities, restart] });
    const { a, puppet } = withPuppet({}, open);
    clock.advance(20_000);
    const again = Puppet.dial(network);
    clock.advance(5);
    again.say(open, keepalive);
    clock.advance(5);
    expect([puppet.notification, puppet.closedBy]).toEqual([undefined, 'peer']);
    expect(a.recorder.downs).toMatchObject([{ kind: 'connection' }]);
    expect([a.session.state, a.session.counters.established, a.recorder.most]).toEqual(['established', 2, 1]);
  });

  test('a peer that dials again has given up its first connection', () => {
    const a = sideA({ passive: true });
    a.session.start();
    const first = Puppet.dial(network);
    clock.advance(5);
    const second = Puppet.dial(network);
    clock.advance(5);
    expect(first.notification).toMatchObject({ code: 6, subcode: 7 });
    second.say(openB(), keepalive);
    clock.advance(5);
    expect(a.session.state).toBe('established');
  });

  test('who dials again to one that never dials gets the new connection, whatever the identifiers', () => {
    const { a, puppet } = withCaller(openB({ routerId: 1 }));
    const late = Puppet.dial(network);
    late.say(openB({ routerId: 1 }), keepalive);
    clock.advance(5);
    expect([puppet.notification, puppet.closedBy, late.notification]).toEqual([undefined, 'peer', undefined]);
    expect([a.session.state, a.session.counters.established]).toEqual(['established', 2]);
  });

  test('a connection that failed keeps one that never dials from nothing, and leaves no timer behind', () => {
    const { a, puppet } = withCaller();
    const running = Object.keys(a.session.timers);
    puppet.close();
    clock.advance(60_000);
    const failed = Puppet.dial(network);
    failed.say(openB({ myAs: 65009, capabilities: [] }));
    clock.advance(5);
    expect([failed.notification, a.session.state]).toMatchObject([{ code: 2, subcode: 2 }, 'idle']);
    const next = Puppet.dial(network);
    next.say(openB(), keepalive);
    clock.advance(5);
    expect([a.session.state, Object.keys(a.session.timers)]).toEqual(['established', running]);
  });

  test('a connection whose OPEN stays unanswered does not win against a live one', () => {
    const { a, ours, theirs } = twice();
    clock.advance(11_000);
    theirs.say(openB({ routerId: 1 }), keepalive);
    clock.advance(5);
    expect(a.session.state).toBe('established');
    expect(ours.notification).toMatchObject({ code: 6, subcode: 7 });
  });
});

describe('a peer that misbehaves', () => {
  test('may not come back at once by itself', () => {
    const { a, puppet } = withPuppet({ connectRetryTime: 60 });
    puppet.sayBytes(brokenUpdate);
    clock.advance(5);
    const again = Puppet.dial(network);
    clock.advance(5);
    expect(again.notification).toMatchObject({ code: 6, subcode: 5 });
    expect(clock.until(() => a.session.state === 'open_sent', 1000)).toBe(true);
  });

  test('one whose hold timer expired may', () => {
    const { a } = withPuppet({ holdTime: 3 });
    clock.advance(3100);
    expect(a.session.state).toBe('idle');
    const again = Puppet.dial(network);
    again.say(openB(), keepalive);
    clock.advance(50);
    expect(a.session.state).toBe('established');
  });
});

test('a session can be started, stopped and started from its own handler', () => {
  const b = sideB({ passive: true });
  b.session.start();
  const recorder = new Recorder();
  let restarts = 0;
  const session: Session = new Session(
    configA,
    {
      stateChanged: (from, to) => recorder.stateChanged(from, to),
      established: (negotiated) => {
        recorder.established(negotiated);
        if (restarts++ < 3) session.stop('again');
      },
      update: (update) => recorder.update(update),
      routeRefresh: (message) => recorder.routeRefresh(message),
      drained: () => recorder.drained(),
      down: (reason) => {
        recorder.down(reason);
        session.start();
      },
    },
    { clock, entropy: seeded(3), network: network.host(addressA) },
  );
  session.start();
  clock.advance(60_000);
  expect([session.state, recorder.most, session.counters.established]).toEqual(['established', 1, 4]);
  expect(recorder.downs.map((reason) => reason.kind)).toContain('stopped');
});
