import { expect, test } from 'vitest';
import type { Connection, Network } from '../../src/session/ports.ts';
import { Gate } from '../../src/transport/gate.ts';
import { addressA, addressB, keepalive, Puppet } from '../session/sides.ts';
import { VirtualClock } from '../simulation/clock.ts';
import { SimulatedNetwork } from '../simulation/network.ts';
import { seeded } from '../simulation/random.ts';

function setUp() {
  const clock = new VirtualClock();
  const network = new SimulatedNetwork(clock, seeded(1));
  const gate = new Gate();
  const host = network.host(addressA);
  const guarding: Network = {
    ...host,
    listen: async (options, accept) => ({ ...(await host.listen(options, accept)), protect: () => ({ ok: true }) }),
  };
  const entered: Connection[] = [];
  const listener = gate
    .around(guarding)
    .listen({ address: addressA, port: 179 }, (connection) => entered.push(connection));
  const dial = () => {
    const puppet = Puppet.dial(network);
    clock.advance(100);
    return puppet;
  };
  return { clock, network, gate, listener, entered, dial };
}

test('who comes early waits, and what it says waits with it', () => {
  const { clock, network, gate, entered, dial } = setUp();
  const early = dial();
  early.say(keepalive);
  clock.advance(100);
  expect([early.isConnected, early.closedBy, entered.length]).toEqual([true, undefined, 0]);

  gate.open();
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

test('one that came before its address had to have options does not enter', async () => {
  const { clock, gate, listener, entered, dial } = setUp();
  const early = dial();
  (await listener).protect?.(addressB, { ttlSecurity: true });
  gate.open();
  clock.advance(100);
  expect(entered).toEqual([]);
  expect(early.closedBy).toMatchObject({ code: 'ECONNRESET' });
});

test('who waits for a listener that closes is turned away', async () => {
  const { clock, gate, listener, entered, dial } = setUp();
  const early = dial();
  await (await listener).close();
  gate.open();
  clock.advance(100);
  expect(entered).toEqual([]);
  expect(early.closedBy).toMatchObject({ code: 'ECONNRESET' });
});

test('only so many wait', () => {
  const { gate, entered, dial } = setUp();
  const all = Array.from({ length: 1025 }, dial);
  expect(all.filter(({ closedBy }) => closedBy !== undefined)).toHaveLength(1);
  gate.open();
  expect(entered).toHaveLength(1024);
});
