import type { Address } from '../ip/address.ts';
import type { Prefix } from '../ip/prefix.ts';
import { SpeakerError } from '../speaker/error.ts';
import type { Speaker } from '../speaker/speaker.ts';
import type { BgpGlobal, ListenRange, Neighbor } from '../speaker/types.ts';

/** What the API asks of a speaker: all of it but its life, which belongs to who owns the instance. */
export type Router = Omit<Speaker, 'start' | 'stop' | 'refusedConnections'>;

/** A peer has that address, and has not just appeared in a listen range. */
export function isConfigured(router: Pick<Speaker, 'peer'>, address: Address): boolean {
  const peer = router.peer(address);
  return peer !== undefined && peer.neighbor.range === undefined;
}

/** Adds a peer, or changes the one that is configured. */
export function setNeighbor(
  router: Pick<Speaker, 'peer' | 'addNeighbor' | 'updateNeighbor'>,
  neighbor: Neighbor,
): void {
  if (isConfigured(router, neighbor.address)) router.updateNeighbor(neighbor);
  else router.addNeighbor(neighbor);
}

/** The listen range of exactly that prefix. */
export function rangeAt(router: Pick<Speaker, 'listenRanges'>, prefix: Prefix): ListenRange | undefined {
  return router.listenRanges().find(({ range }) => range.prefix.equals(prefix))?.range;
}

/** Adds a listen range, or changes the one of its prefix. */
export function setListenRange(
  router: Pick<Speaker, 'listenRanges' | 'addListenRange' | 'updateListenRange'>,
  range: ListenRange,
): void {
  if (rangeAt(router, range.prefix) === undefined) router.addListenRange(range);
  else router.updateListenRange(range);
}

/** A running speaker and its name. */
export interface Instance {
  readonly name: string;
  /** It plays a lab's router: only a request that names it means it. */
  readonly lab: boolean;
  readonly startedAt: Date;
  readonly router: Router;
}

export interface StopOptions {
  /** With a Cease, so that peers forget our routes at once. */
  readonly fullDestroy: boolean;
  /** Done before, once nothing is in the way and requests no longer find the instance; it goes on when that rejects. */
  readonly first?: () => Promise<void>;
}

/** The instances of this process; who owns them starts and stops them. */
export interface Instances {
  /** By name. */
  list(): readonly Instance[];
  /** Throws SpeakerError `already-exists`, or `failed-precondition` when its port cannot be bound. */
  start(name: string, global: BgpGlobal): Promise<void>;
  /** Throws SpeakerError `not-found`. */
  stop(name: string, options: StopOptions): Promise<void>;
}

/** The instance that a request names; an empty name means the only one that is no lab's router. Throws SpeakerError. */
export function resolveInstance(instances: Instances, name: string): Instance {
  const all = instances.list();
  if (name !== '') {
    const found = all.find((instance) => instance.name === name);
    if (found !== undefined) return found;
    const names = all.map((instance) => instance.name).join(', ');
    throw new SpeakerError('not-found', `no instance ${name}; there ${all.length === 0 ? 'is none' : `is ${names}`}`);
  }
  const [only, ...others] = all.filter((instance) => !instance.lab);
  if (only === undefined) throw new SpeakerError('failed-precondition', 'no instance is running');
  if (others.length > 0) {
    const names = [only, ...others].map((instance) => instance.name).join(', ');
    throw new SpeakerError('failed-precondition', `there are several instances: name one of ${names}`);
  }
  return only;
}
