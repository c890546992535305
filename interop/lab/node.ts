import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { asset } from './paths.ts';
import { exitCode, type Result, run, successful } from './process.ts';
import type { NodeSpec } from './topology.ts';
import { until } from './until.ts';
import { words } from './words.ts';

/** A node that is up: what is needed to find it again from another process. */
export interface NodeHandle {
  /** The host's number for the node's PID 1. */
  readonly pid: number;
  /** When that process started, in clock ticks since boot: tells it from a later one with the same number. */
  readonly startTime: string;
  /** A directory on the host with one log per process that the runner started in the node. */
  readonly logs: string;
}

export interface StartOptions {
  /** Where stdout goes on the host instead of the log. */
  readonly stdout?: string;
}

/** One node of a lab: namespaces and a root of its own. */
export class LabNode {
  readonly spec: NodeSpec;
  readonly handle: NodeHandle;
  readonly #processes = new Map<string, NodeProcess>();

  constructor(spec: NodeSpec, handle: NodeHandle) {
    this.spec = spec;
    this.handle = handle;
  }

  get name(): string {
    return this.spec.name;
  }

  /** Runs a command to its end and returns it; throws if its exit code is not 0. */
  async exec(argv: readonly string[], input?: string | Uint8Array): Promise<Result> {
    try {
      return successful(await this.attempt(argv, input));
    } catch (error) {
      throw new Error(`${this.name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }

  /** As `exec`, but any exit code will do. */
  async attempt(argv: readonly string[], input?: string | Uint8Array): Promise<Result> {
    const result = await run(this.entered(argv), { env: this.environment(), ...(input !== undefined && { input }) });
    return { ...result, argv };
  }

  /** What a command prints. */
  async text(argv: readonly string[]): Promise<string> {
    return (await this.exec(argv)).stdout;
  }

  /** What a command prints, read as JSON. `T` is what the caller knows about it. */
  async json<T>(argv: readonly string[]): Promise<T> {
    const { stdout } = await this.exec(argv);
    try {
      return JSON.parse(stdout) as T;
    } catch {
      throw new Error(`${this.name}: \`${argv.join(' ')}\` did not print JSON: ${stdout.slice(0, 500)}`);
    }
  }

  /** Copies a file or a directory of the host into the node, so that nothing the node does reaches the host's. */
  put(source: string, target: string): void {
    if (statSync(source).isDirectory()) {
      mkdirSync(this.path(target), { recursive: true });
      for (const entry of readdirSync(source)) this.put(join(source, entry), join(target, entry));
    } else {
      this.write(target, readFileSync(source));
    }
  }

  write(target: string, content: string | Uint8Array): void {
    mkdirSync(this.path(dirname(target)), { recursive: true });
    writeFileSync(this.path(target), content);
  }

  read(source: string): string {
    return readFileSync(this.path(source), 'utf8');
  }

  exists(path: string): boolean {
    return existsSync(this.path(path));
  }

  /** Where the host has one of the node's files, for what needs no process in the node. Throws where a symbolic link on the way would lead to a file of the host's own. */
  path(path: string): string {
    let found = `/proc/${this.handle.pid}/root`;
    for (const name of path.split('/').filter((part) => part !== '')) {
      found = join(found, name);
      const isLink = lstatSync(found, { throwIfNoEntry: false })?.isSymbolicLink() === true;
      if (isLink && readlinkSync(found).startsWith('/')) {
        throw new Error(
          `${this.name}: ${path} goes by way of ${name}, which is a link to ${readlinkSync(found)}; name that`,
        );
      }
    }
    return found;
  }

  /** Starts a process that runs until it ends by itself, is killed, or the node goes. No two that run share a name. */
  start(name: string, argv: readonly string[], options: StartOptions = {}): NodeProcess {
    if (this.#processes.get(name)?.exitCode === undefined && this.#processes.has(name)) {
      throw new Error(`${this.name}: ${name} runs already`);
    }
    const process = new NodeProcess(this, name, argv, options);
    this.#processes.set(name, process);
    return process;
  }

  /** What was started last under this name. */
  process(name: string): NodeProcess {
    const found = this.#processes.get(name);
    if (found === undefined) throw new Error(`${this.name}: no process ${name} was started`);
    return found;
  }

  /** The processes that ended although nobody here asked them to, with their exit codes. */
  crashed(): Record<string, number> {
    const crashed: Record<string, number> = {};
    for (const { name, exitCode: code, signalled } of this.#processes.values()) {
      if (code !== undefined && !signalled && this.running()) crashed[name] = code;
    }
    return crashed;
  }

  /** Whether the node's PID 1 is still there. */
  running(): boolean {
    return startTime(this.handle.pid) === this.handle.startTime;
  }

  /** What is written in the logs of every process that was started, for a person who looks for what went wrong. */
  logs(): string {
    return readdirSync(this.handle.logs)
      .filter((file) => file.endsWith('.log'))
      .toSorted()
      .map(
        (file) => `--- ${this.name}: ${basename(file, '.log')}\n${readFileSync(join(this.handle.logs, file), 'utf8')}`,
      )
      .join('\n');
  }

  /** The node, all its processes, mounts and links, at once. */
  async kill(): Promise<void> {
    if (!this.running()) return;
    process.kill(this.handle.pid, 'SIGKILL');
    for (const one of this.#processes.values()) one.release();
    await until(
      () => this.running(),
      (running) => !running,
      { what: `the end of ${this.name}` },
    );
  }

  /** The command line that runs `argv` inside the node. */
  entered(argv: readonly string[]): string[] {
    return ['nsenter', '--target', String(this.handle.pid), '-m', '-u', '-i', '-p', '-n', '--', ...argv];
  }

  environment(): NodeJS.ProcessEnv {
    return {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: '/root',
      LANG: 'C.UTF-8',
      HOSTNAME: this.name,
      ...this.spec.env,
    };
  }
}

/** A process that runs in a node. */
export class NodeProcess {
  readonly name: string;
  /** Resolves with its exit code, 128 + n for signal n. */
  readonly exited: Promise<number>;
  readonly log: string;
  readonly #node: LabNode;
  readonly #child: ChildProcess;
  #signalled = false;

  constructor(node: LabNode, name: string, argv: readonly string[], { stdout }: StartOptions) {
    this.name = name;
    this.#node = node;
    this.log = join(node.handle.logs, `${name}.log`);
    const log = openSync(this.log, 'a');
    const out = stdout === undefined ? log : openSync(stdout, 'w');
    const [file = '', ...args] = node.entered(argv);
    this.#child = spawn(file, args, { detached: true, stdio: ['ignore', out, log], env: node.environment() });
    this.#child.unref();
    closeSync(log);
    if (out !== log) closeSync(out);
    this.exited = new Promise((resolve) => {
      this.#child.on('exit', (code, signal) => resolve(exitCode(code, signal)));
      this.#child.on('error', () => resolve(127));
    });
  }

  /** What it has logged, from this place in it on. */
  logged(since = 0): string {
    return readFileSync(this.log, 'utf8').slice(since);
  }

  /** Undefined while it runs. */
  get exitCode(): number | undefined {
    const { exitCode: code, signalCode: signal } = this.#child;
    return code === null && signal === null ? undefined : exitCode(code, signal);
  }

  /** The host's number for it. Throws when it has ended. */
  get pid(): number {
    // nsenter passes no signal on: it is what nsenter runs that counts.
    const { pid } = this.#child;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    if (!/^\d+$/.test(children)) throw new Error(`${this.#node.name}: ${this.name} does not run`);
    return Number(children);
  }

  /** Sends a signal with no process in between, so that it is there when this returns. Throws when it has ended. */
  signal(signal: NodeJS.Signals): void {
    this.#signalled = true;
    process.kill(this.pid, signal);
    // nsenter stops when what it runs is stopped, goes on when it is told to itself, and would not see it end.
    if (signal === 'SIGCONT' || signal === 'SIGKILL') this.#child.kill('SIGCONT');
  }

  /** It was sent a signal by `signal` or `stop`. */
  get signalled(): boolean {
    return this.#signalled;
  }

  /** Lets go of what was stopped: the namespace ends when all in it were waited for. */
  release(): void {
    this.#child.kill('SIGCONT');
  }

  /** Sends a signal and waits for the end; gives the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    this.signal(signal);
    const code = await until(
      () => this.exitCode,
      (value) => value !== undefined,
      { what: `${this.name} to end after ${signal}` },
    );
    return code ?? 0;
  }
}

export interface BootOptions {
  /** A directory for this node alone. */
  readonly directory: string;
  readonly rootfs: string;
  /** Directories of the host that appear in the node, read-only: source to target. */
  readonly readOnly: Readonly<Record<string, string>>;
  /** The node ends when the runner does, however that happens. */
  readonly dieWithRunner: boolean;
}

/** Brings up a node without links. */
export async function boot(spec: NodeSpec, options: BootOptions): Promise<LabNode> {
  const scratch = join(options.directory, 'root');
  const logs = join(options.directory, 'logs');
  mkdirSync(scratch, { recursive: true });
  mkdirSync(logs, { recursive: true });

  const binds = Object.entries(options.readOnly).map(([source, target]) => `${source}:${target}`);
  const [file, ...args] = [
    'setpriv',
    ...(options.dieWithRunner ? ['--pdeathsig', 'KILL'] : []),
    ...words('-- unshare --mount --uts --ipc --pid --net --fork --kill-child=KILL --'),
    asset('init.sh'),
    spec.name,
    options.rootfs,
    scratch,
    ...binds,
  ];
  const child = spawn(file, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  const pid = await new Promise<number>((resolve, reject) => {
    createInterface(child.stdout).once('line', (line) => resolve(Number(line)));
    child.once('error', reject);
    child.once('close', (code) =>
      reject(new Error(`node ${spec.name} did not come up (${code}): ${complaint.trim()}`)),
    );
  });
  child.stdout.destroy();
  child.stderr.destroy();
  child.unref();
  return new LabNode(spec, { pid, startTime: startTime(pid) ?? '', logs });
}

/** The start time of a living process, in clock ticks since boot. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name, in parentheses, may hold anything; the state comes after it and the start time 19 fields later.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
