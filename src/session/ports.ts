import type { Address } from '../ip/address.ts';
import type { Prefix } from '../ip/prefix.ts';
import type { BgpError } from '../wire/error.ts';
import type { SecretText } from './secret-text.ts';

// The world as a session sees it. The daemon gives it sockets and the machine's clock, tests a simulated network and virtual time.

export interface Clock {
  /** Milliseconds that only grow; the origin means nothing. */
  now(): number;
  /** The time of day, for people: logs and `created at`. */
  date(): Date;
  /** Calls once after so many milliseconds; never keeps the process alive by itself. */
  timer(milliseconds: number, callback: () => void): Timer;
  /** Calls once, as soon as everything else that waits has had its turn. */
  turn(callback: () => void): void;
}

export interface Timer {
  cancel(): void;
}

/** A number in [0, 1), for jitter. */
export type Entropy = () => number;

export interface World {
  readonly clock: Clock;
  readonly network: Network;
  readonly entropy: Entropy;
}

export interface Endpoint {
  readonly address: Address;
  readonly port: number;
}

/** What a peer's connections need beyond plain TCP; what is absent is left as the kernel has it. */
export interface SocketOptions {
  /** Signs every segment, and takes none that is not signed with it (TCP MD5, RFC 2385): 1 to 80 octets of UTF-8. */
  readonly password?: SecretText;
  /** Sends with TTL 255 and takes nothing that came with less, which no host further than the link can send (GTSM, RFC 5082). */
  readonly ttlSecurity?: boolean;
  /** The TTL or hop limit to send with, 1 to 255. A wish: where it cannot be had, the kernel's default stays. */
  readonly ttl?: number;
  /** The interface that connections go through, whatever the routes say. */
  readonly device?: string;
  /** Milliseconds that what was sent may stay without acknowledgement before the connection fails (RFC 5482). */
  readonly userTimeout?: number;
}

/** Whether something can be had here; the reason is for people, and says what to do. */
export type Availability = { readonly ok: true } | { readonly ok: false; readonly reason: string };

export interface DialOptions {
  readonly remote: Endpoint;
  /** The source address; a link-local one carries its zone. Absent: the kernel's choice. */
  readonly localAddress?: Address;
  readonly localPort?: number;
  /** Never dials without them, except for what is a wish. */
  readonly options?: SocketOptions;
}

export interface Network {
  /** Never throws: what fails is told to the handler, later. */
  dial(options: DialOptions, handler: ConnectionHandler): Connection;
  /** Rejects with the operating system's error when the address cannot be bound. */
  listen(options: ListenOptions, accept: (connection: Connection) => void): Promise<Listener>;
  /** Whether this machine and its kernel have these options for connections with a host. Absent: it has none. */
  supports?(remote: Address, options: SocketOptions): Availability;
}

export interface ListenOptions {
  readonly address: Address;
  readonly port: number;
}

export interface Listener {
  readonly local: Endpoint;
  /**
   * From now on accepts no connection from this address, or from any of this prefix, without these options; undefined: takes any again. What is said of
   * an address goes before what is said of a prefix, and of a longer prefix before a shorter; but an address without a password in a prefix
   * with one needs that. Connections that were accepted before stay as they are. When it is not ok, what it takes from there is undefined.
   * Absent: it has no options.
   */
  protect?(remote: Address | Prefix, options: SocketOptions | undefined): Availability;
  close(): Promise<void>;
}

/** A TCP connection that carries whole BGP messages. */
export interface Connection {
  /** Both are known once connected. */
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Takes over what happens from now on. An accepted connection has no handler before: what came until then is told next. */
  handle(handler: ConnectionHandler): void;
  /**
   * Queues one or more whole messages; the bytes are not copied, and must not change afterwards unless nothing is `pending`.
   * False when the peer reads slower than we write, or others are to have their turn first: hold back until `drained`.
   */
  send(bytes: Uint8Array): boolean;
  /** Octets queued that the kernel has not taken. */
  readonly pending: number;
  /** 4096 at first; 65535 once the extended message capability is negotiated (RFC 8654). */
  maxMessageLength: number;
  /** Sends what is queued, then closes; a peer that takes nothing for some seconds loses the rest. */
  close(): void;
  /** Closes at once and forgets what is queued. */
  abort(): void;
}

/** What a connection tells. Nothing more is told after our own `close` or `abort`. */
export interface ConnectionHandler {
  /** The dial succeeded; not called for an accepted connection. */
  connected(): void;
  /** One message with its header, whose marker, length and type were checked. Only valid during the call. */
  message(bytes: Uint8Array): void;
  /** The peer broke the message framing (RFC 4271, 6.1): the NOTIFICATION to send. Nothing more will come. */
  malformed(error: BgpError): void;
  drained(): void;
  /** The connection is gone, or the dial failed; the last call. `error` is absent when the peer closed in order. */
  closed(error?: Error): void;
}
