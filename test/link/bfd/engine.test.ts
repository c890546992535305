import { beforeEach, describe, expect, test } from 'vitest';
import { Address } from '../../../src/ip/address.ts';
import { type ControlPacket, encodeControl } from '../../../src/link/bfd/packet.ts';
import { Pair } from './pair.ts';

const timing = { desiredMinTx: 300_000, requiredMinRx: 300_000, detectMultiplier: 3 };

let pair: Pair;
beforeEach(() => {
  pair = new Pair(1);
  pair.a.open(timing);
  pair.b.open(timing);
  pair.clock.until(() => pair.areUp, 10_000);
  pair.clock.advance(2000);
});

const discarded = () => pair.a.counters[2];

function packet(changes: Partial<ControlPacket> = {}): Uint8Array {
  return encodeControl({
    state: 'down',
    diagnostic: 0,
    poll: false,
    final: false,
    controlPlaneIndependent: false,
    demand: false,
    detectMultiplier: 3,
    myDiscriminator: 1,
    yourDiscriminator: 0,
    desiredMinTx: 1_000_000,
    requiredMinRx: 300_000,
    requiredMinEchoRx: 0,
    ...changes,
  });
}

test('says what the two agreed on', () => {
  expect(pair.a.status).toEqual({
    state: 'up',
    diagnostic: 0,
    localDiscriminator: pair.b.status.remote?.discriminator,
    remote: { state: 'up', diagnostic: 0, discriminator: pair.b.status.localDiscriminator },
    transmitInterval: 300,
    detectionTime: 900,
  });
});

describe('a packet that may not be used', () => {
  test.each<[string, Uint8Array | 'too-far', RegExp]>([
    ['came from too far', 'too-far', /hop limit is not 255/],
    ['is garbage', Uint8Array.of(1, 2, 3), /it has 3 octets/],
    ['is for no session', packet({ yourDiscriminator: 12345 }), /no session has discriminator 12345/],
  ])('that %s is counted, is the problem until the next good one, and does nothing', (_, bytes, problem) => {
    pair.a.receive?.(pair.addresses[1], bytes);
    expect(discarded()).toBe(1);
    expect(pair.a.status.problem).toMatch(problem);
    expect(pair.a.state).toBe('up');
    pair.clock.advance(400);
    expect(pair.a.status.problem).toBeUndefined();
    expect(pair.a.state).toBe('up');
  });

  test('of another than the neighbor is nothing, even with the right discriminator', () => {
    const yourDiscriminator = pair.a.status.localDiscriminator;
    const onAnotherLink = pair.addresses[1].withZone('eth1');
    for (const from of [Address.parse('fe80::c%eth0'), onAnotherLink])
      pair.a.receive?.(from, packet({ yourDiscriminator }));
    expect(pair.a.state).toBe('up');
    expect(discarded()).toBe(0);
  });
});

test('other intervals are agreed on without going down', () => {
  pair.a.engine.change(pair.addresses[1], { desiredMinTx: 50_000, requiredMinRx: 50_000, detectMultiplier: 5 });
  pair.b.engine.change(pair.addresses[0], { desiredMinTx: 50_000, requiredMinRx: 50_000, detectMultiplier: 5 });
  expect(pair.clock.until(() => !pair.areUp, 5000)).toBe(false);
  expect(pair.a.status).toMatchObject({ transmitInterval: 50, detectionTime: 250 });
});

test('a session that is closed tells the neighbor so, and then is silent', () => {
  pair.a.close();
  pair.clock.advance(100);
  expect(pair.b.status).toMatchObject({
    state: 'down',
    diagnostic: 3,
    remote: { state: 'admin-down', diagnostic: 7 },
  });
  pair.clock.advance(10_000);
  const sent = pair.a.sentAt.length;
  pair.clock.advance(10_000);
  expect(pair.a.sentAt).toHaveLength(sent);
});

test('one that begins anew comes up anew, also while the neighbor still takes it for the old one', () => {
  pair.a.open(timing);
  expect(pair.a.state).toBe('down');
  expect(pair.clock.until(() => pair.areUp, 5000)).toBe(true);
});

test('the end is said to every neighbor at once', () => {
  let isOver = false;
  pair.a.engine.end(() => {
    isOver = true;
  });
  pair.clock.advance(100);
  expect(isOver).toBe(true);
  expect(pair.b.status.remote?.state).toBe('admin-down');
});

test('what keeps it from receiving is the problem, and is tried again', () => {
  const deaf = new Pair(2);
  deaf.a.problem = 'UDP port 3784 is in use';
  deaf.a.open(timing);
  expect(deaf.a.status.problem).toBe('UDP port 3784 is in use');
  deaf.a.problem = undefined;
  deaf.clock.advance(6000);
  expect(deaf.a.status.problem).toBeUndefined();
});
