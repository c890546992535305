import type { Logger } from 'pino';
import { defaultSocketPath } from '../api/default-endpoint.ts';
import { type ApiEndpoint, formatEndpoint } from '../api/endpoint.ts';
import { Journal } from '../api/journal.ts';
import { type ApiServer, serve } from '../api/server.ts';
import { forgetful } from '../controlplane/vault.ts';
import { isSame } from '../session/same.ts';
import { SpeakerError } from '../speaker/error.ts';
import type { Speaker } from '../speaker/speaker.ts';
import type { Neighbor } from '../speaker/types.ts';
import type { SpeakerWorld } from '../speaker/world.ts';
import { ApiInstances } from './api-instances.ts';
import { apply, nothing } from './apply.ts';
import type { InstanceConfig } from './config/instance.ts';
import type { Config } from './config/schema.ts';
import { difference } from './difference.ts';
import { InstanceTable } from './instances.ts';
import { LazyControlPlane } from './lazy-control-plane.ts';
import { capabilitiesOf, type Machine, thisMachine } from './node-facts.ts';
import { leaveForGood, takeOver } from './restart-marker.ts';
import type { State } from './state.ts';
import type { Telemetry } from './telemetry.ts';

/** What the daemon is made from, beside its configuration. */
export interface Surroundings {
  readonly world: SpeakerWorld;
  readonly log: Logger;
  readonly version: string;
  /** It goes on where another left off a moment ago (RFC 4724). Absent: when the state directory says so. */
  readonly restarted?: boolean;
  /** Absent: this one. */
  readonly machine?: () => Machine;
}

/** The instances of one configuration and the API to them. */
export class Daemon {
  readonly #instances: InstanceTable;
  readonly #log: Logger;
  #config: Config = { instances: [] };
  #api: ApiServer | undefined;
  #telemetry: Telemetry | undefined;
  #controlPlane: LazyControlPlane | undefined;
  #state: State | undefined;
  /** Where the next process finds that this one ran. */
  #markedDir: string | undefined;
  #journal: Journal | undefined;
  #isReady = false;
  #work: Promise<void> = Promise.resolve();

  private constructor({ world, log }: Surroundings) {
    this.#log = log;
    this.#instances = new InstanceTable(world, (fields) => log.child(fields));
  }

  /** Runs all of it, or throws what prevents it (BindError, SpeakerError, StateError) and runs nothing. */
  static async start(config: Config, surroundings: Surroundings): Promise<Daemon> {
    const { log, version } = surroundings;
    const daemon = new Daemon(surroundings);
    try {
      const controlPlane = await daemon.#open(config, surroundings);
      const instances = new ApiInstances(daemon.#instances, (name) => controlPlane.hasInstance(name));
      const wanted = instancesOf(config);
      // Every port is bound before anything is said to a peer.
      for (const { name, global, lab } of wanted) await daemon.#instances.start(name, global, { lab });
      await daemon.#journal?.restoreInstances(instances);
      for (const { name } of daemon.#instances.list()) daemon.#restoreRoutes(name);
      daemon.#api = await serve(config.api?.listen ?? [{ kind: 'unix', path: defaultSocketPath() }], {
        instances,
        controlPlane: () => controlPlane.get(),
        version,
        report: (error) => log.error({ err: error }, 'a request failed for no fault of its own'),
        now: () => surroundings.world.clock.date(),
        ...(daemon.#journal && { journal: daemon.#journal }),
      });
      await daemon.#serveTelemetry(config, version);
      for (const instance of wanted) daemon.#apply(nothing(instance), instance);
      for (const { name } of daemon.#instances.list()) daemon.#restoreNeighbors(name);
      await daemon.#controlPlane?.start();
      // Not before: an End-of-RIB says that it was all (RFC 4724, 4.1).
      daemon.#instances.startPeers();
    } catch (error) {
      await daemon.stop('start failed', 'restart');
      throw error;
    }
    daemon.#config = config;
    daemon.#api.ready();
    daemon.#isReady = true;
    log.info({ listen: daemon.endpoints.map(formatEndpoint) }, 'API is served');
    return daemon;
  }

  get endpoints(): readonly ApiEndpoint[] {
    return this.#api?.endpoints ?? [];
  }

  /** Whether some session is on its way up. */
  get isGreeting(): boolean {
    return this.#instances.list().some(({ router }) => router.isGreeting);
  }

  /** Whether some peer is still to be sent something. */
  get isSending(): boolean {
    return this.#instances.list().some(({ router }) => router.isSending);
  }

  /** Where metrics and probes are served; undefined when nowhere. */
  get telemetryEndpoint(): ApiEndpoint | undefined {
    return this.#telemetry?.endpoint;
  }

  /** Goes over to another configuration with the fewest changes. What cannot be done is logged, and tried again next time. */
  reload(config: Config): Promise<void> {
    const done = this.#work.then(() => this.#reload(config));
    // A defect of one is not to keep the next from being tried, nor the daemon from ending in good order.
    this.#work = done.catch(() => undefined);
    return done;
  }

  /**
   * Ends every session with a Cease that carries `text`, and the API. With `restart`, peers that help with graceful restart are not told, and
   * keep our routes for the process that comes next.
   */
  async stop(text: string, how: 'for-good' | 'restart' = 'for-good'): Promise<void> {
    this.#isReady = false;
    await this.#work;
    this.#controlPlane?.close();
    await Promise.all([this.#instances.stopAll({ fullDestroy: how === 'for-good', text }), this.#api?.close()]);
    await this.#telemetry?.close();
    await this.#state?.close();
    if (how === 'for-good' && this.#markedDir !== undefined) leaveForGood(this.#markedDir);
  }

  /** What outlives the process, and the control plane with the resources that did. */
  async #open(config: Config, { world, machine = thisMachine, restarted }: Surroundings) {
    const { stateDir, controlPlane } = config;
    if (stateDir === undefined) {
      this.#log.info('no stateDir is set: what the API is given ends with this process');
    } else {
      const { State } = await import('./state.ts');
      this.#state = await State.open(stateDir);
      this.#journal = new Journal(this.#state, (message, error) => this.#log.error({ err: error }, message));
      this.#log.info({ stateDir }, 'what the API is given is kept');
    }
    this.#markedDir = stateDir;
    const found = stateDir !== undefined && takeOver(stateDir);
    if (restarted === true || found) this.#instances.goOn();
    else if (stateDir === undefined && config.instances.some(({ neighbors }) => neighbors.some(isGraceful)))
      this.#log.warn(
        'gracefulRestart needs a stateDir, or --restarted at the next start: without, peers forget our routes then',
      );
    this.#controlPlane = new LazyControlPlane(controlPlane, {
      instances: this.#instances,
      vault: this.#state ?? forgetful,
      clock: world.clock,
      machine,
      capabilities: capabilitiesOf(world.network),
      log: this.#log,
      started: (instance) => this.#restoreRoutes(instance),
      filled: (instance) => this.#restoreNeighbors(instance),
      reconciled: (instance, seconds, failed) => {
        this.#telemetry?.observeReconcile(instance, seconds);
        if (failed) this.#telemetry?.countReconcileError(instance);
      },
    });
    await this.#controlPlane.open();
    return this.#controlPlane;
  }

  /** Its code is loaded only where somebody asks for it. */
  async #serveTelemetry({ telemetry }: Config, version: string): Promise<void> {
    if (telemetry === undefined) return;
    const { serveTelemetry } = await import('./telemetry.ts');
    this.#telemetry = await serveTelemetry(telemetry.listen, {
      version,
      speakers: () => this.#speakers(),
      isReady: () => this.#isReady,
      report: (error) => this.#log.error({ err: error }, 'the metrics could not be collected'),
    });
    this.#log.info({ listen: formatEndpoint(this.#telemetry.endpoint) }, 'telemetry is served');
  }

  async #reload(config: Config): Promise<void> {
    if (!isSame(config.api, this.#config.api)) this.#log.warn('api.listen changed: restart to apply that');
    if (!isSame(config.telemetry, this.#config.telemetry))
      this.#log.warn('telemetry.listen changed: restart to apply that');
    if (config.stateDir !== this.#config.stateDir) this.#log.warn('stateDir changed: restart to apply that');
    if (config.routesMemoryMegabytes !== this.#config.routesMemoryMegabytes)
      this.#log.warn('routesMemoryMegabytes changed: restart to apply that');
    if (!isSame(config.controlPlane, this.#config.controlPlane))
      this.#log.warn('controlPlane changed: restart to apply that');
    this.#log.level = config.log?.level ?? 'info';
    const running = new Map(instancesOf(this.#config).map((instance) => [instance.name, instance]));
    const wanted = instancesOf(config);
    const { removed, changed, added } = difference([...running.values()], wanted, ({ name }) => name);
    for (const instance of removed) {
      await this.#try(instance, () => this.#stop(instance));
      running.delete(instance.name);
    }
    for (const to of [...changed, ...added]) {
      const from = running.get(to.name);
      running.delete(to.name);
      await this.#try(to, async () => {
        const isKept = from !== undefined && isSame(from.global, to.global) && from.lab === to.lab;
        if (from !== undefined && !isKept) await this.#stop(from);
        if (isKept && this.#instances.get(to.name) !== undefined) {
          running.set(to.name, from);
          this.#apply(from, to);
        } else {
          await this.#instances.start(to.name, to.global, to);
          running.set(to.name, { ...nothing(to), lab: to.lab });
          this.#restoreRoutes(to.name);
          try {
            this.#apply(nothing(to), to);
          } finally {
            this.#restoreNeighbors(to.name);
          }
        }
        running.set(to.name, to);
      });
    }
    this.#config = { ...config, ...byKind([...running.values()]) };
    await this.#controlPlane?.read();
    this.#log.info('configuration loaded');
  }

  // What requests had put into an instance that starts over: routes before there are peers, and peers after those whose settings a request
  // may have changed.

  #restoreRoutes(name: string): void {
    const router = this.#instances.get(name);
    if (router !== undefined) this.#journal?.restoreRoutes(name, router);
  }

  #restoreNeighbors(name: string): void {
    const router = this.#instances.get(name);
    if (router !== undefined) this.#journal?.restoreNeighbors(name, router);
  }

  *#speakers(): Generator<[string, Speaker]> {
    for (const { name } of this.#instances.list()) {
      const speaker = this.#instances.get(name);
      if (speaker !== undefined) yield [name, speaker];
    }
  }

  async #stop({ name }: InstanceConfig): Promise<void> {
    if (this.#instances.get(name) === undefined) return;
    await this.#instances.stop(name, { fullDestroy: true, text: 'configuration changed' });
  }

  #apply(from: InstanceConfig, to: InstanceConfig): void {
    const speaker = this.#instances.get(to.name);
    if (speaker === undefined) throw new SpeakerError('not-found', `no instance ${to.name}`);
    this.#log.info({ instance: to.name, ...apply(speaker, from, to) }, 'configuration applied');
  }

  async #try({ name }: InstanceConfig, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof SpeakerError)) throw error;
      this.#log.error({ instance: name, code: error.code }, error.message);
    }
  }
}

function isGraceful({ gracefulRestart }: Neighbor): boolean {
  return gracefulRestart !== undefined;
}

type Marked = InstanceConfig & { readonly lab: boolean };

function instancesOf({ instances, lab }: Config): Marked[] {
  const marked = instances.map((instance) => ({ ...instance, lab: false }));
  return lab === undefined ? marked : [{ ...lab, lab: true }, ...marked];
}

function byKind(instances: readonly Marked[]): Pick<Config, 'instances' | 'lab'> {
  const lab = instances.find((instance) => instance.lab);
  return { instances: instances.filter((instance) => !instance.lab), ...(lab && { lab }) };
}
