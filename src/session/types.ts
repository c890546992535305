import type { Address } from '../ip/address.ts';
import type { Capability } from '../wire/capability.ts';
import type { Context } from '../wire/context.ts';
import type { Family } from '../wire/family.ts';
import type { Notification, Open, RouteRefresh } from '../wire/message.ts';
import type { Update } from '../wire/update.ts';
import type { Endpoint, SocketOptions } from './ports.ts';

/** As Cilium writes them. */
export type SessionState = 'idle' | 'connect' | 'active' | 'open_sent' | 'open_confirm' | 'established';

/** All that one peer's sessions are made from. Times are in seconds unless the name says otherwise. */
export interface SessionConfig {
  readonly localAsn: number;
  /** 0: whatever the peer's OPEN says. */
  readonly peerAsn: number;
  /** The local BGP identifier as an unsigned 32-bit integer. */
  readonly routerId: number;
  readonly remote: Endpoint;
  readonly localAddress?: Address;
  readonly localPort?: number;
  /** Absent: plain TCP. */
  readonly options?: SocketOptions;
  /** Never dials; waits for the peer. */
  readonly passive: boolean;
  readonly connectRetryTime: number;
  /** 0, or 3 to 65535: what we offer. */
  readonly holdTime: number;
  readonly keepaliveTime: number;
  /** 0: OPEN is sent as soon as the connection is up (RFC 4271, 8.1.1, DelayOpen). */
  readonly delayOpenTime: number;
  /** What our OPEN claims, in order; `four-octet-as` is always among them. */
  readonly capabilities: readonly Capability[];
  /** The peer must claim a role too (RFC 9234, 4.2). */
  readonly roleStrict?: boolean;
}

/** What the two OPENs agreed on. */
export interface Negotiated {
  readonly peerAsn: number;
  readonly peerRouterId: number;
  readonly external: boolean;
  /** Seconds; 0: no keepalives and no hold timer. */
  readonly holdTime: number;
  readonly keepaliveTime: number;
  /** Families that both sides claimed. */
  readonly families: readonly Family[];
  readonly receive: Context;
  readonly send: Context;
  readonly routeRefresh: boolean;
  readonly enhancedRouteRefresh: boolean;
  /** Absent unless both sides claimed it. */
  readonly gracefulRestart?: NegotiatedRestart;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly localOpen: Open;
  readonly remoteOpen: Open;
}

/** What the peer's OPEN says of graceful restart (RFC 4724, 3), where ours has it too. */
export interface NegotiatedRestart {
  /** Seconds that it asks us to wait for it. */
  readonly restartTime: number;
  /** A NOTIFICATION does not end it unless it is a Hard Reset: both set the N bit (RFC 8538, 2). */
  readonly notification: boolean;
  /** The families that it restarts gracefully, of those that both claimed, and whether it still forwards for them (the F bit). */
  readonly families: ReadonlyMap<Family, { readonly forwarding: boolean }>;
  /** Of these, the ones that both keep beyond the restart time, and for how many seconds the peer asks for that (RFC 9494, 3.1). */
  readonly longLived: ReadonlyMap<Family, { readonly forwarding: boolean; readonly staleTime: number }>;
}

/** Why a session ended or an attempt failed. */
export type DownReason =
  | { readonly kind: 'notification-sent'; readonly notification: Notification; readonly text: string }
  | { readonly kind: 'notification-received'; readonly notification: Notification; readonly text: string }
  /** The connection failed or was closed; `text` names the likely cause where the state tells it. */
  | { readonly kind: 'connection'; readonly text: string }
  /** We ended it; `notification` is absent when nothing was said. */
  | { readonly kind: 'stopped'; readonly notification?: Notification; readonly text: string }
  /** It may not run: something that its configuration asks for cannot be had. Nothing is tried until that changes, or until a reset. */
  | { readonly kind: 'held'; readonly text: string };

/** What a session tells its speaker. Calls never come from inside a call to the session's own methods `send`. */
export interface SessionHandler {
  /** Why no session may be with a peer in this AS, in words; undefined: one may. Absent: with any that the configuration lets in. */
  refusal?(asn: number): string | undefined;
  stateChanged(from: SessionState, to: SessionState): void;
  established(negotiated: Negotiated): void;
  /** Only while established. Faults that ask for a reset never get here; those that ask for a withdraw do. */
  update(update: Update): void;
  routeRefresh(message: RouteRefresh): void;
  drained(): void;
  /** After `established`, once for each time; also for each failed attempt before it. */
  down(reason: DownReason): void;
}

export interface SessionCounters {
  readonly opensSent: number;
  readonly opensReceived: number;
  readonly updatesSent: number;
  readonly updatesReceived: number;
  readonly keepalivesSent: number;
  readonly keepalivesReceived: number;
  readonly notificationsSent: number;
  readonly notificationsReceived: number;
  readonly routeRefreshesSent: number;
  readonly routeRefreshesReceived: number;
  readonly established: number;
  /** Connections closed to resolve a collision (RFC 4271, 6.8). */
  readonly collisions: number;
  /** UPDATEs received with a fault that did not end the session (RFC 7606). */
  readonly malformedUpdates: number;
}
