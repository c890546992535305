import type { Clock } from '../session/ports.ts';
import { RestartableTimer } from '../session/timer.ts';
import type { DownReason, NegotiatedRestart } from '../session/types.ts';
import type { Capability } from '../wire/capability.ts';
import type { Family } from '../wire/family.ts';
import { isHardReset } from '../wire/notification.ts';
import type { GracefulRestart, Neighbor } from './types.ts';

/** Seconds: the restart time is Cilium's default, the bound that of RFC 8538, 4.1. */
export const defaultGracefulRestart: GracefulRestart = { restartTime: 120, stalePathTime: 180 };

export type RestartTimerName = 'restart' | 'stale-path' | 'long-lived-stale';

/** What a speaker says of itself in an OPEN that it sends now. */
export interface RestartState {
  /** It restarted, and this peer has not seen it since: nobody is to wait for our End-of-RIB first (the R bit). */
  readonly restarted: boolean;
  /** What it announced before is still forwarded (the F bit): the kernel does that, whether we run or not. */
  readonly forwarding: boolean;
}

/** Ours for a peer; none where it is off. */
export function restartCapability({ gracefulRestart, families }: Neighbor, state: RestartState): Capability[] {
  if (gracefulRestart === undefined) return [];
  const { restarted, forwarding } = state;
  return [
    {
      name: 'graceful-restart',
      restarting: restarted,
      notification: true,
      time: gracefulRestart.restartTime,
      families: families.map((family) => ({ family, forwarding })),
    },
  ];
}

/** Ours for a peer; none where no family has it. */
export function longLivedCapability(
  { gracefulRestart, families }: Neighbor,
  { forwarding }: RestartState,
): Capability[] {
  const longLived = (gracefulRestart?.longLived ?? []).filter(({ family }) => families.includes(family));
  if (longLived.length === 0) return [];
  return [
    {
      name: 'long-lived-graceful-restart',
      families: longLived.map(({ family, staleTime }) => ({ family, forwarding, staleTime })),
    },
  ];
}

/** Whether the routes of a session that ended like this stay (RFC 4724, 4.2; RFC 8538, 4). */
function keepsRoutes({ notification: mayNotify }: NegotiatedRestart, reason: DownReason): boolean {
  switch (reason.kind) {
    case 'connection':
      return true;
    case 'notification-received':
    case 'notification-sent':
      return mayNotify && !isHardReset(reason.notification);
    case 'stopped':
      return mayNotify && reason.notification !== undefined && !isHardReset(reason.notification);
    case 'held':
      return false;
  }
}

/** For how long the routes of a family outlive the session that ended like this; undefined: they do not. */
export function staleTimesOf(
  family: Family,
  ours: GracefulRestart,
  theirs: NegotiatedRestart,
  reason: DownReason,
): StaleTimes | undefined {
  if (!theirs.families.has(family) || !keepsRoutes(theirs, reason)) return undefined;
  const most = ours.longLived?.find((each) => each.family === family)?.staleTime ?? 0;
  const asked = theirs.longLived.get(family)?.staleTime ?? 0;
  return { stalePathTime: ours.stalePathTime, longLived: Math.min(most, asked) };
}

/** Whether what was kept of a family stays while the peer, which is back, sends it again (RFC 4724, 4.2; RFC 9494, 4.2). */
export function isPreserved(negotiated: NegotiatedRestart | undefined, family: Family, isLongLived: boolean): boolean {
  const claim = isLongLived ? negotiated?.longLived.get(family) : negotiated?.families.get(family);
  return claim?.forwarding === true;
}

/** For how long the routes of a family stay; in seconds. */
export interface StaleTimes {
  /** The upper bound without long-lived graceful restart. */
  readonly stalePathTime: number;
  /** What follows on the restart time; 0: nothing does. */
  readonly longLived: number;
}

/** What one family waits for. */
interface Stale {
  readonly times: StaleTimes;
  /** Runs until End-of-RIB, but for the long-lived stale time without a session (RFC 8538, 4.1). */
  readonly bound: RestartableTimer;
  /** Runs from the end of the restart time until End-of-RIB, whatever sessions come and go (RFC 9494, 4.2). */
  readonly longLived: RestartableTimer;
  phase: 'restart' | 'long-lived' | 'overdue';
}

/** What becomes of the stale routes of a family. */
export interface StaleHandler {
  /** They have to go, and are no longer waited for. */
  expired(family: Family): void;
  /** Their restart time is over and their long-lived stale time begins. */
  longLived(family: Family): void;
}

/**
 * Of one peer, the families that have routes of a session that ended: for how long these stay until the peer is back, and then until
 * it has sent them again. It removes no route: it says when.
 */
export class StaleFamilies {
  readonly #clock: Clock;
  readonly #handler: StaleHandler;
  /** Runs while the session is down. */
  readonly #restart: RestartableTimer;
  readonly #families = new Map<Family, Stale>();

  constructor(clock: Clock, handler: StaleHandler) {
    this.#clock = clock;
    this.#handler = handler;
    this.#restart = new RestartableTimer(clock, () => {
      for (const [family, stale] of this.#families) this.#restartTimeOver(family, stale);
    });
  }

  /** How many families. */
  get size(): number {
    return this.#families.size;
  }

  has(family: Family): boolean {
    return this.#families.has(family);
  }

  isLongLived(family: Family): boolean {
    const stale = this.#families.get(family);
    return stale !== undefined && stale.phase !== 'restart';
  }

  /** Milliseconds that each running timer has left; of several the least. */
  get timers(): Partial<Record<RestartTimerName, number>> {
    const stale = [...this.#families.values()];
    return {
      ...left('restart', [this.#restart]),
      ...left(
        'stale-path',
        stale.map(({ bound }) => bound),
      ),
      ...left(
        'long-lived-stale',
        stale.map(({ longLived }) => longLived),
      ),
    };
  }

  /** A session ended, and the routes of this family stay. Those that were stale before stay for what they had left. */
  lost(family: Family, times: StaleTimes): void {
    let known = this.#families.get(family);
    if (known?.phase === 'overdue') {
      this.#expire(family);
      known = undefined;
    }
    if (known === undefined) {
      const bound = new RestartableTimer(this.#clock, () => this.#expire(family));
      const longLived = new RestartableTimer(this.#clock, () => this.#longLivedOver(family));
      this.#families.set(family, { times, bound, longLived, phase: 'restart' });
      bound.start(times.stalePathTime * 1000);
    } else if (known.phase === 'long-lived') known.bound.stop();
  }

  /** The peer asks us to wait for it for so many seconds. */
  waitFor(restartTime: number): void {
    if (this.#families.size > 0) this.#restart.start(restartTime * 1000);
  }

  /** A session is there again. */
  back(): void {
    if (this.#families.size === 0) return;
    this.#restart.stop();
    for (const { phase, bound, times } of this.#families.values())
      if (phase !== 'restart') bound.start(times.stalePathTime * 1000);
  }

  /** No stale routes of this family are left. */
  forget(family: Family): void {
    const stale = this.#families.get(family);
    stale?.bound.stop();
    stale?.longLived.stop();
    this.#families.delete(family);
    if (this.#families.size === 0) this.#restart.stop();
  }

  #restartTimeOver(family: Family, stale: Stale): void {
    if (stale.phase !== 'restart') return;
    if (stale.times.longLived === 0) {
      this.#expire(family);
      return;
    }
    stale.phase = 'long-lived';
    stale.bound.stop();
    stale.longLived.start(stale.times.longLived * 1000);
    this.#handler.longLived(family);
  }

  /** With a session, the peer is just sending them again: they go when that one ends before it has. */
  #longLivedOver(family: Family): void {
    const stale = this.#families.get(family);
    if (stale?.bound.remaining === undefined) this.#expire(family);
    else stale.phase = 'overdue';
  }

  #expire(family: Family): void {
    this.forget(family);
    this.#handler.expired(family);
  }
}

function left(name: RestartTimerName, timers: readonly RestartableTimer[]): Partial<Record<RestartTimerName, number>> {
  const running = timers.flatMap(({ remaining }) => remaining ?? []);
  return running.length === 0 ? {} : { [name]: Math.min(...running) };
}
