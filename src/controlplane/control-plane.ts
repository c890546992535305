import { SortedMap } from '../policy/sorted-map.ts';
import type { PeerEvent, PeerState } from '../speaker/types.ts';
import { type AllocationChange, Allocator, concernsAddresses, dated, type Edited, type Finding } from './allocation.ts';
import { Controller, type Instances, type Outcome } from './controller.ts';
import { diff, type Operation } from './diff.ts';
import { manifestOf, type Plain } from './plain.ts';
import { instanceStatuses } from './plan/node-status.ts';
import { Planner, plan } from './plan/planner.ts';
import type { HeldPeer, InstanceError, NodeFacts, Plan, PlannedCondition, RouterIds } from './plan/types.ts';
import { keyOf, keyText, sameResource } from './resources/key.ts';
import type { CiliumNode, Condition, Kind, Resource, ResourceKey, ResourceOf, Service } from './resources/types.ts';
import { validate } from './resources/validate.ts';
import { generationOf, type Holder, ResourceStore, type Stored, timeText } from './store.ts';
import { bytesOf, type Change, type Table, textOf, type Vault } from './vault.ts';

/** Changes that are made together. */
export interface Edits {
  readonly put: readonly { readonly resource: Resource; readonly holder: Exclude<Holder, { kind: 'plan' }> }[];
  readonly remove: readonly ResourceKey[];
}

/** What the control plane asks of who runs it. */
export interface Surroundings {
  readonly instances: Instances;
  /** The sessions of an instance that the plan made. */
  readonly sessions: {
    readonly peers: (instance: string) => readonly PeerState[];
    readonly watch: (instance: string, listener: (event: PeerEvent) => void) => () => void;
  };
  readonly vault: Vault;
  /** False: the status of CiliumBGPClusterConfigs, CiliumBGPPeerConfigs and CiliumBGPNodeConfigs is not written. */
  readonly statusReport: boolean;
  /** The time of day. */
  readonly now: () => Date;
  /** Milliseconds that only grow. */
  readonly elapsed: () => number;
  /** Told of each instance that there is or should be, once it is as planned, or `failed` to become so: how long that took, in seconds. */
  readonly reconciled: (instance: string, seconds: number, failed: boolean) => void;
  readonly log: {
    info(fields: Record<string, unknown>, message: string): void;
    warn(fields: Record<string, unknown>, message: string): void;
    error(fields: Record<string, unknown>, message: string): void;
  };
}

/** Resources in, instances out: keeps the resources, plans, and has the plan carried out. Changes are made one after the other. */
export class ControlPlane {
  readonly store: ResourceStore;
  readonly #surroundings: Surroundings;
  readonly #planner: Planner;
  readonly #controller: Controller;
  #facts: NodeFacts;
  #plan: Plan;
  #allocator: Allocator;
  /** What the statuses do not say yet. */
  #unwritten: AllocationChange[] = [];
  #routerIds: RouterIds;
  #work: Promise<unknown> = Promise.resolve();
  readonly #watched = new Map<string, () => void>();
  #isStarted = false;
  #isRefreshing = false;
  /** What the log was told, so that it is told once. */
  #complaints: ReadonlySet<string> = new Set();

  /** With the resources that its vault has. Nothing is carried out before `start`. */
  constructor(facts: NodeFacts, surroundings: Surroundings) {
    this.#facts = facts;
    this.#surroundings = surroundings;
    this.store = new ResourceStore(surroundings.now);
    this.#routerIds = new Map(
      this.#kept('router-ids').flatMap(([key, id]) => (typeof id === 'string' ? [[key, id] as const] : [])),
    );
    this.#planner = new Planner(facts, this.#routerIds);
    this.#controller = new Controller(surroundings.instances, surroundings.elapsed);
    this.#plan = this.#planner.plan();
    for (const [key, kept] of this.#kept('resources')) this.#restore(key, kept);
    const all: Edited['all'] = (kind) => this.#given(kind);
    const allocated = {
      addresses: SortedMap.of(this.#kept('load-balancer-addresses') as [string, string[]][]),
      prefixes: SortedMap.of(this.#kept('pod-prefixes') as [string, []][]),
    };
    this.#allocator = new Allocator(allocated, all);
    this.#unwritten.push(this.#allocator.start(all));
  }

  /** The node that is planned for. */
  get node(): Pick<CiliumNode, 'metadata'> {
    const { name, labels = {} } = this.#facts;
    const stored = this.store.get({ kind: 'CiliumNode', name })?.given;
    return stored?.kind === 'CiliumNode' ? stored : { metadata: { name, labels } };
  }

  /** Whether the plan made the instance of that name. */
  hasInstance(name: string): boolean {
    return this.#controller.running.has(name);
  }

  /**
   * Makes the changes that `decide` chooses once those before it are made. Resolves when they are kept and carried out; what cannot be carried
   * out, statuses say. Rejects with what `decide` throws or with a VaultError; then nothing has changed.
   */
  change(decide: (store: ResourceStore) => Edits): Promise<void> {
    return this.#alone(async () => {
      const edits = decide(this.store);
      const edited = this.#edited(edits);
      const { allocated } = this.#allocator;
      const allocation = this.#allocator.change(edited);
      try {
        await this.#surroundings.vault.commit([...this.#changes(edits), ...allocationChanges(allocation)]);
      } catch (error) {
        this.#allocator = new Allocator(allocated, (kind) => this.#given(kind));
        throw error;
      }
      for (const key of edits.remove) {
        this.store.remove(key);
        this.#planner.update(key, undefined);
      }
      for (const { resource, holder } of edits.put) {
        const stored = this.store.put(resource, holder);
        this.#planner.update(stored.key, seenByPlan(stored));
      }
      this.#unwritten.push(allocation);
      await this.#reconcile();
    });
  }

  /** What the changes would do to instances. */
  preview(decide: (store: ResourceStore) => Edits): Promise<readonly Operation[]> {
    return this.#alone(async () => {
      const edits = decide(this.store);
      const { all } = this.#edited(edits);
      const { findings } = new Allocator(this.#allocator.allocated, all).start(all);
      const after = new Map<string, Resource>();
      for (const kind of plannedKinds)
        for (const stored of this.store.each(kind)) after.set(keyText(stored.key), seenByPlan(stored));
      for (const key of edits.remove) after.delete(keyText(key));
      for (const { resource } of edits.put) after.set(keyText(keyOf(resource)), resource);
      // What pools would give is seen in a store of its own.
      const store = new ResourceStore(this.#surroundings.now);
      for (const resource of after.values()) store.put(resource, { kind: 'api' });
      for (const finding of findings) store.write(finding.key, this.#written(finding, store));
      const resources = plannedKinds.flatMap((kind) => [...store.each(kind)].map(seenByPlan));
      return diff(this.#controller.running, plan(resources, this.#facts, this.#routerIds).instances);
    });
  }

  /** From now on plans are carried out, the first one now: what was there before comes as one. */
  start(facts: NodeFacts): Promise<void> {
    this.#isStarted = true;
    this.#facts = facts;
    return this.settle();
  }

  /** The machine is as these facts say. */
  setNode(facts: NodeFacts): Promise<void> {
    if (sameResource(facts, this.#facts)) return Promise.resolve();
    this.#facts = facts;
    return this.settle();
  }

  /** Plans, and carries out what differs: what failed before is tried again. */
  settle(): Promise<void> {
    return this.#alone(() => this.#reconcile());
  }

  /** Brings the status of the node's CiliumBGPNodeConfig up to date with its sessions. */
  refresh(): void {
    const { name } = this.#facts;
    const stored = this.store.get({ kind: 'CiliumBGPNodeConfig', name });
    if (stored === undefined || !this.#surroundings.statusReport) return;
    const bgpInstances = instanceStatuses(this.#plan, name, (instance) => this.#peers(instance));
    this.store.write(stored.key, { status: { ...stored.written.status, bgpInstances } });
  }

  /** Forgets the sessions; instances go on. */
  close(): void {
    for (const stop of this.#watched.values()) stop();
    this.#watched.clear();
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => undefined);
    return done;
  }

  async #reconcile(): Promise<void> {
    if (!this.#isStarted) return;
    const began = this.#surroundings.elapsed();
    this.#writeAllocation();
    this.#planner.setNode(this.#facts);
    this.#plan = this.#planner.plan();
    const planning = this.#surroundings.elapsed() - began;
    const outcome = await this.#controller.run(this.#plan);
    this.#measure(outcome, planning);
    this.#complain([...this.#plan.errors, ...this.#plan.held.map(heldText), ...outcome.failures]);
    this.#report(outcome);
    this.#watchSessions();
    await this.#keepRouterIds();
  }

  /** Every instance waits for the whole plan, and then for its own operations. */
  #measure({ durations, failures }: Outcome, planning: number): void {
    const failed = new Set([...this.#plan.errors, ...failures].map(({ instance }) => instance));
    for (const instance of new Set([...this.#plan.instances.keys(), ...durations.keys(), ...failed])) {
      const milliseconds = planning + (durations.get(instance) ?? 0);
      this.#surroundings.reconciled(instance, milliseconds / 1000, failed.has(instance));
    }
  }

  #complain(errors: readonly InstanceError[]): void {
    const told = this.#complaints;
    this.#complaints = new Set(errors.map(({ instance, message }) => `${instance}: ${message}`));
    for (const { instance, message } of errors) {
      if (!told.has(`${instance}: ${message}`)) this.#surroundings.log.warn({ instance }, message);
    }
  }

  #report({ statuses }: Outcome): void {
    for (const stored of this.store.each('CiliumBGPNodeConfig')) {
      if (!this.#plan.nodeConfigs.has(stored.key.name)) this.store.remove(stored.key);
    }
    for (const { owner, ...config } of this.#plan.nodeConfigs.values()) {
      this.store.put(config, { kind: 'plan', owner });
    }
    if (this.#surroundings.statusReport) for (const status of statuses) this.#write(status);
    this.refresh();
  }

  #writeAllocation(): void {
    for (const { findings, silent } of this.#unwritten.splice(0)) {
      for (const finding of findings) this.#write(finding);
      for (const key of silent) {
        if (Object.keys(this.store.get(key)?.written ?? {}).length > 0) this.#set(key, {});
      }
    }
  }

  #write(finding: Finding): void {
    this.#set(finding.key, this.#written(finding, this.store));
  }

  #set(key: ResourceKey, written: Stored['written']): void {
    this.store.write(key, written);
    const stored = this.store.get(key);
    if (stored !== undefined) this.#planner.update(key, seenByPlan(stored));
  }

  #written({ key, conditions = [], addresses, allocated, shortage }: Finding, store: ResourceStore): Stored['written'] {
    const stored = store.get(key);
    const status = stored?.written.status;
    const before = (status?.['conditions'] ?? []) as readonly Condition[];
    const fresh = dated(conditions, before, timeText(this.#surroundings.now()), stored?.generation ?? 1);
    return {
      ...(allocated !== undefined && { allocated }),
      ...((conditions.length > 0 || status !== undefined || shortage !== undefined || addresses !== undefined) && {
        status: {
          ...status,
          ...(conditions.length > 0 && { conditions: foreignConditions(stored, conditions).concat(fresh) }),
          ...(addresses && { loadBalancer: { ingress: addresses } }),
          ...(key.kind === 'CiliumNode' && { ipam: { 'operator-status': { error: shortage ?? '' } } }),
        },
      }),
    };
  }

  /** Sessions change by themselves: their events bring the status up to date, once for all that happen together. */
  #watchSessions(): void {
    const { running } = this.#controller;
    for (const [name, stop] of this.#watched) {
      if (running.has(name)) continue;
      stop();
      this.#watched.delete(name);
    }
    for (const name of running.keys()) {
      if (this.#watched.has(name)) continue;
      this.#watched.set(
        name,
        this.#surroundings.sessions.watch(name, () => this.#refreshSoon()),
      );
    }
  }

  #refreshSoon(): void {
    if (this.#isRefreshing) return;
    this.#isRefreshing = true;
    queueMicrotask(() => {
      this.#isRefreshing = false;
      this.refresh();
    });
  }

  #peers(instance: string): readonly PeerState[] {
    return this.hasInstance(instance) ? this.#surroundings.sessions.peers(instance) : [];
  }

  #given<K extends Kind>(kind: K): ResourceOf<K>[] {
    return [...this.store.each(kind)].map(({ given }) => given as ResourceOf<K>);
  }

  /** The resources after edits, and those of them that pools may have to do with. */
  #edited({ put, remove }: Edits): Edited {
    const edited = new Map<string, { readonly key: ResourceKey; readonly resource: Resource | undefined }>();
    for (const key of remove) edited.set(keyText(key), { key, resource: undefined });
    for (const { resource } of put) edited.set(keyText(keyOf(resource)), { key: keyOf(resource), resource });
    const isGone = new Set(remove.map(keyText));
    const changed = [...edited].filter(([text, { key, resource }]) => {
      const before = this.store.get(key)?.given;
      if (resource === undefined || before === undefined || isGone.has(text)) return true;
      if (sameResource(before, resource)) return false;
      return resource.kind !== 'Service' || concernsAddresses(before as Service, resource);
    });
    return {
      changed: new Map(changed),
      all: <K extends Kind>(kind: K) => [
        ...this.#given(kind).filter((resource) => !edited.has(keyText(keyOf(resource)))),
        ...[...edited.values()].flatMap(({ resource }) => (resource?.kind === kind ? (resource as ResourceOf<K>) : [])),
      ],
    };
  }

  #changes({ put, remove }: Edits): Change[] {
    const kept = put.flatMap(({ resource, holder }): Change[] => {
      const key = keyOf(resource);
      // What a file holds is read from there again.
      if (holder.kind === 'manifests') return this.#isKept(key) ? [forget('resources', keyText(key))] : [];
      const before = this.store.get(key);
      const record: Kept = {
        manifest: manifestOf(resource),
        generation: generationOf(before, resource),
        createdAt: before?.createdAt ?? timeText(this.#surroundings.now()),
      };
      return [keep('resources', keyText(key), record)];
    });
    return [...remove.filter((key) => this.#isKept(key)).map((key) => forget('resources', keyText(key))), ...kept];
  }

  #isKept(key: ResourceKey): boolean {
    return this.store.get(key)?.holder.kind === 'api';
  }

  async #keepRouterIds(): Promise<void> {
    const { routerIds } = this.#plan;
    const changes = changesOf('router-ids', this.#routerIds, routerIds);
    if (changes.length === 0) return;
    try {
      await this.#surroundings.vault.commit(changes);
      this.#routerIds = routerIds;
    } catch (error) {
      // The next run tries again; until then a restart may choose others.
      this.#surroundings.log.error({ err: error }, 'router IDs could not be kept');
    }
  }

  #kept(table: Table): [string, unknown][] {
    return [...this.#surroundings.vault.entries(table)].map(({ key, value }) => [
      textOf(key),
      JSON.parse(textOf(value)) as unknown,
    ]);
  }

  #restore(key: string, kept: unknown): void {
    const { manifest, ...rest } = kept as Kept;
    const result = validate(manifest);
    if (!result.ok) {
      const faults = result.faults.map(({ message }) => message).join('; ');
      this.#surroundings.log.error({ resource: key }, `it was kept, and this version cannot use it: ${faults}`);
      return;
    }
    const stored = this.store.restore(result.resource, rest);
    this.#planner.update(stored.key, seenByPlan(stored));
  }
}

/** A resource as it is kept. */
interface Kept {
  readonly manifest: Plain;
  readonly generation: number;
  readonly createdAt: string;
}

const poolKinds: readonly Kind[] = ['CiliumLoadBalancerIPPool', 'CiliumPodIPPool', 'CiliumNode', 'Service'];

const plannedKinds: readonly Kind[] = [
  'CiliumBGPClusterConfig',
  'CiliumBGPPeerConfig',
  'CiliumBGPAdvertisement',
  'CiliumBGPNodeConfigOverride',
  'CiliumBGPPeeringPolicy',
  ...poolKinds,
  'EndpointSlice',
  'Secret',
];

/** A plan follows from what pools have given out, and from no other status: that would have it made again for nothing. */
function seenByPlan({ key, given, current }: Stored): Resource {
  return (key.kind === 'Service' || key.kind === 'CiliumNode' ? current : given) as Resource;
}

function heldText({ instance, peer, message }: HeldPeer): InstanceError {
  return { instance, message: `peer ${peer} is held: ${message}` };
}

/** Conditions that a resource came with, of other types than ours. */
function foreignConditions(stored: Stored | undefined, ours: readonly PlannedCondition[]): readonly Condition[] {
  const { status } = (stored?.given ?? {}) as { readonly status?: { readonly conditions?: readonly Condition[] } };
  return (status?.conditions ?? []).filter(({ type }) => ours.every((condition) => condition.type !== type));
}

function changesOf(table: Table, from: ReadonlyMap<string, unknown>, to: ReadonlyMap<string, unknown>): Change[] {
  if (from === to) return [];
  const changed = [...to].filter(([key, value]) => !sameResource(from.get(key), value));
  const gone = [...from.keys()].filter((key) => !to.has(key));
  return [...gone.map((key) => forget(table, key)), ...changed.map(([key, value]) => keep(table, key, value))];
}

function allocationChanges({ addresses, prefixes }: AllocationChange): Change[] {
  return [
    ...[...addresses].map(([key, value]) => changeOf('load-balancer-addresses', key, value)),
    ...[...prefixes].map(([key, value]) => changeOf('pod-prefixes', key, value)),
  ];
}

function changeOf(table: Table, key: string, value: unknown): Change {
  return value === undefined ? forget(table, key) : keep(table, key, value);
}

function keep(table: Table, key: string, value: unknown): Change {
  return { table, key: bytesOf(key), value: bytesOf(JSON.stringify(value)) };
}

function forget(table: Table, key: string): Change {
  return { table, key: bytesOf(key) };
}
