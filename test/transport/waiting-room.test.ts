import { expect, test } from 'vitest';
import { Address } from '../../src/ip/address.ts';
import { Prefix } from '../../src/ip/prefix.ts';
import type { Connection, Network } from '../../src/session/ports.ts';
import { WaitingRoom } from '../../src/transport/waiting-room.ts';
import { addressA, addressB, keepalive, Puppet } from '../session/sides.ts';
import { VirtualClock } from '../simulation/clock.ts';
import { SimulatedNetwork } from '../simulation/network.ts';
import { seeded } from '../simulation/random.ts';

function setUp() {
  const clock = new VirtualClock();
  const network = new SimulatedNetwork(clock, seeded(1));
  const room = new WaitingRoom();
  const host = network.host(addressA);
  const guarding: Network = {
    ...host,
    listen: async (options, accept) => ({ ...(await host.listen(options, accept)), protect: () => ({ ok: true }) }),
  };
  const entered: Connection[] = [];
  const listener = room
    .around(guarding)
    .listen({ address: addressA, port: 179 }, (connection) => entered.push(connection));
  const dial = () => {
    const puppet = Puppet.dial(network);
    clock.advance(100);
    return puppet;
  };
  return { clock, network, room, listener, entered, dial };
}

test('who comes early waits, and what it says waits with it', () => {
  const { clock, network, room, entered, dial } = setUp();
  const early = dial();
  early.say(keepalive);
  clock.advance(100);
  expect([early.isConnected, early.closedBy, entered.length]).toEqual([true, undefined, 0]);

  room.open();
  const [connection] = entered;
  const heard: number[] = [];
  connection?.handle({
    connected() {},
    message: (bytes) => void heard.push(Number(bytes[18])),
    malformed() {},
    drained() {},
    closed() {},
  });
  clock.advance(100);
  expect(heard).toEqual([4]);

  Puppet.dial(network);
  clock.advance(100);
  expect(entered).toHaveLength(2);
});

test.each([
  ['its address', addressB],
  ['a prefix that it is in', Prefix.parse('2001:db8::/64')],
])('one that came before %s had to have options does not enter', async (_, remote) => {
  const { clock, room, listener, entered, dial } = setUp();
  const early = dial();
  (await listener).protect?.(remote, { ttlSecurity: true });
  room.open();
  clock.advance(100);
  expect(entered).toEqual([]);
  expect(early.closedBy).toMatchObject({ code: 'ECONNRESET' });
});

test.each([
  ['another prefix', Prefix.parse('2001:db8:0:1::/64'), { ttlSecurity: true }],
  ['another address', Address.parse('2001:db8::c'), { ttlSecurity: true }],
  ['its address, and needs nothing', addressB, {}],
  ['its address, and only wishes', addressB, { ttl: 1 }],
  ['its address, and needs nothing any more', addressB, undefined],
])('one enters where what is said is of %s', async (_, remote, options) => {
  const { room, listener, entered, dial } = setUp();
  dial();
  const guarded = await listener;
  if (options === undefined) guarded.protect?.(remote, { ttlSecurity: true });
  guarded.protect?.(remote, options);
  room.open();
  expect(entered).toHaveLength(1);
});

test('who waits for a listener that closes is turned away', async () => {
  const { clock, room, listener, entered, dial } = setUp();
  const early = dial();
  await (await listener).close();
  room.open();
  clock.advance(100);
  expect(entered).toEqual([]);
  expect(early.closedBy).toMatchObject({ code: 'ECONNRESET' });
});

test('only so many wait', () => {
  const { room, entered, dial } = setUp();
  const all = Array.from({ length: 1025 }, dial);
  expect(all.filter(({ closedBy }) => closedBy !== undefined)).toHaveLength(1);
  room.open();
  expect(entered).toHaveLength(1024);
});
