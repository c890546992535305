import { describe, expect, test } from 'vitest';
import type { Capability } from '../../src/wire/capability.ts';
import { ipv6Unicast } from '../../src/wire/family.ts';
import { cease, encapsulated } from '../../src/wire/notification.ts';
import { VirtualClock } from '../simulation/clock.ts';
import { SimulatedNetwork } from '../simulation/network.ts';
import { seeded } from '../simulation/random.ts';
import { addressA, configA, configB, keepalive, openB, Puppet, Side } from './sides.ts';

/** What the peer hears of a Cease with each subcode where both OPENs have the N bit (RFC 8538, 5.1; BFD Down is of RFC 9384). */
const behaviours = [
  ['maximumPrefixes', 'Hard Reset'],
  ['administrativeShutdown', 'Hard Reset'],
  ['peerDeconfigured', 'Hard Reset'],
  ['administrativeReset', 'plain'],
  ['connectionRejected', 'plain'],
  ['configurationChange', 'plain'],
  ['collisionResolution', 'plain'],
  ['outOfResources', 'plain'],
  ['bfdDown', 'Hard Reset'],
] as const;

test('every subcode has a behaviour', () => {
  expect(behaviours.map(([name]) => name).toSorted()).toEqual(
    Object.keys(cease)
      .filter((name) => name !== 'hardReset')
      .toSorted(),
  );
});

const restart = (notification: boolean): Capability => ({
  name: 'graceful-restart',
  restarting: false,
  notification,
  time: 60,
  families: [{ family: ipv6Unicast, forwarding: true }],
});

/** A established with a puppet; what each claims of the N bit, or no graceful restart at all. */
function established(ours: boolean | undefined, theirs: boolean | undefined) {
  const clock = new VirtualClock();
  const network = new SimulatedNetwork(clock, seeded(1), { delay: [1, 1] });
  const more = (bit: boolean | undefined) => (bit === undefined ? [] : [restart(bit)]);
  const capabilities = [...configA.capabilities, ...more(ours)];
  const a = new Side(network, addressA, { ...configA, capabilities });
  const puppets = Puppet.listen(network);
  a.session.start();
  clock.advance(2);
  const [puppet] = puppets;
  if (puppet === undefined) throw new Error('A did not dial');
  puppet.say(openB({ capabilities: [...configB.capabilities, ...more(theirs)] }), keepalive);
  clock.advance(2);
  expect(a.session.state).toBe('established');
  return { a, puppet, clock };
}

/** What the peer was told last, and what was inside. */
function heard({ notification }: Puppet) {
  if (notification === undefined) throw new Error('no NOTIFICATION');
  const { code, subcode } = notification;
  const inner = encapsulated(notification);
  return inner === undefined ? [code, subcode] : [code, subcode, inner.code, inner.subcode];
}

describe.each(behaviours)('Cease, %s', (name, behaviour) => {
  const subcode = cease[name];

  test.each(['stop', 'fail'] as const)(`to a peer that keeps routes is ${behaviour}: %s`, (how) => {
    const { a, puppet, clock } = established(true, true);
    if (how === 'stop') a.session.stop('', subcode);
    else a.session.fail('', subcode);
    clock.advance(2);
    expect(heard(puppet)).toEqual(behaviour === 'plain' ? [6, subcode] : [6, cease.hardReset, 6, subcode]);
  });

  test.each([
    ['neither has the N bit', false, false],
    ['only we have it', true, false],
    ['only the peer has it', false, true],
    ['the peer does not restart gracefully', true, undefined],
    ['we do not', undefined, true],
  ])('is plain where %s', (_, ours, theirs) => {
    const { a, puppet, clock } = established(ours, theirs);
    a.session.stop('', subcode);
    clock.advance(2);
    expect(heard(puppet)).toEqual([6, subcode]);
  });
});

test('Administrative Reset is what the user asks for', () => {
  for (const isHard of [false, true]) {
    const { a, puppet, clock } = established(true, true);
    a.session.reset('why', isHard);
    clock.advance(2);
    expect(heard(puppet)).toEqual(isHard ? [6, 9, 6, 4] : [6, 4]);
  }
});

test('a connection on which no OPEN came yet is never told of a Hard Reset', () => {
  const { a, clock } = established(true, true);
  const second = Puppet.dial(a.network);
  clock.advance(2);
  expect(second.types()).toEqual(['open']);
  a.session.stop();
  clock.advance(2);
  expect(heard(second)).toEqual([6, cease.administrativeShutdown]);
});
