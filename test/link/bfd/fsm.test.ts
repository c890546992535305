import { describe, expect, test } from 'vitest';
import {
  type BfdEvent,
  type BfdSession,
  type BfdStep,
  detectionTime,
  initialSession,
  jittered,
  step,
  type Timing,
  transmitInterval,
} from '../../../src/link/bfd/fsm.ts';
import { type BfdState, bfdStates, type ControlPacket } from '../../../src/link/bfd/packet.ts';

const timing: Timing = { desiredMinTx: 300_000, requiredMinRx: 200_000, detectMultiplier: 3 };

function packet(state: BfdState, changes: Partial<ControlPacket> = {}): ControlPacket {
  return {
    state,
    diagnostic: 0,
    poll: false,
    final: false,
    controlPlaneIndependent: false,
    demand: false,
    detectMultiplier: 4,
    myDiscriminator: 99,
    yourDiscriminator: 7,
    desiredMinTx: 100_000,
    requiredMinRx: 400_000,
    requiredMinEchoRx: 0,
    ...changes,
  };
}

const from = (state: BfdState, changes: Partial<ControlPacket> = {}): BfdEvent => ({
  type: 'packet',
  packet: packet(state, changes),
});

function after(...events: readonly BfdEvent[]): BfdSession {
  return events.reduce((session, event) => step(session, event).session, initialSession(7, timing));
}

const sent = ({ actions }: BfdStep) => actions.flatMap((action) => (action.type === 'send' ? [action.packet] : []));

/** How a session gets to each state. */
const paths: Readonly<Record<BfdState, readonly BfdEvent[]>> = {
  'admin-down': [{ type: 'admin-down' }],
  down: [],
  init: [from('down')],
  up: [from('init')],
};

// RFC 5880, 6.2 and 6.8.6: the state that follows, by the local state and the one in the packet.
const table: Readonly<Record<BfdState, Readonly<Record<BfdState, BfdState>>>> = {
  'admin-down': { 'admin-down': 'admin-down', down: 'admin-down', init: 'admin-down', up: 'admin-down' },
  down: { 'admin-down': 'down', down: 'init', init: 'up', up: 'down' },
  init: { 'admin-down': 'down', down: 'init', init: 'up', up: 'up' },
  up: { 'admin-down': 'down', down: 'down', init: 'up', up: 'up' },
};

describe('the state machine', () => {
  const every = bfdStates.flatMap((local) => bfdStates.map((remote) => [local, remote, table[local][remote]] as const));
  test.each(every)('in %s, a packet in %s: %s', (local, remote, next) => {
    const session = step(after(...paths[local]), from(remote)).session;
    expect(session.state).toBe(next);
    if (local !== 'admin-down' && local !== 'down' && next === 'down') expect(session.diagnostic).toBe(3);
  });

  test.each(['init', 'up'] as const)(
    'in %s, silence for the detection time: down, and the neighbor is forgotten',
    (state) => {
      const result = step(after(...paths[state]), { type: 'detection-timer' });
      expect(result.session).toMatchObject({ state: 'down', diagnostic: 1 });
      expect(sent(result)).toMatchObject([
        { state: 'down', diagnostic: 1, yourDiscriminator: 0, desiredMinTx: 1_000_000 },
      ]);
    },
  );

  test('in down, silence forgets the neighbor and changes nothing else', () => {
    const { session } = step(after(from('up', {})), { type: 'detection-timer' });
    expect(session.state).toBe('down');
    expect(session.diagnostic).toBe(0);
    expect(session.remote).toBeUndefined();
  });

  test('a change of state is said at once, and each packet is answered with one at most', () => {
    expect(sent(step(after(), from('down', { poll: true })))).toMatchObject([
      { state: 'init', final: true, poll: false, yourDiscriminator: 99 },
    ]);
    expect(sent(step(after(from('init')), from('up')))).toEqual([]);
  });
});

describe('timers', () => {
  test('until it is up, it sends once in a second', () => {
    expect(transmitInterval(after())).toBe(1_000_000);
    expect(transmitInterval(after(from('down')))).toBe(1_000_000);
  });

  test('up, it sends no faster than either side wants', () => {
    expect(transmitInterval(after(from('init')))).toBe(400_000);
    expect(transmitInterval(after(from('init', { requiredMinRx: 100_000 })))).toBe(300_000);
  });

  test('it is silent when the neighbor wants no packets, and while the neighbor demands so, but for a poll', () => {
    expect(transmitInterval(after(from('init', { requiredMinRx: 0 })))).toBeUndefined();
    expect(transmitInterval(after(from('init'), from('up', { demand: true })))).toBe(400_000);
    expect(transmitInterval(after(from('init'), from('up', { demand: true, final: true })))).toBeUndefined();
  });

  test('the detection time is what the neighbor sends with, and how often it may lose one', () => {
    expect(detectionTime(after())).toBeUndefined();
    expect(detectionTime(after(from('init')))).toBe(800_000);
    expect(detectionTime(after(from('init', { desiredMinTx: 500_000 })))).toBe(2_000_000);
  });

  test('jitter takes off up to a quarter, and at least a tenth where one loss is too much', () => {
    expect([jittered(1000, 3, 0), jittered(1000, 3, 1)]).toEqual([750, 1000]);
    expect([jittered(1000, 1, 0), jittered(1000, 1, 1)]).toEqual([750, 900]);
  });
});

describe('a poll sequence', () => {
  test('begins when it comes up, for then it wants to send faster, and ends with the final bit', () => {
    const up = after(from('init'));
    expect(sent(step(up, { type: 'transmit-timer' }))).toMatchObject([{ poll: true, desiredMinTx: 300_000 }]);
    const polled = step(up, from('up', { final: true })).session;
    expect(sent(step(polled, { type: 'transmit-timer' }))).toMatchObject([{ poll: false }]);
  });

  test('a poll of the neighbor is answered at once, with the final bit and without the poll bit', () => {
    expect(sent(step(after(from('init')), from('up', { poll: true })))).toMatchObject([{ poll: false, final: true }]);
  });

  const up = after(from('init', { requiredMinRx: 1 }), from('up', { final: true, requiredMinRx: 1 }));
  const configure = (changes: Partial<Timing>) =>
    step(up, { type: 'configure', timing: { ...timing, ...changes } }).session;

  test('a slower pace is held back until the neighbor knows of it (6.8.3)', () => {
    const slower = configure({ desiredMinTx: 900_000 });
    expect(transmitInterval(slower)).toBe(300_000);
    expect(transmitInterval(step(slower, from('up', { final: true, requiredMinRx: 1 })).session)).toBe(900_000);
  });

  test('a faster pace begins at once', () => {
    expect(transmitInterval(configure({ desiredMinTx: 100_000 }))).toBe(100_000);
  });

  test('to want packets more often shortens the detection time only once the neighbor knows (6.8.3)', () => {
    const stricter = configure({ requiredMinRx: 100_000 });
    expect(detectionTime(stricter)).toBe(800_000);
    expect(detectionTime(step(stricter, from('up', { final: true })).session)).toBe(400_000);
  });

  test('to want them less often lengthens it at once', () => {
    expect(detectionTime(configure({ requiredMinRx: 500_000 }))).toBe(2_000_000);
  });
});
