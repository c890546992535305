import type { Capability } from './capability.ts';
import type { Family } from './family.ts';
import type { Update } from './update.ts';

export interface Open {
  readonly type: 'open';
  readonly version: number;
  /** The two-octet field; AS_TRANS (23456) when the real number, in the capability, needs four. See `asnOf`. */
  readonly myAs: number;
  /** Seconds; 0 or at least 3. */
  readonly holdTime: number;
  /** The BGP identifier, an unsigned 32-bit integer. */
  readonly routerId: number;
  readonly capabilities: readonly Capability[];
}

export interface Notification {
  readonly type: 'notification';
  readonly code: number;
  readonly subcode: number;
  readonly data: Uint8Array;
}

export interface Keepalive {
  readonly type: 'keepalive';
}

/** RFC 2918; the subtypes BoRR and EoRR are those of RFC 7313. */
export interface RouteRefresh {
  readonly type: 'route-refresh';
  readonly family: Family;
  /** 0 request, 1 BoRR, 2 EoRR; others are to be ignored (RFC 7313, 5). */
  readonly subtype: number;
}

export type Message = Open | Update | Notification | Keepalive | RouteRefresh;
