import type { Instances, Router } from '../../src/controlplane/controller.ts';
import type { PlannedNeighbor } from '../../src/controlplane/plan/types.ts';
import type { Address } from '../../src/ip/address.ts';
import type { RoutePolicy } from '../../src/policy/types.ts';
import { SpeakerError } from '../../src/speaker/error.ts';
import type { PolicyEdits } from '../../src/speaker/policies.ts';
import type { BgpGlobal, PathSpec } from '../../src/speaker/types.ts';
import { prefixesOf } from '../../src/wire/nlri.ts';

/** Keeps what it is told, and the calls that told it. */
export class FakeRouter implements Router {
  readonly global: BgpGlobal;
  /** By address. */
  readonly neighbors = new Map<string, PlannedNeighbor>();
  /** By prefix, of the plan. */
  readonly paths = new Map<string, PathSpec>();
  /** By prefix, of others. */
  readonly othersPaths = new Map<string, PathSpec>();
  readonly policies = new Map<string, RoutePolicy>();
  readonly #call: (name: string, detail: string) => void;

  constructor(global: BgpGlobal, call: (name: string, detail: string) => void) {
    this.global = global;
    this.#call = call;
  }

  addNeighbor(neighbor: PlannedNeighbor): void {
    this.#call('addNeighbor', neighbor.name);
    const key = neighbor.address.toString();
    if (this.neighbors.has(key)) throw new SpeakerError('already-exists', `peer ${key} is there`);
    this.neighbors.set(key, neighbor);
  }

  updateNeighbor(neighbor: PlannedNeighbor): void {
    this.#call('updateNeighbor', neighbor.name);
    const key = neighbor.address.toString();
    if (!this.neighbors.has(key)) throw new SpeakerError('not-found', `no peer ${key}`);
    this.neighbors.set(key, neighbor);
  }

  removeNeighbor(address: Address): void {
    this.#call('removeNeighbor', address.toString());
    if (!this.neighbors.delete(address.toString())) throw new SpeakerError('not-found', `no peer ${address}`);
  }

  advertiseBulk(spec: PathSpec): number {
    const prefixes = prefixesOf(spec.nlri).map(({ prefix }) => prefix.toString());
    this.#call('advertise', prefixes.join(' '));
    const paths = spec.owner === 'plan' ? this.paths : this.othersPaths;
    for (const prefix of prefixes) paths.set(prefix, spec);
    return prefixes.length;
  }

  withdrawPrefixes(_: PathSpec['family'], nlri: PathSpec['nlri'], owner: PathSpec['owner']): number {
    const prefixes = prefixesOf(nlri).map(({ prefix }) => prefix.toString());
    this.#call('withdraw', prefixes.join(' '));
    const paths = owner === 'plan' ? this.paths : this.othersPaths;
    return prefixes.filter((prefix) => paths.delete(prefix)).length;
  }

  editRoutePolicies({ remove = [], replace = [], add = [] }: PolicyEdits): void {
    const words = { remove, replace, add };
    const said = Object.entries(words).flatMap(([word, some]) => some.map(({ name }) => `${word} ${name}`));
    this.#call('editRoutePolicies', said.join(', '));
    for (const { name } of replace)
      if (!this.policies.has(name)) throw new SpeakerError('not-found', `no policy ${name}`);
    for (const { name } of remove) this.policies.delete(name);
    for (const policy of [...replace, ...add]) this.policies.set(policy.name, policy);
  }
}

export class FakeInstances implements Instances {
  readonly running = new Map<string, FakeRouter>();
  /** `method detail`, in order. */
  calls: string[] = [];
  /** Calls that fail, and with what. */
  failing: (call: string) => string | undefined = () => undefined;

  get(name: string): FakeRouter | undefined {
    return this.running.get(name);
  }

  async start(name: string, global: BgpGlobal): Promise<void> {
    this.#call('start', name);
    if (this.running.has(name)) throw new SpeakerError('already-exists', `instance ${name} runs`);
    this.running.set(name, new FakeRouter(global, (method, detail) => this.#call(method, detail)));
  }

  async stop(name: string): Promise<void> {
    this.#call('stop', name);
    if (!this.running.delete(name)) throw new SpeakerError('not-found', `no instance ${name}`);
  }

  #call(method: string, detail: string): void {
    const call = `${method} ${detail}`;
    const failure = this.failing(call);
    if (failure !== undefined) throw new SpeakerError('resource-exhausted', failure);
    this.calls.push(call);
  }
}
