import type { Family } from '../wire/family.ts';
import type { AttributeStore } from './attribute-store.ts';
import { bucketed } from './bucket.ts';
import type { ChangeLog } from './change-log.ts';
import { IdList } from './column.ts';
import type { Order } from './member.ts';
import { Packer, type Slab } from './packer.ts';
import type { RouteKeys } from './route-keys.ts';
import type { SetColumn } from './set-column.ts';

/** How much goes to a socket at a time: large enough for few system calls, small enough that a keepalive is never late behind it. */
export interface SlabLimits {
  /** Octets after which a slab ends. */
  readonly octets: number;
  /** Prefixes that one slab looks at. */
  readonly prefixes: number;
  /** Prefixes that one step of what comes before the first slab looks at. */
  readonly step: number;
}

export const slabLimits: SlabLimits = { octets: 128 * 1024, prefixes: 16384, step: 65536 };

/** What an update group announces, and what it is made of. */
export interface Announced {
  readonly keys: RouteKeys;
  readonly store: AttributeStore;
  readonly family: Family;
  readonly announced: SetColumn;
  readonly log: ChangeLog;
}

/** Packs what an update group announces, a slab at a time: on from a place in the order of a snapshot, or in the log of changes. */
export class GroupPacker {
  readonly #source: Announced;
  readonly #limits: SlabLimits;
  readonly #window = new IdList();
  #packer: Packer;

  constructor(source: Announced, maxMessage: number, limits: SlabLimits) {
    this.#source = source;
    this.#limits = limits;
    this.#packer = this.#newPacker(maxMessage);
  }

  /** From now on; every set that is announced fits. */
  setMaxMessage(octets: number): void {
    this.#packer = this.#newPacker(octets);
  }

  /** As `Packer.keep`. */
  keep(slab: Slab): void {
    this.#packer.keep(slab);
  }

  /**
   * With a cursor something has changed since the snapshot was taken, and the log will bring it: such prefixes are left out here, in whatever
   * state they are. The slab ends at a position of the order.
   */
  packOrder(order: Order, position: number, cursor: number | undefined): Slab {
    return order.kind === 'by id'
      ? this.#packById(position, order.end, cursor)
      : this.#packListed(order.ids, position, cursor);
  }

  #packListed(ids: Uint32Array, position: number, cursor: number | undefined): Slab {
    if (cursor === undefined) return this.#packer.pack(ids, position, ids.length, this.#source.announced.sets);
    const end = Math.min(position + this.#limits.prefixes, ids.length);
    const window = this.#window;
    window.clear();
    window.reserve(end - position);
    window.ids.set(ids.subarray(position, end));
    window.length = this.#withoutPending(window.ids, end - position, cursor);
    // Mostly nothing: then they are in order as they are.
    if (window.length === end - position) return this.#packer.pack(ids, position, end, this.#source.announced.sets);
    return { ...this.#packAll(window), end };
  }

  #packById(position: number, last: number, cursor: number | undefined): Slab {
    const most = Math.min(this.#limits.prefixes, last - position);
    const window = this.#window;
    window.clear();
    window.reserve(most + 1);
    const { ids } = window;
    const { sets } = this.#source.announced;
    let next = position;
    let length = 0;
    for (; next < last && length < most; next++) if (sets[next] !== 0) ids[length++] = next;
    if (cursor !== undefined) length = this.#withoutPending(ids, length, cursor);
    // Whatever the slab ends with, what follows it is where the next one begins.
    ids[length] = next;
    const slab = this.#packer.pack(ids, 0, length, sets);
    return { ...slab, end: ids[slab.end] as number };
  }

  /** Leaves out what the log still has for a cursor, and returns how many are left. */
  #withoutPending(ids: Uint32Array, length: number, cursor: number): number {
    let left = 0;
    for (let i = 0; i < length; i++) {
      const id = ids[i] as number;
      if (!this.#source.log.isPending(id, cursor)) ids[left++] = id;
    }
    return left;
  }

  /** Where a slab ends that begins at a position of the log. */
  endOfLog(from: number): number {
    return Math.min(from + this.#limits.prefixes, this.#source.log.end);
  }

  packLog(from: number, to: number): Slab {
    const window = this.#window;
    window.clear();
    this.#source.log.collect(from, to, window);
    return this.#packAll(window);
  }

  #newPacker(maxMessage: number): Packer {
    const { keys, store, family } = this.#source;
    return new Packer(keys, store, family, maxMessage, this.#limits.octets);
  }

  /** One slab from a whole window, however long. */
  #packAll(window: IdList): Slab {
    const ids = bucketed(window.ids, window.length, this.#source.announced.sets);
    let slab = this.#packer.pack(ids, 0, window.length, this.#source.announced.sets);
    if (slab.end === window.length) return slab;
    const parts: Uint8Array[] = [];
    let { updates } = slab;
    let size = slab.bytes.length;
    while (slab.end < window.length) {
      parts.push(slab.bytes.slice());
      slab = this.#packer.pack(ids, slab.end, window.length, this.#source.announced.sets);
      updates += slab.updates;
      size += slab.bytes.length;
    }
    parts.push(slab.bytes);
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return { bytes, updates, end: window.length };
  }
}
