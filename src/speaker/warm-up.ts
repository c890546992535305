import { Address } from '../ip/address.ts';
import type { Clock, Connection, ConnectionHandler, Network } from '../session/ports.ts';
import { encodeMessage } from '../wire/codec.ts';
import { type Context, initialContext } from '../wire/context.ts';
import { ipv6Unicast } from '../wire/family.ts';
import type { Message } from '../wire/message.ts';
import type { Nlri } from '../wire/update.ts';
import type { SpeakerLog } from './log.ts';
import { nobody, tableOf } from './nobody.ts';
import { Speaker } from './speaker.ts';

const SESSIONS = 18;
/** Those at first in which the peer only listens, with one attribute set and with many: it is what a router is that comes up. */
const LISTENING = 4;
/** Of the table that the peer is sent, and of the one that it sends. */
const PREFIXES = 4_000;
/** Those that come and go while the session is up, and those of an UPDATE at first, and when its routes come from everywhere. */
const SOME = 400;
const FEW = 10;
/** UPDATEs in a step. */
const MESSAGES = 50;

const here = Address.parse('2001:db8::1');
const there = Address.parse('2001:db8::2');
const context: Context = { ...initialContext, fourOctetAs: true };

/**
 * Gives a speaker of its own a peer that comes and goes, is sent a table and sends one, step by step: V8 compiles a path only after it ran for a while,
 * and the first router that comes up would wait for that. It takes the paths of a real one, so that nothing is found out only then. Each step is
 * a few milliseconds; take them while there is nothing else to do. `rehearse` is called when a table that is sent is warm, for that is what a router waits for
 * that comes up first; and before the other sessions, which compile again what real connections made V8 throw away. Returns how many routes each had of the other in the end.
 */
export async function* warmUp(
  rehearse?: () => Promise<unknown>,
): AsyncGenerator<void, { readonly sent: number; readonly received: number }> {
  asNodeMakesBuffers();
  const turns: (() => void)[] = [];
  const clock = new StandingClock(turns);
  const network = new NoNetwork();
  const world = { clock, network, entropy: () => 0, interfaces: () => [] };
  const options = { asn: 65001, routerId: '192.0.2.1', listenPort: 179, listenAddresses: [here] };
  const speaker = new Speaker(options, world, silent);
  await speaker.start();
  speaker.addNeighbor(nobody(there, 65002, { remotePort: 179, passive: true }));
  for (let first = 0; first < PREFIXES; first += PREFIXES / 4) {
    yield;
    originate(speaker, tableOf(first, PREFIXES / 4), 0);
  }
  // One set for all is packed as it is.
  for (let session = 0; session < LISTENING; session++) yield* meet(speaker, network, turns);
  yield;
  // What goes out in many UPDATEs.
  for (let first = 0; first < SOME; first += FEW) originate(speaker, tableOf(PREFIXES + first, FEW), first);
  for (let session = 0; session < LISTENING; session++) yield* meet(speaker, network, turns);
  yield;
  await rehearse?.();
  yield;
  const tables = [yield* inSteps(updates(SOME)), yield* inSteps(updates(FEW))];
  let result = { sent: 0, received: 0 };
  for (let session = 2 * LISTENING; session < SESSIONS; session++)
    result = yield* meet(speaker, network, turns, tables[session % 2]);
  // Once more what came first: tables that grew, and octets that waited, made V8 throw that code away.
  for (let first = 0; first < SOME; first += FEW) withdraw(speaker, tableOf(PREFIXES + first, FEW));
  for (let session = 0; session < LISTENING; session++) yield* meet(speaker, network, turns);
  await speaker.stop({ fullDestroy: true });
  return result;
}

/**
 * Node makes some Buffers out of plain arrays, by their prototype. The first time, V8 throws away all code that it has compiled for arrays, since it took their
 * shape for one that nobody changes. So that comes before, and not with the first request.
 */
function asNodeMakesBuffers(): void {
  Object.setPrototypeOf(new Uint8Array(0), Buffer.prototype);
}

/** A session, in which the peer says so much. Returns how many routes each has of the other. */
function* meet(
  speaker: Speaker,
  network: NoNetwork,
  turns: (() => void)[],
  messages: readonly Uint8Array[] = [],
): Generator<void, { readonly sent: number; readonly received: number }> {
  yield;
  const handler = network.connect();
  for (const message of hello) handler.message(encodeMessage(message, context));
  for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) turn();
  if (messages.length > 0) {
    yield;
    const more = tableOf(PREFIXES + SOME, SOME);
    originate(speaker, more, 1);
    withdraw(speaker, more);
  }
  for (const [i, bytes] of messages.entries()) {
    if (i % MESSAGES === 0) yield;
    handler.message(bytes);
  }
  const state = speaker.peer(there)?.families[0];
  yield;
  handler.closed();
  return { sent: state?.advertised ?? 0, received: state?.received ?? 0 };
}

function originate(speaker: Speaker, nlri: Nlri, community: number): void {
  speaker.advertiseBulk({ family: nlri.family, nlri, attributes: { communities: [community] } });
}

function withdraw(speaker: Speaker, nlri: Nlri): void {
  speaker.withdrawPrefixes(nlri.family, nlri);
}

/** A list of them, a few at a time. */
function* inSteps<T>(items: Iterable<T>): Generator<void, readonly T[]> {
  const list: T[] = [];
  for (const item of items) if (list.push(item) % MESSAGES === 0) yield;
  return list;
}

/** A table in UPDATEs of so many prefixes, each with a community of its own. */
function* updates(size: number): Generator<Uint8Array> {
  for (let first = 0; first < PREFIXES; first += size) {
    const update: Message = {
      type: 'update',
      attributes: { origin: 'igp', asPath: [{ type: 'sequence', asns: [65002] }], communities: [first] },
      reach: { nextHop: { kind: 'single', address: there }, nlri: tableOf(first, size) },
      faults: [],
    };
    yield encodeMessage(update, context);
  }
}

const hello: readonly Message[] = [
  {
    type: 'open',
    version: 4,
    myAs: 65002,
    holdTime: 90,
    routerId: 0xc000_0202,
    capabilities: [
      { name: 'multiprotocol', family: ipv6Unicast },
      { name: 'four-octet-as', asn: 65002 },
    ],
  },
  { type: 'keepalive' },
];

/** Time stands still. */
class StandingClock implements Clock {
  readonly #turns: (() => void)[];

  constructor(turns: (() => void)[]) {
    this.#turns = turns;
  }

  now(): number {
    return 0;
  }

  date(): Date {
    return new Date(0);
  }

  timer(): { cancel(): void } {
    return { cancel: () => {} };
  }

  turn(callback: () => void): void {
    this.#turns.push(callback);
  }
}

/** Has a peer that connects whenever it is told to. */
class NoNetwork implements Network {
  #accept: (connection: Connection) => void = () => {};

  /** The handler of a new connection. */
  connect(): ConnectionHandler {
    const connection = new NoConnection();
    this.#accept(connection);
    if (connection.handler === undefined) throw new Error('the warm-up has a connection that nobody took');
    return connection.handler;
  }

  dial(): Connection {
    return new NoConnection();
  }

  async listen(
    options: Parameters<Network['listen']>[0],
    accept: (connection: Connection) => void,
  ): ReturnType<Network['listen']> {
    this.#accept = accept;
    return { local: options, close: async () => {} };
  }
}

/** Takes whatever it is sent, and now and then not at once. */
class NoConnection implements Connection {
  readonly local = { address: here, port: 179 };
  readonly remote = { address: there, port: 49152 };
  pending = 0;
  #sends = 0;
  maxMessageLength = 4096;
  handler: ConnectionHandler | undefined;

  handle(handler: ConnectionHandler): void {
    this.handler = handler;
  }

  send(bytes: Uint8Array): boolean {
    this.pending = ++this.#sends % 4 === 3 ? bytes.length : 0;
    return true;
  }

  close(): void {}

  abort(): void {}
}

const silent: SpeakerLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
