import { join } from 'node:path';
import type { LabNode } from './node.ts';
import { run, successful } from './process.ts';
import { until } from './until.ts';

/** Writes what passes an interface of a node to a file of the host, until `stop`. */
export class Capture {
  readonly file: string;
  readonly #node: LabNode;
  readonly #interface: string;

  constructor(node: LabNode, name: string) {
    this.#node = node;
    this.#interface = name;
    this.file = join(node.handle.logs, `${name}.pcap`);
  }

  async start(): Promise<void> {
    // Without immediate mode, what came in the last second before the end is lost.
    const argv = ['tcpdump', '--immediate-mode', '-U', '-Z', 'root', '-i', this.#interface, '-w', '-', 'tcp port 179'];
    const process = this.#node.start(this.#name, argv, { stdout: this.file });
    // The file begins with a header of 24 bytes as soon as the capture is on.
    await until(
      async () => Number(successful(await run(['stat', '-c', '%s', this.file])).stdout),
      (size) => size >= 24 || process.exitCode !== undefined,
      { what: `a capture on ${this.#node.name} ${this.#interface}` },
    );
  }

  async stop(): Promise<void> {
    await this.#node.process(this.#name).stop();
  }

  /** One object per BGP packet that passes the display filter: the values of each field, in order. Asks tshark on the host. */
  async fields(filter: string, names: readonly string[]): Promise<Record<string, string[]>[]> {
    const wanted = names.flatMap((name) => ['-e', name]);
    const { stdout } = successful(await run(['tshark', '-r', this.file, '-Y', filter, '-T', 'json', ...wanted]));
    const packets = JSON.parse(stdout) as { _source: { layers: Record<string, string[]> } }[];
    return packets.map((packet) => packet._source.layers);
  }

  get #name(): string {
    return `capture-${this.#interface}`;
  }
}
