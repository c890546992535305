import type { Change, Table, Vault } from '../controlplane/vault.ts';
import { AdvertisePathsRequest } from '../gen/herald/v1/router_service.ts';
import * as proto from '../gen/herald/v1/types.ts';
import { SpeakerError } from '../speaker/error.ts';
import type { Family } from '../wire/family.ts';
import type { Nlri } from '../wire/update.ts';
import { pathSpecOf } from './build.ts';
import { InvalidRequest } from './errors.ts';
import { toGlobal } from './from-proto/instance.ts';
import { toListenRange } from './from-proto/listen-range.ts';
import { toNeighbor } from './from-proto/neighbor.ts';
import { toAttributes, toNextHop } from './from-proto/path.ts';
import { toPolicy } from './from-proto/policy.ts';
import { type Instances, type Router, setListenRange, setNeighbor } from './instances.ts';
import { instanceOf, neighborKey, pathKeys, pathOf, policyKey, scope } from './journal-keys.ts';

// What requests put into instances, kept as the messages that they came in. Nothing that a configuration or a plan put there is here.

/** What every path of one message has. */
export type PathTreatment = Pick<AdvertisePathsRequest, 'attributes' | 'nextHop'>;

interface Pending {
  readonly changes: readonly Change[];
  readonly undo: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Paths that are kept with the same treatment. */
interface Alike {
  readonly family: Family;
  readonly value: Uint8Array;
  readonly tails: Uint8Array[];
}

/** What is kept of an instance, but for the instance itself. */
const contents = ['neighbors', 'listen-ranges', 'policies', 'paths', 'uuids'] as const;

/** How many paths are put back at once. */
const chunk = 4096;

/**
 * Keeps what requests change, once they have changed it: what waits while something is being written is written together. When it
 * cannot be kept it is undone, and whoever asked for it is told.
 */
export class Journal {
  readonly #vault: Vault;
  readonly #report: (message: string, error: unknown) => void;
  #waiting: Pending[] = [];
  #isWriting = false;
  #sequence = 0;
  /** Paths whose uuids are just being kept. */
  readonly #naming = new Set<string>();

  /** `report`: told of what was kept and cannot be put back. */
  constructor(vault: Vault, report: (message: string, error: unknown) => void) {
    this.#vault = vault;
    this.#report = report;
    for (const { value } of vault.entries('policies')) this.#sequence = Math.max(this.#sequence, sequenceOf(value));
  }

  // What requests did. Each resolves once it is kept, or rejects with a VaultError, and then it is undone.

  instanceStarted(name: string, global: proto.BgpGlobal | undefined, undo: () => void): Promise<void> {
    return this.#keep([this.#kept('instances', scope(name), encoded(proto.BgpGlobal, global))], undo);
  }

  /** It is about to stop: all that was kept of it goes with it. */
  instanceStops(name: string): Promise<void> {
    const changes = (['instances', ...contents] as const).flatMap((table) =>
      [...this.#vault.entries(table, scope(name))].map(({ key }) => ({ table, key })),
    );
    return this.#keep(changes, () => undefined);
  }

  neighborSet(instance: string, neighbor: proto.Neighbor | undefined, undo: () => void): Promise<void> {
    const key = neighborKey(instance, toNeighbor(neighbor).address.toString());
    return this.#keep([this.#kept('neighbors', key, encoded(proto.Neighbor, neighbor))], undo);
  }

  neighborRemoved(instance: string, address: string, undo: () => void): Promise<void> {
    return this.#keep([{ table: 'neighbors', key: neighborKey(instance, address) }], undo);
  }

  rangeSet(instance: string, range: proto.ListenRange | undefined, undo: () => void): Promise<void> {
    const key = neighborKey(instance, toListenRange(range).prefix.toString());
    return this.#keep([this.#kept('listen-ranges', key, encoded(proto.ListenRange, range))], undo);
  }

  rangeRemoved(instance: string, prefix: string, undo: () => void): Promise<void> {
    return this.#keep([{ table: 'listen-ranges', key: neighborKey(instance, prefix) }], undo);
  }

  policyAdded(instance: string, policy: proto.RoutePolicy | undefined, undo: () => void): Promise<void> {
    const { name, type } = toPolicy(policy);
    const value = Buffer.concat([sequence(++this.#sequence), encoded(proto.RoutePolicy, policy)]);
    return this.#keep([this.#kept('policies', policyKey(instance, name, type), value)], undo);
  }

  policyRemoved(instance: string, name: string, type: string, undo: () => void): Promise<void> {
    return this.#keep([{ table: 'policies', key: policyKey(instance, name, type) }], undo);
  }

  pathsAdvertised(instance: string, router: Router, treatment: PathTreatment, nlri: readonly Nlri[]): Promise<void> {
    return this.#keep(this.#advertised(instance, treatment, nlri), () => this.#bringBack(instance, router, nlri));
  }

  /** As `pathsAdvertised`, of one path that its uuid goes on naming after a restart. */
  async pathAdvertised(
    instance: string,
    router: Router,
    treatment: PathTreatment,
    nlri: Nlri,
    uuid: Uint8Array,
  ): Promise<void> {
    const named = pathKeys(instance, nlri).map((key) => this.#kept('uuids', key, uuid));
    const names = named.map(({ key }) => nameOf(key));
    for (const name of names) this.#naming.add(name);
    try {
      await this.#keep([...this.#advertised(instance, treatment, [nlri]), ...named], () =>
        this.#bringBack(instance, router, [nlri]),
      );
    } finally {
      for (const name of names) this.#naming.delete(name);
    }
  }

  pathsWithdrawn(instance: string, router: Router, nlri: readonly Nlri[]): Promise<void> {
    return this.#keep(
      nlri
        .flatMap((some) => pathKeys(instance, some))
        .flatMap((key) => [{ table: 'paths', key }, ...(this.#isNamed(key) ? [{ table: 'uuids', key } as const] : [])]),
      () => this.#bringBack(instance, router, nlri),
    );
  }

  /** The path that was given this uuid, also by a process before this one; looks at all that have any. */
  pathKnownAs(instance: string, uuid: Uint8Array): Nlri | undefined {
    for (const { key, value } of this.#vault.entries('uuids', scope(instance)))
      if (Buffer.compare(value, uuid) === 0) return pathOf(key);
    return undefined;
  }

  // After a restart.

  /** Starts the instances that requests had started; one that cannot start is reported. */
  async restoreInstances(instances: Instances): Promise<void> {
    for (const { key, value } of this.#vault.entries('instances')) {
      const name = instanceOf(key);
      try {
        await instances.start(name, toGlobal(proto.BgpGlobal.decode(value)));
      } catch (error) {
        this.#report(`instance ${name} was started through the API and cannot start again`, error);
      }
    }
  }

  /** The names of instances that something is kept for. */
  instances(): ReadonlySet<string> {
    const names = new Set<string>();
    for (const table of ['instances', ...contents] as const) {
      for (const { key } of this.#vault.entries(table)) names.add(instanceOf(key));
    }
    return names;
  }

  /** Puts policies and paths back; before the peers are there, so that the first UPDATE to each is right. */
  restoreRoutes(instance: string, router: Router): void {
    const policies = [...this.#vault.entries('policies', scope(instance))].toSorted(
      (a, b) => sequenceOf(a.value) - sequenceOf(b.value),
    );
    for (const { value } of policies) {
      this.#try(instance, 'a route policy', () =>
        router.addRoutePolicy(toPolicy(proto.RoutePolicy.decode(value.subarray(sequenceLength)))),
      );
    }
    const groups = new Map<string, Alike>();
    const flush = (group: Alike) => {
      const tails = group.tails.splice(0);
      this.#try(instance, `${tails.length} paths`, () => advertise(router, group.family, tails, group.value));
    };
    for (const { key, value } of this.#vault.entries('paths', scope(instance))) {
      const { family, bytes } = pathOf(key);
      const name = `${family} ${Buffer.from(value).toString('latin1')}`;
      let group = groups.get(name);
      if (group === undefined) groups.set(name, (group = { family, value: Uint8Array.from(value), tails: [] }));
      group.tails.push(bytes);
      if (group.tails.length === chunk) flush(group);
    }
    for (const group of groups.values()) if (group.tails.length > 0) flush(group);
  }

  /** Puts peers and listen ranges back; after those of the configuration, whose settings a request may have changed. */
  restoreNeighbors(instance: string, router: Router): void {
    for (const { value } of this.#vault.entries('listen-ranges', scope(instance))) {
      this.#try(instance, 'a listen range', () => {
        setListenRange(router, toListenRange(proto.ListenRange.decode(value)));
      });
    }
    for (const { value } of this.#vault.entries('neighbors', scope(instance))) {
      this.#try(instance, 'a neighbor', () => {
        setNeighbor(router, toNeighbor(proto.Neighbor.decode(value)));
      });
    }
  }

  #try(instance: string, what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof SpeakerError || error instanceof InvalidRequest)) throw error;
      this.#report(`${what} of instance ${instance} came through the API and cannot be put back`, error);
    }
  }

  #advertised(instance: string, { attributes, nextHop }: PathTreatment, nlri: readonly Nlri[]): Change[] {
    const treatment = AdvertisePathsRequest.fromPartial({ ...(attributes && { attributes }), nextHop });
    const value = AdvertisePathsRequest.encode(treatment).finish();
    return nlri.flatMap((some) => pathKeys(instance, some)).map((key) => this.#kept('paths', key, value));
  }

  #isNamed(key: Uint8Array): boolean {
    if (this.#naming.size > 0 && this.#naming.has(nameOf(key))) return true;
    return this.#vault.get('uuids', key) !== undefined;
  }

  #kept(table: Table, key: Uint8Array, value: Uint8Array): Change {
    return { table, key, value };
  }

  #keep(changes: readonly Change[], undo: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ changes, undo, resolve, reject });
      if (!this.#isWriting) void this.#write();
    });
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0);
      try {
        await this.#vault.commit(batch.flatMap(({ changes }) => changes));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        // What came meanwhile was done on top of what is undone: it goes with it.
        const failed = [...batch, ...this.#waiting.splice(0)];
        for (const { undo } of failed.toReversed()) this.#try('', 'what could not be kept', undo);
        for (const { reject } of failed) reject(error);
      }
    }
    this.#isWriting = false;
  }

  /** Paths as they are kept. */
  #bringBack(instance: string, router: Router, nlri: readonly Nlri[]): void {
    for (const some of nlri) {
      for (const key of pathKeys(instance, some)) {
        const path = pathOf(key);
        const value = this.#vault.get('paths', key);
        if (value !== undefined) advertise(router, path.family, [path.bytes], value);
        else router.withdrawPrefixes(path.family, path);
      }
    }
  }
}

function nameOf(key: Uint8Array): string {
  return Buffer.from(key).toString('latin1');
}

function advertise(router: Router, family: Family, tails: readonly Uint8Array[], value: Uint8Array): void {
  const { attributes, nextHop } = AdvertisePathsRequest.decode(value);
  const nlri = { family, addPath: true, bytes: Uint8Array.from(Buffer.concat(tails)) };
  router.advertiseBulk(pathSpecOf(nlri, toAttributes(attributes), toNextHop(nextHop)));
}

const sequenceLength = 8;

/** Policies have an order. */
function sequence(number: number): Buffer {
  const bytes = Buffer.alloc(sequenceLength);
  bytes.writeBigUInt64BE(BigInt(number));
  return bytes;
}

function sequenceOf(value: Uint8Array): number {
  return Number(Buffer.from(value.subarray(0, sequenceLength)).readBigUInt64BE());
}

function encoded<T>(type: { encode(message: T): { finish(): Uint8Array } }, message: T | undefined): Uint8Array {
  if (message === undefined) throw new TypeError('a message that was checked is not there');
  return type.encode(message).finish();
}
