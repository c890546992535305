import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import type { LabNode } from '../../lab/node.ts';
import { until } from '../../lab/until.ts';
import { prefixOf } from '../routes.ts';
import { speakerAddress } from '../speaker.ts';

/** Milliseconds of the wall clock, in which `ip monitor` and `tcpdump` tell when something came, to the microsecond. */
type WallClock = number;

/** After so many looks that saw no change, the kernel itself is asked. */
const quiet = 10;

/** Waits for the next whole millisecond, and gives it: as exact a time as that clock can be asked for. */
export function tick(): WallClock {
  const before = Date.now();
  for (;;) {
    const at = Date.now();
    if (at !== before) return at;
  }
}

/** Sees each change of the routes in a router's kernel, and each packet of the speaker's that says something. */
export class Watch {
  readonly #sources: readonly Lines[];
  readonly #router: LabNode;
  readonly #present = new Set<string>();
  readonly #packets: WallClock[] = [];
  #changed: WallClock = 0;

  private constructor(router: LabNode) {
    this.#router = router;
    const filter = `src host ${speakerAddress} and (tcp port 179 or udp port 3784)`;
    const tcpdump = ['tcpdump', '--immediate-mode', '-l', '-n', '-q', '-tt', '-Z', 'root', '-i', 'eth1', filter];
    this.#sources = [
      new Lines(router, 'packets', tcpdump, (line) => this.#packet(line)),
      // What it does not read in time, the kernel drops.
      new Lines(router, 'routes', ['nice', '-n', '-20', 'ip', '-6', '-ts', 'monitor', 'route'], (line) =>
        this.#route(line),
      ),
    ];
  }

  /** Begins with a kernel that has no route of the speaker's; resolves when it sees what changes. */
  static async start(router: LabNode): Promise<Watch> {
    const watch = new Watch(router);
    const probe = `${prefixOf(0)}/64`;
    const exec = (verb: string) => router.exec(['ip', '-6', 'route', verb, 'blackhole', probe]);
    await until(
      async () => {
        await exec('replace');
        return watch.#size() > 0;
      },
      (sees) => sees,
      { what: 'a change of routes to be seen' },
    );
    await exec('del');
    await watch.count(0, 5);
    return watch;
  }

  /** Waits until the kernel has this many routes; when the last of them came or went. */
  async count(routes: number, seconds: number): Promise<WallClock> {
    let [last, looks] = [-1, 0];
    const look = async () => {
      const size = this.#size();
      looks = size === last ? looks + 1 : 0;
      last = size;
      // Of thousands that go at once the kernel tells only as fast as they are read: those that were missed are not there any more.
      if (looks % quiet === quiet - 1 && size !== routes) await this.#list();
      return this.#present.size;
    };
    await until(look, (size) => size === routes, { what: `${routes} routes in the kernel`, within: seconds });
    return this.#changed;
  }

  /** When the speaker's last packet between two times came to the router; undefined if none did. */
  lastPacket(from: WallClock, to: WallClock): WallClock | undefined {
    return this.#packets.findLast((at) => at >= from && at <= to);
  }

  stop(): void {
    for (const source of this.#sources) source.close();
  }

  #size(): number {
    for (const source of this.#sources) source.read();
    return this.#present.size;
  }

  async #list(): Promise<void> {
    const text = await this.#router.text(['ip', '-6', 'route', 'show']);
    const routes = Array.from(text.matchAll(/^2001:db8:\S+/gm), ([prefix]) => prefix);
    // One that came in this moment is told of later, when it is nothing new: its time is taken here.
    if (routes.some((prefix) => !this.#present.has(prefix))) this.#changed = Date.now();
    this.#present.clear();
    for (const prefix of routes) this.#present.add(prefix);
  }

  #route(line: string): void {
    const [, time, deleted, prefix] = /^\[(\S+)\] (Deleted )?(?:blackhole )?(2001:db8:\S+)/.exec(line) ?? [];
    if (time === undefined || prefix === undefined) return;
    const before = this.#present.size;
    if (deleted === undefined) this.#present.add(prefix);
    else this.#present.delete(prefix);
    if (this.#present.size !== before)
      this.#changed = Date.parse(`${time.slice(0, 23)}Z`) + Number(time.slice(23)) / 1e3;
  }

  /** An acknowledgement alone says nothing. */
  #packet(line: string): void {
    const [, seconds, length] = /^(\d+\.\d+) IP6 .* (?:tcp|UDP, length) (\d+)/.exec(line) ?? [];
    if (seconds !== undefined && length !== '0') this.#packets.push(Number(seconds) * 1e3);
  }
}

/** What a command in a node prints, by way of a file: nobody who is busy keeps it from reading on. */
class Lines {
  readonly #file: number;
  readonly #take: (line: string) => void;
  readonly #decoder = new StringDecoder();
  readonly #buffer = Buffer.alloc(1 << 16);
  #rest = '';

  constructor(node: LabNode, name: string, argv: readonly string[], take: (line: string) => void) {
    const stdout = join(node.handle.logs, `${name}.txt`);
    node.start(name, ['env', 'TZ=UTC', ...argv], { stdout });
    this.#file = openSync(stdout, 'r');
    this.#take = take;
  }

  /** Takes what has come since. */
  read(): void {
    for (;;) {
      const length = readSync(this.#file, this.#buffer);
      if (length === 0) return;
      const lines = `${this.#rest}${this.#decoder.write(this.#buffer.subarray(0, length))}`.split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.#take(line);
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}
