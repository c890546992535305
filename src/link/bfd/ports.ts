import type { Address } from '../../ip/address.ts';
import type { Availability } from '../../session/ports.ts';
import type { Timing } from './fsm.ts';
import type { BfdState } from './packet.ts';

/** Bidirectional Forwarding Detection (RFC 5880, RFC 5881) as who needs it sees it. */
export interface Bfd {
  /** Runs a session with a neighbor on the link until it is closed. Several that ask for the same one share it. Tells each change, later. */
  open(request: BfdRequest, changed: () => void): BfdHandle;
}

export interface BfdRequest {
  /** A link-local one with its zone. */
  readonly remote: Address;
  /** Absent: the kernel's choice. */
  readonly local?: Address;
  readonly timing: Timing;
}

export interface BfdHandle {
  readonly status: BfdStatus;
  readonly counters: BfdCounters;
  /** Other intervals, without the session going down. */
  change(timing: Timing): void;
  /** Tells the neighbor that it is our will (AdminDown). Nothing is told after it. */
  close(): void;
}

export interface BfdStatus {
  readonly state: BfdState;
  /** RFC 5880, 4.1: why the state last changed. */
  readonly diagnostic: number;
  /** 0 before there is a session. */
  readonly localDiscriminator: number;
  /** Absent while nothing is heard. */
  readonly remote?: { readonly state: BfdState; readonly diagnostic: number; readonly discriminator: number };
  /** Milliseconds, before jitter; absent when none are to be sent. */
  readonly transmitInterval?: number;
  /** Milliseconds of silence that mean the neighbor is gone; absent while nothing is heard. */
  readonly detectionTime?: number;
  /** What keeps it from working, for people. */
  readonly problem?: string;
}

/** Control packets; `discarded` are those from the neighbor's address that may not be used. */
export interface BfdCounters {
  readonly sent: number;
  readonly received: number;
  readonly discarded: number;
}

/** Carries control packets over the link. */
export interface Datagrams {
  /**
   * Begins to receive, unless it does already; tried again later when it fails. A packet that came with another hop limit than 255,
   * which RFC 5881, 5 forbids to use, is told as `too-far`.
   */
  listen(kind: 'ipv4' | 'ipv6', received: Receive): Availability;
  /** To one neighbor, from a source port of its own, with hop limit 255. */
  sender(remote: Address, local: Address | undefined): Sender;
  close(): void;
}

export type Receive = (from: Address, bytes: Uint8Array | 'too-far') => void;

export interface Sender {
  /** What cannot be sent is lost. */
  send(bytes: Uint8Array): void;
  /** Why nothing can be sent; undefined when it can. */
  readonly problem: string | undefined;
  close(): void;
}

export const statusAtFirst: BfdStatus = { state: 'down', diagnostic: 0, localDiscriminator: 0 };
