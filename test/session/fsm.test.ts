import { describe, expect, test } from 'vitest';
import { type Event, type EventType, rfcEvents } from '../../src/session/event.ts';
import { type Action, type FsmState, initial, type SessionAttributes, type Step, step } from '../../src/session/fsm.ts';
import type { SessionState } from '../../src/session/types.ts';
import { BgpError } from '../../src/wire/error.ts';
import { ipv6Unicast } from '../../src/wire/family.ts';

const attributes: SessionAttributes = { passive: false, restarts: true, connectRetryTime: 120, delayOpenTime: 0 };
const common = { attributes, connectRetryCounter: 0 };
const agreed = { holdTime: 90, keepaliveTime: 30 };

const states: Readonly<Record<SessionState, FsmState>> = {
  idle: { name: 'idle', ...common },
  connect: { name: 'connect', delaying: false, ...common },
  active: { name: 'active', delaying: false, ...common },
  open_sent: { name: 'open_sent', ...common },
  open_confirm: { name: 'open_confirm', ...common, ...agreed },
  established: { name: 'established', ...common, ...agreed },
};

const notification = { type: 'notification', code: 6, subcode: 2, data: new Uint8Array(0) } as const;
const stopped = new BgpError(6, 2, 'stopped');

/** One event of each type; what it carries does not decide the next state. */
function eventOf(type: EventType): Event {
  switch (type) {
    case 'manual-stop':
    case 'automatic-stop':
      return { type, cease: stopped };
    case 'tcp-fails':
      return { type };
    case 'open':
    case 'open-while-delaying':
      return { type, ...agreed };
    case 'header-error':
      return { type, error: new BgpError(1, 1, 'bad marker') };
    case 'open-error':
      return { type, error: new BgpError(2, 2, 'bad AS') };
    case 'update-error':
      return { type, error: new BgpError(3, 1, 'bad attributes') };
    case 'notification':
    case 'notification-version-error':
      return { type, notification };
    case 'update':
      return { type, update: { type: 'update', attributes: {}, faults: [] } };
    case 'route-refresh':
      return { type, message: { type: 'route-refresh', family: ipv6Unicast, subtype: 0 } };
    default:
      return { type };
  }
}

const letters: Readonly<Record<string, SessionState>> = {
  I: 'idle',
  C: 'connect',
  A: 'active',
  S: 'open_sent',
  F: 'open_confirm',
  E: 'established',
};

/** RFC 4271, 8.2.2: for each event what follows Idle, Connect, Active, OpenSent, OpenConfirm, Established. */
const transitions: Readonly<Record<EventType, string>> = {
  'manual-start': 'C C A S F E',
  'manual-stop': 'I I I I I I',
  'automatic-start': 'C C A S F E',
  'manual-start-passive': 'A C A S F E',
  'automatic-start-passive': 'A C A S F E',
  'automatic-start-damped': 'I C A S F E',
  'automatic-start-damped-passive': 'I C A S F E',
  'automatic-stop': 'I I I I I I',
  'connect-retry-timer': 'I C C I I I',
  'hold-timer': 'I I I I I I',
  'keepalive-timer': 'I I I I F E',
  'delay-open-timer': 'I S S I I I',
  'idle-hold-timer': 'C I I I I I',
  'tcp-valid': 'I C A S F E',
  'tcp-invalid': 'I C A S F E',
  'tcp-acked': 'I S S S F E',
  'tcp-confirmed': 'I S S S F E',
  'tcp-fails': 'I I I A I I',
  open: 'I I I F I I',
  'open-while-delaying': 'I F F I I I',
  'header-error': 'I I I I I I',
  'open-error': 'I I I I I I',
  'collision-dump': 'I I I I I I',
  'notification-version-error': 'I I I I I I',
  notification: 'I I I I I I',
  keepalive: 'I I I I E E',
  update: 'I I I I I E',
  'update-error': 'I I I I I I',
  'send-hold-timer': 'I I I I I I',
  'route-refresh': 'I I I I I E',
  // Runs in Established alone; elsewhere it is as unexpected as the rest.
  'stability-timer': 'I C A I I E',
};

/** The NOTIFICATION that goes with it, as code/subcode, in OpenSent, OpenConfirm and Established; absent: none in any. */
const notifications: Partial<Record<EventType, string>> = {
  'manual-stop': '6/2 6/2 6/2',
  'automatic-stop': '6/2 6/2 6/2',
  'connect-retry-timer': '5/1 5/2 5/3',
  'hold-timer': '4/0 4/0 4/0',
  'keepalive-timer': '5/1 - -',
  'delay-open-timer': '5/1 5/2 5/3',
  'idle-hold-timer': '5/1 5/2 5/3',
  open: '- 5/2 5/3',
  'open-while-delaying': '5/1 5/2 5/3',
  'header-error': '1/1 1/1 1/1',
  'open-error': '2/2 2/2 5/3',
  'collision-dump': '6/7 6/7 6/7',
  keepalive: '5/1 - -',
  update: '5/1 5/2 -',
  'update-error': '5/1 5/2 3/1',
  'send-hold-timer': '5/1 5/2 8/0',
  'route-refresh': '5/1 5/2 -',
  'stability-timer': '5/1 5/2 -',
};

const names: readonly SessionState[] = ['idle', 'connect', 'active', 'open_sent', 'open_confirm', 'established'];
const types = Object.keys(transitions) as EventType[];

function sentBy({ actions }: Step): string {
  const sent = actions.flatMap((a) => (a.type === 'send-notification' ? [`${a.error.code}/${a.error.subcode}`] : []));
  return sent.length === 0 ? '-' : sent.join(' ');
}

function timers({ actions }: Step): Record<string, number> {
  return Object.fromEntries(actions.flatMap((a) => (a.type === 'start-timer' ? [[a.timer, a.seconds]] : [])));
}

function kinds({ actions }: Step): Action['type'][] {
  return actions.map((action) => action.type);
}

describe.each(names)('in %s the next state is that of RFC 4271, 8.2.2', (name) => {
  test.each(types)('after %s', (type) => {
    const column = names.indexOf(name);
    expect(step(states[name], eventOf(type)).state.name).toBe(letters[transitions[type].split(' ')[column] ?? '']);
  });
});

describe.each(names.slice(3))('in %s the NOTIFICATION is that of RFC 4271, 6 and RFC 6608', (name) => {
  test.each(types)('after %s', (type) => {
    const column = names.indexOf(name) - 3;
    expect(sentBy(step(states[name], eventOf(type)))).toBe(notifications[type]?.split(' ')[column] ?? '-');
  });
});

describe.each(names.slice(1))('from %s the way to Idle drops the connection', (name) => {
  test.each(types)('after %s', (type) => {
    const next = step(states[name], eventOf(type));
    expect(kinds(next).includes('drop')).toBe(next.state.name === 'idle' || leavesConnection(name, type));
  });
});

/** The two ways to lose a connection, or an attempt, without passing through Idle. */
function leavesConnection(name: SessionState, type: EventType): boolean {
  return (name === 'connect' && type === 'connect-retry-timer') || (name === 'open_sent' && type === 'tcp-fails');
}

test('every event of RFC 4271 has its number, and RFC 9687 adds one', () => {
  const numbers = Object.values(rfcEvents).flatMap((e) => (e.number === undefined ? [] : [e.number]));
  expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 29 }, (_, i) => i + 1));
});

describe('connection retry', () => {
  test('a start dials at once, with ConnectRetryTimer running', () => {
    const next = step(initial(attributes), { type: 'manual-start' });
    expect(next.actions).toEqual([{ type: 'start-timer', timer: 'connect-retry', seconds: 5 }, { type: 'dial' }]);
  });

  test('a passive machine waits with no timer and never dials', () => {
    const passive = initial({ ...attributes, passive: true });
    const waiting = step(passive, { type: 'manual-start-passive' });
    expect(waiting).toEqual({ state: { ...passive, name: 'active', delaying: false }, actions: [] });
    expect(step(waiting.state, { type: 'connect-retry-timer' })).toEqual({ state: waiting.state, actions: [] });
    const held = step(passive, { type: 'automatic-start-damped-passive' });
    expect(timers(held)).toEqual({ 'idle-hold': 0.5 });
    expect(step(held.state, { type: 'idle-hold-timer' }).state.name).toBe('active');
  });

  test('a refused connection is tried again within a second, then ever more slowly, at most at ConnectRetryTime', () => {
    let state: FsmState = states.connect;
    const waits: number[] = [];
    for (let failures = 0; failures < 40; failures++) {
      const failed = step(state, { type: 'tcp-fails' });
      waits.push(timers(failed)['idle-hold'] ?? NaN);
      state = step(failed.state, { type: 'idle-hold-timer' }).state;
    }
    expect(waits[0]).toBe(0.5);
    expect(waits.slice(0, 4).every((wait) => wait < 1)).toBe(true);
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    expect(waits.at(-1)).toBe(120);
  });

  test('no answer: the dial is dropped and repeated, and the time given to it grows to ConnectRetryTime', () => {
    let next: Step = { state: states.connect, actions: [] };
    const waits: number[] = [];
    for (let i = 0; i < 40; i++) {
      next = step(next.state, { type: 'connect-retry-timer' });
      expect(kinds(next)).toEqual(['drop', 'start-timer', 'dial']);
      waits.push(timers(next)['connect-retry'] ?? NaN);
    }
    expect(waits[0]).toBe(5);
    expect(waits.at(-1)).toBe(120);
  });

  test('ConnectRetryTime is never exceeded, however short it is', () => {
    const hasty = { ...states.connect, attributes: { ...attributes, connectRetryTime: 1 }, connectRetryCounter: 50 };
    expect(timers(step(hasty, { type: 'connect-retry-timer' }))['connect-retry']).toBe(1);
    expect(timers(step(hasty, { type: 'tcp-fails' }))['idle-hold']).toBe(1);
  });

  test('after a collision (6/7) the next try is within a second, however many failed', () => {
    const tired = { ...states.open_sent, connectRetryCounter: 50 };
    const collision = { ...notification, subcode: 7 };
    expect(timers(step(tired, { type: 'notification', notification: collision }))['idle-hold']).toBe(1);
    expect(timers(step(tired, { type: 'notification', notification }))['idle-hold']).toBe(120);
  });

  test('a stop by hand is not followed by a start', () => {
    for (const name of names) {
      const next = step({ ...states[name], connectRetryCounter: 7 }, { type: 'manual-stop' });
      expect(timers(next)).toEqual({});
      expect(next.state.connectRetryCounter).toBe(0);
    }
  });

  test('a machine that does not restart stays in Idle, even when the connection goes in OpenSent', () => {
    const once = { ...states.open_sent, attributes: { ...attributes, restarts: false } };
    const next = step(once, { type: 'tcp-fails' });
    expect([next.state.name, timers(next)]).toEqual(['idle', {}]);
  });

  test('failures are counted until Established was stable', () => {
    const flapping = { ...states.established, connectRetryCounter: 9 };
    expect(step(flapping, { type: 'hold-timer' }).state.connectRetryCounter).toBe(10);
    const stable = step(flapping, { type: 'stability-timer' }).state;
    expect(stable.connectRetryCounter).toBe(0);
    expect(timers(step(stable, { type: 'hold-timer' }))['idle-hold']).toBe(0.5);
  });
});

describe('DelayOpen', () => {
  const patient = { ...attributes, delayOpenTime: 7 };

  test.each(['connect', 'active'] as const)('in %s OPEN waits for DelayOpenTimer', (name) => {
    const delaying = step({ ...states[name], attributes: patient }, { type: 'tcp-confirmed' });
    expect(delaying.state).toMatchObject({ name, delaying: true });
    expect(timers(delaying)).toEqual({ 'delay-open': 7 });
    const sent = step(delaying.state, { type: 'delay-open-timer' });
    expect(sent.state.name).toBe('open_sent');
    expect(kinds(sent)).toContain('send-open');
  });

  test.each(['connect', 'active'] as const)('in %s the OPEN of the peer ends the wait', (name) => {
    const delaying: FsmState = { ...states[name], attributes: patient, delaying: true } as FsmState;
    const next = step(delaying, { type: 'open-while-delaying', ...agreed });
    expect(next.state.name).toBe('open_confirm');
    expect(kinds(next)).toEqual([
      'send-open',
      'stop-timer',
      'stop-timer',
      'send-keepalive',
      'start-timer',
      'start-timer',
    ]);
  });

  test('a connection lost while waiting leads from Connect to Active, and from Active to Idle', () => {
    const connect: FsmState = { name: 'connect', delaying: true, attributes: patient, connectRetryCounter: 0 };
    const active: FsmState = { ...connect, name: 'active' };
    expect(step(connect, { type: 'tcp-fails' }).state).toMatchObject({ name: 'active', delaying: false });
    expect(step(active, { type: 'tcp-fails' }).state.name).toBe('idle');
  });

  test('errors of the peer are answered although no OPEN was sent', () => {
    const connect: FsmState = { name: 'connect', delaying: true, attributes: patient, connectRetryCounter: 0 };
    expect(sentBy(step(connect, eventOf('open-error')))).toBe('2/2');
    expect(sentBy(step(connect, eventOf('header-error')))).toBe('1/1');
    expect(sentBy(step(connect, eventOf('notification')))).toBe('-');
  });
});

describe('timers of a session', () => {
  test('HoldTimer is large until OPEN comes, then as negotiated', () => {
    expect(timers(step(states.connect, { type: 'tcp-acked' }))).toEqual({ hold: 240 });
    expect(timers(step(states.open_sent, { type: 'open', ...agreed }))).toEqual({ hold: 90, keepalive: 30 });
  });

  test('a hold time of 0 runs no HoldTimer, KeepaliveTimer or SendHoldTimer', () => {
    const confirmed = step(states.open_sent, { type: 'open', holdTime: 0, keepaliveTime: 0 });
    expect(timers(confirmed)).toEqual({});
    expect(confirmed.actions).toContainEqual({ type: 'stop-timer', timer: 'hold' });
    const up = step(confirmed.state, { type: 'keepalive' });
    expect(timers(up)).toEqual({ stability: 30 });
    for (const type of ['keepalive', 'update', 'keepalive-timer'] as const) {
      expect(timers(step(up.state, eventOf(type)))).toEqual({});
    }
  });

  test.each([
    [9, 480],
    [240, 480],
    [300, 600],
  ])('with hold time %i SendHoldTimer is %i (RFC 9687, 6)', (holdTime, sendHold) => {
    const confirmed = step(states.open_sent, { type: 'open', holdTime, keepaliveTime: 3 });
    expect(timers(step(confirmed.state, { type: 'keepalive' }))).toMatchObject({
      hold: holdTime,
      'send-hold': sendHold,
    });
  });

  test('KEEPALIVE and UPDATE restart HoldTimer, ROUTE-REFRESH does not', () => {
    expect(timers(step(states.established, eventOf('keepalive')))).toEqual({ hold: 90 });
    expect(timers(step(states.established, eventOf('update')))).toEqual({ hold: 90 });
    expect(timers(step(states.established, eventOf('route-refresh')))).toEqual({});
  });

  test('KeepaliveTimer sends a KEEPALIVE and starts again', () => {
    const next = step(states.established, { type: 'keepalive-timer' });
    expect([kinds(next), timers(next)]).toEqual([['send-keepalive', 'start-timer'], { keepalive: 30 }]);
  });
});

test('Idle takes no connection', () => {
  for (const type of ['tcp-acked', 'tcp-confirmed'] as const) {
    expect(step(states.idle, { type })).toEqual({ state: states.idle, actions: [{ type: 'reject' }] });
  }
});
