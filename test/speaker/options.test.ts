import { describe, expect, test } from 'vitest';
import { Address } from '../../src/ip/address.ts';
import type { Availability, Network, SocketOptions } from '../../src/session/ports.ts';
import { SecretText } from '../../src/session/secret-text.ts';
import { Speaker } from '../../src/speaker/speaker.ts';
import type { AsnRange, Neighbor, PeerEvent } from '../../src/speaker/types.ts';
import { tcpNetworkWith } from '../../src/transport/tcp.ts';
import { VirtualClock } from '../simulation/clock.ts';
import { SimulatedNetwork } from '../simulation/network.ts';
import { seeded } from '../simulation/random.ts';
import { without } from '../transport/sys/fake.ts';
import { addressOf, neighbor, rangeOf, silent } from './support.ts';

const ok: Availability = { ok: true };

/** A network whose listener writes down what it is to protect, and that says what it can. */
class Protective {
  readonly clock = new VirtualClock();
  readonly entropy = seeded(1);
  readonly simulated = new SimulatedNetwork(this.clock, this.entropy);
  readonly told: [string, SocketOptions | undefined][] = [];
  readonly dialled: (SocketOptions | undefined)[] = [];
  supports: () => Availability = () => ok;
  protects: () => Availability = () => ok;

  network(address: Address): Network {
    const host = this.simulated.host(address);
    return {
      dial: (options, handler) => {
        this.dialled.push(options.options);
        return host.dial(options, handler);
      },
      listen: async (options, accept) => ({
        ...(await host.listen(options, accept)),
        protect: (remote, asked) => {
          this.told.push([remote.toString(), asked]);
          return asked?.password === undefined ? ok : this.protects();
        },
      }),
      supports: () => this.supports(),
    };
  }

  async speaker(host: number, network = this.network(addressOf(host))): Promise<Speaker> {
    const speaker = new Speaker(
      { asn: 65000 + host, routerId: `10.0.0.${host}`, listenPort: 179, listenAddresses: [addressOf(host)] },
      { clock: this.clock, entropy: this.entropy, network, interfaces: () => [] },
      silent,
    );
    await speaker.start();
    return speaker;
  }
}

const plain = { remotePort: 179, passive: false };

function withPassword(host: number, text: string) {
  return neighbor(host, { transport: { remotePort: 179, passive: false, password: new SecretText(text) } });
}

describe('what a peer is sent', () => {
  test.each<[string, Partial<Neighbor>, SocketOptions | undefined]>([
    ['goes no further than the link where it is external', {}, { ttl: 1 }],
    ['goes as far as multihop says', { transport: { ...plain, ebgpMultihop: 5 } }, { ttl: 5 }],
    ['has a TTL of 255 with GTSM', { transport: { ...plain, ttlSecurity: true } }, { ttlSecurity: true }],
    ['has the TTL of the kernel where it is internal', { asn: 65001 }, undefined],
    ['has the TTL of the kernel where nobody knows its AS yet', { asn: 0 }, undefined],
  ])('%s', async (_, changes, options) => {
    const lab = new Protective();
    const speaker = await lab.speaker(1);
    speaker.addNeighbor(neighbor(2, changes));
    expect(lab.dialled).toEqual([options]);
    expect(lab.told).toEqual([['2001:db8::2', options]]);
  });
});

describe('what those in a listen range are sent', () => {
  test.each<[string, readonly AsnRange[], SocketOptions | undefined]>([
    ['goes no further than the link where all are external', [{ first: 65100, last: 65199 }], { ttl: 1 }],
    ['has the TTL of the kernel where one may be internal', [{ first: 65000, last: 65009 }], undefined],
    ['has the TTL of the kernel where they may be anywhere', [], undefined],
  ])('%s', async (_, asns, options) => {
    const lab = new Protective();
    const speaker = await lab.speaker(1);
    speaker.addListenRange(rangeOf('2001:db8::/64', { asns }));
    expect(lab.told).toEqual([['2001:db8::/64', options]]);
  });
});

describe('a peer with a password', () => {
  test('is protected before it is dialled, and no more once it is gone', async () => {
    const lab = new Protective();
    const speaker = await lab.speaker(1);
    const peer = withPassword(2, 'sesame');
    speaker.addNeighbor(peer);
    const options = { password: peer.transport.password, ttl: 1 };
    expect(lab.told).toEqual([['2001:db8::2', options]]);
    expect(lab.dialled).toEqual([options]);
    speaker.removeNeighbor(peer.address);
    expect(lab.told.slice(1)).toEqual([['2001:db8::2', undefined]]);
  });

  test('another password is another session, and the same is not', async () => {
    const lab = new Protective();
    const [speaker, other] = [await lab.speaker(1), await lab.speaker(2)];
    speaker.addNeighbor(withPassword(2, 'sesame'));
    other.addNeighbor(withPassword(1, 'sesame'));
    const state = () => speaker.peer(addressOf(2))?.sessionState;
    expect(lab.clock.until(() => state() === 'established', 60_000)).toBe(true);
    speaker.updateNeighbor(withPassword(2, 'sesame'));
    expect(state()).toBe('established');
    speaker.updateNeighbor(withPassword(2, 'poppy'));
    expect(state()).not.toBe('established');
    expect(lab.told.at(-1)?.[1]?.password?.reveal()).toBe('poppy');
    expect(lab.clock.until(() => other.peer(addressOf(1))?.lastDown !== undefined, 60_000)).toBe(true);
    expect(other.peer(addressOf(1))?.lastDown?.reason).toMatchObject({ notification: { code: 6, subcode: 6 } });
  });

  test.each<[string, (lab: Protective) => void]>([
    ['the machine', (lab) => (lab.supports = () => ({ ok: false, reason: 'no MD5 here' }))],
    ['the listener', (lab) => (lab.protects = () => ({ ok: false, reason: 'no MD5 here' }))],
  ])('is held down where %s cannot: neither dials nor accepts, and says why', async (_, refuse) => {
    const lab = new Protective();
    const [speaker, other] = [await lab.speaker(1), await lab.speaker(2)];
    refuse(lab);
    const events: PeerEvent[] = [];
    speaker.watchPeers((event) => events.push(event));
    speaker.addNeighbor(withPassword(2, 'sesame'));
    expect(lab.dialled).toEqual([]);
    other.addNeighbor(neighbor(1));
    lab.clock.advance(60_000);
    const { sessionState, lastDown, counters } = speaker.peer(addressOf(2)) ?? {};
    expect([sessionState, lastDown?.reason, counters?.established]).toEqual([
      'idle',
      { kind: 'held', text: 'no MD5 here' },
      0,
    ]);
    expect(counters?.opensReceived).toBe(0);
    expect(events.map(({ type }) => type)).toEqual(['added', 'down']);

    lab.supports = () => ok;
    lab.protects = () => ok;
    speaker.resetNeighbor(addressOf(2), { soft: 'none' });
    const isUp = () => speaker.peer(addressOf(2))?.sessionState === 'established';
    expect(lab.clock.until(isUp, 60_000)).toBe(true);
  });

  test('is held down on a network that knows no options, beside peers that run', async () => {
    const lab = new Protective();
    const [speaker] = [await lab.speaker(1, lab.simulated.host(addressOf(1))), await lab.speaker(2)];
    speaker.addNeighbor(withPassword(2, 'sesame'));
    speaker.addNeighbor(neighbor(3));
    expect(speaker.peers().map(({ sessionState }) => sessionState)).toEqual(['idle', 'connect']);
  });

  test('is held down without native code, in words that help', () => {
    const lab = new Protective();
    const speaker = new Speaker(
      { asn: 65001, routerId: '10.0.0.1', listenPort: -1 },
      { clock: lab.clock, entropy: lab.entropy, network: tcpNetworkWith(without), interfaces: () => [] },
      silent,
    );
    speaker.addNeighbor(withPassword(2, 'sesame'));
    speaker.resetNeighbor(addressOf(2), { soft: 'none' });
    return speaker.start().then(() => {
      const state = speaker.peer(addressOf(2));
      expect(state?.lastDown?.reason).toEqual({
        kind: 'held',
        text: `"password" needs TCP MD5, which needs koffi (npm i koffi) on Linux: Cannot find module 'koffi'`,
      });
      expect(JSON.stringify(state)).not.toContain('sesame');
    });
  });

  test('shows it in no state, event or log line', async () => {
    const lab = new Protective();
    const lines: unknown[] = [];
    const log = (fields: Record<string, unknown>, message: string) => lines.push(fields, message);
    const speaker = new Speaker(
      { asn: 65001, routerId: '10.0.0.1', listenPort: -1 },
      { clock: lab.clock, entropy: lab.entropy, network: lab.network(addressOf(1)), interfaces: () => [] },
      { debug: log, info: log, warn: log, error: log },
    );
    speaker.watchPeers((event) => lines.push(event));
    await speaker.start();
    speaker.addNeighbor(withPassword(2, 'sesame'));
    speaker.updateNeighbor(withPassword(2, 'sesame-two'));
    lab.clock.advance(60_000);
    expect(lines.length).toBeGreaterThan(3);
    const state = speaker.peer(addressOf(2));
    expect(JSON.stringify(state)).toContain('[redacted]');
    expect(JSON.stringify([lines, state])).not.toContain('sesame');
  });
});

describe('a listen range with a password', () => {
  const withPassword = (text: string) => {
    const { template } = rangeOf('2001:db8::/64');
    const transport = { ...template.transport, password: new SecretText(text) };
    return rangeOf('2001:db8::/64', { name: 'rack', template: { ...template, transport } });
  };
  const established = (speaker: Speaker, host: number) => speaker.peer(addressOf(host))?.sessionState === 'established';

  test('protects its prefix before anybody comes, and nobody by itself; and no more once it is gone', async () => {
    const lab = new Protective();
    const [speaker, other] = [await lab.speaker(1), await lab.speaker(2)];
    speaker.addListenRange(withPassword('sesame'));
    expect(lab.told.map(([remote, options]) => [remote, options?.password?.reveal()])).toEqual([
      ['2001:db8::/64', 'sesame'],
    ]);
    other.addNeighbor(neighbor(1));
    expect(lab.clock.until(() => established(speaker, 2), 60_000)).toBe(true);
    speaker.updateListenRange(withPassword('poppy'));
    expect(established(speaker, 2)).toBe(false);
    expect(lab.clock.until(() => established(speaker, 2), 60_000)).toBe(true);
    const before = lab.told.length;
    speaker.removeListenRange(withPassword('').prefix);
    expect(lab.told.map(([remote]) => remote)).not.toContain('2001:db8::2');
    expect(lab.told.slice(before)).toEqual([['2001:db8::/64', undefined]]);
  });

  test('takes nobody where the password cannot be had, says why, and takes whoever comes once it can', async () => {
    const lab = new Protective();
    const [speaker, other] = [await lab.speaker(1), await lab.speaker(2)];
    lab.protects = () => ({ ok: false, reason: 'no MD5 here' });
    speaker.addListenRange(withPassword('sesame'));
    expect(speaker.listenRanges()).toMatchObject([{ problem: 'no MD5 here' }]);
    other.addNeighbor(neighbor(1));
    lab.clock.advance(60_000);
    expect(speaker.peers()).toEqual([]);
    expect(speaker.listenRanges()[0]?.refused).toBeGreaterThan(1);
    lab.protects = () => ok;
    expect(lab.clock.until(() => established(speaker, 2), 60_000)).toBe(true);
    expect(speaker.listenRanges()[0]?.problem).toBeUndefined();
  });

  test('holds a peer inside it that has none, says why, and lets it go when the range is gone', async () => {
    const lab = new Protective();
    const [speaker, other] = [await lab.speaker(1), await lab.speaker(2)];
    speaker.addListenRange(withPassword('sesame'));
    speaker.addNeighbor(neighbor(2));
    other.addNeighbor(neighbor(1));
    lab.clock.advance(60_000);
    const { sessionState, lastDown } = speaker.peer(addressOf(2)) ?? {};
    expect(sessionState).toBe('idle');
    expect(lastDown?.reason).toEqual({
      kind: 'held',
      text: expect.stringMatching(/^"password": peer "host-2" has no password, and is in listen range "rack"/),
    });
    speaker.removeListenRange(withPassword('').prefix);
    expect(lab.clock.until(() => established(speaker, 2), 60_000)).toBe(true);
  });

  test('leaves a peer inside it its own password, also when that goes', async () => {
    const lab = new Protective();
    const speaker = await lab.speaker(1);
    speaker.addListenRange(withPassword('sesame'));
    const own = neighbor(2, { transport: { remotePort: 179, passive: true, password: new SecretText('poppy') } });
    speaker.addNeighbor(own);
    speaker.removeNeighbor(own.address);
    expect(lab.told.slice(1).map(([remote, options]) => [remote, options?.password?.reveal()])).toEqual([
      ['2001:db8::2', 'poppy'],
      ['2001:db8::2', undefined],
    ]);
  });
});
