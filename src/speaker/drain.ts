import type { Address } from '../ip/address.ts';
import type { Clock, Timer } from '../session/ports.ts';
import { SpeakerError } from './error.ts';

/** `draining`: routes are still announced, as the last resort (RFC 8326); `drained`: nothing is announced. */
export type DrainPhase = 'draining' | 'drained';

export interface DrainState {
  readonly phase: DrainPhase;
  /** When it was asked for. */
  readonly since: Date;
  /** When the routes are withdrawn, or were. */
  readonly withdrawAt: Date;
}

/** Which peers; the instance with those to come when there is no address. */
export interface DrainTarget {
  readonly address?: Address;
}

/**
 * Seconds from the community to the withdrawal. RFC 8326, 4 leaves the figure to the operator: alternative paths need some seconds to spread, and a pod
 * has 30 in all to end in, unless it says otherwise.
 */
export const DRAIN_WAIT = 15;

interface Drain {
  state: DrainState;
  timer: Timer;
}

/** Which peers are drained, by request: of the whole instance, or one by one. */
export class Drains {
  readonly #clock: Clock;
  readonly #changed: (target: DrainTarget) => void;
  #all: Drain | undefined;
  readonly #peers = new Map<string, Drain>();

  /** `changed` is told of each beginning, each withdrawal and each end. */
  constructor(clock: Clock, changed: (target: DrainTarget) => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  /** That of the instance. */
  get all(): DrainState | undefined {
    return this.#all?.state;
  }

  /** That of a peer: its own or the instance's, whichever is further. */
  of(address: Address): DrainState | undefined {
    const own = this.#peers.get(address.toString())?.state;
    const all = this.all;
    return own?.phase === 'drained' || all === undefined ? own : all;
  }

  /** Once more: a new wait, but what is withdrawn stays so. */
  begin(target: DrainTarget, seconds: number): void {
    const before = this.#find(target);
    if (before?.state.phase === 'drained') return;
    before?.timer.cancel();
    const now = this.#clock.date();
    const drain: Drain = {
      state: {
        phase: 'draining',
        since: before?.state.since ?? now,
        withdrawAt: new Date(now.getTime() + seconds * 1000),
      },
      timer: this.#clock.timer(seconds * 1000, () => this.#withdraw(target, drain)),
    };
    if (target.address === undefined) this.#all = drain;
    else this.#peers.set(target.address.toString(), drain);
    if (seconds === 0) {
      drain.timer.cancel();
      this.#withdraw(target, drain);
    } else this.#changed(target);
  }

  /** Of the instance: ends those of its peers too. Throws SpeakerError when a peer's cannot be ended by itself. */
  end(target: DrainTarget): void {
    const { address } = target;
    if (address !== undefined && this.#all !== undefined)
      throw new SpeakerError('failed-precondition', `the whole instance is drained, not peer ${address} alone`);
    this.#find(target)?.timer.cancel();
    if (address === undefined) {
      for (const drain of this.#peers.values()) drain.timer.cancel();
      this.#peers.clear();
      this.#all = undefined;
    } else this.#peers.delete(address.toString());
    this.#changed(target);
  }

  /** Everything stays as it is: there is nobody left to withdraw from. */
  stop(): void {
    this.#all?.timer.cancel();
    for (const { timer } of this.#peers.values()) timer.cancel();
  }

  /** The peer is gone. */
  forget(address: Address): void {
    this.#peers.get(address.toString())?.timer.cancel();
    this.#peers.delete(address.toString());
  }

  #find({ address }: DrainTarget): Drain | undefined {
    return address === undefined ? this.#all : this.#peers.get(address.toString());
  }

  #withdraw(target: DrainTarget, drain: Drain): void {
    drain.state = { ...drain.state, phase: 'drained' };
    this.#changed(target);
  }
}
