import type { Logger } from 'pino';
import { defaultSocketPath } from '../api/default-endpoint.ts';
import { type ApiEndpoint, formatEndpoint } from '../api/endpoint.ts';
import { type ApiServer, serve } from '../api/server.ts';
import { SpeakerError } from '../speaker/error.ts';
import type { SpeakerWorld } from '../speaker/speaker.ts';
import { apply, difference, isSame, nothing } from './apply.ts';
import type { Config, InstanceConfig } from './config.ts';
import { InstanceTable } from './instances.ts';

/** What the daemon is made from, beside its configuration. */
export interface Surroundings {
  readonly world: SpeakerWorld;
  readonly log: Logger;
  readonly version: string;
}

/** The instances of one configuration and the API to them. */
export class Daemon {
  readonly #instances: InstanceTable;
  readonly #log: Logger;
  #config: Config = { instances: [] };
  #api: ApiServer | undefined;
  #work: Promise<void> = Promise.resolve();

  private constructor({ world, log }: Surroundings) {
    this.#log = log;
    this.#instances = new InstanceTable(world, (fields) => log.child(fields));
  }

  /** Runs all of it, or throws what prevents it (BindError, SpeakerError) and runs nothing. */
  static async start(config: Config, surroundings: Surroundings): Promise<Daemon> {
    const { log, version } = surroundings;
    const daemon = new Daemon(surroundings);
    try {
      daemon.#api = await serve(config.api?.listen ?? [{ kind: 'unix', path: defaultSocketPath() }], {
        instances: daemon.#instances,
        version,
        report: (error) => log.error({ err: error }, 'a request failed for no fault of its own'),
        now: () => surroundings.world.clock.date(),
      });
      const wanted = instancesOf(config);
      // Every port is bound before anything is said to a peer.
      for (const { name, global, lab } of wanted) await daemon.#instances.start(name, global, { lab });
      for (const instance of wanted) daemon.#apply(nothing(instance), instance);
    } catch (error) {
      await daemon.stop('start failed');
      throw error;
    }
    daemon.#config = config;
    daemon.#api.ready();
    log.info({ listen: daemon.endpoints.map(formatEndpoint) }, 'API is served');
    return daemon;
  }

  get endpoints(): readonly ApiEndpoint[] {
    return this.#api?.endpoints ?? [];
  }

  /** Goes over to another configuration with the fewest changes. What cannot be done is logged, and tried again next time. */
  reload(config: Config): Promise<void> {
    this.#work = this.#work.then(() => this.#reload(config));
    return this.#work;
  }

  /** Ends every session with a Cease that carries `text`, and the API. */
  async stop(text: string): Promise<void> {
    await this.#work;
    await Promise.all([this.#instances.stopAll(text), this.#api?.close()]);
  }

  async #reload(config: Config): Promise<void> {
    if (!isSame(config.api, this.#config.api)) this.#log.warn('api.listen changed: restart to apply that');
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
        if (!isKept || this.#instances.get(to.name) === undefined) {
          await this.#instances.start(to.name, to.global, to);
          running.set(to.name, { ...nothing(to), lab: to.lab });
        } else running.set(to.name, from);
        this.#apply(running.get(to.name) ?? nothing(to), to);
        running.set(to.name, to);
      });
    }
    this.#config = { ...config, ...byKind([...running.values()]) };
    this.#log.info('configuration loaded');
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

type Marked = InstanceConfig & { readonly lab: boolean };

function instancesOf({ instances, lab }: Config): Marked[] {
  const marked = instances.map((instance) => ({ ...instance, lab: false }));
  return lab === undefined ? marked : [{ ...lab, lab: true }, ...marked];
}

function byKind(instances: readonly Marked[]): Pick<Config, 'instances' | 'lab'> {
  const lab = instances.find((instance) => instance.lab);
  return { instances: instances.filter((instance) => !instance.lab), ...(lab && { lab }) };
}
