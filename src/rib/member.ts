import type { Cursor } from './change-log.ts';
import type { Slab } from './packer.ts';

// What an update group knows of each of its members.

/** A peer as an update group sees it. */
export interface Subscriber {
  /** False: hold back until `resume`. May make the member leave. */
  send(bytes: Uint8Array, updates: number): boolean;
}

/** What is still to be sent before a member follows the log: a first dump, a refresh, or the difference to another group. */
export interface Transfer {
  readonly snapshot: Snapshot;
  position: number;
  /** The member has nothing of what is still to come. */
  readonly isFirst: boolean;
  readonly ending: Mark | undefined;
}

/** Sends a message before or after routes: End-of-RIB (RFC 4724, 2), or BoRR or EoRR (RFC 7313, 4). False as `Subscriber.send`. */
export type Mark = () => boolean;

/** What goes before and after everything that is sent once more. */
export interface RefreshMarks {
  readonly begin?: Mark;
  readonly end?: Mark;
}

const NOTHING = new Uint32Array(0);

/** Ids in packing order. Members that start while nothing changes share one, and with it the packed bytes. */
export class Snapshot {
  #ids: Uint32Array | undefined;
  /** Of the group when it was begun: whatever changed since is in the log. */
  readonly version: number;
  /** Each id has a holder here: some may be in no RIB any more, and are only to be withdrawn. */
  readonly held: boolean;
  members = 0;
  /** By the index of their first id. Kept only while several members walk, and good only while the group has not changed. */
  readonly slabs = new Map<number, { readonly slab: Slab; readonly version: number }>();

  readonly #expected: number;

  /** `ids` may come later; `expected` is how many then. */
  constructor(version: number, expected: number, ids?: Uint32Array, held = false) {
    this.version = version;
    this.#expected = expected;
    this.#ids = ids;
    this.held = held;
  }

  get isReady(): boolean {
    return this.#ids !== undefined;
  }

  get ids(): Uint32Array {
    return this.#ids ?? NOTHING;
  }

  /** Of the ids; near enough until it is ready. */
  get length(): number {
    return this.#ids?.length ?? this.#expected;
  }

  complete(ids: Uint32Array): void {
    this.#ids = ids;
  }
}

export class Member {
  readonly subscriber: Subscriber;
  readonly cursor: Cursor;
  /** It was sent nothing yet, and is to have everything with this at the end. */
  joining: Mark | undefined;
  transfer: Transfer | undefined;
  /** Asked for, and not begun. */
  refresh: RefreshMarks | undefined;
  blocked = false;

  constructor(subscriber: Subscriber, cursor: Cursor) {
    this.subscriber = subscriber;
    this.cursor = cursor;
  }

  /** It was sent nothing at all. */
  get isNew(): boolean {
    return this.joining !== undefined || (this.transfer?.isFirst === true && !this.transfer.snapshot.isReady);
  }
}

/** What was not sent yet: of a difference, some of it may be withdrawals that are noted nowhere else. */
export function owedBy(transfer: Transfer | undefined): Uint32Array {
  return transfer === undefined ? NOTHING : transfer.snapshot.ids.subarray(transfer.position);
}
