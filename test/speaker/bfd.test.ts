import { beforeEach, describe, expect, test } from 'vitest';
import { Prefix } from '../../src/ip/prefix.ts';
import { type Bfd, type BfdStatus, statusAtFirst } from '../../src/link/bfd/ports.ts';
import type { InterfaceAddress } from '../../src/link/interfaces.ts';
import { Speaker } from '../../src/speaker/speaker.ts';
import type { BfdOptions, PeerEvent } from '../../src/speaker/types.ts';
import { addressOf, advertise, Lab, neighbor, silent, stateOf, tableOf } from './support.ts';

const bfd: BfdOptions = { transmitInterval: 300, receiveInterval: 300, detectionMultiplier: 3, strict: false };

/** BFD that is as it is told. */
class Puppet implements Bfd {
  readonly opened: string[] = [];
  status: BfdStatus = statusAtFirst;
  #changed: () => void = () => undefined;

  open({ remote, local, timing }: Parameters<Bfd['open']>[0], changed: () => void): ReturnType<Bfd['open']> {
    this.opened.push(`open ${remote} ${timing.desiredMinTx} from ${local}`);
    this.#changed = changed;
    const status = () => this.status;
    return {
      get status() {
        return status();
      },
      counters: { sent: 1, received: 2, discarded: 3 },
      change: ({ desiredMinTx }) => this.opened.push(`change ${remote} ${desiredMinTx}`),
      close: () => this.opened.push(`close ${remote}`),
    };
  }

  say(status: Partial<BfdStatus>): void {
    this.status = { ...statusAtFirst, ...status };
    this.#changed();
  }
}

let lab: Lab;
let puppet: Puppet;
let node: Speaker;
let router: Speaker;
let events: PeerEvent[];
let interfaces: readonly InterfaceAddress[];

beforeEach(async () => {
  lab = new Lab(1);
  interfaces = [{ interface: 'eth0', address: addressOf(1), network: Prefix.parse('2001:db8::/64') }];
  puppet = new Puppet();
  router = await lab.speaker(2);
  router.addNeighbor(neighbor(1));
  advertise(router, ['2001:db8:f::/64']);
  node = new Speaker(
    { asn: 65001, routerId: '10.0.0.1', listenPort: -1 },
    {
      clock: lab.clock,
      network: lab.network.host(addressOf(1)),
      entropy: lab.network.entropy,
      interfaces: () => interfaces,
      bfd: puppet,
    },
    silent,
  );
  await node.start();
  events = [];
  node.watchPeers((event) => events.push(event));
});

const isUp = () => stateOf(node, 2) === 'established' && stateOf(router, 1) === 'established';
const peer = () => node.peer(addressOf(2));

describe('BFD beside BGP', () => {
  beforeEach(() => {
    node.addNeighbor(neighbor(2, { bfd }));
  });

  test('does not hold the session back while it is not up', () => {
    expect(lab.until(isUp)).toBe(true);
    expect(puppet.opened).toEqual(['open 2001:db8::2 300000 from 2001:db8::1']);
    expect(peer()?.bfd).toMatchObject({ state: 'down', sent: 1, received: 2, discarded: 3, downs: 0 });
  });

  test('that never came up costs nothing when it stays down', () => {
    lab.until(isUp);
    puppet.say({ state: 'init' });
    puppet.say({ state: 'down', diagnostic: 1 });
    expect(stateOf(node, 2)).toBe('established');
  });

  test('that was up and goes down ends the session at once with Cease, BFD Down, and its routes leave', () => {
    lab.until(() => isUp() && Object.keys(tableOf(node, { table: 'adj-rib-in', neighbor: addressOf(2) })).length > 0);
    puppet.say({ state: 'up' });
    puppet.say({ state: 'down', diagnostic: 1 });
    expect(stateOf(node, 2)).not.toBe('established');
    expect(tableOf(node, { table: 'adj-rib-in', neighbor: addressOf(2) })).toEqual({});
    expect(peer()?.lastDown?.reason).toMatchObject({
      kind: 'notification-sent',
      notification: { code: 6, subcode: 10 },
      text: expect.stringContaining('control detection time expired'),
    });
    expect(peer()?.bfd?.downs).toBe(1);
    lab.until(() => stateOf(router, 1) !== 'established');
    expect(router.peer(addressOf(1))?.lastDown?.reason).toMatchObject({ notification: { code: 6, subcode: 10 } });
  });

  test('the session comes back by itself, also while BFD stays down', () => {
    lab.until(isUp);
    puppet.say({ state: 'up' });
    puppet.say({ state: 'down', diagnostic: 1 });
    expect(lab.until(isUp)).toBe(true);
  });

  test.each<[string, Partial<BfdStatus>]>([
    [
      'the neighbor’s administrator',
      { diagnostic: 3, remote: { state: 'admin-down', diagnostic: 7, discriminator: 1 } },
    ],
    ['a fault of our own', { problem: 'BFD does not run' }],
  ])('that goes down by %s does not end the session', (_, status) => {
    lab.until(isUp);
    puppet.say({ state: 'up' });
    puppet.say({ state: 'down', ...status });
    expect(stateOf(node, 2)).toBe('established');
  });

  test('is told to those who watch', () => {
    lab.until(isUp);
    events = [];
    puppet.say({ state: 'up' });
    expect(events).toMatchObject([{ type: 'state-changed', peer: { bfd: { state: 'up' } } }]);
  });

  test('is changed, ended and begun without a reset', () => {
    lab.until(isUp);
    node.updateNeighbor(neighbor(2, { bfd: { ...bfd, transmitInterval: 50 } }));
    node.updateNeighbor(neighbor(2));
    expect(peer()?.bfd).toBeUndefined();
    node.updateNeighbor(neighbor(2, { bfd }));
    expect(puppet.opened.slice(1)).toEqual([
      'change 2001:db8::2 50000',
      'close 2001:db8::2',
      'open 2001:db8::2 300000 from 2001:db8::1',
    ]);
    expect(peer()?.counters.established).toBe(1);
    expect(stateOf(node, 2)).toBe('established');
  });

  test('goes over to the address of the session where there was none before', () => {
    node.removeNeighbor(addressOf(2));
    interfaces = [];
    node.addNeighbor(neighbor(2, { bfd }));
    lab.until(isUp);
    expect(puppet.opened.slice(2)).toEqual([
      'open 2001:db8::2 300000 from undefined',
      'close 2001:db8::2',
      'open 2001:db8::2 300000 from 2001:db8::1',
    ]);
  });

  test('ends with the peer', () => {
    node.removeNeighbor(addressOf(2));
    expect(puppet.opened.at(-1)).toBe('close 2001:db8::2');
  });
});

describe('strict BFD', () => {
  beforeEach(() => {
    node.addNeighbor(neighbor(2, { bfd: { ...bfd, strict: true } }));
  });

  test('holds the session until it is up', () => {
    lab.clock.advance(60_000);
    expect(stateOf(node, 2)).toBe('idle');
    expect(peer()?.lastDown?.reason).toMatchObject({ kind: 'held', text: expect.stringContaining('strict') });
    puppet.say({ state: 'up' });
    expect(lab.until(isUp)).toBe(true);
  });

  test('holds it again when it goes down', () => {
    puppet.say({ state: 'up' });
    lab.until(isUp);
    puppet.say({ state: 'down', diagnostic: 1 });
    expect(stateOf(node, 2)).toBe('idle');
    lab.until(() => stateOf(router, 1) !== 'established');
    expect(router.peer(addressOf(1))?.lastDown?.reason).toMatchObject({ notification: { code: 6, subcode: 10 } });
    lab.clock.advance(60_000);
    expect(stateOf(node, 2)).toBe('idle');
    puppet.say({ state: 'up' });
    expect(lab.until(isUp)).toBe(true);
  });
});

describe('strict BFD with a source interface', () => {
  const neighborFrom = (sourceInterface: string) =>
    neighbor(2, {
      transport: { remotePort: 179, passive: false, sourceInterface },
      bfd: { ...bfd, strict: true },
    });

  test('that goes down is what holds the session, and no other reason is told after it', () => {
    node.addNeighbor(neighborFrom('eth0'));
    puppet.say({ state: 'up' });
    expect(lab.until(isUp)).toBe(true);
    puppet.say({ state: 'down', diagnostic: 1 });
    const told = events.length;
    lab.clock.advance(60_000);
    expect(events.slice(told)).toEqual([]);
    expect(peer()?.lastDown?.reason).toMatchObject({
      kind: 'held',
      text: expect.stringContaining('control detection time expired'),
    });
  });

  test('that goes down as the address moved runs from the new one', () => {
    node.addNeighbor(neighborFrom('eth0'));
    puppet.say({ state: 'up' });
    expect(lab.until(isUp)).toBe(true);
    interfaces = [{ interface: 'eth0', address: addressOf(7), network: Prefix.parse('2001:db8::/64') }];
    puppet.say({ state: 'down', diagnostic: 1 });
    lab.clock.advance(1000);
    expect(puppet.opened.at(-1)).toBe('open 2001:db8::2 300000 from 2001:db8::7');
  });
});

test('a speaker without BFD says so, and goes without', async () => {
  const plain = await lab.speaker(3);
  plain.addNeighbor(neighbor(2, { bfd }));
  expect(plain.peer(addressOf(2))?.bfd).toMatchObject({ state: 'down', problem: 'BFD is not part of this speaker' });
});
