import type { Clock } from '../session/ports.ts';
import { RestartableTimer } from '../session/timer.ts';
import type { DownReason, Negotiated, NegotiatedRestart } from '../session/types.ts';
import type { Capability } from '../wire/capability.ts';
import type { Family } from '../wire/family.ts';
import type { GracefulRestart, Neighbor } from './types.ts';

/** Seconds: the restart time is Cilium's default, the bound that of RFC 8538, 4.1. */
export const defaultGracefulRestart: GracefulRestart = { restartTime: 120, stalePathTime: 180 };

export type RestartTimerName = 'restart' | 'stale-path';

const HARD_RESET = 9;

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

/** Whether the routes of a session that ended like this stay (RFC 4724, 4.2; RFC 8538, 4). */
export function keepsRoutes({ notification: mayNotify }: NegotiatedRestart, reason: DownReason): boolean {
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

function isHardReset({ code, subcode }: { readonly code: number; readonly subcode: number }): boolean {
  return code === 6 && subcode === HARD_RESET;
}

/** The families whose routes outlive the session that ended. */
export function keptFamilies({ gracefulRestart }: Negotiated, reason: DownReason): readonly Family[] {
  return gracefulRestart !== undefined && keepsRoutes(gracefulRestart, reason)
    ? [...gracefulRestart.families.keys()]
    : [];
}

/**
 * Of one peer, the families that have routes of a session that ended: for how long these stay until the peer is back, and then until
 * it has sent them again. It removes no route: it says when.
 */
export class StaleFamilies {
  readonly #clock: Clock;
  readonly #expired: (family: Family) => void;
  /** Runs while the session is down. */
  readonly #restart: RestartableTimer;
  /** For each family runs from the loss of a session until End-of-RIB (RFC 8538, 4.1). */
  readonly #bounds = new Map<Family, RestartableTimer>();

  /** `expired`: the stale routes of this family have to go, and are no longer waited for. */
  constructor(clock: Clock, expired: (family: Family) => void) {
    this.#clock = clock;
    this.#expired = expired;
    this.#restart = new RestartableTimer(clock, () => {
      for (const family of this.#bounds.keys()) this.#expire(family);
    });
  }

  has(family: Family): boolean {
    return this.#bounds.has(family);
  }

  /** Milliseconds that each running timer has left; of several the least. */
  get timers(): Partial<Record<RestartTimerName, number>> {
    const restart = this.#restart.remaining;
    const bounds = [...this.#bounds.values()].map(({ remaining = 0 }) => remaining);
    return {
      ...(restart !== undefined && { restart }),
      ...(bounds.length > 0 && { 'stale-path': Math.min(...bounds) }),
    };
  }

  /** A session ended, and the routes of these families stay. Those that were stale before stay for what they had left. */
  lost(families: readonly Family[], { restartTime, stalePathTime }: StaleTimes): void {
    for (const family of families) {
      if (this.#bounds.has(family)) continue;
      const bound = new RestartableTimer(this.#clock, () => this.#expire(family));
      bound.start(stalePathTime * 1000);
      this.#bounds.set(family, bound);
    }
    if (this.#bounds.size > 0) this.#restart.start(restartTime * 1000);
  }

  /** A session is there again. */
  back(): void {
    this.#restart.stop();
  }

  /** No stale routes of this family are left. */
  forget(family: Family): void {
    this.#bounds.get(family)?.stop();
    this.#bounds.delete(family);
    if (this.#bounds.size === 0) this.#restart.stop();
  }

  #expire(family: Family): void {
    this.forget(family);
    this.#expired(family);
  }
}

/** Seconds. */
interface StaleTimes {
  /** What the peer asked for. */
  readonly restartTime: number;
  /** The upper bound. */
  readonly stalePathTime: number;
}
