import { expect, test } from 'vitest';
import { Calm } from '../../src/speaker/calm.ts';
import { ipv6Unicast } from '../../src/wire/family.ts';
import { messageType } from '../../src/wire/header.ts';
import { refreshSubtype } from '../../src/wire/refresh.ts';
import { VirtualClock } from '../simulation/clock.ts';
import { BadPeer } from './bad-peer.ts';
import { addressOf, advertise, Lab, neighbor, stateOf } from './support.ts';

/** Work that notes when it is done, and a way to let turns go by; in some of them something stirs before. */
function setUp() {
  const clock = new VirtualClock();
  const calm = new Calm(clock);
  const done: string[] = [];
  const turns: (() => void)[] = [];
  clock.turn = (callback) => void turns.push(callback);
  const turn = () => turns.shift()?.();
  return { clock, calm, done, turn, turns, work: (name: string) => () => void done.push(name) };
}

test('one piece of work in a turn, in order, and none in a turn before which something stirred', () => {
  const { calm, done, turn, turns, work } = setUp();
  calm.stir();
  calm.wait(work('a'));
  calm.wait(work('b'));
  calm.wait(work('c'));
  turn();
  expect(done).toEqual([]);
  turn();
  expect(done).toEqual(['a']);
  calm.stir();
  turn();
  expect(done).toEqual(['a']);
  turn();
  turn();
  expect(done).toEqual(['a', 'b', 'c']);
  expect(turns).toEqual([]);
});

test('what has waited for a second is done, whatever stirs', () => {
  const { clock, calm, done, turn, work } = setUp();
  const stirred = () => {
    calm.stir();
    turn();
  };
  calm.wait(work('a'));
  clock.advance(999);
  calm.wait(work('b'));
  stirred();
  expect(done).toEqual([]);
  clock.advance(1);
  stirred();
  stirred();
  expect(done).toEqual(['a']);
});

test('work that throws keeps nothing else from its turn', () => {
  const { calm, done, turn, work } = setUp();
  calm.wait(() => {
    throw new Error('a');
  });
  calm.wait(work('b'));
  expect(turn).toThrow('a');
  turn();
  expect(done).toEqual(['b']);
});

test('of peers that come up at once none is sent a route before all are established', async () => {
  const lab = new Lab(1);
  const node = await lab.speaker(1);
  advertise(node, ['2001:db8:a:1::/64']);
  const hosts = [2, 3, 4, 5];
  for (const host of hosts) node.addNeighbor(neighbor(host, { transport: { remotePort: 179, passive: true } }));
  // In the same moment, so that their handshakes are interleaved.
  for (const host of hosts) (await lab.speaker(host)).addNeighbor(neighbor(1));
  const states = () => hosts.map((host) => stateOf(node, host));
  const sent = () => hosts.map((host) => node.peer(addressOf(host))?.counters.updatesSent ?? 0);
  lab.until(() => sent().some((updates) => updates > 0));
  expect(states()).toEqual(hosts.map(() => 'established'));
  lab.clock.advance(1000);
  expect(hosts.map((host) => node.peer(addressOf(host))?.families[0]?.advertised)).toEqual(hosts.map(() => 1));
});

test('a peer that is up has all that there is only when it was sent it', async () => {
  const lab = new Lab(1);
  const node = await lab.speaker(1);
  advertise(node, ['2001:db8:a:1::/64']);
  node.addNeighbor(neighbor(2, { transport: { remotePort: 179, passive: true } }));
  (await lab.speaker(2)).addNeighbor(neighbor(1));
  const sent = () => node.peer(addressOf(2))?.counters.updatesSent;
  lab.until(() => stateOf(node, 2) === 'established');
  expect([sent(), node.isSending]).toEqual([0, true]);
  lab.until(() => !node.isSending);
  expect(sent()).toBe(2);
});

test('a peer that asks for everything again before it was sent anything gets both, between the marks', async () => {
  const lab = new Lab(1);
  const node = await lab.speaker(1);
  advertise(node, ['2001:db8:a:1::/64']);
  node.addNeighbor(neighbor(9, { transport: { remotePort: 179, passive: true } }));
  const peer = new BadPeer(lab);
  peer.greet([{ name: 'route-refresh' }, { name: 'enhanced-route-refresh' }]);
  peer.say({ type: 'route-refresh', family: ipv6Unicast, subtype: refreshSubtype.request });
  lab.clock.advance(1000);
  expect(node.peer(addressOf(9))?.counters).toMatchObject({ routeRefreshesReceived: 1, routeRefreshesSent: 2 });
  // The route, End-of-RIB, and the route once more.
  expect(peer.heard.get(messageType.update)).toBe(3);
});
