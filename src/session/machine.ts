import { decodeMessage, encodeMessage } from '../wire/codec.ts';
import { initialContext } from '../wire/context.ts';
import { BgpError } from '../wire/error.ts';
import { resetOf } from '../wire/fault.ts';
import type { Message, Open, RouteRefresh } from '../wire/message.ts';
import { notificationOf } from '../wire/notification.ts';
import { readPlainUpdate } from '../wire/plain-update.ts';
import { refreshSubtype } from '../wire/refresh.ts';
import type { Update } from '../wire/update.ts';
import { downReason } from './cause.ts';
import type { Initiator } from './collision.ts';
import type { MutableCounters } from './counters.ts';
import type { Event, TimerName } from './event.ts';
import { type Action, type FsmState, initial, type SessionAttributes, step } from './fsm.ts';
import type { Connection, ConnectionHandler, World } from './ports.ts';
import { RestartableTimer } from './timer.ts';
import type { DownReason, Negotiated, SessionConfig } from './types.ts';

/** What a machine needs of the session it is part of. */
export interface MachineOwner {
  readonly config: SessionConfig;
  readonly world: World;
  readonly counters: MutableCounters;
  /** Our OPEN, if it is sent now. */
  localOpen(): Open;
  /** An OPEN came; the owner goes on with `agree` or with an event of its own. */
  opened(machine: Machine, open: Open): void;
  /** After each event, once all it asked for is done; `reason` when it cost the connection or the try. */
  stepped(machine: Machine, from: FsmState, event: Event, reason: DownReason | undefined): void;
  update(update: Update): void;
  routeRefresh(message: RouteRefresh): void;
  drained(): void;
}

const keepaliveBytes = encodeMessage({ type: 'keepalive' }, initialContext);

/** Where RFC 4271, 10 asks for jitter. */
const jittered: ReadonlySet<TimerName> = new Set<TimerName>(['connect-retry', 'idle-hold', 'keepalive']);

/** RFC 4271, 4.4: never more than one KEEPALIVE in a second, whatever the jitter. */
const shortestKeepalive = 1000;

/** Milliseconds in which what waits in the sockets is read when a process goes on that stood still. */
const readingTime = 100;

/** Runs one state machine on at most one connection: turns what happens into events, and does what the actions say. */
export class Machine implements ConnectionHandler {
  readonly initiator: Initiator;
  readonly #owner: MachineOwner;
  readonly #timers = new Map<TimerName, RestartableTimer>();
  #state: FsmState;
  #connection: Connection | undefined;
  #negotiated: Negotiated | undefined;
  #localOpen: Open | undefined;
  /** When the state last changed its name, by the clock. */
  #since: number;
  #establishedAt: Date | undefined;
  #sentOctets = 0;
  #flushedOctets = 0;
  /** HoldTimer expired, and runs once more. */
  #isReading = false;

  constructor(owner: MachineOwner, initiator: Initiator, attributes: SessionAttributes) {
    this.#owner = owner;
    this.initiator = initiator;
    this.#state = initial(attributes);
    this.#since = owner.world.clock.now();
  }

  get state(): FsmState {
    return this.#state;
  }

  /** Milliseconds in this state. */
  get age(): number {
    return this.#owner.world.clock.now() - this.#since;
  }

  /** When it last came to be established. */
  get establishedAt(): Date | undefined {
    return this.#establishedAt;
  }

  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** The OPEN that we sent on this connection, or would send now. */
  get localOpen(): Open {
    return this.#localOpen ?? this.#owner.localOpen();
  }

  /** From OpenConfirm on. */
  get negotiated(): Negotiated | undefined {
    return this.#negotiated;
  }

  /** Milliseconds that each running timer has left. */
  get timers(): Partial<Record<TimerName, number>> {
    const running: Partial<Record<TimerName, number>> = {};
    for (const [name, timer] of this.#timers) {
      const left = timer.remaining;
      if (left !== undefined) running[name] = left;
    }
    return running;
  }

  step(event: Event): void {
    const from = this.#state;
    const { state, actions } = step(from, event);
    if (state.name !== from.name) this.#entered(state);
    this.#state = state;
    let dropped = false;
    let sent: BgpError | undefined;
    for (const action of actions) {
      if (action.type === 'drop') dropped = true;
      if (action.type === 'send-notification' && this.#connection !== undefined) sent = action.error;
      this.#run(action);
    }
    const reason = dropped ? downReason(from, event, sent, this.#owner.config) : undefined;
    this.#owner.stepped(this, from, event, reason);
  }

  /** Makes the next attempt now, if it waits for one. */
  hurry(): void {
    const { name } = this.#state;
    if (name !== 'idle' && name !== 'active') return;
    const timer = this.#timers.get(name === 'idle' ? 'idle-hold' : 'connect-retry');
    if (timer?.remaining === undefined) return;
    timer.stop();
    this.step({ type: name === 'idle' ? 'idle-hold-timer' : 'connect-retry-timer' });
  }

  /** Takes a connection that the peer dialled. */
  attach(connection: Connection): void {
    this.#connection = connection;
    connection.handle(this);
    this.step({ type: 'tcp-confirmed' });
  }

  /** Goes on with the OPEN that the owner found acceptable. */
  agree(negotiated: Negotiated): void {
    this.#negotiated = negotiated;
    if (this.#connection !== undefined && negotiated.receive.extendedMessage) this.#connection.maxMessageLength = 65535;
    const { holdTime, keepaliveTime } = negotiated;
    this.step({ type: this.#delaying ? 'open-while-delaying' : 'open', holdTime, keepaliveTime });
  }

  /** Takes the place of the machine that dialled: from now on this one starts again when it fails. */
  adopt(attributes: SessionAttributes, connectRetryCounter: number): void {
    this.#state = { ...this.#state, attributes, connectRetryCounter };
  }

  /** Queues whole messages; they count as a sign of life like a KEEPALIVE. */
  send(bytes: Uint8Array): boolean {
    if (this.#connection === undefined) return false;
    this.#sentOctets += bytes.length;
    this.#timers.get('keepalive')?.restart();
    return this.#connection.send(bytes);
  }

  connected(): void {
    this.step({ type: 'tcp-acked' });
  }

  message(bytes: Uint8Array): void {
    let message: Message;
    const context = this.#negotiated?.receive ?? initialContext;
    try {
      message = readPlainUpdate(bytes, context) ?? decodeMessage(bytes, context);
    } catch (error) {
      if (!(error instanceof BgpError)) throw error;
      this.#undecodable(bytes, error);
      return;
    }
    this.#received(message);
  }

  malformed(error: BgpError): void {
    this.step({ type: 'header-error', error });
  }

  drained(): void {
    this.#noteProgress();
    if (this.#state.name === 'established') this.#owner.drained();
  }

  closed(error?: Error): void {
    this.#connection = undefined;
    this.step(error === undefined ? { type: 'tcp-fails' } : { type: 'tcp-fails', error });
  }

  get #delaying(): boolean {
    return (this.#state.name === 'connect' || this.#state.name === 'active') && this.#state.delaying;
  }

  #entered({ name }: FsmState): void {
    const { clock } = this.#owner.world;
    this.#since = clock.now();
    if (name === 'established') this.#establishedAt = clock.date();
  }

  #received(message: Message): void {
    const { counters } = this.#owner;
    switch (message.type) {
      case 'open':
        counters.opensReceived++;
        this.#owner.opened(this, message);
        break;
      case 'update': {
        counters.updatesReceived++;
        const error = resetOf(message);
        if (error === undefined && message.faults.length > 0) counters.malformedUpdates++;
        this.step(error === undefined ? { type: 'update', update: message } : { type: 'update-error', error });
        break;
      }
      case 'keepalive':
        counters.keepalivesReceived++;
        this.step(message);
        break;
      case 'notification':
        counters.notificationsReceived++;
        this.step({
          type: message.code === 2 && message.subcode === 1 ? 'notification-version-error' : 'notification',
          notification: message,
        });
        break;
      case 'route-refresh':
        counters.routeRefreshesReceived++;
        if (this.#state.name !== 'established' || this.#understands(message))
          this.step({ type: 'route-refresh', message });
        break;
    }
  }

  /** RFC 2918, 4 and RFC 7313, 5: what was not negotiated, or has a subtype nobody defined, is ignored. */
  #understands({ subtype }: RouteRefresh): boolean {
    if (this.#negotiated === undefined) return false;
    const { routeRefresh, enhancedRouteRefresh } = this.#negotiated;
    return subtype === refreshSubtype.request ? routeRefresh : enhancedRouteRefresh && subtype <= refreshSubtype.end;
  }

  #undecodable(bytes: Uint8Array, error: BgpError): void {
    const open = bytes[18] === 1;
    if (open) this.#owner.counters.opensReceived++;
    if (error.code === 1) this.step({ type: 'header-error', error });
    else this.step({ type: open ? 'open-error' : 'update-error', error });
  }

  #run(action: Action): void {
    const { counters, config, world } = this.#owner;
    switch (action.type) {
      case 'start-timer':
        if (action.timer === 'hold') this.#isReading = false;
        this.#timer(action.timer).start(this.#length(action.timer, action.seconds * 1000));
        break;
      case 'stop-timer':
        this.#timers.get(action.timer)?.stop();
        break;
      case 'dial': {
        const { remote, localAddress, localPort, options } = config;
        this.#connection = world.network.dial(
          {
            remote,
            ...(localAddress && { localAddress }),
            ...(localPort !== undefined && { localPort }),
            ...(options && { options }),
          },
          this,
        );
        break;
      }
      case 'drop':
        for (const timer of this.#timers.values()) timer.stop();
        this.#close();
        break;
      case 'reject':
        this.#close();
        break;
      case 'send-open':
        counters.opensSent++;
        this.#localOpen ??= this.#owner.localOpen();
        this.send(encodeMessage(this.#localOpen, initialContext));
        break;
      case 'send-keepalive':
        this.#noteProgress();
        counters.keepalivesSent++;
        this.send(keepaliveBytes);
        break;
      case 'send-notification':
        if (this.#connection === undefined) break;
        counters.notificationsSent++;
        this.send(encodeMessage(notificationOf(action.error), this.#negotiated?.send ?? initialContext));
        break;
      case 'deliver':
        if (action.message.type === 'update') this.#owner.update(action.message);
        else this.#owner.routeRefresh(action.message);
        break;
    }
  }

  #close(): void {
    this.#connection?.close();
    this.#connection = undefined;
    this.#negotiated = undefined;
    this.#localOpen = undefined;
    this.#sentOctets = 0;
    this.#flushedOctets = 0;
  }

  #timer(name: TimerName): RestartableTimer {
    let timer = this.#timers.get(name);
    if (timer === undefined) {
      timer = new RestartableTimer(this.#owner.world.clock, () => this.#expired(name));
      this.#timers.set(name, timer);
    }
    return timer;
  }

  #expired(name: TimerName): void {
    if (name === 'send-hold' && this.#noteProgress()) this.#timers.get(name)?.restart();
    else if (name === 'hold' && !this.#isReading) {
      // It may be us who were gone: stopped, swapped out, asleep. Then what the peer said meanwhile still waits in the socket.
      this.#isReading = true;
      this.#timer(name).start(readingTime);
    } else this.step({ type: `${name}-timer` });
  }

  #length(timer: TimerName, milliseconds: number): number {
    if (!jittered.has(timer)) return milliseconds;
    const length = milliseconds * (0.75 + 0.25 * this.#owner.world.entropy());
    return timer === 'keepalive' ? Math.max(shortestKeepalive, length) : length;
  }

  /** RFC 9687, 4.3: a message is sent once TCP took it, not when it was queued; so is SendHoldTimer restarted. */
  #noteProgress(): boolean {
    const flushed = this.#sentOctets - (this.#connection?.pending ?? 0);
    if (flushed <= this.#flushedOctets) return false;
    this.#flushedOctets = flushed;
    this.#timers.get('send-hold')?.restart();
    return true;
  }
}
