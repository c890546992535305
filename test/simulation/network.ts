import { Address } from '../../src/ip/address.ts';
import type {
  Clock,
  Connection,
  ConnectionHandler,
  DialOptions,
  Endpoint,
  Entropy,
  Listener,
  ListenOptions,
  Network,
} from '../../src/session/ports.ts';
import { Framer } from '../../src/transport/framing.ts';
import { BgpError } from '../../src/wire/error.ts';

export interface SimulationOptions {
  /** Milliseconds that a segment takes: at least and at most. */
  readonly delay?: readonly [number, number];
  /** Streams arrive in pieces of random length, as short as one octet. */
  readonly split?: boolean;
  /** Octets on the way at which `send` says false. */
  readonly highWater?: number;
  /** Told everything that arrives, one line each. */
  readonly log?: (line: string) => void;
}

interface Process {
  readonly address: Address;
  isAlive: boolean;
}

/** An error as the operating system gives it. */
export class SystemError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** Hosts joined by reliable, ordered streams that can be cut, healed, reset and slowed; all chance comes from `entropy`. */
export class SimulatedNetwork {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly #options: SimulationOptions;
  readonly #listeners = new Map<string, (connection: Connection) => void>();
  readonly #ends = new Set<End>();
  readonly #processes = new Set<Process>();
  readonly #cuts = new Set<string>();
  /** What would arrive if nothing were cut, in order. */
  #stalled: { readonly path: string; readonly arrive: () => void }[] = [];
  #nextPort = 49152;

  constructor(clock: Clock, entropy: Entropy, options: SimulationOptions = {}) {
    this.clock = clock;
    this.entropy = entropy;
    this.#options = options;
  }

  /** The network as one process on a host has it; `address` is the host's only one. */
  host(address: Address): Network {
    const process = { address, isAlive: true };
    this.#processes.add(process);
    return {
      dial: (options, handler) => this.#dial(process, options, handler),
      listen: (options, accept) => this.#listen(address, options, accept),
    };
  }

  /** Nothing arrives between the two any more; it waits, as TCP would send it again. */
  cut(one: Address, other: Address): void {
    this.#cuts.add(pathOf(one, other));
  }

  heal(one: Address, other: Address): void {
    const path = pathOf(one, other);
    this.#cuts.delete(path);
    const waiting = this.#stalled.filter((segment) => segment.path === path);
    this.#stalled = this.#stalled.filter((segment) => segment.path !== path);
    // At once, or what was sent later could overtake it.
    for (const { arrive } of waiting) arrive();
  }

  /** As `cut`, in one direction only, for those connections that exist; ends with a call of what it returns. */
  block(from: Address, to: Address): () => void {
    const blocked = this.#where((end) => end.local.address.equals(from) && end.remote.address.equals(to));
    for (const end of blocked) end.block();
    return () => {
      for (const end of blocked) end.unblock();
    };
  }

  /** Breaks every connection between the two: both ends see a reset. */
  reset(one: Address, other: Address): void {
    const path = pathOf(one, other);
    for (const end of this.#where((each) => each.path === path)) end.fail(new SystemError('ECONNRESET'));
  }

  /** The host forgets all its connections without a word to anyone; whoever sends to one of them gets a reset. */
  crash(address: Address): void {
    for (const end of this.#where((each) => each.local.address.equals(address))) end.vanish();
  }

  /** The process on the host is killed: its connections break, nothing listens, and whatever it still does reaches nobody. */
  kill(address: Address): void {
    for (const key of this.#listeners.keys()) if (key.startsWith(`${address} `)) this.#listeners.delete(key);
    for (const process of this.#processes) if (process.address.equals(address)) process.isAlive = false;
    for (const end of this.#where((each) => each.local.address.equals(address))) end.abort();
  }

  /** Connections that both ends take for open. */
  get open(): number {
    return this.#where((end) => end.isOpen && end.other?.isOpen === true).length / 2;
  }

  /** For the ends: lets something arrive after a while, or when the path is healed. */
  carry(path: string, delay: number, arrive: () => void): void {
    this.clock.timer(delay, () => {
      if (this.#cuts.has(path)) this.#stalled.push({ path, arrive });
      else arrive();
    });
  }

  /** For the ends. */
  forget(end: End): void {
    this.#ends.delete(end);
  }

  /** For the ends. */
  log(line: string): void {
    this.#options.log?.(`${this.clock.now().toFixed(3)} ${line}`);
  }

  get highWater(): number {
    return this.#options.highWater ?? 65536;
  }

  /** For the ends: when what is sent now arrives, at the earliest. */
  arrival(): number {
    return this.clock.now() + this.#delay();
  }

  /** For the ends: how a stream is cut into chunks. */
  pieces(bytes: Uint8Array): Uint8Array[] {
    if (this.#options.split !== true) return [bytes];
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      const length = 1 + Math.floor(this.entropy() ** 2 * bytes.length);
      pieces.push(bytes.subarray(at, at + length));
      at += length;
    }
    return pieces;
  }

  /** A list of its own, for what is done to the ends makes new ones. */
  #where(condition: (end: End) => boolean): readonly End[] {
    return [...this.#ends].filter(condition);
  }

  #delay(): number {
    const [least, most] = this.#options.delay ?? [1, 1];
    return least + this.entropy() * (most - least);
  }

  #dial(
    { address: host, isAlive }: Process,
    { remote, localPort }: DialOptions,
    handler: ConnectionHandler,
  ): Connection {
    const path = pathOf(host, remote.address);
    const client = new End(this, { address: host, port: localPort ?? this.#nextPort++ }, remote, path);
    if (!isAlive) return client;
    client.handle(handler);
    this.#ends.add(client);
    const at = this.arrival();
    client.reserve(at);
    this.carry(path, at - this.clock.now(), () => {
      if (!client.isOpen) return;
      const accept = this.#listeners.get(keyOf(remote));
      if (accept === undefined) {
        this.log(`${text(client.local)} > ${text(remote)} refused`);
        this.carry(path, this.#delay(), () => client.fail(new SystemError('ECONNREFUSED')));
        return;
      }
      this.log(`${text(client.local)} > ${text(remote)} connected`);
      const server = new End(this, remote, client.local, path);
      this.#ends.add(server);
      server.other = client;
      client.other = server;
      const back = this.arrival();
      server.reserve(back);
      this.carry(path, back - this.clock.now(), () => client.connected());
      accept(server);
    });
    return client;
  }

  async #listen(host: Address, { port }: ListenOptions, accept: (connection: Connection) => void): Promise<Listener> {
    const local: Endpoint = { address: host, port };
    const key = keyOf(local);
    if (this.#listeners.has(key)) throw new SystemError('EADDRINUSE');
    this.#listeners.set(key, accept);
    return { local, close: async () => void this.#listeners.delete(key) };
  }
}

/** One end of a stream. */
class End implements Connection {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly path: string;
  other: End | undefined;
  readonly #network: SimulatedNetwork;
  readonly #framer = new Framer();
  #handler: ConnectionHandler | undefined;
  /** What came while there was nobody to tell. */
  readonly #early: Uint8Array[] = [];
  #endedEarly: { readonly error: Error | undefined } | undefined;
  /** Closing: our FIN is on its way and we listen no more. Gone: whatever arrives is answered with a reset. */
  #state: 'open' | 'closing' | 'gone' = 'open';
  #pending = 0;
  #full = false;
  #lastArrival = 0;
  #blocked: (() => void)[] | undefined;

  constructor(network: SimulatedNetwork, local: Endpoint, remote: Endpoint, path: string) {
    this.#network = network;
    this.local = local;
    this.remote = remote;
    this.path = path;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  get pending(): number {
    return this.#pending;
  }

  get maxMessageLength(): number {
    return this.#framer.maxMessageLength;
  }

  set maxMessageLength(length: number) {
    this.#framer.maxMessageLength = length;
  }

  handle(handler: ConnectionHandler): void {
    this.#handler = handler;
    const { clock } = this.#network;
    for (const bytes of this.#early.splice(0)) clock.timer(0, () => this.#push(bytes));
    const ended = this.#endedEarly;
    if (ended !== undefined) clock.timer(0, () => this.#handler?.closed(ended.error));
  }

  send(bytes: Uint8Array): boolean {
    if (this.#state !== 'open') return false;
    this.#pending += bytes.length;
    for (const piece of this.#network.pieces(bytes)) {
      this.#carry(() => {
        this.#taken(piece.length);
        this.other?.received(piece);
      });
    }
    if (this.#pending >= this.#network.highWater) this.#full = true;
    return !this.#full;
  }

  close(): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#silence();
    if (this.other === undefined) this.vanish();
    else this.#carry(() => this.other?.finished());
  }

  abort(): void {
    if (this.#state !== 'open') return;
    this.vanish();
    this.#carry(() => this.other?.fail(new SystemError('ECONNRESET')));
  }

  /** The peer's FIN. */
  finished(): void {
    this.#network.log(`${text(this.remote)} > ${text(this.local)} FIN`);
    this.other?.vanish();
    this.#end(undefined);
  }

  connected(): void {
    if (this.#state === 'open') this.#handler?.connected();
    else this.other?.fail(new SystemError('ECONNRESET'));
  }

  received(bytes: Uint8Array): void {
    if (this.#state === 'gone') this.other?.fail(new SystemError('ECONNRESET'));
    if (this.#state !== 'open') return;
    this.#network.log(`${text(this.remote)} > ${text(this.local)} ${Buffer.from(bytes).toString('hex')}`);
    if (this.#handler === undefined) this.#early.push(bytes);
    else this.#push(bytes);
  }

  #push(bytes: Uint8Array): void {
    try {
      this.#framer.push(bytes, (message) => this.#handler?.message(message));
    } catch (error) {
      if (!(error instanceof BgpError)) throw error;
      this.#framer.stop();
      this.#handler?.malformed(error);
    }
  }

  fail(error: Error): void {
    if (this.#state !== 'gone') this.#network.log(`${text(this.local)} ${error.message}`);
    this.#end(error);
  }

  vanish(): void {
    this.#state = 'gone';
    this.#silence();
    this.#network.forget(this);
  }

  /** What is sent from now on waits. */
  block(): void {
    this.#blocked ??= [];
  }

  unblock(): void {
    const waiting = this.#blocked ?? [];
    this.#blocked = undefined;
    for (const arrive of waiting) this.#carry(arrive);
  }

  /** Nothing may arrive at the other end before this time. */
  reserve(at: number): void {
    this.#lastArrival = Math.max(this.#lastArrival, at);
  }

  #end(error: Error | undefined): void {
    const handler = this.#handler;
    if (this.#state === 'open' && handler === undefined) this.#endedEarly = { error };
    this.vanish();
    handler?.closed(error);
  }

  #silence(): void {
    this.#handler = undefined;
    this.#framer.stop();
  }

  /** In order: never before what was sent earlier. */
  #carry(arrive: () => void): void {
    if (this.#blocked !== undefined) {
      this.#blocked.push(arrive);
      return;
    }
    this.reserve(this.#network.arrival());
    this.#network.carry(this.path, this.#lastArrival - this.#network.clock.now(), arrive);
  }

  #taken(octets: number): void {
    this.#pending -= octets;
    if (!this.#full || this.#pending > 0) return;
    this.#full = false;
    this.#handler?.drained();
  }
}

function pathOf(one: Address, other: Address): string {
  return [one.toString(), other.toString()].sort().join(' ');
}

function keyOf({ address, port }: Endpoint): string {
  return `${address} ${port}`;
}

function text({ address, port }: Endpoint): string {
  return address.isIPv6 ? `[${address}]:${port}` : `${address}:${port}`;
}
