import { BgpError } from '../wire/error.ts';
import type { Notification, RouteRefresh } from '../wire/message.ts';
import type { Update } from '../wire/update.ts';
import { connectTimeout, retryDelay } from './backoff.ts';
import type { Event, TimerName } from './event.ts';

// RFC 4271, section 8.2.2, as one function per state. It owns no socket and no timer: it asks for them by actions.

/** The session attributes of RFC 4271, section 8, that differ from machine to machine. Times are in seconds. */
export interface SessionAttributes {
  /** PassiveTcpEstablishment: never dials. */
  readonly passive: boolean;
  /** DampPeerOscillations and AllowAutomaticStart: what failed starts again after a while in Idle. */
  readonly restarts: boolean;
  /** The longest that ConnectRetryTimer and IdleHoldTimer get; see backoff.ts for what is short of it. */
  readonly connectRetryTime: number;
  /** 0: DelayOpen is false. */
  readonly delayOpenTime: number;
}

interface Common {
  readonly attributes: SessionAttributes;
  /** ConnectRetryCounter: how often it failed since it was started or was last stable. */
  readonly connectRetryCounter: number;
}

export interface Idle extends Common {
  readonly name: 'idle';
}

export interface Connect extends Common {
  readonly name: 'connect';
  /** The connection is up and DelayOpenTimer runs. */
  readonly delaying: boolean;
}

export interface Active extends Common {
  readonly name: 'active';
  readonly delaying: boolean;
}

export interface OpenSent extends Common {
  readonly name: 'open_sent';
}

export interface OpenConfirm extends Common {
  readonly name: 'open_confirm';
  /** Seconds, as negotiated; 0: neither HoldTimer nor KeepaliveTimer runs. */
  readonly holdTime: number;
  readonly keepaliveTime: number;
}

export interface Established extends Common {
  readonly name: 'established';
  readonly holdTime: number;
  readonly keepaliveTime: number;
}

export type FsmState = Idle | Connect | Active | OpenSent | OpenConfirm | Established;

export type Action =
  /** Also restarts. */
  | { readonly type: 'start-timer'; readonly timer: TimerName; readonly seconds: number }
  | { readonly type: 'stop-timer'; readonly timer: TimerName }
  | { readonly type: 'dial' }
  /** Stops every timer and closes the connection, after what was sent. */
  | { readonly type: 'drop' }
  /** Closes the connection of the event and leaves the timers alone: Idle takes none. */
  | { readonly type: 'reject' }
  | { readonly type: 'send-open' }
  | { readonly type: 'send-keepalive' }
  | { readonly type: 'send-notification'; readonly error: BgpError }
  | { readonly type: 'deliver'; readonly message: Update | RouteRefresh };

export interface Step {
  readonly state: FsmState;
  readonly actions: readonly Action[];
}

/** RFC 4271, 8.2.2: "a large value" for HoldTimer until the OPEN of the peer says better; 4 minutes suggested. */
const largeHoldTime = 240;

/** Seconds in Established after which earlier failures are forgotten: not at once, or a session that flaps would never be damped. */
const stableAfter = 30;

/** Seconds. A peer that says "collision resolution" (6/7) holds on to another connection, often one that is about to go. */
const collisionRetry = 1;

export function initial(attributes: SessionAttributes): Idle {
  return { name: 'idle', attributes, connectRetryCounter: 0 };
}

/** What comes next. The state is the same object where nothing changes. */
export function step(state: FsmState, event: Event): Step {
  switch (state.name) {
    case 'idle':
      return idle(state, event);
    case 'connect':
      return connect(state, event);
    case 'active':
      return active(state, event);
    case 'open_sent':
      return openSent(state, event);
    case 'open_confirm':
      return openConfirm(state, event);
    case 'established':
      return established(state, event);
  }
}

function idle(state: Idle, event: Event): Step {
  switch (event.type) {
    case 'manual-start':
    case 'automatic-start':
      return toConnect(state, 0);
    case 'manual-start-passive':
    case 'automatic-start-passive':
      return toActive(state, 0);
    case 'automatic-start-damped':
    case 'automatic-start-damped-passive':
      return { state, actions: [idleHold(state, state.connectRetryCounter)] };
    case 'manual-stop':
    case 'automatic-stop':
      return { state: { ...state, connectRetryCounter: 0 }, actions: [stopTimer('idle-hold')] };
    case 'idle-hold-timer':
      return state.attributes.passive
        ? toActive(state, state.connectRetryCounter)
        : toConnect(state, state.connectRetryCounter);
    case 'tcp-acked':
    case 'tcp-confirmed':
      return { state, actions: [{ type: 'reject' }] };
    default:
      return stay(state);
  }
}

function connect(state: Connect, event: Event): Step {
  switch (event.type) {
    // The try failed for want of an answer. The RFC does not count it; the wait for the next must grow all the same.
    case 'connect-retry-timer': {
      const next = toConnect(state, state.connectRetryCounter + 1);
      return { state: next.state, actions: [{ type: 'drop' }, ...next.actions] };
    }
    case 'tcp-fails':
      return state.delaying ? waitForRetry(state) : fail(state);
    default:
      return connectOrActive(state, event);
  }
}

function active(state: Active, event: Event): Step {
  switch (event.type) {
    case 'connect-retry-timer':
      return state.attributes.passive ? stay(state) : toConnect(state, state.connectRetryCounter);
    default:
      return connectOrActive(state, event);
  }
}

/** What Connect and Active share: whoever dialled, there may be a connection on which OPEN was not sent yet. */
function connectOrActive(state: Connect | Active, event: Event): Step {
  switch (event.type) {
    case 'manual-start':
    case 'automatic-start':
    case 'manual-start-passive':
    case 'automatic-start-passive':
    case 'automatic-start-damped':
    case 'automatic-start-damped-passive':
    case 'tcp-valid':
    case 'tcp-invalid':
    case 'stability-timer':
      return stay(state);
    case 'manual-stop':
      return stop(state, event.cease);
    case 'automatic-stop':
      return fail(state, event.cease);
    case 'tcp-acked':
    case 'tcp-confirmed':
      return state.attributes.delayOpenTime === 0
        ? toOpenSent(state)
        : {
            state: { ...state, delaying: true },
            actions: [stopTimer('connect-retry'), startTimer('delay-open', state.attributes.delayOpenTime)],
          };
    case 'delay-open-timer':
      return toOpenSent(state);
    case 'open-while-delaying': {
      const next = toOpenConfirm(state, event);
      return { state: next.state, actions: [{ type: 'send-open' }, ...next.actions] };
    }
    // SendNOTIFICATIONwithoutOPEN is true: without the reason the peer's operator has nothing to look for.
    case 'header-error':
    case 'open-error':
      return fail(state, event.error);
    case 'notification':
    case 'notification-version-error':
      return notified(state, event.notification);
    default:
      return fail(state);
  }
}

function openSent(state: OpenSent, event: Event): Step {
  switch (event.type) {
    case 'tcp-fails':
      return waitForRetry(state);
    case 'open':
      return toOpenConfirm(state, event);
    case 'header-error':
    case 'open-error':
      return fail(state, event.error);
    default:
      return afterOpenSent(state, event, 1);
  }
}

function openConfirm(state: OpenConfirm, event: Event): Step {
  switch (event.type) {
    case 'tcp-fails':
      return fail(state);
    case 'keepalive-timer':
      return sendKeepalive(state);
    case 'keepalive':
      return {
        state: { ...state, name: 'established' },
        actions: [...restartHold(state), ...startSendHold(state), startTimer('stability', stableAfter)],
      };
    case 'header-error':
    case 'open-error':
      return fail(state, event.error);
    default:
      return afterOpenSent(state, event, 2);
  }
}

function established(state: Established, event: Event): Step {
  switch (event.type) {
    case 'tcp-fails':
      return fail(state);
    case 'keepalive-timer':
      return sendKeepalive(state);
    case 'send-hold-timer':
      return fail(state, new BgpError(8, 0, 'the peer took none of our messages for too long'));
    case 'stability-timer':
      return stay({ ...state, connectRetryCounter: 0 });
    case 'keepalive':
      return { state, actions: restartHold(state) };
    case 'update':
      return { state, actions: [...restartHold(state), { type: 'deliver', message: event.update }] };
    case 'route-refresh':
      return { state, actions: [{ type: 'deliver', message: event.message }] };
    // For a bad header section 8.2.2 has FSM Error, but section 6.1 demands the header's own error: that one says what was wrong.
    case 'header-error':
    case 'update-error':
      return fail(state, event.error);
    default:
      return afterOpenSent(state, event, 3);
  }
}

/** What OpenSent, OpenConfirm and Established share. `subcode` is theirs of FSM Error (RFC 6608, 3). */
function afterOpenSent(state: OpenSent | OpenConfirm | Established, event: Event, subcode: number): Step {
  switch (event.type) {
    case 'manual-start':
    case 'automatic-start':
    case 'manual-start-passive':
    case 'automatic-start-passive':
    case 'automatic-start-damped':
    case 'automatic-start-damped-passive':
    // A second connection is tracked by a machine of its own, until OPEN arrives on it (RFC 4271, 6.8).
    case 'tcp-valid':
    case 'tcp-invalid':
    case 'tcp-acked':
    case 'tcp-confirmed':
      return stay(state);
    case 'manual-stop':
      return stop(state, event.cease);
    case 'automatic-stop':
      return fail(state, event.cease);
    case 'hold-timer':
      return fail(state, new BgpError(4, 0, 'heard nothing from the peer for the hold time'));
    case 'collision-dump':
      return fail(state, new BgpError(6, 7, 'the other connection with this peer stays'));
    case 'notification':
    case 'notification-version-error':
      return notified(state, event.notification);
    default:
      return fail(state, new BgpError(5, subcode, `unexpected in ${rfcState[state.name]}: ${event.type}`));
  }
}

const rfcState = { open_sent: 'OpenSent', open_confirm: 'OpenConfirm', established: 'Established' } as const;

function stay(state: FsmState): Step {
  return { state, actions: [] };
}

function toConnect({ attributes }: FsmState, connectRetryCounter: number): Step {
  return {
    state: { name: 'connect', attributes, connectRetryCounter, delaying: false },
    actions: [
      startTimer('connect-retry', connectTimeout(connectRetryCounter, attributes.connectRetryTime)),
      { type: 'dial' },
    ],
  };
}

function toActive({ attributes }: FsmState, connectRetryCounter: number): Step {
  return {
    state: { name: 'active', attributes, connectRetryCounter, delaying: false },
    // Passive here means that it never dials, so there is nothing to retry.
    actions: attributes.passive
      ? []
      : [startTimer('connect-retry', retryDelay(connectRetryCounter, attributes.connectRetryTime))],
  };
}

/** To Active: the connection went before the peer had sent its OPEN. */
function waitForRetry(state: Connect | OpenSent): Step {
  // A machine made for one incoming connection has nothing to wait for.
  if (!state.attributes.restarts) return fail(state);
  const next = toActive(state, state.connectRetryCounter + 1);
  return { state: next.state, actions: [{ type: 'drop' }, ...next.actions] };
}

function toOpenSent({ attributes, connectRetryCounter }: FsmState): Step {
  return {
    state: { name: 'open_sent', attributes, connectRetryCounter },
    actions: [
      stopTimer('connect-retry'),
      stopTimer('delay-open'),
      { type: 'send-open' },
      startTimer('hold', largeHoldTime),
    ],
  };
}

function toOpenConfirm(
  { attributes, connectRetryCounter }: FsmState,
  { holdTime, keepaliveTime }: { readonly holdTime: number; readonly keepaliveTime: number },
): Step {
  const timers =
    holdTime === 0 ? [stopTimer('hold')] : [startTimer('keepalive', keepaliveTime), startTimer('hold', holdTime)];
  return {
    state: { name: 'open_confirm', attributes, connectRetryCounter, holdTime, keepaliveTime },
    actions: [stopTimer('connect-retry'), stopTimer('delay-open'), { type: 'send-keepalive' }, ...timers],
  };
}

/** To Idle by request: nothing is counted and nothing starts again by itself. */
function stop(state: FsmState, cease: BgpError | undefined): Step {
  return {
    state: { name: 'idle', attributes: state.attributes, connectRetryCounter: 0 },
    actions: [...notify(cease), { type: 'drop' }],
  };
}

/** To Idle by a failure, with a NOTIFICATION where there is something to say. */
function fail(state: FsmState, error?: BgpError, longest = Infinity): Step {
  const connectRetryCounter = state.connectRetryCounter + 1;
  const { attributes } = state;
  return {
    state: { name: 'idle', attributes, connectRetryCounter },
    actions: [
      ...notify(error),
      { type: 'drop' },
      ...(attributes.restarts ? [idleHold(state, connectRetryCounter, longest)] : []),
    ],
  };
}

/**
 * To Idle because the peer said so. Nothing is sent back, whatever the state: a NOTIFICATION is never answered with another
 * (RFC 4271, 6.4). A version error counts like the rest, for we have no other version to try.
 */
function notified(state: FsmState, { code, subcode }: Notification): Step {
  return code === 6 && subcode === 7 ? fail(state, undefined, collisionRetry) : fail(state);
}

function idleHold({ attributes }: FsmState, failures: number, longest = Infinity): Action {
  return startTimer('idle-hold', Math.min(retryDelay(failures, attributes.connectRetryTime), longest));
}

function sendKeepalive(state: OpenConfirm | Established): Step {
  const timer = state.holdTime === 0 ? [] : [startTimer('keepalive', state.keepaliveTime)];
  return { state, actions: [{ type: 'send-keepalive' }, ...timer] };
}

function restartHold({ holdTime }: OpenConfirm | Established): Action[] {
  return holdTime === 0 ? [] : [startTimer('hold', holdTime)];
}

/** RFC 9687, 4.3 and 6: the greater of 8 minutes and twice the hold time. */
function startSendHold({ holdTime }: OpenConfirm): Action[] {
  return holdTime === 0 ? [] : [startTimer('send-hold', Math.max(480, 2 * holdTime))];
}

function notify(error: BgpError | undefined): Action[] {
  return error === undefined ? [] : [{ type: 'send-notification', error }];
}

function startTimer(timer: TimerName, seconds: number): Action {
  return { type: 'start-timer', timer, seconds };
}

function stopTimer(timer: TimerName): Action {
  return { type: 'stop-timer', timer };
}
