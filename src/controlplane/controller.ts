import type { Address } from '../ip/address.ts';
import { SortedMap } from '../policy/sorted-map.ts';
import type { RoutePolicy } from '../policy/types.ts';
import { SpeakerError, type SpeakerErrorCode } from '../speaker/error.ts';
import type { PolicyEdits } from '../speaker/policies.ts';
import type { BgpGlobal, PathSpec } from '../speaker/types.ts';
import { ipv4Unicast, ipv6Unicast } from '../wire/family.ts';
import { packPrefixes } from '../wire/nlri.ts';
import { diff, type Operation } from './diff.ts';
import { reconcileError } from './plan/condition.ts';
import {
  type InstanceError,
  type InstancePlan,
  neighborKey,
  type Plan,
  type PlannedNeighbor,
  type PlannedPath,
  type ResourceStatus,
} from './plan/types.ts';

/** What the control plane asks of a speaker. All throw SpeakerError, and then nothing has changed. */
export interface Router {
  addNeighbor(neighbor: PlannedNeighbor): void;
  updateNeighbor(neighbor: PlannedNeighbor): void;
  removeNeighbor(address: Address): void;
  advertiseBulk(spec: PathSpec): number;
  withdrawPrefixes(family: PathSpec['family'], nlri: PathSpec['nlri'], owner: PathSpec['owner']): number;
  /** All of them or none. */
  editRoutePolicies(edits: PolicyEdits): void;
}

/** The speakers of this process. */
export interface Instances {
  get(name: string): Router | undefined;
  /** Rejects when there is one of that name, or its port cannot be bound. */
  start(name: string, global: BgpGlobal): Promise<void>;
  /** Rejects when there is none. `fullDestroy`: with a Cease, so that peers forget our routes at once. */
  stop(name: string, options: { readonly fullDestroy: boolean; readonly text?: string }): Promise<void>;
}

export interface Failure extends InstanceError {
  readonly operation: Operation;
}

export interface Outcome {
  /** Those that were tried, in order. */
  readonly operations: readonly Operation[];
  /** What is to be tried again. */
  readonly failures: readonly Failure[];
  /** By instance, of all that were tried: how long that took, in milliseconds. */
  readonly durations: ReadonlyMap<string, number>;
  /** The plan's, with what failed. */
  readonly statuses: readonly ResourceStatus[];
}

/** An instance that runs, with all that was put into it for the plan. */
interface Running {
  readonly router: Router;
  readonly global: BgpGlobal;
  readonly neighbors: Map<string, PlannedNeighbor>;
  readonly policies: Map<string, RoutePolicy>;
  paths: SortedMap<PlannedPath>;
}

const OWNER = 'plan';

/**
 * Makes the speakers do what is planned. It knows what it has put into them, touches nothing else, and never takes a failure for done: what failed is still
 * a difference in the next run.
 */
export class Controller {
  readonly #instances: Instances;
  readonly #elapsed: () => number;
  readonly #running = new Map<string, Running>();
  #work: Promise<unknown> = Promise.resolve();

  /** `elapsed`: milliseconds that only grow. Absent: everything takes no time. */
  constructor(instances: Instances, elapsed: () => number = () => 0) {
    this.#instances = instances;
    this.#elapsed = elapsed;
  }

  /** What was put into the speakers and is still there, by instance. */
  get running(): ReadonlyMap<string, InstancePlan> {
    return new Map([...this.#running].map(([name, { router: _, ...state }]) => [name, { name, ...state }]));
  }

  /** Carries out a plan; one after the other when called again meanwhile. What cannot be done is in the outcome. */
  run(plan: Plan): Promise<Outcome> {
    const outcome = this.#work.then(() => this.#run(plan));
    // A defect of one run must not keep the next from running; who asked for it is told.
    this.#work = outcome.catch(() => undefined);
    return outcome;
  }

  async #run(plan: Plan): Promise<Outcome> {
    this.#forgetGone();
    const operations = diff(this.running, plan.instances);
    const failures: Failure[] = [];
    const durations = new Map<string, number>();
    /** Instances that are not there: nothing further can be done to them. */
    const absent = new Set<string>();
    for (const step of stepsOf(operations)) {
      const [{ instance, type }] = step;
      if (absent.has(instance)) continue;
      const began = this.#elapsed();
      const failed = await this.#attempt(step);
      failures.push(...failed);
      if (failed.length > 0 && (type === 'start-instance' || type === 'stop-instance')) absent.add(instance);
      durations.set(instance, (durations.get(instance) ?? 0) + this.#elapsed() - began);
    }
    for (const [name, running] of this.#running) {
      // The next comparison is the cheaper the more the two share.
      const paths = plan.instances.get(name)?.paths;
      if (paths !== undefined && failures.every(({ instance }) => instance !== name)) running.paths = paths;
    }
    return { operations, failures, durations, statuses: statusesWith(plan, failures) };
  }

  /** Others may have stopped an instance, or have put another in its place: what we had put into it is gone. */
  #forgetGone(): void {
    for (const [name, { router }] of this.#running) {
      if (this.#instances.get(name) !== router) this.#running.delete(name);
    }
  }

  /** What one operation of a step cannot do is not to keep the others from being done. */
  async #attempt(step: Step): Promise<readonly Failure[]> {
    try {
      await this.#perform(step);
      return [];
    } catch (error) {
      if (!(error instanceof SpeakerError)) throw error;
      const failures: Failure[] = [];
      const [operation, ...others] = step;
      if (others.length === 0) {
        const message = `${describe(operation)}: ${error.message}`;
        return [{ instance: operation.instance, operation, message }];
      }
      for (const alone of step) failures.push(...(await this.#attempt([alone])));
      return failures;
    }
  }

  async #perform([operation, ...more]: Step): Promise<void> {
    const { instance } = operation;
    switch (operation.type) {
      case 'start-instance':
        await this.#start(instance, operation.global);
        return;
      case 'stop-instance':
        await this.#instances.stop(instance, { fullDestroy: true, text: 'configuration changed' });
        this.#running.delete(instance);
        return;
      case 'remove-policy':
      case 'update-policy':
      case 'add-policy':
        editPolicies([operation, ...more].filter(isOfPolicy), this.#runningAt(instance));
        return;
      default:
        change(operation, this.#runningAt(instance));
    }
  }

  async #start(name: string, global: BgpGlobal): Promise<void> {
    await this.#instances.start(name, global);
    const router = this.#instances.get(name);
    if (router === undefined) throw new SpeakerError('not-found', `instance ${name} is gone`);
    const state = { neighbors: new Map(), policies: new Map(), paths: SortedMap.empty<PlannedPath>() };
    this.#running.set(name, { router, global, ...state });
  }

  #runningAt(instance: string): Running {
    const found = this.#running.get(instance);
    if (found === undefined) throw new SpeakerError('not-found', `instance ${instance} is not running`);
    return found;
  }
}

/** One operation; or what changes of the policies of one instance, so that peers that are treated alike go on together, and are told of the outcome alone. */
type Step = readonly [Operation, ...Operation[]];

type PolicyOperation = Extract<Operation, { readonly type: 'remove-policy' | 'update-policy' | 'add-policy' }>;

function isOfPolicy(operation: Operation): operation is PolicyOperation {
  return operation.type === 'remove-policy' || operation.type === 'update-policy' || operation.type === 'add-policy';
}

function stepsOf(operations: readonly Operation[]): readonly Step[] {
  const steps: [Operation, ...Operation[]][] = [];
  for (const operation of operations) {
    const last = steps.at(-1);
    const isMore = last !== undefined && last[0].instance === operation.instance && isOfPolicy(last[0]);
    if (isMore && isOfPolicy(operation)) last.push(operation);
    else steps.push([operation]);
  }
  return steps;
}

function editPolicies(operations: readonly PolicyOperation[], { router, policies }: Running): void {
  router.editRoutePolicies({
    remove: operations.flatMap((one) => (one.type === 'remove-policy' ? { name: one.name, type: 'export' } : [])),
    replace: operations.flatMap((one) => (one.type === 'update-policy' ? one.policy : [])),
    add: operations.flatMap((one) => (one.type === 'add-policy' ? one.policy : [])),
  });
  for (const operation of operations)
    if (operation.type === 'remove-policy') policies.delete(operation.name);
    else policies.set(operation.policy.name, operation.policy);
}

type Change = Exclude<Operation, PolicyOperation | { readonly type: 'start-instance' | 'stop-instance' }>;

function change(operation: Change, running: Running): void {
  const { router, neighbors } = running;
  switch (operation.type) {
    case 'remove-peer': {
      const { neighbor } = operation;
      ifThere(() => router.removeNeighbor(neighbor.address));
      neighbors.delete(neighborKey(neighbor));
      return;
    }
    case 'add-peer':
      router.addNeighbor(operation.neighbor);
      neighbors.set(neighborKey(operation.neighbor), operation.neighbor);
      return;
    case 'update-peer': {
      const { neighbor } = operation;
      // Others may have removed it.
      if (!ifThere(() => router.updateNeighbor(neighbor))) {
        neighbors.delete(neighborKey(neighbor));
        router.addNeighbor(neighbor);
      }
      neighbors.set(neighborKey(neighbor), neighbor);
      return;
    }
    case 'withdraw': {
      const { prefixes } = operation;
      for (const family of [ipv4Unicast, ipv6Unicast]) {
        const some = prefixes.filter(({ isIPv4 }) => isIPv4 === (family === ipv4Unicast));
        if (some.length === 0) continue;
        router.withdrawPrefixes(family, packPrefixes(family, some), OWNER);
        for (const prefix of some) running.paths = running.paths.without(prefix.toString());
      }
      return;
    }
    case 'advertise':
      router.advertiseBulk(specOf(operation.paths));
      for (const path of operation.paths) running.paths = running.paths.with(path.prefix.toString(), path);
  }
}

/** False when what it is about is not there, which others may have seen to. */
function ifThere(operation: () => void): boolean {
  const absent: SpeakerErrorCode = 'not-found';
  try {
    operation();
    return true;
  } catch (error) {
    if (error instanceof SpeakerError && error.code === absent) return false;
    throw error;
  }
}

function specOf(paths: readonly PlannedPath[]): PathSpec {
  const [{ attributes, nextHop, prefix }] = paths as readonly [PlannedPath, ...PlannedPath[]];
  const family = prefix.isIPv4 ? ipv4Unicast : ipv6Unicast;
  const prefixes = paths.map((path) => path.prefix);
  return { family, nlri: packPrefixes(family, prefixes), attributes, owner: OWNER, ...(nextHop && { nextHop }) };
}

function describe(operation: Operation): string {
  switch (operation.type) {
    case 'stop-instance':
      return 'cannot stop';
    case 'start-instance':
      return 'cannot start';
    case 'remove-peer':
    case 'update-peer':
    case 'add-peer':
      return `${operation.type.replace('-', ' ')} ${operation.neighbor.name} (${operation.neighbor.address})`;
    case 'remove-policy':
      return `remove policy ${operation.name}`;
    case 'update-policy':
    case 'add-policy':
      return `${operation.type.replace('-', ' ')} ${operation.policy.name}`;
    case 'withdraw':
      return `withdraw ${some(operation.prefixes)}`;
    case 'advertise':
      return `advertise ${some(operation.paths.map(({ prefix }) => prefix))}`;
  }
}

function some([first, ...others]: readonly { toString(): string }[]): string {
  return others.length === 0 ? `${first}` : `${first} and ${others.length} more`;
}

function statusesWith({ statuses, errors }: Plan, failures: readonly Failure[]): readonly ResourceStatus[] {
  const condition = reconcileError([...errors, ...failures]);
  return statuses.map((status) =>
    status.key.kind === 'CiliumBGPNodeConfig'
      ? { ...status, conditions: status.conditions.map((known) => (known.type === condition.type ? condition : known)) }
      : status,
  );
}
