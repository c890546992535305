import { type BfdState, type ControlPacket, diagnostics } from './packet.ts';

// RFC 5880, section 6.8, as a function: asynchronous mode, no authentication, no echo. It owns no socket and no timer.

/** What is configured. Intervals are in microseconds, 1 to 4294967295. */
export interface Timing {
  readonly desiredMinTx: number;
  readonly requiredMinRx: number;
  /** 1 to 255. */
  readonly detectMultiplier: number;
}

/** What the last packet of the remote system said. */
export interface Remote {
  readonly state: BfdState;
  readonly diagnostic: number;
  readonly discriminator: number;
  readonly desiredMinTx: number;
  readonly requiredMinRx: number;
  readonly detectMultiplier: number;
  readonly demand: boolean;
}

export interface BfdSession {
  readonly state: BfdState;
  /** Why the state last changed. */
  readonly diagnostic: number;
  /** Ours, not 0. */
  readonly discriminator: number;
  readonly timing: Timing;
  /** Absent until something is heard, and again once a detection time passed in silence. */
  readonly remote?: Remote;
  /** A Poll Sequence is under way (6.5). */
  readonly polling: boolean;
  /** The desired transmit interval in use, which a Poll Sequence may hold back (6.8.3); microseconds. */
  readonly pacing: number;
  /** The same of the required receive interval. */
  readonly listening: number;
}

export type BfdEvent =
  | { readonly type: 'packet'; readonly packet: ControlPacket }
  | { readonly type: 'transmit-timer' | 'detection-timer' | 'admin-down' }
  | { readonly type: 'configure'; readonly timing: Timing };

export type BfdAction =
  | { readonly type: 'send'; readonly packet: ControlPacket }
  /** From now on; what was heard before does not count. */
  | { readonly type: 'start-detection'; readonly microseconds: number }
  | { readonly type: 'stop-detection' }
  /** The interval of periodic packets, counted from the last one and not yet jittered; undefined: none are sent. */
  | { readonly type: 'pace'; readonly microseconds: number | undefined };

export interface BfdStep {
  readonly session: BfdSession;
  readonly actions: readonly BfdAction[];
}

/** 6.8.3: until it is up, a session is not to load the link. */
const slowest = 1_000_000;

export function initialSession(discriminator: number, timing: Timing): BfdSession {
  const { desiredMinTx, requiredMinRx } = advertised('down', timing);
  return {
    state: 'down',
    diagnostic: diagnostics.none,
    discriminator,
    timing,
    polling: false,
    pacing: desiredMinTx,
    listening: requiredMinRx,
  };
}

export function step(session: BfdSession, event: BfdEvent): BfdStep {
  switch (event.type) {
    case 'packet':
      return received(session, event.packet);
    case 'transmit-timer':
      return { session, actions: [send(session), pace(session)] };
    case 'detection-timer':
      return settle(session, expired(session), ['stop-detection']);
    case 'configure':
      return settle(session, changed(session, { timing: event.timing }), ['detection']);
    case 'admin-down':
      return settle(session, changed(session, { state: 'admin-down', diagnostic: diagnostics.administrativelyDown }), [
        'stop-detection',
      ]);
  }
}

/** Microseconds without a packet after which the remote system is gone (6.8.4); undefined while it was not heard. */
export function detectionTime({ remote, listening }: BfdSession): number | undefined {
  return remote && remote.detectMultiplier * Math.max(listening, remote.desiredMinTx);
}

/** Microseconds between periodic packets before jitter (6.8.2, 6.8.7); undefined when none are to be sent. */
export function transmitInterval({ state, remote, polling, pacing }: BfdSession): number | undefined {
  if (remote?.requiredMinRx === 0) return undefined;
  const isDemanded = remote?.demand === true && state === 'up' && remote.state === 'up';
  return isDemanded && !polling ? undefined : Math.max(pacing, remote?.requiredMinRx ?? 0);
}

/** An interval as it is to be waited for (6.8.7): up to a quarter less, and at least a tenth where one loss is too much. */
export function jittered(interval: number, detectMultiplier: number, random: number): number {
  return interval * (detectMultiplier === 1 ? 0.75 + 0.15 * random : 0.75 + 0.25 * random);
}

function received(session: BfdSession, packet: ControlPacket): BfdStep {
  const remote: Remote = {
    state: packet.state,
    diagnostic: packet.diagnostic,
    discriminator: packet.myDiscriminator,
    desiredMinTx: packet.desiredMinTx,
    requiredMinRx: packet.requiredMinRx,
    detectMultiplier: packet.detectMultiplier,
    demand: packet.demand,
  };
  const heard = packet.final && session.polling ? polled({ ...session, remote }) : { ...session, remote };
  if (session.state === 'admin-down') return { session: heard, actions: [] };
  const next = changed(heard, transition(session.state, packet.state));
  return settle(session, next, ['detection', ...(packet.poll ? (['final'] as const) : [])]);
}

/** The state machine of 6.2, as 6.8.6 writes it. */
function transition(local: BfdState, remote: BfdState): Pick<Partial<BfdSession>, 'state' | 'diagnostic'> {
  const fell = { state: 'down', diagnostic: diagnostics.neighborSignaledDown } as const;
  const rose = { state: 'up', diagnostic: diagnostics.none } as const;
  if (remote === 'admin-down') return local === 'down' ? {} : fell;
  if (local === 'down') return remote === 'down' ? { state: 'init' } : remote === 'init' ? rose : {};
  if (local === 'init') return remote === 'down' ? {} : rose;
  return remote === 'down' ? fell : {};
}

/** 6.8.4; in Down it only forgets whom it heard (6.8.1, bfd.RemoteDiscr). */
function expired(session: BfdSession): BfdSession {
  const { remote: _, ...silent } = session;
  const isOver = session.state === 'init' || session.state === 'up';
  return isOver ? changed(silent, { state: 'down', diagnostic: diagnostics.detectionTimeExpired }) : silent;
}

/** With what 6.8.3 demands when the intervals that we advertise change: a Poll Sequence, and care until it ends. */
function changed(
  session: BfdSession,
  changes: Pick<Partial<BfdSession>, 'state' | 'diagnostic' | 'timing'>,
): BfdSession {
  const next = { ...session, ...changes };
  const before = advertised(session.state, session.timing);
  const after = advertised(next.state, next.timing);
  if (before.desiredMinTx === after.desiredMinTx && before.requiredMinRx === after.requiredMinRx) return next;
  const isUp = next.state === 'up';
  return {
    ...next,
    polling: true,
    pacing: isUp ? Math.min(session.pacing, after.desiredMinTx) : after.desiredMinTx,
    listening: isUp ? Math.max(session.listening, after.requiredMinRx) : after.requiredMinRx,
  };
}

/** The remote system has seen what we advertise. */
function polled(session: BfdSession): BfdSession {
  const { desiredMinTx, requiredMinRx } = advertised(session.state, session.timing);
  return { ...session, polling: false, pacing: desiredMinTx, listening: requiredMinRx };
}

function advertised(state: BfdState, { desiredMinTx, requiredMinRx }: Timing) {
  return { desiredMinTx: state === 'up' ? desiredMinTx : Math.max(desiredMinTx, slowest), requiredMinRx };
}

/** What follows from a change: a packet at once when it would say something else than the last (6.8.7), and timers that fit. */
function settle(
  before: BfdSession,
  session: BfdSession,
  wanted: readonly ('final' | 'detection' | 'stop-detection')[],
): BfdStep {
  const final = wanted.includes('final');
  const actions: BfdAction[] = [];
  if (final || saysOther(before, session)) actions.push(send(session, final));
  if (actions.length > 0 || transmitInterval(before) !== transmitInterval(session)) actions.push(pace(session));
  const microseconds = detectionTime(session);
  if (wanted.includes('stop-detection')) actions.push({ type: 'stop-detection' });
  else if (microseconds !== undefined) actions.push({ type: 'start-detection', microseconds });
  return { session, actions };
}

function saysOther(before: BfdSession, after: BfdSession): boolean {
  return (
    before.state !== after.state ||
    before.diagnostic !== after.diagnostic ||
    before.timing !== after.timing ||
    before.remote?.discriminator !== after.remote?.discriminator
  );
}

function pace(session: BfdSession): BfdAction {
  return { type: 'pace', microseconds: transmitInterval(session) };
}

function send(session: BfdSession, final = false): BfdAction {
  const { desiredMinTx, requiredMinRx } = advertised(session.state, session.timing);
  return {
    type: 'send',
    packet: {
      state: session.state,
      diagnostic: session.diagnostic,
      poll: session.polling && !final,
      final,
      controlPlaneIndependent: false,
      demand: false,
      detectMultiplier: session.timing.detectMultiplier,
      myDiscriminator: session.discriminator,
      yourDiscriminator: session.remote?.discriminator ?? 0,
      desiredMinTx,
      requiredMinRx,
      requiredMinEchoRx: 0,
    },
  };
}
