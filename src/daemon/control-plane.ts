import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import type { Logger } from 'pino';
import { directoriesAt, manifestFilesAt, UnreadableError } from '../api/manifests.ts';
import { ControlPlane } from '../controlplane/control-plane.ts';
import type { Edits } from '../controlplane/edits.ts';
import type { NodeFacts } from '../controlplane/plan/types.ts';
import { keyOf, keyText } from '../controlplane/resources/key.ts';
import { readManifests } from '../controlplane/resources/manifests.ts';
import type { ResourceStore } from '../controlplane/store.ts';
import type { Vault } from '../controlplane/vault.ts';
import type { Clock, Timer } from '../session/ports.ts';
import type { ControlPlaneConfig } from './config/control-plane.ts';
import type { InstanceTable } from './instances.ts';
import { type Machine, nodeFacts } from './node-facts.ts';

/** Milliseconds between looks at the machine. */
const pollInterval = 1000;
/** Milliseconds without a change after which changed manifests are read: an editor writes in several steps. */
const quiet = 100;

export interface Wiring {
  readonly instances: InstanceTable;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly machine: () => Machine;
  readonly capabilities: NodeFacts['capabilities'];
  readonly log: Logger;
  /** An instance runs that did not before, and has nothing of the plan yet. */
  readonly started: (instance: string) => void;
  /** It has what is planned now, for the first time since then. */
  readonly filled: (instance: string) => void;
  /** As `Surroundings.reconciled` of the control plane. */
  readonly reconciled: (instance: string, seconds: number, failed: boolean) => void;
}

/** The control plane of this machine: fed from its manifests, and told when the machine changes. */
export class NodeControlPlane {
  readonly controlPlane: ControlPlane;
  readonly #config: ControlPlaneConfig;
  readonly #wiring: Wiring;
  #poll: Timer | undefined;
  #soon: Timer | undefined;
  #watchers: FSWatcher[] = [];
  /** Instances that were started and have not been filled. */
  readonly #empty = new Set<string>();
  #isClosed = false;

  /** Runs nothing before `start`. */
  constructor(config: ControlPlaneConfig, wiring: Wiring) {
    this.#config = config;
    this.#wiring = wiring;
    const { instances, vault, clock, machine, capabilities, log, started, filled, reconciled } = wiring;
    this.controlPlane = new ControlPlane(nodeFacts(config, machine(), capabilities, false), {
      instances: {
        get: (name) => instances.get(name),
        start: async (name, global) => {
          await instances.start(name, global);
          this.#empty.add(name);
          started(name);
        },
        stop: (name, options) => instances.stop(name, options),
      },
      sessions: {
        peers: (name) => instances.get(name)?.peers() ?? [],
        watch: (name, listener) => instances.get(name)?.watchPeers(listener) ?? (() => undefined),
      },
      vault,
      statusReport: config.statusReport ?? true,
      now: () => clock.date(),
      elapsed: () => clock.now(),
      reconciled: (name, seconds, failed) => {
        if (this.#empty.delete(name)) filled(name);
        reconciled(name, seconds, failed);
      },
      log,
    });
  }

  /** Reads the manifests and carries out the first plan, services and all. */
  async start(): Promise<void> {
    await this.read();
    await this.controlPlane.start(this.#facts());
    this.#watch();
    this.#lookLater();
  }

  /** Reads the manifests again; when one has a fault, what runs stays as it is. */
  async read(): Promise<void> {
    const { manifests } = this.#config;
    if (manifests === undefined || this.#isClosed) return;
    const { log } = this.#wiring;
    try {
      const { resources, problems, warnings } = readManifests(manifestFilesAt(manifests));
      for (const warning of warnings) log.warn(warning);
      if (problems.length > 0) {
        for (const problem of problems) log.error(problem);
        log.error({ manifests }, 'the manifests have faults; what runs stays as it is');
        return;
      }
      await this.controlPlane.change((store) => {
        const edits = editsFor(store, resources);
        if (edits.put.length + edits.remove.length > 0)
          log.info({ manifests, changed: edits.put.length, removed: edits.remove.length }, 'manifests loaded');
        return edits;
      });
    } catch (error) {
      if (error instanceof UnreadableError) log.error(`${error.message}; what runs stays as it is`);
      else log.error({ err: error, manifests }, 'the manifests could not be loaded; what runs stays as it is');
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#poll?.cancel();
    this.#soon?.cancel();
    for (const watcher of this.#watchers) watcher.close();
    this.controlPlane.close();
  }

  /** The machine tells nobody when its addresses and routes change: one looks. */
  async #look(): Promise<void> {
    try {
      await this.controlPlane.setNode(this.#facts());
    } catch (error) {
      this.#wiring.log.error({ err: error }, 'the plan could not be carried out');
    }
    this.#lookLater();
  }

  #lookLater(): void {
    if (!this.#isClosed) this.#poll = this.#wiring.clock.timer(pollInterval, () => void this.#look());
  }

  #facts() {
    return nodeFacts(this.#config, this.#wiring.machine(), this.#wiring.capabilities, true);
  }

  #watch(): void {
    const { manifests } = this.#config;
    if (manifests === undefined || this.#isClosed) return;
    for (const watcher of this.#watchers.splice(0)) watcher.close();
    try {
      const directories = directoriesAt(manifests);
      // A file may be replaced by another one, which only its directory sees.
      for (const directory of directories.length > 0 ? directories : [dirname(manifests)]) {
        const watcher = watch(directory, { persistent: false }, () => this.#changed());
        watcher.on('error', (error) => this.#wiring.log.warn({ err: error, directory }, 'manifests are not watched'));
        this.#watchers.push(watcher);
      }
    } catch (error) {
      this.#wiring.log.warn({ err: error, manifests }, 'manifests are not watched; SIGHUP reads them');
    }
  }

  #changed(): void {
    this.#soon?.cancel();
    this.#soon = this.#wiring.clock.timer(quiet, () => {
      this.#watch();
      void this.read();
    });
  }
}

/** What the manifests say takes the place of what they said before, and of what the API was given. */
function editsFor(store: ResourceStore, resources: ReturnType<typeof readManifests>['resources']): Edits {
  const named = new Set(resources.map(({ resource }) => keyText(keyOf(resource))));
  const gone = store.list().filter(({ key, holder }) => holder.kind === 'manifests' && !named.has(keyText(key)));
  const changed = resources.filter(({ resource, where }) => {
    const holder = store.get(keyOf(resource))?.holder;
    return store.outcomeOf(resource) !== 'unchanged' || holder?.kind !== 'manifests' || holder.where !== where;
  });
  return {
    put: changed.map(({ resource, where }) => ({ resource, holder: { kind: 'manifests', where } })),
    remove: gone.map(({ key }) => key),
  };
}
