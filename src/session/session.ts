import type { Capability } from '../wire/capability.ts';
import { encodeMessage } from '../wire/codec.ts';
import { BgpError } from '../wire/error.ts';
import type { Open, RouteRefresh } from '../wire/message.ts';
import { cease, encapsulate, notificationOf } from '../wire/notification.ts';
import { capabilityOf } from '../wire/open.ts';
import type { Update } from '../wire/update.ts';
import { LinkError } from './cause.ts';
import { ceaseError, refuse } from './cease.ts';
import { survivor } from './collision.ts';
import { type MutableCounters, newCounters } from './counters.ts';
import type { Event, TimerName } from './event.ts';
import type { FsmState, SessionAttributes } from './fsm.ts';
import { Machine, type MachineOwner } from './machine.ts';
import { negotiate, openOf } from './negotiate.ts';
import type { Connection, World } from './ports.ts';
import type { DownReason, Negotiated, SessionConfig, SessionCounters, SessionHandler, SessionState } from './types.ts';

/** Of those that the registry gives a behaviour, the ones that are a Hard Reset (RFC 8538, 5.1), and another. */
const hard: ReadonlySet<number> = new Set([
  cease.maximumPrefixes,
  cease.administrativeShutdown,
  cease.peerDeconfigured,
  // Later than that registry: there is nothing to keep forwarding over a link that is down.
  cease.bfdDown,
]);

/** A session is in the most advanced state of its machines. */
const rank: Readonly<Record<SessionState, number>> = {
  idle: 0,
  active: 1,
  connect: 2,
  open_sent: 3,
  open_confirm: 4,
  established: 5,
};

/**
 * Milliseconds. A live peer answers OPEN with OPEN at once: one that did not in this time is gone, and what it dialled meanwhile
 * must not lose against a dead connection. For as long, too, a new connection may still be one end of a collision.
 */
const collisionWindow = 10_000;

/**
 * Milliseconds. A peer that was told by a Cease takes its end apart for a while: FRR 8 forgets a neighbour of a listen range that is back
 * before that is done, and keeps its connection all the same.
 */
const partingTime = 500;

/** Codes of what a peer does wrong by itself; a hold timer (4) or a Cease (6) is no such thing. */
const misbehaviour: ReadonlySet<number> = new Set([1, 3, 5, 7]);

/**
 * One peer's life: a machine that dials, and one for a connection that the peer dialled, until one of them is left (RFC 4271, 6.8). When passive, the
 * first waits for the peer, and the second is for the time until it dials anew.
 */
export class Session {
  readonly config: SessionConfig;
  readonly #handler: SessionHandler;
  readonly #owner: MachineOwner;
  readonly #counters: MutableCounters = newCounters();
  readonly #clock: World['clock'];
  /** The machine that starts again when it fails. */
  #first: Machine;
  #second: Machine | undefined;
  #running = false;
  #state: SessionState = 'idle';
  #lastDown: { readonly reason: DownReason; readonly at: Date } | undefined;
  /** The last session ended by the peer's own fault: until IdleHoldTimer lets us dial it may not come back either. */
  #damped = false;
  /** When we closed a connection to this peer last, by the clock; also one of the session before this. */
  #partedAt = -Infinity;

  /** `capabilities`: what an OPEN claims that is sent now, where that is not the same at all times. */
  constructor(
    config: SessionConfig,
    handler: SessionHandler,
    world: World,
    capabilities: () => readonly Capability[] = () => config.capabilities,
  ) {
    this.config = config;
    this.#handler = handler;
    this.#clock = world.clock;
    this.#owner = {
      config,
      world,
      counters: this.#counters,
      localOpen: () => openOf(config, capabilities()),
      opened: (machine, open) => this.#opened(machine, open),
      stepped: (machine, from, event, reason) => this.#stepped(machine, from, event, reason),
      update: (update: Update) => handler.update(update),
      routeRefresh: (message: RouteRefresh) => handler.routeRefresh(message),
      drained: () => handler.drained(),
    };
    this.#first = new Machine(this.#owner, config.passive ? 'remote' : 'local', this.#attributes);
  }

  get state(): SessionState {
    return this.#state;
  }

  get counters(): SessionCounters {
    return this.#counters;
  }

  /** Present while established. */
  get negotiated(): Negotiated | undefined {
    return this.#established?.negotiated;
  }

  /** Present while established. */
  get establishedAt(): Date | undefined {
    return this.#established?.establishedAt;
  }

  /** Milliseconds that it has been established, whatever the time of day did meanwhile. */
  get uptime(): number | undefined {
    return this.#established?.age;
  }

  get lastDown(): { readonly reason: DownReason; readonly at: Date } | undefined {
    return this.#lastDown;
  }

  /** Milliseconds that each running timer has left. */
  get timers(): Partial<Record<TimerName, number>> {
    return this.#first.timers;
  }

  /** There is a connection, whatever came of it so far. */
  get isConnected(): boolean {
    return this.#first.connection !== undefined || this.#second?.connection !== undefined;
  }

  /** Octets that `send` queued and the kernel has not taken. */
  get pending(): number {
    return this.#established?.connection?.pending ?? 0;
  }

  /** Takes the place of a session with the same peer that was stopped. */
  succeed(previous: Session): void {
    this.#partedAt = previous.#partedAt;
  }

  /** Dials, or waits for the peer when passive; after IdleHoldTimer where both have only just parted. Nothing when it is running. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    const start = this.config.passive ? 'manual-start-passive' : 'manual-start';
    const later = this.config.passive ? 'automatic-start-damped-passive' : 'automatic-start-damped';
    this.#first.step({ type: this.#clock.now() - this.#partedAt < partingTime ? later : start });
  }

  /**
   * Ends it with a Cease of this subcode; the text goes along where RFC 9003 lets it. What ends it for good is a Hard Reset where any other
   * NOTIFICATION would let the peer keep our routes (RFC 8538, 5.1). `start` begins anew.
   */
  stop(text = '', subcode: number = cease.administrativeShutdown, data?: Uint8Array): void {
    this.#halt(ceaseError(subcode, text, data), hard.has(subcode));
  }

  /** Closes without a word, so that a peer that helps with graceful restart keeps our routes (RFC 4724, 4.1). */
  stopWithoutNotification(): void {
    this.#halt(undefined, false);
  }

  /** Ends it with Administrative Reset and starts again soon. `isHard`: the peer is to forget our routes meanwhile, which RFC 8538, 5.1 leaves to the user. */
  reset(text = '', isHard = false): void {
    if (!this.#running) return;
    this.#partedAt = this.#clock.now();
    this.#halt(ceaseError(cease.administrativeReset, text), isHard);
    this.start();
  }

  /** What is under the connections went: they end at once, and `text` says why. Starts again as after other failures. */
  linkLost(text: string): void {
    const event: Event = { type: 'tcp-fails', error: new LinkError(text) };
    this.#second?.step(event);
    if (this.#first.connection !== undefined) this.#first.step(event);
  }

  /** Makes the next attempt now, if it waits for one. */
  hurry(): void {
    this.#first.hurry();
  }

  /** Ends what connections there are with a Cease of this subcode, as a failure: it starts again by itself. */
  fail(text: string, subcode: number): void {
    const error = ceaseError(subcode, text);
    for (const machine of this.#machines)
      if (machine === this.#second || rank[machine.state.name] >= rank.open_sent)
        machine.step({ type: 'automatic-stop', cease: hard.has(subcode) ? hardReset(machine, error) : error });
  }

  /** Takes a connection that this peer dialled, or refuses it with a Cease. */
  accept(connection: Connection): void {
    if (!this.#running || (this.#damped && this.#first.state.name === 'idle')) {
      this.refuse(connection);
      return;
    }
    // Whoever dials again has given up what it dialled before.
    if (this.#second !== undefined) this.#dump(this.#second);
    const first = this.#first;
    if (this.config.passive && first.connection !== undefined && first.state.name !== 'established') this.#dump(first);
    if (this.config.passive && first.connection === undefined && first.state.name === 'active') {
      first.attach(connection);
      return;
    }
    const machine = new Machine(this.#owner, 'remote', { ...this.#attributes, passive: true, restarts: false });
    this.#second = machine;
    machine.step({ type: 'manual-start-passive' });
    machine.attach(connection);
  }

  /** Answers a connection with a Cease, and with nothing else. */
  refuse(connection: Connection, text?: string, subcode?: number): void {
    this.#counters.notificationsSent++;
    refuse(connection, text, subcode);
  }

  /**
   * Queues whole messages as they are, `updates` of them UPDATEs; the bytes must not change afterwards unless nothing is `pending`. False when
   * not established, or as `Connection.send`: then hold back until `drained`.
   */
  send(bytes: Uint8Array, updates: number): boolean {
    const machine = this.#established;
    if (machine === undefined) return false;
    this.#counters.updatesSent += updates;
    return machine.send(bytes);
  }

  /** As `send`, for a message that is no UPDATE. */
  sendRouteRefresh(message: RouteRefresh): boolean {
    const machine = this.#established;
    if (machine?.negotiated === undefined) return false;
    this.#counters.routeRefreshesSent++;
    return machine.send(encodeMessage(message, machine.negotiated.send));
  }

  get #attributes(): SessionAttributes {
    const { passive, connectRetryTime, delayOpenTime } = this.config;
    return { passive, restarts: true, connectRetryTime, delayOpenTime };
  }

  /** At most one machine gets there: whoever is second is dumped when its OPEN comes. */
  get #established(): Machine | undefined {
    return this.#first.state.name === 'established' ? this.#first : undefined;
  }

  /** The one that starts again by itself comes last. */
  get #machines(): readonly Machine[] {
    return this.#second === undefined ? [this.#first] : [this.#second, this.#first];
  }

  #halt(error: BgpError | undefined, isHard: boolean): void {
    if (error !== undefined && rank[this.#state] >= rank.open_sent) this.#partedAt = this.#clock.now();
    this.#running = false;
    this.#damped = false;
    for (const machine of this.#machines)
      machine.step({ type: 'manual-stop', ...(error && { cease: isHard ? hardReset(machine, error) : error }) });
  }

  #opened(machine: Machine, open: Open): void {
    const { connection } = machine;
    if (connection === undefined) return;
    const result = negotiate(this.config, machine.localOpen, open, connection, (asn) => this.#handler.refusal?.(asn));
    if (result instanceof BgpError) {
      machine.step({ type: 'open-error', error: result });
      return;
    }
    const other = machine === this.#first ? this.#second : this.#first;
    if (rank[machine.state.name] <= rank.open_sent && other !== undefined && collides(other)) {
      const stays = this.#survivor(machine, other, result);
      if (stays !== undefined) this.#dump(stays === machine ? other : machine);
      if (stays !== undefined && stays === this.#second) this.#promote(stays);
      if (stays === other) return;
    }
    machine.agree(result);
  }

  /** RFC 4271, 6.8, once OPEN came on `machine`. Absent: the peer decides, for a KEEPALIVE in answer to our OPEN means it took `machine`. */
  #survivor(machine: Machine, other: Machine, negotiated: Negotiated): Machine | undefined {
    // Whoever dials twice has given up the first.
    const prefers =
      machine.initiator === other.initiator || survivor(negotiated, this.config.localAsn) === machine.initiator;
    if (other.state.name !== 'established') return prefers ? machine : other;
    // An established session stays, unless the peer restarted and comes back for it (RFC 4724, 4.2), or has not yet seen our
    // KEEPALIVE: for the peer it is in OpenConfirm then, where identifiers decide, and each of us would close another connection.
    return restartsGracefully(other) || (prefers && other.age <= collisionWindow) ? undefined : other;
  }

  #dump(machine: Machine): void {
    // The peer let go of it: a NOTIFICATION would only make its routes go at once where it restarts gracefully (RFC 4724, 4).
    if (machine.state.name === 'established') {
      machine.step({ type: 'tcp-fails', error: new Error('the peer opened a new one') });
      return;
    }
    if (machine.state.name === 'open_sent' || machine.state.name === 'open_confirm') this.#counters.collisions++;
    machine.step({ type: 'collision-dump' });
  }

  /** The second takes the place of the first, which has nothing left to do. */
  #promote(machine: Machine): void {
    const old = this.#first;
    const { connectRetryCounter } = old.state;
    this.#second = undefined;
    if (old.state.name === 'established') {
      // While it is still the first, so that the end of the old session is told before the new one begins.
      this.#dump(old);
      // Whoever was told may have stopped it all.
      if (!this.#running) machine.step({ type: 'manual-stop' });
    }
    this.#first = machine;
    machine.adopt(this.#attributes, connectRetryCounter);
    // It would start again by itself.
    old.adopt({ ...this.#attributes, restarts: false }, 0);
    if (old.state.name === 'idle') old.step({ type: 'manual-stop' });
    else this.#dump(old);
  }

  #stepped(machine: Machine, from: FsmState, event: Event, reason: DownReason | undefined): void {
    if (machine.state.name === 'established' && machine === this.#second) this.#promote(machine);
    const now = machine.state.name;
    if (now === 'idle' && machine === this.#second) this.#second = undefined;
    if (now !== from.name) this.#report();
    if (now === 'established' && from.name !== 'established') {
      this.#damped = false;
      this.#counters.established++;
      if (machine.negotiated !== undefined) this.#handler.established(machine.negotiated);
    }
    if (reason !== undefined && !this.#isCollision(machine, from, event)) {
      if (from.name === 'established')
        this.#damped = reason.kind === 'notification-sent' && misbehaviour.has(reason.notification.code);
      this.#lastDown = { reason, at: this.#clock.date() };
      this.#handler.down(reason);
    }
  }

  /** A connection that went because another stays, or is about to, is no failure. */
  #isCollision(machine: Machine, from: FsmState, event: Event): boolean {
    if (from.name === 'established') return false;
    if (event.type === 'collision-dump') return true;
    const other = machine === this.#first ? this.#second : this.#first;
    if (other === undefined) return false;
    // The peer may know of our other connection before we do.
    const isResolution =
      event.type === 'notification' &&
      event.notification.code === 6 &&
      event.notification.subcode === cease.collisionResolution;
    return rank[other.state.name] >= (isResolution ? rank.connect : rank.open_sent);
  }

  #report(): void {
    const from = this.#state;
    const second = this.#second?.state.name ?? 'idle';
    const first = this.#first.state.name;
    const to = rank[second] > rank[first] ? second : first;
    if (from === to) return;
    this.#state = to;
    this.#handler.stateChanged(from, to);
  }
}

/** Whether a machine's connection counts when OPEN comes on another. That in OpenSent does, for both have the same peer (6.8). */
function collides({ state, age }: Machine): boolean {
  return rank[state.name] > rank.open_sent || (state.name === 'open_sent' && age <= collisionWindow);
}

function restartsGracefully({ negotiated }: Machine): boolean {
  const capability = negotiated && capabilityOf(negotiated.remoteOpen, 'graceful-restart');
  return capability !== undefined && capability.families.length > 0;
}

/** As a Hard Reset, where the peer would keep our routes otherwise (RFC 8538, 4). */
function hardReset({ negotiated }: Machine, error: BgpError): BgpError {
  if (negotiated?.gracefulRestart?.notification !== true) return error;
  const { code, subcode, data } = encapsulate(notificationOf(error));
  return new BgpError(code, subcode, error.message, data);
}
