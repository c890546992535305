import type { Family } from '../wire/family.ts';
import type { AttributeStore } from './attribute-store.ts';
import { Buckets, bucketed } from './bucket.ts';
import { ChangeLog } from './change-log.ts';
import { GroupPacker, type SlabLimits, slabLimits } from './group-packer.ts';
import {
  type Mark,
  Member,
  type Order,
  type RefreshMarks,
  Snapshot,
  type Subscriber,
  type Transfer,
} from './member.ts';
import type { Slab } from './packer.ts';
import type { RouteKeys } from './route-keys.ts';
import { SetColumn } from './set-column.ts';
import { type Run, runThrough, type Steps, stepsOver } from './steps.ts';

/**
 * The Adj-RIB-Out that peers with the same outbound treatment share, for one family: what is announced for each route, and the changes
 * in order. A route is a prefix, or with ADD-PATH a prefix and a path identifier. A member is a cursor; bytes are packed once for all that are at the same place.
 */
export class UpdateGroup {
  readonly #keys: RouteKeys;
  readonly #store: AttributeStore;
  readonly #limits: SlabLimits;
  readonly #log: ChangeLog;
  readonly #packer: GroupPacker;
  readonly #run: Run;
  /** What is to be put in before anybody is sent anything. */
  #fill: Steps | undefined;
  readonly #announced = new SetColumn();
  #size = 0;
  /** Grows with every change. */
  #version = 0;
  readonly #members = new Map<Subscriber, Member>();
  #snapshot: Snapshot | undefined;
  /** The last window of the log that was packed, for the next member at the same place. */
  #packed: { readonly from: number; readonly to: number; readonly version: number; readonly slab: Slab } | undefined;
  readonly #oneId = new Uint32Array(1);
  readonly #oneSet = new Uint32Array(1);

  constructor(
    keys: RouteKeys,
    store: AttributeStore,
    family: Family,
    maxMessage: number,
    run: Run = runThrough,
    limits: SlabLimits = slabLimits,
  ) {
    this.#keys = keys;
    this.#store = store;
    this.#run = run;
    this.#limits = limits;
    this.#log = new ChangeLog(keys);
    const source = { keys, store, family, log: this.#log, announced: this.#announced };
    this.#packer = new GroupPacker(source, maxMessage, limits);
  }

  /** From now on; every set that is announced fits. */
  setMaxMessage(octets: number): void {
    this.#packer.setMaxMessage(octets);
  }

  /** Routes announced. */
  get size(): number {
    return this.#size;
  }

  get members(): number {
    return this.#members.size;
  }

  get pendingChanges(): number {
    return this.#log.liveEntries;
  }

  /** The attribute set announced for a route; 0 for none. */
  announced(id: number): number {
    return this.#announced.at(id);
  }

  /** Announces a route with a set, or withdraws it with 0. Takes over one hold of the set; the id is held by whoever announces it. */
  put(id: number, set: number): void {
    this.#oneId[0] = id;
    this.#oneSet[0] = set;
    this.putAll(this.#oneId, 1, this.#oneSet);
  }

  /** As `put` for the first `length` of `ids`, each with the set at the same index. */
  putAll(ids: Uint32Array, length: number, sets: Uint32Array): void {
    const store = this.#store;
    const log = this.#members.size !== 0 && this.#fill === undefined ? this.#log : undefined;
    const column = this.#announced;
    let announced = column.sets;
    let { only } = column;
    let size = this.#size;
    let changes = 0;
    for (let i = 0; i < length; i++) {
      const id = ids[i] as number;
      const set = sets[i] as number;
      if (id >= column.entered) announced = column.enter(id);
      const before = announced[id] as number;
      if (before !== 0) store.release(before);
      if (before === set) continue;
      announced[id] = set;
      if (set !== 0 && set !== only) only = size === 0 ? set : 0;
      if (before === 0) size++;
      else if (set === 0) size--;
      changes++;
      if (log !== undefined) log.append(id);
    }
    column.only = only;
    this.#size = size;
    this.#version += changes;
  }

  get isFilling(): boolean {
    return this.#fill !== undefined;
  }

  /**
   * Takes steps that put in what there is, with ids up to that before `end`: members that join meanwhile wait. Of a group that is filled already, only while
   * that goes on: these steps take the place of those.
   */
  fill(steps: Steps, end = 0): void {
    this.#announced.reserve(end);
    this.#fill = steps;
    this.#run(this.#filling(steps));
  }

  /** A member that starts with everything. */
  join(subscriber: Subscriber, ending: Mark): void {
    const member = this.#admit(subscriber);
    member.joining = ending;
    this.#pump(member);
  }

  /**
   * Sends a member everything once more, when it has been sent what is on its way: BoRR may not come before End-of-RIB (RFC 7313, 4), and
   * however often a member asks that does not read, it costs no more than once.
   */
  refresh(subscriber: Subscriber, marks: RefreshMarks = {}): void {
    const member = this.#members.get(subscriber);
    if (member === undefined) return;
    member.refresh = marks;
    this.#pump(member);
  }

  /** Takes over a member of another group of the same family, and sends it what it is still owed, and the difference alone. */
  adopt(subscriber: Subscriber, from: UpdateGroup): void {
    const old = from.#members.get(subscriber);
    if (old === undefined) return;
    const { blocked, refresh, transfer, isNew } = old;
    const ending = old.joining ?? transfer?.ending;
    let snapshot: Snapshot | undefined;
    if (!isNew) {
      this.#finishFill();
      snapshot = this.#heldSnapshot(this.#differences(from, old));
    }
    from.leave(subscriber);
    const member = this.#admit(subscriber);
    member.blocked = blocked;
    member.refresh = refresh;
    if (snapshot === undefined) member.joining = ending;
    else member.transfer = this.#begin(snapshot, ending);
    this.#pump(member);
  }

  leave(subscriber: Subscriber): void {
    const member = this.#members.get(subscriber);
    if (member === undefined) return;
    this.#end(member);
    this.#members.delete(subscriber);
    this.#log.leave(member.cursor);
  }

  /** The subscriber takes bytes again. */
  resume(subscriber: Subscriber): void {
    const member = this.#members.get(subscriber);
    if (member === undefined) return;
    member.blocked = false;
    this.#pump(member);
    this.#log.trim();
  }

  /** Sends what changed to every member that can take it. */
  flush(): void {
    for (const member of this.#members.values()) this.#pump(member);
    this.#log.trim();
    this.#packed = undefined;
  }

  /** Whether a member has been sent everything. */
  isCurrent(subscriber: Subscriber): boolean {
    const member = this.#members.get(subscriber);
    if (member === undefined) return false;
    return (
      member.joining === undefined &&
      member.transfer === undefined &&
      member.refresh === undefined &&
      member.cursor.position === this.#log.end
    );
  }

  /** Routes that a member has been sent, near enough while it is being filled. */
  sentTo(subscriber: Subscriber): number {
    const { joining, transfer } = this.#members.get(subscriber) ?? {};
    if (joining !== undefined) return 0;
    return transfer === undefined ? this.#size : Math.min(transfer.position, this.#size);
  }

  /** Routes that a member is still to be sent, at most: what was superseded meanwhile is counted too. */
  unsentTo(subscriber: Subscriber): number {
    const member = this.#members.get(subscriber);
    if (member === undefined) return 0;
    const { joining, transfer, refresh, cursor } = member;
    if (joining !== undefined) return this.#size;
    const dump = transfer === undefined ? 0 : this.#unsentOf(transfer);
    return dump + (refresh === undefined ? 0 : this.#size) + this.#log.end - cursor.position;
  }

  /** Gives up every hold; the group is not used again. */
  dispose(): void {
    this.#fill = undefined;
    for (let id = 0; id < this.#announced.end; id++) {
      const set = this.announced(id);
      if (set !== 0) this.#store.release(set);
    }
    this.#announced.clear();
    this.#size = 0;
  }

  /** The ids of the routes that a member of another group has not as they are here, or may not have. */
  #differences(from: UpdateGroup, { transfer, cursor }: Member): readonly number[] {
    const owed = new Set(transfer === undefined ? [] : from.#owed(transfer));
    const ids: number[] = [];
    // The groups before may have announced more than either of these ever did.
    for (const id of owed) if (transfer?.isFirst !== true || this.announced(id) !== 0) ids.push(id);
    const end = Math.max(from.#announced.end, this.#announced.end);
    for (let id = 0; id < end; id++) {
      const differs = from.announced(id) !== this.announced(id) || from.#log.isPending(id, cursor.position);
      if (differs && !owed.has(id)) ids.push(id);
    }
    return ids;
  }

  /** By id there may be gaps: most of the ids may be of routes that go to others alone. */
  #unsentOf({ snapshot: { order, end }, position }: Transfer): number {
    return order?.kind === 'by id' ? Math.min(end - position, this.#size) : end - position;
  }

  /** What was not sent yet: of a difference, some of it may be withdrawals that are noted nowhere else. */
  #owed({ snapshot: { order }, position }: Transfer): Uint32Array {
    if (order === undefined) return this.announcedIds();
    return order.kind === 'listed' ? order.ids.subarray(position) : this.announcedIds(position);
  }

  #admit(subscriber: Subscriber): Member {
    const member = new Member(subscriber, this.#log.join());
    this.#members.set(subscriber, member);
    return member;
  }

  *#filling(steps: Steps): Generator<void, void> {
    while (this.#fill === steps) {
      if (steps.next().done === true) this.#filled();
      else yield;
    }
  }

  #finishFill(): void {
    if (this.#fill === undefined) return;
    runThrough(this.#fill);
    this.#filled();
  }

  #filled(): void {
    this.#fill = undefined;
    for (const member of this.#members.values()) this.#pump(member);
  }

  #pump(member: Member): void {
    if (this.#fill !== undefined) return;
    while (!member.blocked) {
      const { transfer, joining } = member;
      if (joining !== undefined) {
        member.joining = undefined;
        member.cursor.position = this.#log.end;
        member.transfer = this.#begin(this.#fullSnapshot(), joining, true);
      } else if (transfer !== undefined) {
        const { order } = transfer.snapshot;
        if (order === undefined) return;
        const slab = this.#nextOfTransfer(member, transfer, order);
        transfer.position = slab.end;
        if (slab.bytes.length > 0) this.#send(member, slab);
        if (member.transfer === transfer && transfer.position === transfer.snapshot.end) {
          this.#end(member);
          if (transfer.ending !== undefined) this.#mark(member, transfer.ending);
        }
      } else if (member.refresh !== undefined) {
        const { begin, end } = member.refresh;
        member.refresh = undefined;
        // The cursor stays: withdrawals that the member has not seen are in the log alone. A slab leaves out what the log still has for
        // the member it is packed for, so one that lags cannot share.
        const lags = member.cursor.position < this.#log.end;
        member.transfer = this.#begin(lags ? this.#newSnapshot() : this.#fullSnapshot(), end);
        if (begin !== undefined) this.#mark(member, begin);
      } else if (member.cursor.position < this.#log.end) {
        const { slab, to } = this.#nextOfLog(member.cursor.position);
        member.cursor.position = to;
        if (slab.bytes.length > 0) this.#send(member, slab);
      } else return;
    }
  }

  #send(member: Member, slab: Slab): void {
    const { subscriber } = member;
    if (!subscriber.send(slab.bytes, slab.updates)) member.blocked = true;
    if (subscriber.pending > 0) this.#packer.keep(slab);
  }

  #mark(member: Member, mark: Mark): void {
    if (!mark()) member.blocked = true;
  }

  #begin(snapshot: Snapshot, ending: Mark | undefined, isFirst = false): Transfer {
    snapshot.members++;
    return { snapshot, position: 0, isFirst, ending };
  }

  #end(member: Member): void {
    const snapshot = member.transfer?.snapshot;
    member.transfer = undefined;
    if (snapshot === undefined) return;
    snapshot.members--;
    if (snapshot.members > 0) return;
    snapshot.slabs.clear();
    const { order } = snapshot;
    if (order?.kind === 'listed' && order.areHeld) for (const id of order.ids) this.#keys.release(id);
    if (this.#snapshot === snapshot) this.#snapshot = undefined;
  }

  #fullSnapshot(): Snapshot {
    if (this.#snapshot?.version !== this.#version) this.#snapshot = this.#newSnapshot();
    return this.#snapshot;
  }

  #newSnapshot(): Snapshot {
    const snapshot = new Snapshot(this.#version, this.#size);
    this.#run(this.#build(snapshot));
    return snapshot;
  }

  /** What changes between the steps is in the log, and is left out when the rest is packed: here it may be in or not, and in any place. */
  *#build(snapshot: Snapshot): Generator<void, void> {
    snapshot.complete(yield* this.#inOrder());
    for (const member of this.#members.values()) if (member.transfer?.snapshot === snapshot) this.#pump(member);
  }

  *#inOrder(): Generator<void, Order> {
    const set = yield* this.#announced.setOfAll(this.#limits.step);
    if (set !== undefined) return { kind: 'by id', end: set === 0 ? 0 : this.#announced.endOf(set) };
    // Some more, for what comes meanwhile: to grow is to write to all of it at once.
    const buckets = new Buckets(this.#size + (this.#size >> 4));
    yield* stepsOver(this.#announced.end, this.#limits.step, (from, to) =>
      buckets.addAll(from, to, this.#announced.sets),
    );
    yield* stepsOver(buckets.length, this.#limits.step, (from, to) => buckets.place(from, to));
    return { kind: 'listed', ids: buckets.ordered, areHeld: false };
  }

  #heldSnapshot(ids: readonly number[]): Snapshot {
    for (const id of ids) this.#keys.hold(id);
    const ordered = bucketed(Uint32Array.from(ids), ids.length, this.#announced.sets);
    return new Snapshot(this.#version, ids.length, { kind: 'listed', ids: ordered, areHeld: true });
  }

  /** The ids of all routes announced, from a first one on. */
  announcedIds(first = 0): Uint32Array {
    const ids = new Uint32Array(this.#size);
    let count = 0;
    for (let id = first; id < this.#announced.end; id++) if (this.announced(id) !== 0) ids[count++] = id;
    return ids.subarray(0, count);
  }

  #nextOfTransfer(member: Member, { snapshot, position }: Transfer, order: Order): Slab {
    const known = snapshot.slabs.get(position);
    if (known?.version === this.#version) return known.slab;
    const cursor = snapshot.version === this.#version ? undefined : member.cursor.position;
    const slab = this.#packer.packOrder(order, position, cursor);
    if (snapshot.members > 1) {
      this.#packer.keep(slab);
      snapshot.slabs.set(position, { slab, version: this.#version });
    }
    return slab;
  }

  #nextOfLog(from: number): { readonly slab: Slab; readonly to: number } {
    const to = this.#packer.endOfLog(from);
    const last = this.#packed;
    if (last !== undefined && last.from === from && last.to === to && last.version === this.#version) return last;
    const packed = { from, to, version: this.#version, slab: this.#packer.packLog(from, to) };
    if (this.#members.size > 1) {
      this.#packer.keep(packed.slab);
      this.#packed = packed;
    }
    return packed;
  }
}
