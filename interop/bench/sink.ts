import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { LabNode } from '../lab/node.ts';
import { cacheDirectory, repository } from '../lab/paths.ts';
import { run, successful } from '../lab/process.ts';
import { sinkAddress } from './speaker.ts';
import { crowdNetwork } from './speakers/crowd.ts';
import { within } from './within.ts';

/** What the sink saw. Times are milliseconds, on the clock of `now`. */
export interface SinkEvent {
  readonly event: string;
  readonly ms: number;
  readonly route?: number;
  readonly routes?: number;
  readonly updates?: number;
  readonly bytes?: number;
  /** Routes in the UPDATEs, announced or withdrawn. */
  readonly told?: number;
  /** Milliseconds in which a quiet peer heard nothing, and how often its session was lost. */
  readonly longest?: number;
  readonly lost?: number;
  readonly text?: string;
}

interface Waiter {
  readonly resolve: (event: SinkEvent) => void;
  readonly reject: (error: Error) => void;
}

export interface SinkOptions {
  /** Who to dial; absent: it listens. */
  readonly dial?: string;
  /** The address to listen at; absent: at all. */
  readonly at?: string;
  /** It is done when it has this many routes. */
  readonly target: number;
  /** Until when it must be done. */
  readonly seconds: number;
  /** Tell of each route. */
  readonly each?: boolean;
  /** Reads a megabyte and a half in a second at most. */
  readonly slow?: boolean;
}

export interface FeedOptions {
  readonly dial: string;
  readonly first: number;
  readonly routes: number;
  /** Attribute sets, each of an equal part of the routes. */
  readonly sets: number;
  readonly seconds: number;
}

export interface QuietOptions {
  readonly from: string;
  readonly dial: string;
  /** Until when there must be a session. */
  readonly seconds: number;
}

export interface CrowdNodes {
  readonly speaker: LabNode;
  readonly sink: LabNode;
}

export interface CrowdOptions {
  readonly dial: string;
  readonly peers: number;
  /** How many connections may wait to be accepted. */
  readonly atOnce: number;
  readonly first: number;
  /** Each peer is to have as many; 0: none. */
  readonly routes: number;
  readonly seconds: number;
}

/** Milliseconds of CLOCK_MONOTONIC, which all namespaces share. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** The measuring peer, as it runs on a node. */
export class Sink {
  readonly #child: ChildProcess;
  readonly #seen = new Map<string, SinkEvent>();
  readonly #waiting = new Map<string, Waiter>();
  #failure: Error | undefined;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(
    node: LabNode,
    { dial, at, target, seconds, each = false, slow = false }: SinkOptions,
  ): Promise<Sink> {
    const program = await install(node, 'sink');
    const argv = [
      program,
      ...(dial !== undefined ? ['dial', dial] : at !== undefined ? ['at', at] : ['listen']),
      String(target),
      String(seconds),
      ...(each ? ['each'] : slow ? ['slow'] : []),
    ];
    return Sink.#run(node, argv);
  }

  /** The first event of that name, or of that name and route, since it was last asked for; without `seconds`, as long as the rig lasts. */
  async saw(name: string, seconds?: number): Promise<SinkEvent> {
    const event = this.#seen.get(name);
    this.#seen.delete(name);
    if (event !== undefined) return event;
    if (this.#failure !== undefined) throw this.#failure;
    const coming = new Promise<SinkEvent>((resolve, reject) => this.#waiting.set(name, { resolve, reject }));
    return seconds === undefined ? coming : within(seconds, `the sink to see "${name}"`, coming);
  }

  /** As `start`, with one that announces a table to whom it dials, and tells of `sending` and `sent`. */
  static async feed(node: LabNode, { dial, first, routes, sets, seconds }: FeedOptions): Promise<Sink> {
    const program = await install(node, 'sink');
    return Sink.#run(node, [program, 'feed', dial, ...[first, routes, sets, seconds].map(String)]);
  }

  /** Many peers in one process, at addresses that both nodes are told of: they dial at once, and tell of `dialling`, `established` and `done`. */
  static async crowd(nodes: CrowdNodes, { dial, peers, atOnce, first, routes, seconds }: CrowdOptions): Promise<Sink> {
    await nodes.sink.exec(['ip', '-6', 'route', 'add', 'local', crowdNetwork, 'dev', 'lo']);
    await nodes.speaker.exec(['ip', '-6', 'route', 'add', crowdNetwork, 'via', sinkAddress]);
    const program = await install(nodes.sink, 'crowd');
    return Sink.#run(nodes.sink, [program, dial, ...[peers, atOnce, first, routes, seconds].map(String)]);
  }

  /** A peer that is told nothing but that the speaker is alive, once in a second. */
  static async quiet(node: LabNode, { from, dial, seconds }: QuietOptions): Promise<Sink> {
    const program = await install(node, 'quiet');
    return Sink.#run(node, [program, from, dial, String(seconds)]);
  }

  /** What it saw before counts no more; a crowd hangs up, and dials again. */
  again(): void {
    this.#seen.clear();
    this.#child.stdin?.write('again\n');
  }

  /** The longest that a quiet peer heard nothing since it was last asked. */
  async silence(): Promise<{ readonly longest: number; readonly lost: number }> {
    this.#child.stdin?.write('silence\n');
    const { longest = 0, lost = 0 } = await this.saw('silence', 10);
    return { longest, lost };
  }

  static #run(node: LabNode, argv: readonly string[]): Sink {
    const [file = '', ...args] = node.entered(argv);
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'], env: node.environment() });
    const sink = new Sink(child);
    createInterface(child.stdout).on('line', (line) => sink.#take(JSON.parse(line) as SinkEvent));
    child.on('error', (error) => sink.#fail(error));
    child.stdin.on('error', (error) => sink.#fail(error));
    child.on('close', () => sink.#fail(new Error('the sink ended')));
    return sink;
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }

  #take(event: SinkEvent): void {
    if (event.event === 'error') {
      this.#fail(new Error(`sink: ${event.text ?? 'failed'}`));
      return;
    }
    const name = event.route === undefined ? event.event : `${event.event} ${event.route}`;
    const waiter = this.#waiting.get(name);
    if (waiter === undefined) this.#seen.set(name, event);
    else {
      this.#waiting.delete(name);
      waiter.resolve(event);
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const waiter of this.#waiting.values()) waiter.reject(this.#failure);
    this.#waiting.clear();
  }
}

/** Compiles a program of ours unless that was done before, and puts it into a node; gives its path there. */
export async function install(node: LabNode, name: 'sink' | 'crowd' | 'quiet'): Promise<string> {
  const source = join(repository, 'interop', 'bench', `${name}.c`);
  const hash = createHash('sha256').update(readFileSync(source));
  const version = hash
    .update(readFileSync(join(dirname(source), 'bgp.h')))
    .digest('hex')
    .slice(0, 12);
  const directory = join(cacheDirectory(), 'bench');
  const binary = join(directory, `${name}-${version}`);
  if (!existsSync(binary)) {
    mkdirSync(directory, { recursive: true });
    const partial = `${binary}.${process.pid}`;
    // Static, because the node's C library may be another one.
    successful(await run(['gcc', '-O2', '-static', '-o', partial, source]));
    renameSync(partial, binary);
  }
  const target = `/usr/local/bin/${name}`;
  // A program that runs cannot be written.
  if (node.exists(target)) return target;
  node.put(binary, target);
  chmodSync(node.path(target), 0o755);
  return target;
}
