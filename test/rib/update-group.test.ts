import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Address } from '../../src/ip/address.ts';
import { AttributeStore } from '../../src/rib/attribute-store.ts';
import type { SlabLimits } from '../../src/rib/group-packer.ts';
import type { RefreshMarks, Subscriber } from '../../src/rib/member.ts';
import { PathTable } from '../../src/rib/path-table.ts';
import { PrefixTable } from '../../src/rib/prefix-table.ts';
import type { RouteKeys } from '../../src/rib/route-keys.ts';
import { type Run, runThrough, type Steps, stepsOver } from '../../src/rib/steps.ts';
import { UpdateGroup } from '../../src/rib/update-group.ts';
import { encodeAttributes } from '../../src/wire/attribute.ts';
import { attributeSet } from '../../src/wire/attribute-set.ts';
import { type Context, initialContext } from '../../src/wire/context.ts';
import { type Family, ipv4Unicast, ipv6Unicast } from '../../src/wire/family.ts';
import { prefixesOf } from '../../src/wire/nlri.ts';
import { decodeUpdate } from '../../src/wire/update-codec.ts';
import { nlri, runs } from './support.ts';

const context = { ...initialContext, fourOctetAs: true };
const fourOctetAs = { fourOctetAs: true };

const nothing = new Uint8Array(0);

/** A peer that reads when it is told to, and keeps the table that the bytes make. */
class Reader implements Subscriber {
  readonly table = new Map<string, number | undefined>();
  readonly longest: number[] = [];
  /** Sends that are taken before `send` answers false. */
  credit: number;
  updates = 0;
  ended = 0;
  prefixes = 0;
  /** BoRR and EoRR. */
  readonly refreshes = { begun: 0, done: 0 };
  readonly marks: RefreshMarks = {
    begin: () => {
      expect([this.ended, this.refreshes.begun]).toEqual([1, this.refreshes.done]);
      this.refreshes.begun++;
      return this.send(nothing, 0);
    },
    end: () => {
      this.refreshes.done++;
      return this.send(nothing, 0);
    },
  };

  /** It has no room for the last octets that it was sent, and reads them when it is sent more. */
  pending = 0;
  #unread: { readonly bytes: Uint8Array; readonly asSent: Buffer } | undefined;
  readonly #context: Context;

  constructor(credit = Number.POSITIVE_INFINITY, addPath: readonly Family[] = []) {
    this.#context = { ...context, addPath: new Set(addPath) };
    this.credit = credit;
  }

  send(bytes: Uint8Array, updates: number): boolean {
    if (this.#unread?.asSent.equals(this.#unread.bytes) === false)
      throw new Error('what was still to be read has changed');
    this.updates += updates;
    let counted = 0;
    for (let at = 0; at < bytes.length; counted++) {
      const length = ((bytes[at + 16] as number) << 8) | (bytes[at + 17] as number);
      this.longest.push(length);
      this.#read(bytes.subarray(at + 19, at + length));
      at += length;
    }
    expect(counted).toBe(updates);
    const hasRoom = --this.credit > 0;
    this.pending = hasRoom ? 0 : bytes.length;
    this.#unread = hasRoom ? undefined : { bytes, asSent: Buffer.from(bytes) };
    return hasRoom;
  }

  #read(body: Uint8Array): void {
    const update = decodeUpdate(body, this.#context);
    expect(update.faults).toEqual([]);
    const { med } = update.attributes;
    const announced = [update.nlri, update.reach?.nlri];
    const withdrawn = [update.withdrawn, update.unreach];
    if ([...announced, ...withdrawn].every((part) => part === undefined || part.bytes.length === 0)) this.ended++;
    for (const part of announced)
      if (part) for (const { prefix, pathId } of prefixesOf(part)) this.#set(`${prefix} ${pathId}`, med);
    for (const part of withdrawn)
      if (part)
        for (const { prefix, pathId } of prefixesOf(part)) {
          this.prefixes++;
          this.table.delete(`${prefix} ${pathId}`);
        }
  }

  #set(prefix: string, med: number | undefined): void {
    this.prefixes++;
    this.table.set(prefix, med);
  }
}

/** Routes that no group announces. */
const OTHERS = 60;

class Bench {
  readonly store = new AttributeStore();
  readonly table: PrefixTable;
  readonly keys: RouteKeys & { readonly size: number };
  readonly family: Family;
  readonly addPath: boolean;
  readonly groups: UpdateGroup[];

  constructor(family: Family, addPath: boolean, limits?: SlabLimits, run: Run = runThrough) {
    this.family = family;
    this.addPath = addPath;
    this.table = new PrefixTable(family === ipv4Unicast ? 4 : 16);
    this.keys = addPath ? new PathTable(this.table) : this.table;
    // The ids that follow lie on both sides of a column's first size.
    for (let i = 0; i < OTHERS; i++) this.keys.acquire(this.nlri(1000 + i), 0);
    this.groups = [0, 1, 2].map(() => new UpdateGroup(this.keys, this.store, family, 4096, run, limits));
  }

  /** MED tells the sets apart. */
  set(med: number): number {
    const ipv4 = this.family === ipv4Unicast;
    const attributes = encodeAttributes(
      {
        origin: 'igp',
        asPath: [{ type: 'sequence', asns: [65001] }],
        med,
        ...(ipv4 && { nextHop: Address.parse('192.0.2.1') }),
      },
      fourOctetAs,
    );
    return this.store.acquire(attributeSet(ipv4 ? new Uint8Array(0) : Address.parse('2001:db8::1').bytes, attributes));
  }

  /** With ADD-PATH, three are paths of one prefix. */
  nlri(i: number): Uint8Array {
    return this.addPath ? Uint8Array.from([0, 0, 0, i % 3, ...this.#prefix(Math.floor(i / 3))]) : this.#prefix(i);
  }

  reader(credit?: number): Reader {
    return new Reader(credit, this.addPath ? [this.family] : []);
  }

  #prefix(i: number): Uint8Array {
    return this.family === ipv4Unicast
      ? nlri(24, [10, i >> 8, i & 255])
      : nlri(64, [0x20, 1, 0xd, 0xb8, 0, 0, i >> 8, i & 255]);
  }

  put(group: number, i: number, med: number | undefined): void {
    const id = this.keys.acquire(this.nlri(i), 0);
    const before = this.groups.some((g) => g.announced(id) !== 0);
    (this.groups[group] as UpdateGroup).put(id, med === undefined ? 0 : this.set(med));
    const after = this.groups.some((g) => g.announced(id) !== 0);
    // As a Loc-RIB would: what is announced is held.
    if (after && !before) this.keys.hold(id);
    if (!after && before) this.keys.release(id);
    this.keys.release(id);
  }

  /** A table as a reader has it, of the MED of each route that there is. */
  named(meds: readonly (number | undefined)[]): Record<string, number> {
    const named: Record<string, number> = {};
    for (const [i, med] of meds.entries()) {
      if (med === undefined) continue;
      const part = { family: this.family, addPath: this.addPath, bytes: this.nlri(i) };
      for (const { prefix, pathId } of prefixesOf(part)) named[`${prefix} ${pathId}`] = med;
    }
    return named;
  }

  announced(group: number): Map<string, number | undefined> {
    const reader = this.reader();
    const g = this.groups[group] as UpdateGroup;
    g.join(reader, ending(reader));
    g.leave(reader);
    return reader.table;
  }
}

const endOfRib = Uint8Array.from([...Array<number>(16).fill(255), 0, 23, 2, 0, 0, 0, 0]);

/** Of a first dump. */
function ending(reader: Subscriber): () => boolean {
  return () => reader.send(endOfRib, 1);
}

/** Of the routes that change. */
const ROUTES = 13;

const med = fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined });

/** By route. With one set for all, it goes out as it is. */
const table = fc.oneof(
  fc.array(med, { minLength: ROUTES, maxLength: ROUTES }),
  fc.array(fc.constantFrom(1, undefined), { minLength: ROUTES, maxLength: ROUTES }),
);

/** What takes more steps than one waits until it is told to go on. */
class Turns {
  #waiting: Steps[] = [];
  readonly run: Run = (steps) => {
    if (steps.next().done !== true) this.#waiting.push(steps);
  };

  /** All that is left. */
  finish(): void {
    while (this.#waiting.length > 0) this.next();
  }

  /** One step of each. */
  next(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const steps of waiting) this.run(steps);
  }
}

type Step =
  | { readonly do: 'turn' }
  | { readonly do: 'fill'; readonly group: number }
  | { readonly do: 'put'; readonly group: number; readonly prefix: number; readonly med: number | undefined }
  | {
      readonly do: 'flush' | 'read' | 'refresh' | 'adopt' | 'join' | 'leave';
      readonly who: number;
      readonly credit: number;
    };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('put' as const),
        group: fc.integer({ min: 0, max: 2 }),
        prefix: fc.integer({ min: 0, max: ROUTES - 1 }),
        med,
      }),
    },
    { weight: 4, arbitrary: fc.constant({ do: 'turn' as const }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('fill' as const), group: fc.integer({ min: 0, max: 2 }) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constantFrom('flush', 'read', 'refresh', 'adopt', 'join', 'leave'),
        who: fc.integer({ min: 0, max: 3 }),
        credit: fc.integer({ min: 1, max: 3 }),
      }),
    },
  ),
  { maxLength: 100 },
);

describe.each([
  ['ipv4/unicast', ipv4Unicast, false],
  ['ipv6/unicast', ipv6Unicast, false],
  ['ipv4/unicast with ADD-PATH', ipv4Unicast, true],
  ['ipv6/unicast with ADD-PATH', ipv6Unicast, true],
] as const)('an update group of %s', (_, family, addPath) => {
  test('however members join, stall, refresh, move and leave, and whatever changes between the steps of all that, each ends with what its group announces', () => {
    fc.assert(
      fc.property(
        fc.tuple(table, table, table),
        steps,
        fc.record({
          octets: fc.constantFrom(1, 100, 1000),
          prefixes: fc.constantFrom(1, 3, 100),
          step: fc.constantFrom(1, 20, 40, 1000),
        }),
        (tables, plan, limits) => {
          const turns = new Turns();
          const bench = new Bench(family, addPath, limits, turns.run);
          const wanted = tables.map((table) => [...table]);
          const fills = [0, 0, 0];
          const fill = (group: number) => {
            const number = ++(fills as [number])[group as 0];
            // So that members come to groups that still fill from such as do not.
            const size = [ROUTES, 3, 1][group] as number;
            bench.groups[group]?.fill(
              stepsOver(ROUTES, size, (from, to) => {
                expect(fills[group]).toBe(number);
                for (let i = from; i < to; i++) bench.put(group, i, wanted[group]?.[i]);
              }),
            );
          };
          for (const group of tables.keys()) fill(group);
          const members = new Map<number, { reader: Reader; group: number }>();
          const groupOf = (member: { group: number }) => bench.groups[member.group] as UpdateGroup;
          for (const step of plan) {
            if (step.do === 'put') {
              (wanted[step.group] as (number | undefined)[])[step.prefix] = step.med;
              bench.put(step.group, step.prefix, step.med);
              continue;
            }
            if (step.do === 'turn') {
              turns.next();
              continue;
            }
            if (step.do === 'fill') {
              if (bench.groups[step.group]?.isFilling) fill(step.group);
              continue;
            }
            const member = members.get(step.who);
            if (step.do === 'flush') for (const group of bench.groups) group.flush();
            else if (step.do === 'join') {
              if (member !== undefined) continue;
              const joined = { reader: bench.reader(step.credit), group: step.who % 3 };
              members.set(step.who, joined);
              groupOf(joined).join(joined.reader, ending(joined.reader));
            } else if (member === undefined) continue;
            else if (step.do === 'leave') {
              groupOf(member).leave(member.reader);
              members.delete(step.who);
            } else if (step.do === 'read') {
              member.reader.credit = step.credit;
              groupOf(member).resume(member.reader);
            } else if (step.do === 'refresh') groupOf(member).refresh(member.reader, member.reader.marks);
            else {
              const from = groupOf(member);
              member.group = (member.group + 1) % 3;
              groupOf(member).adopt(member.reader, from);
            }
          }
          turns.finish();
          for (const group of bench.groups) group.flush();
          for (const member of members.values()) {
            member.reader.credit = Number.POSITIVE_INFINITY;
            groupOf(member).resume(member.reader);
          }
          turns.finish();
          for (const member of members.values()) {
            expect(groupOf(member).isCurrent(member.reader)).toBe(true);
            expect(Object.fromEntries(member.reader.table)).toEqual(bench.named(wanted[member.group] ?? []));
            expect(groupOf(member).sentTo(member.reader)).toBe(member.reader.table.size);
            expect(member.reader.ended).toBe(1);
            expect(member.reader.refreshes.done).toBe(member.reader.refreshes.begun);
            groupOf(member).leave(member.reader);
          }
          for (const group of bench.groups) {
            expect(group.pendingChanges).toBe(0);
            for (let i = 0; i < ROUTES; i++) bench.put(bench.groups.indexOf(group), i, undefined);
            group.dispose();
          }
          // Whatever happened, nothing is held any more.
          expect(bench.keys.size).toBe(OTHERS);
          expect(bench.store.size).toBe(0);
        },
      ),
      { numRuns: runs / 20 },
    );
  });

  test('a dump is packed to the limit and no message exceeds it', () => {
    const bench = new Bench(family, addPath);
    for (let i = 0; i < 5000; i++) bench.put(0, i, i % 3);
    const reader = bench.reader();
    bench.groups[0]?.join(reader, ending(reader));
    expect(reader.table.size).toBe(5000);
    expect(Math.max(...reader.longest)).toBeLessThanOrEqual(4096);
    const octets = (family === ipv4Unicast ? 4 : 9) + (addPath ? 4 : 0);
    const perMessage = Math.floor((4096 - 100) / octets);
    expect(reader.updates).toBeLessThanOrEqual(3 * Math.ceil(5000 / 3 / perMessage) + 1 + 3);
  });

  test('a set goes out once for all routes that have it, whatever they had before', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: ROUTES - 1 }), med), { maxLength: 30 }),
        fc.constantFrom(1, undefined),
        (changes, last) => {
          const bench = new Bench(family, addPath);
          for (const [route, med] of changes) bench.put(0, route, med);
          const wanted = new Set<number | undefined>(bench.announced(0).values());
          const [group] = bench.groups as [UpdateGroup];
          const reader = bench.reader();
          group.join(reader, ending(reader));
          expect(reader.updates).toBe(wanted.size + 1);
          for (let route = 0; route < ROUTES; route++) bench.put(0, route, last);
          group.leave(reader);
          const next = bench.reader();
          group.join(next, ending(next));
          expect(next.updates).toBe(last === undefined ? 1 : 2);
        },
      ),
      { numRuns: runs / 100 },
    );
  });

  test('routes between those of a group, which it does not announce, are not owed to a member that was stalled', () => {
    const bench = new Bench(family, addPath, { octets: 1, prefixes: 1, step: 1000 });
    for (let i = 0; i < ROUTES; i++) bench.put(0, i, 1);
    for (let i = 0; i < ROUTES; i++) bench.put(1, i, 1);
    for (let i = 1; i < ROUTES - 1; i++) bench.put(0, i, undefined);
    const [group] = bench.groups as [UpdateGroup];
    const reader = bench.reader(1);
    group.join(reader, ending(reader));
    expect([reader.table.size, group.unsentTo(reader)]).toEqual([1, 2]);
    reader.credit = Number.POSITIVE_INFINITY;
    group.resume(reader);
    expect([reader.table.size, group.unsentTo(reader)]).toEqual([2, 0]);
  });

  describe('what is packed for one member stays as it is for another, whatever is packed in between', () => {
    const meds = Array.from({ length: 10 }, (_, i) => i);
    const setUp = (prefixes: number) => {
      const bench = new Bench(family, addPath, { octets: 1, prefixes, step: 1000 });
      for (const i of meds) bench.put(0, i, i);
      const [group] = bench.groups as [UpdateGroup];
      const join = (credit?: number) => {
        const reader = bench.reader(credit);
        group.join(reader, ending(reader));
        return reader;
      };
      const resume = (reader: Reader, credit = Number.POSITIVE_INFINITY) => {
        reader.credit = credit;
        group.resume(reader);
      };
      const tableOf = ({ table }: Reader) => Object.fromEntries(table);
      return { bench, group, join, resume, tableOf };
    };

    test('of a dump', () => {
      const { bench, join, resume, tableOf } = setUp(1);
      const readers = [join(1), join(1)];
      for (const reader of readers) resume(reader);
      expect(readers.map(tableOf)).toEqual([bench.named(meds), bench.named(meds)]);
    });

    test('of changes', () => {
      const { bench, group, join, resume, tableOf } = setUp(1000);
      const [first, second, dumped] = [join(), join(), join(1)] as const;
      first.credit = 1;
      second.credit = 1;
      for (const med of [20, 21]) {
        bench.put(0, 0, med);
        group.flush();
      }
      resume(first);
      resume(dumped, 2);
      resume(second);
      expect([first, second].map(tableOf)).toEqual(Array(2).fill(bench.named([21, ...meds.slice(1)])));
    });

    test('of changes that are more than one slab', () => {
      const { bench, group, join, tableOf } = setUp(1000);
      const reader = join();
      for (const i of meds) bench.put(0, i, 10 + i);
      group.flush();
      expect(tableOf(reader)).toEqual(bench.named(meds.map((med) => 10 + med)));
    });
  });

  test('what a later change supersedes is never sent to a member that was stalled', () => {
    const bench = new Bench(family, addPath);
    const reader = bench.reader(1);
    bench.groups[0]?.join(reader, ending(reader));
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 100; i++) bench.put(0, i, round % 2 === 0 ? round : undefined);
      bench.groups[0]?.flush();
    }
    const before = reader.prefixes;
    reader.credit = Number.POSITIVE_INFINITY;
    bench.groups[0]?.resume(reader);
    expect(reader.prefixes - before).toBe(100);
    expect(reader.table.size).toBe(0);
  });

  test('a member that moves in the middle of a dump is sent the rest of it and what differs, each once', () => {
    const bench = new Bench(family, addPath, { octets: 1, prefixes: 1, step: 1 });
    for (let i = 0; i < 10; i++) bench.put(0, i, i);
    for (const i of [2, 3, 4, 5, 6, 7]) bench.put(1, i, i);
    for (const i of [0, 9]) bench.put(1, i, 100);
    const reader = bench.reader(4);
    const [from, to] = bench.groups as [UpdateGroup, UpdateGroup];
    from.join(reader, ending(reader));
    expect(reader).toMatchObject({ prefixes: 4, ended: 0 });
    to.adopt(reader, from);
    reader.credit = Number.POSITIVE_INFINITY;
    to.resume(reader);
    // Six that were still to come, of which one is not there any more; and one that changed, and one that went, of those that had been sent.
    expect(reader).toMatchObject({ prefixes: 4 + 5 + 2, ended: 1 });
    expect(reader.table).toEqual(bench.announced(1));
  });

  test('what a member is owed goes along from group to group, whatever these ever announced', () => {
    const bench = new Bench(family, addPath);
    const [first, second, third] = bench.groups as [UpdateGroup, UpdateGroup, UpdateGroup];
    for (let i = 0; i < 10; i++) bench.put(0, i, 1);
    const reader = bench.reader();
    first.join(reader, ending(reader));
    reader.credit = 1;
    bench.put(0, 0, 2);
    first.flush();
    for (let i = 0; i < 10; i++) bench.put(0, i, undefined);
    first.flush();
    second.adopt(reader, first);
    third.adopt(reader, second);
    reader.credit = Number.POSITIVE_INFINITY;
    third.resume(reader);
    expect(reader.table.size).toBe(0);
  });

  test('a member that asks for everything over and over, and does not read, is owed it once more', () => {
    const bench = new Bench(family, addPath);
    for (let i = 0; i < 100; i++) bench.put(0, i, 1);
    const reader = bench.reader(1);
    bench.groups[0]?.join(reader, ending(reader));
    for (let i = 0; i < 1000; i++) bench.groups[0]?.refresh(reader, reader.marks);
    expect(reader).toMatchObject({ prefixes: 100, refreshes: { begun: 0 } });
    reader.credit = Number.POSITIVE_INFINITY;
    bench.groups[0]?.resume(reader);
    expect(reader).toMatchObject({ prefixes: 200, ended: 1, refreshes: { begun: 1, done: 1 } });
  });

  test('members at the same place are sent the very same bytes', () => {
    const bench = new Bench(family, addPath);
    const sent: Uint8Array[][] = [[], []];
    sent.forEach((list) => {
      const member = { send: (bytes: Uint8Array) => list.push(bytes) > 0, pending: 0 };
      bench.groups[0]?.join(member, ending(member));
    });
    for (let i = 0; i < 100; i++) bench.put(0, i, 1);
    bench.groups[0]?.flush();
    expect(sent[0]).toHaveLength(2);
    expect(sent[0]?.[1]).toBe(sent[1]?.[1]);
  });
});
