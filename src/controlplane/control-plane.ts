import { SortedMap } from '../policy/sorted-map.ts';
import type { PeerEvent, PeerState } from '../speaker/types.ts';
import { type AllocationChange, Allocator, type Edited, type Finding } from './allocation.ts';
import { Controller, type Instances, type Outcome } from './controller.ts';
import { diff, type Operation } from './diff.ts';
import { type Edits, editedBy, givenOf } from './edits.ts';
import { writtenOf } from './finding-status.ts';
import { instanceStatuses } from './plan/node-status.ts';
import { Planner, plan } from './plan/planner.ts';
import type { HeldPeer, InstanceError, NodeFacts, Plan, RouterIds } from './plan/types.ts';
import { allocationChanges, changesOf, type Kept, recordsOf, resourceChanges } from './records.ts';
import { keyOf, keyText, sameResource } from './resources/key.ts';
import type { CiliumNode, Kind, Resource, ResourceKey } from './resources/types.ts';
import { validate } from './resources/validate.ts';
import { SessionWatch } from './session-watch.ts';
import { ResourceStore, type Stored } from './store.ts';
import type { Vault } from './vault.ts';

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
  readonly #sessions: SessionWatch;
  #isStarted = false;
  /** What the log was told, so that it is told once. */
  #complaints: ReadonlySet<string> = new Set();

  /** With the resources that its vault has. Nothing is carried out before `start`. */
  constructor(facts: NodeFacts, surroundings: Surroundings) {
    this.#facts = facts;
    this.#surroundings = surroundings;
    this.store = new ResourceStore(surroundings.now);
    this.#routerIds = new Map(
      recordsOf(surroundings.vault, 'router-ids').flatMap(([key, id]) =>
        typeof id === 'string' ? [[key, id] as const] : [],
      ),
    );
    this.#planner = new Planner(facts, this.#routerIds);
    this.#controller = new Controller(surroundings.instances, surroundings.elapsed);
    this.#sessions = new SessionWatch(surroundings.sessions.watch, () => this.refresh());
    this.#plan = this.#planner.plan();
    for (const [key, kept] of recordsOf(surroundings.vault, 'resources')) this.#restore(key, kept);
    const all: Edited['all'] = (kind) => givenOf(this.store, kind);
    const allocated = {
      addresses: SortedMap.of(recordsOf(surroundings.vault, 'load-balancer-addresses') as [string, string[]][]),
      prefixes: SortedMap.of(recordsOf(surroundings.vault, 'pod-prefixes') as [string, []][]),
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
      const edited = editedBy(this.store, edits);
      const { allocated } = this.#allocator;
      const allocation = this.#allocator.change(edited);
      try {
        await this.#surroundings.vault.commit([
          ...resourceChanges(this.store, edits, this.#surroundings.now()),
          ...allocationChanges(allocation),
        ]);
      } catch (error) {
        this.#allocator = new Allocator(allocated, (kind) => givenOf(this.store, kind));
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
      const { all } = editedBy(this.store, edits);
      const { findings } = new Allocator(this.#allocator.allocated, all).start(all);
      const after = new Map<string, Resource>();
      for (const kind of plannedKinds)
        for (const stored of this.store.each(kind)) after.set(keyText(stored.key), seenByPlan(stored));
      for (const key of edits.remove) after.delete(keyText(key));
      for (const { resource } of edits.put) after.set(keyText(keyOf(resource)), resource);
      // What pools would give is seen in a store of its own.
      const store = new ResourceStore(this.#surroundings.now);
      for (const resource of after.values()) store.put(resource, { kind: 'api' });
      for (const finding of findings) store.write(finding.key, writtenOf(store, finding, this.#surroundings.now()));
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
    this.#sessions.close();
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
    this.#sessions.watch(this.#controller.running.keys());
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
    this.#set(finding.key, writtenOf(this.store, finding, this.#surroundings.now()));
  }

  #set(key: ResourceKey, written: Stored['written']): void {
    this.store.write(key, written);
    const stored = this.store.get(key);
    if (stored !== undefined) this.#planner.update(key, seenByPlan(stored));
  }

  #peers(instance: string): readonly PeerState[] {
    return this.hasInstance(instance) ? this.#surroundings.sessions.peers(instance) : [];
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
