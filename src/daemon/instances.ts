import { hostname } from 'node:os';
import type { Instance, Instances, StopOptions } from '../api/instances.ts';
import { codeOf } from '../api/socket.ts';
import { SpeakerError } from '../speaker/error.ts';
import type { SpeakerLog } from '../speaker/log.ts';
import { Speaker } from '../speaker/speaker.ts';
import type { BgpGlobal } from '../speaker/types.ts';
import type { SpeakerWorld } from '../speaker/world.ts';
import { WaitingRoom } from '../transport/waiting-room.ts';

/** An instance whose life is ours. */
interface Running extends Instance {
  readonly router: Speaker;
}

/** The speakers of this process, by name. */
export class InstanceTable implements Instances {
  readonly #running = new Map<string, Running>();
  /** Names whose start or stop is under way. */
  readonly #busy = new Set<string>();
  /** Those that left off with their peers helping. */
  readonly #left = new Set<string>();
  readonly #world: SpeakerWorld;
  /** The process goes on where another left off, until the peers begin. */
  #restarted = false;
  /** Peers wait until all that is to be announced is there, and so does who dials us. */
  #peersWait = true;
  readonly #waitingRoom = new WaitingRoom();
  readonly #logFor: (fields: Record<string, unknown>) => SpeakerLog;

  constructor(world: SpeakerWorld, logFor: (fields: Record<string, unknown>) => SpeakerLog) {
    this.#world = { ...world, network: this.#waitingRoom.around(world.network) };
    this.#logFor = logFor;
  }

  /** What starts before `startPeers` goes on where another process left off. */
  goOn(): void {
    this.#restarted = true;
  }

  /** All is there that is to be announced first: sessions begin, and from now on with their instance. */
  startPeers(): void {
    this.#peersWait = false;
    this.#restarted = false;
    for (const { router } of this.#running.values()) router.startPeers();
    this.#waitingRoom.open();
  }

  list(): readonly Instance[] {
    return [...this.#running.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  get(name: string): Speaker | undefined {
    return this.#running.get(name)?.router;
  }

  async start(name: string, global: BgpGlobal, options: { readonly lab: boolean } = { lab: false }): Promise<void> {
    if (this.#running.has(name)) throw new SpeakerError('already-exists', `instance ${name} is already running`);
    await this.#alone(name, async () => {
      const log = this.#logFor({ instance: name, asn: global.asn, ...(options.lab && { lab: true }) });
      const speaker = new Speaker({ hostname: hostname(), ...global }, this.#world, log);
      try {
        const restarted = this.#restarted || this.#left.has(name);
        await speaker.start({ restarted, peersWait: this.#peersWait });
      } catch (error) {
        throw new SpeakerError('failed-precondition', `instance ${name}: ${listenProblem(error, global)}`);
      }
      this.#left.delete(name);
      this.#running.set(name, { name, lab: options.lab, startedAt: this.#world.clock.date(), router: speaker });
      log.info({ router_id: global.routerId, listen_port: global.listenPort }, 'instance started');
    });
  }

  async stop(name: string, options: StopOptions & { readonly text?: string }): Promise<void> {
    const found = this.#running.get(name);
    if (found === undefined) throw new SpeakerError('not-found', `no instance ${name}`);
    await this.#alone(name, async () => {
      this.#running.delete(name);
      try {
        await options.first?.();
      } catch (error) {
        this.#running.set(name, found);
        throw error;
      }
      await found.router.stop(options);
      if (!options.fullDestroy) this.#left.add(name);
      this.#logFor({ instance: name, asn: found.router.global.asn }).info({}, 'instance stopped');
    });
  }

  async stopAll(options: { readonly fullDestroy: boolean; readonly text: string }): Promise<void> {
    await Promise.all(this.list().map(({ name }) => this.stop(name, options)));
  }

  async #alone(name: string, work: () => Promise<void>): Promise<void> {
    if (this.#busy.has(name))
      throw new SpeakerError('failed-precondition', `instance ${name} is just starting or stopping`);
    this.#busy.add(name);
    try {
      await work();
    } finally {
      this.#busy.delete(name);
    }
  }
}

/** Why the instance cannot listen, and what to do. */
function listenProblem(error: unknown, { listenPort, listenAddresses = [] }: BgpGlobal): string {
  const { address } = error as { address?: string };
  const host = address ?? listenAddresses[0]?.toString() ?? '::';
  const where = `cannot listen on ${host.includes(':') ? `[${host}]` : host}:${listenPort}`;
  switch (codeOf(error)) {
    case 'EACCES':
      return `${where}: ports below 1024 need the capability CAP_NET_BIND_SERVICE; grant it, or choose a localPort of 1024 or more`;
    case 'EADDRINUSE':
      return `${where}: the port is in use by another process; stop it, or choose another localPort`;
    case 'EADDRNOTAVAIL':
      return `${where}: this machine does not have that address; correct listenAddresses`;
    case 'EAFNOSUPPORT':
      return `${where}: this machine has no such addresses (is IPv6 off?); set listenAddresses`;
    default:
      return `${where}: ${(error as Error).message}`;
  }
}
