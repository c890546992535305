import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AdjRibIn } from '../../src/rib/adj-rib-in.ts';
import { AttributeStore } from '../../src/rib/attribute-store.ts';
import { IdList } from '../../src/rib/column.ts';
import { LocRib, type Owner } from '../../src/rib/loc-rib.ts';
import { PathTable } from '../../src/rib/path-table.ts';
import { PrefixTable } from '../../src/rib/prefix-table.ts';
import { NlriOutput, NO_ID, type RouteKeys } from '../../src/rib/route-keys.ts';
import { ipv6Nlri, runs } from './support.ts';

// What takes many at once must be what as many calls for one are.

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function keysOf(addPath: boolean): RouteKeys {
  const table = new PrefixTable(16);
  return addPath ? new PathTable(table) : table;
}

/** NLRI, with a path identifier where there is one; few different ones, so that they meet again. */
function nlriOf(addPath: boolean): fc.Arbitrary<Uint8Array> {
  const few = fc.constantFrom(...fc.sample(ipv6Nlri, { numRuns: 24, seed: 7 }));
  const prefix = fc.oneof({ weight: 3, arbitrary: few }, { weight: 1, arbitrary: ipv6Nlri });
  return addPath ? fc.tuple(fc.nat(2), prefix).map(([id, bytes]) => Uint8Array.of(0, 0, 0, id, ...bytes)) : prefix;
}

test.each([false, true])(
  'ids are acquired, found, released and written as one by one; with ADD-PATH: %s',
  (addPath) => {
    const batch = fc.array(nlriOf(addPath), { maxLength: 40 });
    const step = fc.record({ do: fc.constantFrom('acquire', 'lookup', 'release'), batch });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (changes) => {
        const [many, single] = [keysOf(addPath), keysOf(addPath)];
        const holds: number[] = [];
        for (const { do: action, batch: parts } of changes) {
          const ids = new IdList();
          if (action === 'release') {
            const released = Uint32Array.from(holds.splice(0, parts.length));
            many.releaseAll(released, released.length);
            for (const id of released) single.release(id);
            continue;
          }
          if (action === 'acquire') {
            many.acquireAll(concat(parts), ids);
            expect([...ids.ids.subarray(0, ids.length)]).toEqual(parts.map((bytes) => single.acquire(bytes, 0)));
            holds.push(...ids.ids.subarray(0, ids.length));
            // Each its NLRI, up to a limit that cuts one off.
            const octets = concat(parts).length;
            for (const limit of [octets, octets - 1]) {
              const out = new NlriOutput(octets + 20);
              const end = many.writeRun(ids.ids, 0, ids.length, new Uint32Array(0), limit, out);
              expect(end).toBe(limit === octets ? parts.length : Math.max(0, parts.length - 1));
              expect(out.bytes.subarray(0, out.at)).toEqual(concat(parts.slice(0, end)));
            }
            continue;
          }
          many.lookupAll(concat(parts), ids);
          const found = parts.map((bytes) => single.lookup(bytes, 0));
          expect([...ids.ids.subarray(0, ids.length)]).toEqual(found.map((id) => (id === -1 ? NO_ID : id)));
        }
      }),
      { numRuns: runs / 20 },
    );
  },
);

test('a run ends where another set begins', () => {
  const table = new PrefixTable(16);
  const ids = new IdList();
  fc.assert(
    fc.property(fc.array(fc.nat(2), { minLength: 1, maxLength: 20 }), (wanted) => {
      ids.clear();
      table.acquireAll(concat(wanted.map((_, i) => Uint8Array.of(16, 32, i))), ids);
      const sets = new Uint32Array(1 + Math.max(...ids.ids.subarray(0, ids.length)));
      wanted.forEach((set, i) => (sets[ids.ids[i] as number] = set));
      const end = table.writeRun(ids.ids, 0, ids.length, sets, 1000, new NlriOutput(100));
      const first = wanted.findIndex((set) => set !== wanted[0]);
      expect(end).toBe(first === -1 ? wanted.length : first);
    }),
    { numRuns: runs / 20 },
  );
});

test('paths are put in, taken out and chosen as one by one, and no hold is lost', () => {
  const prefixes = fc.array(fc.nat(9), { maxLength: 12 });
  const owner = fc.constantFrom<Owner>('api', 'config', 'plan');
  const step = fc.record({ put: fc.boolean(), prefixes, owner, rank: fc.nat(3) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (changes) => {
      const worlds = [new World(), new World()] as const;
      for (const { put, prefixes: numbers, owner: who, rank } of changes) {
        for (const [i, world] of worlds.entries()) world.change(i === 0, put, numbers, who, rank);
        const [many, single] = worlds;
        expect(many.best(true)).toEqual(single.best(false));
        expect([many.rib.size, many.table.size, many.store.size]).toEqual([
          single.rib.size,
          single.table.size,
          single.store.size,
        ]);
        expect(many.seen).toEqual(single.seen);
      }
    }),
    { numRuns: runs / 20 },
  );
});

/** A Loc-RIB that is changed in batches, or one by one. */
class World {
  readonly store = new AttributeStore();
  readonly table = new PrefixTable(16);
  readonly rib = new LocRib(this.table, this.store, (a, b) => this.rankOf(a) - this.rankOf(b));
  readonly seen: string[] = [];

  rankOf(set: number): number {
    return this.store.bytesOf(set)[0] as number;
  }

  change(atOnce: boolean, put: boolean, numbers: readonly number[], owner: Owner, rank: number): void {
    const nlri = numbers.map((number) => Uint8Array.of(16, 32, number));
    const note = (slot: number, prefix: number) => this.seen.push(`${put} ${slot} ${prefix}`);
    if (put) this.#put(atOnce, nlri, owner, rank, note);
    else this.#take(atOnce, nlri, owner, note);
  }

  /** The rank of the best path of each prefix that there is. */
  best(atOnce: boolean): readonly number[] {
    const ids = Uint32Array.from({ length: this.table.end }, (_, id) => id);
    const sets = new Uint32Array(ids.length);
    if (atOnce) this.rib.bestAll(ids, ids.length, sets);
    else ids.forEach((id, i) => (sets[i] = this.rib.best(id)));
    return [...sets].map((set) => (set === 0 ? -1 : this.rankOf(set)));
  }

  #put(
    atOnce: boolean,
    nlri: readonly Uint8Array[],
    owner: Owner,
    rank: number,
    note: (slot: number, prefix: number) => void,
  ): void {
    const set = this.store.acquire(Uint8Array.of(rank));
    const ids = nlri.map((bytes) => this.table.acquire(bytes, 0));
    if (atOnce) {
      this.store.hold(set, ids.length);
      this.rib.setAll(Uint32Array.from(ids), ids.length, owner, set, 0, note);
    } else
      for (const id of ids) {
        this.store.hold(set);
        note(this.rib.set(id, 0, owner, set, 0), id);
      }
    for (const id of ids) this.table.release(id);
    this.store.release(set);
  }

  #take(
    atOnce: boolean,
    nlri: readonly Uint8Array[],
    owner: Owner,
    note: (slot: number, prefix: number) => void,
  ): void {
    const found = nlri.map((bytes) => this.table.lookup(bytes, 0));
    if (atOnce) {
      const changed = new IdList();
      const ids = Uint32Array.from(found.map((id) => (id === -1 ? NO_ID : id)));
      expect(this.rib.removeAll(ids, ids.length, owner, changed, note)).toBe(changed.length);
      this.table.releaseAll(changed.ids, changed.length);
      return;
    }
    const slots: number[] = [];
    for (const id of found) {
      const slot = id === -1 ? -1 : this.rib.find(id, 0, owner);
      if (slot === -1 || slots.includes(slot)) continue;
      slots.push(slot);
      note(slot, id);
      // As in a batch, ids are given to others only when all is done.
      this.table.hold(id);
      this.rib.remove(slot);
    }
    for (const slot of slots) this.table.release(this.rib.prefixOf(slot));
  }
}

test('an Adj-RIB-In takes routes as one by one', () => {
  const step = fc.record({
    ids: fc.array(fc.oneof(fc.nat(20), fc.integer({ min: 1020, max: 1030 })), { maxLength: 12 }),
    set: fc.integer({ min: 1, max: 3 }),
    accepted: fc.boolean(),
    between: fc.constantFrom('nothing', 'stale', 'remove', 'loop'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 15 }), (changes) => {
      const ribs = [0, 1].map(() => {
        const store = new AttributeStore();
        for (const set of [1, 2, 3]) expect(store.acquire(new Uint8Array(set))).toBe(set);
        const table = new PrefixTable(16);
        for (let id = 0; id < 1031; id++) table.acquire(Uint8Array.of(16, id >> 8, id & 255), 0);
        return { store, table, rib: new AdjRibIn(table, store) };
      });
      changes.forEach(({ ids, set, accepted, between }, seconds) => {
        for (const [i, { store, table, rib }] of ribs.entries()) {
          for (const id of ids) table.hold(id);
          store.hold(set, ids.length);
          if (i === 0) rib.setAll(Uint32Array.from(ids), ids.length, set, accepted, seconds);
          else for (const id of ids) rib.set(id, set, accepted, seconds);
          const [first] = ids;
          if (between === 'stale') rib.markStale();
          if (between === 'remove' && first !== undefined) rib.remove(first);
          if (between === 'loop') rib.setDropped(table.acquire(Uint8Array.of(16, 0, 3), 0), 'looped', seconds);
        }
        const [many, single] = ribs.map(({ rib, store, table }) => ({
          counts: [rib.size, rib.accepted, rib.looped, rib.stale, rib.memory, rib.setOctets, store.size, table.size],
          routes: [...rib.ids()].map((id) => [
            id,
            rib.attributesOf(id),
            rib.isAccepted(id),
            rib.isStale(id),
            rib.receivedAt(id),
          ]),
        }));
        expect(many).toEqual(single);
      });
    }),
    { numRuns: runs / 20 },
  );
});
