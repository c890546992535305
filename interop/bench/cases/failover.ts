import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Frr } from '../../lab/frr.ts';
import { Lab } from '../../lab/lab.ts';
import { repository } from '../../lab/paths.ts';
import { until } from '../../lab/until.ts';
import type { Case, Measurement } from '../case.ts';
import type { Announcer, Running } from '../failover/announcer.ts';
import { bird } from '../failover/bird.ts';
import { gobgp } from '../failover/gobgp.ts';
import { herald } from '../failover/herald.ts';
import { tick, Watch } from '../failover/watch.ts';
import { speakerAddress } from '../speaker.ts';

const announcers = [herald, bird, gobgp];

/** How often a daemon starts and stops in a run. */
const starts = 5;
/** How often a route comes and goes in a run. */
const times = 10;
const many = 10_000;
/** Seconds. */
const patience = 30;
/** Milliseconds in which a router that has its routes comes to rest. */
const settle = 300;

/** From what happens to the node until the kernel of the router above has other routes. */
export const failover: Case = {
  name: 'failover',
  title: 'From the cause to the kernel routes of an FRR 10.7 above',
  speakers: announcers.map(({ speaker }) => speaker),
  runs: 1,
  seconds: 150,
  measure: async (speaker) => {
    const announcer = announcers.find((one) => one.speaker === speaker);
    if (announcer === undefined) throw new Error(`${speaker.title} takes no part`);
    const directory = mkdtempSync(join(tmpdir(), 'herald-bench-'));
    const file = join(repository, 'interop', 'bench', 'failover.clab.yml');
    const lab = await Lab.deploy(file, { env: { IMAGE: speaker.image }, directory });
    try {
      const trial = new Trial(announcer, lab, await Watch.start(lab.node('router')));
      try {
        return await trial.run();
      } catch (error) {
        throw new Error(`${error instanceof Error ? error.message : String(error)}\n${lab.logs().slice(-4000)}`, {
          cause: error,
        });
      } finally {
        trial.stop();
      }
    } finally {
      await lab.destroy();
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

/** One lab with one speaker, which everything happens to in turn. */
class Trial {
  readonly #announcer: Announcer;
  readonly #lab: Lab;
  readonly #watch: Watch;
  readonly #router: Frr;
  readonly #measurements: Measurement[] = [];

  constructor(announcer: Announcer, lab: Lab, watch: Watch) {
    this.#announcer = announcer;
    this.#lab = lab;
    this.#watch = watch;
    this.#router = new Frr(lab.node('router'));
  }

  async run(): Promise<readonly Measurement[]> {
    await this.#announcer.configure(this.#node);
    for (let i = 1; i <= starts; i++) {
      const running = await this.#start('cold start to the first route');
      if (i === starts) {
        await this.#changes(running, 1, times, ['announce 1 route', 'withdraw 1 route']);
        await this.#changes(running, many, 1, [`announce ${text(many)} routes`, `withdraw ${text(many)} routes`]);
        await this.#cable();
      }
      await this.#timed('stop of the daemon (Cease)', 0, () => running.process.signal('SIGTERM'));
      await this.#ended(running);
    }
    if (this.#announcer.hasBfd) for (const interval of [300, 100]) await this.#bfd(interval);
    return this.#measurements;
  }

  stop(): void {
    this.#watch.stop();
  }

  get #node() {
    return this.#lab.node('node');
  }

  async #start(metric?: string): Promise<Running> {
    await this.#idle();
    let running: Running | undefined;
    const start = async () => {
      running = await this.#announcer.start(this.#node);
    };
    // The router dials too, once in a second: at any time of that.
    await sleep(Math.random() * 1000);
    if (metric !== undefined) await this.#timed(metric, 1, start);
    else {
      await start();
      await this.#watch.count(1, patience);
    }
    if (running === undefined) throw new Error('it did not start');
    return running;
  }

  async #changes(
    running: Running,
    count: number,
    often: number,
    [announced, withdrawn]: [string, string],
  ): Promise<void> {
    const routes = await running.routes(this.#node, count);
    for (let i = 0; i < often; i++) {
      await this.#timed(announced, 1 + count, () => routes.announce());
      await this.#timed(withdrawn, 1, () => routes.withdraw());
    }
  }

  /** The carrier goes at the router's end when the other end is set down. */
  async #cable(): Promise<void> {
    const link = (state: string) => this.#node.exec(['ip', 'link', 'set', 'eth1', state]);
    await this.#timed('cable pulled', 0, () => link('down'));
    await sleep(1000);
    await this.#timed('cable back', 1, () => link('up'));
  }

  /** The node falls silent, with its link up. */
  async #bfd(interval: number): Promise<void> {
    const bfd = `neighbor ${speakerAddress} bfd`;
    // Without the first, the session keeps the interval that it had.
    await this.#router.configureBgp(65000, `no ${bfd}`);
    await this.#router.configureBgp(65000, `${bfd} 3 ${interval} ${interval}`);
    await this.#announcer.configure(this.#node, interval);
    const running = await this.#start();
    await until(
      () =>
        this.#router.json<{ status: string; 'receive-interval': number; 'remote-transmit-interval': number }[]>(
          'show bfd peers',
        ),
      (peers) =>
        peers.some(
          (peer) =>
            peer.status === 'up' && Math.max(peer['receive-interval'], peer['remote-transmit-interval']) === interval,
        ),
      { what: `BFD at ${interval} ms` },
    );
    // Between two of its packets, wherever that is.
    await sleep(1000 + Math.random() * interval);
    await this.#timed(`silent node, BFD ${interval} ms × 3`, 0, () => running.process.signal('SIGSTOP'), interval);
    running.process.signal('SIGKILL');
    await this.#ended(running);
  }

  /** How long it takes until the kernel has `count` routes, all of them or none; and how much of that came after the speaker's last packet, which may be from as long `before` (ms). */
  async #timed(metric: string, count: number, cause: () => unknown, before = 0): Promise<void> {
    await sleep(settle);
    const start = tick();
    const caused = cause();
    const [end] = await Promise.all([this.#watch.count(count, patience), caused]);
    if (end < start) throw new Error(`${metric}: the kernel had ${count} routes before`);
    await sleep(settle);
    this.#measurements.push({ metric, unit: 'ms', value: end - start });
    const packet = this.#watch.lastPacket(start - before, end);
    if (packet !== undefined)
      this.#measurements.push({ metric: `${metric}: the router's part`, unit: 'ms', value: end - packet });
  }

  async #ended(running: Running): Promise<void> {
    await until(
      () => running.process.exitCode,
      (code) => code !== undefined,
      { what: 'the speaker to end' },
    );
    running.close();
  }

  /** The router waits for a connection. */
  async #idle(): Promise<void> {
    await until(
      () => this.#router.neighbor(speakerAddress),
      ({ bgpState }) => bgpState === 'Active',
      { what: 'the router to wait for a connection' },
    );
  }
}

function text(count: number): string {
  return count.toLocaleString('en');
}
