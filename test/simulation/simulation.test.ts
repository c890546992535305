import { describe, expect, test } from 'vitest';
import { Address } from '../../src/ip/address.ts';
import type { Connection, ConnectionHandler } from '../../src/session/ports.ts';
import { VirtualClock } from './clock.ts';
import { SimulatedNetwork } from './network.ts';
import { seeded } from './random.ts';

const [a, b] = [Address.parse('2001:db8::a'), Address.parse('2001:db8::b')];
const keepalive = Uint8Array.from([...new Uint8Array(16).fill(255), 0, 19, 4]);

class Events implements ConnectionHandler {
  readonly all: string[] = [];
  connected(): void {
    this.all.push('connected');
  }
  message(bytes: Uint8Array): void {
    this.all.push(`message ${bytes[18]}`);
  }
  malformed(): void {
    this.all.push('malformed');
  }
  drained(): void {
    this.all.push('drained');
  }
  closed(error?: Error): void {
    this.all.push(error === undefined ? 'closed' : `closed ${error.message}`);
  }
}

function pair() {
  const clock = new VirtualClock();
  const network = new SimulatedNetwork(clock, seeded(1), { delay: [1, 9], split: true });
  const [client, server] = [new Events(), new Events()];
  const accepted: Connection[] = [];
  void network.host(b).listen({ address: b, port: 179 }, (connection) => {
    accepted.push(connection);
    connection.handle(server);
  });
  const dialled = network.host(a).dial({ remote: { address: b, port: 179 } }, client);
  clock.advance(100);
  const [other] = accepted;
  if (other === undefined) throw new Error('not accepted');
  return { clock, network, client, server, dialled, accepted: other };
}

describe('the virtual clock', () => {
  test('calls what is due in order of time, and of asking when that is the same', () => {
    const clock = new VirtualClock();
    const calls: string[] = [];
    clock.timer(20, () => calls.push(`c ${clock.now()}`));
    clock.timer(10, () => calls.push(`a ${clock.now()}`));
    clock.timer(10, () => calls.push(`b ${clock.now()}`));
    const cancelled = clock.timer(15, () => calls.push('never'));
    cancelled.cancel();
    clock.advance(19);
    expect([calls, clock.now(), clock.waiting]).toEqual([['a 10', 'b 10'], 19, 1]);
    clock.advance(1);
    expect([calls.at(-1), clock.waiting]).toEqual(['c 20', 0]);
  });

  test('stops at the condition, or at the end of the time given', () => {
    const clock = new VirtualClock();
    let fired = false;
    clock.timer(10, () => {
      fired = true;
    });
    expect([clock.until(() => fired, 5), clock.now()]).toEqual([false, 5]);
    expect([clock.until(() => fired, 50), clock.now()]).toEqual([true, 10]);
  });
});

describe('the simulated network', () => {
  test('a cut delays everything, and nothing is lost or out of order', () => {
    const { clock, network, dialled, server } = pair();
    dialled.send(keepalive);
    network.cut(a, b);
    dialled.send(keepalive);
    clock.advance(5000);
    expect(server.all).toEqual([]);
    dialled.send(keepalive);
    dialled.close();
    network.heal(a, b);
    clock.advance(100);
    expect(server.all).toEqual(['message 4', 'message 4', 'message 4', 'closed']);
  });

  test('a reset is seen by both, a crash by whoever sends', () => {
    const one = pair();
    one.network.reset(a, b);
    expect([one.client.all, one.server.all]).toEqual([['connected', 'closed ECONNRESET'], ['closed ECONNRESET']]);
    const two = pair();
    two.network.crash(b);
    two.clock.advance(1000);
    expect(two.client.all).toEqual(['connected']);
    two.dialled.send(keepalive);
    two.clock.advance(100);
    expect([two.client.all.at(-1), two.server.all]).toEqual(['closed ECONNRESET', []]);
  });

  test('nobody listens: the connection is refused', () => {
    const clock = new VirtualClock();
    const client = new Events();
    new SimulatedNetwork(clock, seeded(1)).host(a).dial({ remote: { address: b, port: 179 } }, client);
    clock.advance(10);
    expect(client.all).toEqual(['closed ECONNREFUSED']);
  });

  test('an abort is a reset for the other end', () => {
    const { clock, accepted, client, network } = pair();
    accepted.abort();
    clock.advance(10);
    expect([client.all.at(-1), network.open]).toEqual(['closed ECONNRESET', 0]);
  });

  test('a port can be listened on once', async () => {
    const { network } = pair();
    await expect(network.host(b).listen({ address: b, port: 179 }, () => undefined)).rejects.toThrow('EADDRINUSE');
  });
});
