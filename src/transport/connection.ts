import type { Socket } from 'node:net';
import { Address } from '../ip/address.ts';
import type { Connection, ConnectionHandler, Endpoint } from '../session/ports.ts';
import { BgpError } from '../wire/error.ts';
import { Framer } from './framing.ts';
import { WriteTurns } from './write-turns.ts';

/** Milliseconds that a closed connection may take to get rid of what is queued. */
const lingerTime = 3000;

/** Octets that are read of one connection before everything else has its turn: however fast a peer sends, no timer is late for it. */
const share = 1 << 18;

/** Octets that never have to wait for other connections. */
const little = 1 << 16;

/** Of all connections of the process. */
const turns = new WriteTurns();

const nowhere: Endpoint = { address: new Address(new Uint8Array(16)), port: 0 };

/** A connection on a socket of Node's, however that came to be: dialled, accepted, or made from a descriptor of our own. */
export class SocketConnection implements Connection {
  readonly #socket: Socket;
  readonly #framer = new Framer();
  #handler: ConnectionHandler | undefined;
  #error: Error | undefined;
  #isGone = false;
  #local = nowhere;
  #remote: Endpoint;
  /** Octets read in this turn, or in some together when they were few. */
  #read = 0;
  /** Octets written since its last turn began, or since it began to write. */
  #written = 0;
  /** Its turn to write is over, and the next is to come. */
  #isWaiting = false;

  /** `remote` is where a socket that still connects goes; absent for one that is connected. */
  constructor(socket: Socket, remote?: Endpoint) {
    this.#socket = socket;
    this.#remote = remote ?? endpoint(socket.remoteAddress, socket.remotePort);
    if (remote === undefined) this.#local = endpoint(socket.localAddress, socket.localPort);
    socket.setNoDelay(true);
    socket.on('connect', () => {
      this.#local = endpoint(socket.localAddress, socket.localPort);
      this.#remote = endpoint(socket.remoteAddress, socket.remotePort);
      this.#handler?.connected();
    });
    socket.on('drain', () => this.#handler?.drained());
    socket.on('error', (error) => {
      this.#error = error;
    });
    socket.on('close', () => {
      this.#isGone = true;
      const handler = this.#handler;
      this.#silence();
      handler?.closed(this.#error);
    });
  }

  get local(): Endpoint {
    return this.#local;
  }

  get remote(): Endpoint {
    return this.#remote;
  }

  get pending(): number {
    return this.#socket.writableLength;
  }

  get maxMessageLength(): number {
    return this.#framer.maxMessageLength;
  }

  set maxMessageLength(length: number) {
    this.#framer.maxMessageLength = length;
  }

  handle(handler: ConnectionHandler): void {
    this.#handler = handler;
    if (this.#isGone) {
      setImmediate(() => this.#handler?.closed(this.#error));
      return;
    }
    // Only now: what came before waits in the socket.
    this.#socket.on('data', (chunk) => this.#received(chunk));
  }

  send(bytes: Uint8Array): boolean {
    const isTaken = this.#socket.write(bytes);
    this.#written += bytes.length;
    if (turns.take(bytes.length) || this.#written < little) return isTaken;
    if (!this.#isWaiting) {
      this.#isWaiting = true;
      turns.wait(() => this.#goOn());
    }
    return false;
  }

  close(): void {
    this.#silence();
    if (this.#socket.connecting) {
      this.#socket.destroy();
      return;
    }
    // What the peer still says is read and thrown away: octets left unread would turn our FIN into a RST, which may overtake the NOTIFICATION.
    this.#socket.resume();
    this.#socket.end();
    const limit = setTimeout(() => this.#socket.destroy(), lingerTime).unref();
    this.#socket.once('close', () => clearTimeout(limit));
  }

  abort(): void {
    this.#silence();
    if (this.#socket.connecting) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  #received(chunk: Uint8Array): void {
    try {
      // To V8 a Buffer is of another class than our own arrays: code that saw both is slower, and what the warm-up compiled would not fit.
      const octets = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
      this.#framer.push(octets, (message) => this.#handler?.message(message));
      this.#read += chunk.length;
      if (this.#read >= share) this.#giveWay();
    } catch (error) {
      if (!(error instanceof BgpError)) throw error;
      this.#framer.stop();
      this.#handler?.malformed(error);
    }
  }

  #giveWay(): void {
    this.#read = 0;
    this.#socket.pause();
    setImmediate(() => this.#socket.resume());
  }

  #goOn(): void {
    this.#isWaiting = false;
    this.#written = 0;
    if (!this.#socket.writableNeedDrain) this.#handler?.drained();
  }

  #silence(): void {
    this.#handler = undefined;
    this.#framer.stop();
  }
}

function endpoint(address: string | undefined, port: number | undefined): Endpoint {
  // A socket that was reset before we looked has neither.
  if (address === undefined || port === undefined) return nowhere;
  return { address: Address.parse(address), port };
}
