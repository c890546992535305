import type { Address } from '../../ip/address.ts';
import type { InterfaceAddress } from '../../link/interfaces.ts';
import type { Availability, SocketOptions } from '../../session/ports.ts';
import type { Neighbor } from '../../speaker/types.ts';
import type { Config } from '../config/schema.ts';
import type { Machine } from '../node-facts.ts';

/** The machine as the doctor looks at it. */
export interface System {
  /** As in `net.ipv6.conf.all.forwarding`; undefined where the kernel has no such thing. */
  sysctl(name: string): string | undefined;
  readonly machine: Machine;
  readonly addresses: readonly InterfaceAddress[];
  /** Octets; undefined when there is no such interface. */
  mtu(device: string): number | undefined;
  /** Of this process. */
  has(capability: Capability): boolean;
  /** Whether native code loads. */
  native(): Availability;
  supports(remote: Address, options: SocketOptions): Availability;
  /** TCP-AO (RFC 5925), which no peer can ask for yet. */
  tcpAo(): Availability;
  /** Whether the kernel knows a way. */
  routeTo(remote: Address): Promise<Availability>;
  /** Whether the port is free, or a Herald's own. */
  udpPort(kind: 'ipv4' | 'ipv6', port: number): Promise<Availability>;
  now(): Date;
  /** When this Herald was put there. */
  readonly installed: Date;
}

/** By its bit. */
export const capabilities = { CAP_NET_BIND_SERVICE: 10, CAP_NET_RAW: 13 } as const;
export type Capability = keyof typeof capabilities;

/** The check that says whether a daemon's peers were looked at too. */
export const daemonCheck = 'running daemon';

/** A peer, and the AS of the instance that has it. */
export type LocalNeighbor = Neighbor & { readonly localAsn: number };

/** What was asked of the daemon on this machine: the peers that it has now, or why it did not say. */
export type Running =
  | { readonly answers: true; readonly neighbors: readonly LocalNeighbor[] }
  | { readonly answers: false; readonly reason: string };

export interface Subject {
  readonly system: System;
  readonly config: Config;
  /** Of all instances, and those of the daemon that runs. */
  readonly neighbors: readonly LocalNeighbor[];
}

/** Something that is not as it should be. */
export interface Problem {
  /** An `error` stops routes from working; a `warning` may. */
  readonly severity: 'error' | 'warning';
  readonly text: string;
  /** A line for a shell, or for the configuration where it says so. */
  readonly fix: string;
}

export interface Check {
  readonly name: string;
  /** What is worth knowing though nothing asks for it; undefined: nothing is. */
  note?(system: System): string | undefined;
  /** Undefined: there is nothing that it is about. */
  find(subject: Subject): readonly Problem[] | undefined | Promise<readonly Problem[] | undefined>;
}

export interface Finding {
  readonly check: string;
  readonly result: 'ok' | 'skipped' | Problem['severity'];
  readonly note?: string;
  readonly problems: readonly Problem[];
}
