import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabNode } from '../lab/node.ts';
import { repository } from '../lab/paths.ts';

/** Something that originates routes, and that the sink can have a session with. */
export interface Speaker {
  /** What it is called on the command line. */
  readonly name: string;
  /** What it is called in a table. */
  readonly title: string;
  /** What the lab runs it on. Nothing is started there but by `start`. */
  readonly image: string;
  /** Who dials. */
  readonly dials: 'sink' | 'speaker';
  /** How many connections may wait until it accepts them, where that is few. */
  readonly backlog?: number;
  /** Resolves when all of the first `routes` routes are loaded, and a session may begin. */
  readonly start: (node: LabNode, routes: number, load?: Load) => Promise<Started>;
}

export interface Load {
  /** A crowd that the speaker is to know, beside the sink; absent: none. */
  readonly peers?: number;
  /** Attribute sets, each of an equal part of the routes; absent: one. */
  readonly sets?: number;
}

export interface Started {
  /** Its API, if it has one that is fit for single routes. */
  readonly originator?: Originator;
  /** The ways in which it takes many routes while a session is up, the fastest first; one for people and one for programs at most. */
  readonly bulk?: readonly [Bulk, Bulk?];
  /** All of its table over its API, in as few octets decoded as can be; resolves to the routes that came, counted when the clock is stopped. */
  readonly list?: () => Promise<() => number>;
  /** How many routes of the peer's its table has: by the fastest of the ways in which it can be asked. */
  readonly received?: () => Promise<number>;
}

/** A way in which a speaker takes many routes while a session is up. */
export interface Bulk {
  /** Makes ready what the speaker is to be given, which is none of its work. */
  routes(first: number, count: number): Promise<Routes>;
}

/** Each resolves when the speaker has taken it, which may be before or after the peer was told. */
export interface Routes {
  readonly announce: () => Promise<void>;
  readonly withdraw: () => Promise<void>;
}

/** Each call resolves when the speaker has answered. */
export interface Originator {
  add(route: number): Promise<void>;
  remove(route: number): Promise<void>;
  /** The same over calls that stay open and are not answered. */
  streams?(): Originator;
  close(): void;
}

export const speakerAddress = 'fd00:b::2';
export const sinkAddress = 'fd00:b::1';
export const quietAddress = 'fd00:b::2:1';

/** A node with a Debian that has every daemon, of which none is started. */
export const debian = 'ghcr.io/srl-labs/network-multitool:latest';
/** The same with the daemons of Debian 12. */
export const olderDebian = 'ghcr.io/srl-labs/network-multitool:bookworm';

/** A configuration that is kept beside this file. */
export function config(name: string): string {
  return readFileSync(join(repository, 'interop', 'bench', 'speakers', name), 'utf8');
}

/** How many seconds it may take to load a table, or to send one. */
export function patience(routes: number): number {
  return 60 + routes / 20_000;
}
