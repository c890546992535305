import type { Cursor } from './change-log.ts';
import type { Slab } from './packer.ts';

// What an update group knows of each of its members.

/** A peer as an update group sees it. */
export interface Subscriber {
  /** False: hold back until `resume`. May make the member leave. The bytes may change afterwards, if nothing is `pending`. */
  send(bytes: Uint8Array, updates: number): boolean;
  /** Octets of what was sent that are still to be read from where they are. */
  readonly pending: number;
}

/** What is still to be sent before a member follows the log: a first dump, a refresh, or the difference to another group. */
export interface Transfer {
  readonly snapshot: Snapshot;
  /** In its order: an index of the list, or an id. */
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

/**
 * The ids of a snapshot. Those of a group that announces the same set for all are in packing order as they are, and not written down: whatever it announces with an id
 * below `end`. Listed ones are in packing order; held ones have a holder here, for they may be in no RIB any more, and are only to be withdrawn.
 */
export type Order =
  | { readonly kind: 'listed'; readonly ids: Uint32Array; readonly areHeld: boolean }
  | { readonly kind: 'by id'; readonly end: number };

/** Members that start while nothing changes share one, and with it the packed bytes. */
export class Snapshot {
  #order: Order | undefined;
  /** Of the group when it was begun: whatever changed since is in the log. */
  readonly version: number;
  members = 0;
  /** By the position of their first id. Kept only while several members walk, and good only while the group has not changed. */
  readonly slabs = new Map<number, { readonly slab: Slab; readonly version: number }>();

  readonly #expected: number;

  /** The order may come later; `expected` is how many ids then. */
  constructor(version: number, expected: number, order?: Order) {
    this.version = version;
    this.#expected = expected;
    this.#order = order;
  }

  /** Undefined: it is not ready. */
  get order(): Order | undefined {
    return this.#order;
  }

  /** The position at which all is sent; near enough until it is ready. */
  get end(): number {
    const order = this.#order;
    if (order === undefined) return this.#expected;
    return order.kind === 'listed' ? order.ids.length : order.end;
  }

  complete(order: Order): void {
    this.#order = order;
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
    return (
      this.joining !== undefined || (this.transfer?.isFirst === true && this.transfer.snapshot.order === undefined)
    );
  }
}
