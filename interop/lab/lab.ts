import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findImage } from './images.ts';
import { boot, LabNode } from './node.ts';
import { run, successful } from './process.ts';
import { ensureRootfs } from './rootfs.ts';
import { type Endpoint, readTopology, type Topology } from './topology.ts';
import { words } from './words.ts';

export interface DeployOptions {
  /** Variables that the topology file may name, on top of this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where logs go; a new temporary directory if absent. */
  readonly directory?: string;
  /** The lab ends with this process, even by SIGKILL. True if absent. */
  readonly dieWithRunner?: boolean;
  /** Called when all nodes are up, before anything runs in them. */
  readonly onBoot?: (lab: Lab) => void;
}

/** A topology that is up. */
export class Lab {
  readonly topology: Topology;
  readonly directory: string;
  readonly nodes: readonly LabNode[];

  constructor(topology: Topology, directory: string, nodes: readonly LabNode[]) {
    this.topology = topology;
    this.directory = directory;
    this.nodes = nodes;
  }

  /**
   * Brings up every node and link, starts what the images start, and then runs the `exec` lines. Leaves nothing behind
   * when it throws: the logs are in the error.
   */
  static async deploy(path: string, options: DeployOptions = {}): Promise<Lab> {
    const topology = readTopology(path, { ...process.env, ...options.env });
    const images = new Map(topology.nodes.map((node) => [node.name, findImage(node.image)]));
    const kinds = [...new Set([...images.values()].map((image) => image.rootfs))];
    const roots = new Map(await Promise.all(kinds.map(async (kind) => [kind, await ensureRootfs(kind)] as const)));

    const directory = options.directory ?? mkdtempSync(join(tmpdir(), `herald-lab-${topology.name}-`));
    mkdirSync(directory, { recursive: true });
    const booted = await Promise.allSettled(
      topology.nodes.map((spec) => {
        const image = images.get(spec.name) ?? findImage(spec.image);
        return boot(spec, {
          directory: join(directory, spec.name),
          rootfs: roots.get(image.rootfs) ?? '/',
          readOnly: image.readOnly ?? {},
          dieWithRunner: options.dieWithRunner ?? true,
        });
      }),
    );
    const lab = new Lab(
      topology,
      directory,
      booted.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
    );
    try {
      for (const result of booted) if (result.status === 'rejected') throw result.reason;
      options.onBoot?.(lab);
      for (const [a, b] of topology.links) await lab.#cable(a, b);
      await Promise.all(lab.nodes.map((node) => configure(node)));
      return lab;
    } catch (error) {
      const logs = lab.logs();
      await (options.directory === undefined ? lab.destroy() : lab.kill());
      const message = error instanceof Error ? error.message : String(error);
      throw new Error(`${topology.path}: ${message}\n${logs}`, { cause: error });
    }
  }

  node(name: string): LabNode {
    const found = this.nodes.find((node) => node.name === name);
    if (found === undefined) throw new Error(`${this.topology.path} has no node ${name}`);
    return found;
  }

  /** The logs of all nodes. */
  logs(): string {
    return this.nodes.map((node) => node.logs()).join('\n');
  }

  /** Ends every node; the logs stay. */
  async kill(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
  }

  /** Ends every node and removes the lab's directory. */
  async destroy(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #cable(a: Endpoint, b: Endpoint): Promise<void> {
    const [from, to] = [this.node(a.node).handle.pid, this.node(b.node).handle.pid];
    const near = ['name', a.interface, 'netns', String(from), 'type', 'veth'];
    const far = ['peer', 'name', b.interface, 'netns', String(to)];
    successful(await run(['ip', 'link', 'add', ...near, ...far]));
    for (const end of [a, b]) await this.node(end.node).exec(['ip', 'link', 'set', end.interface, 'up']);
  }
}

async function configure(node: LabNode): Promise<void> {
  for (const { source, target } of node.spec.binds) node.put(source, target);
  if (node.spec.command !== undefined) node.start('command', words(node.spec.command));
  else await findImage(node.spec.image).start?.(node);
  for (const line of node.spec.exec) await node.exec(words(line));
}
