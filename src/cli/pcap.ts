import { Address } from '../ip/address.ts';
import type { Context } from '../wire/context.ts';
import { BgpError } from '../wire/error.ts';
import type { Message, Open } from '../wire/message.ts';
import { contextsOf, decodeWith } from './pcap/context.ts';
import { packetsOf } from './pcap/file.ts';
import { type Segment, segmentOf } from './pcap/segment.ts';
import { type Part, Splitter } from './pcap/splitter.ts';
import { type Piece, Stream } from './pcap/stream.ts';

export { CaptureError } from './pcap/file.ts';

/** One side of a TCP connection. A link-local address has no zone: a capture does not tell. */
export interface CapturedEndpoint {
  readonly address: Address;
  readonly port: number;
}

/** Something that one side said to the other. */
export type Captured = {
  /** Of the packet that completed it: milliseconds since 1970, with a fraction. */
  readonly time: number;
  readonly from: CapturedEndpoint;
  readonly to: CapturedEndpoint;
} & (
  | {
      readonly kind: 'message';
      readonly message: Message;
      readonly bytes: Uint8Array;
      /** How it was read. */
      readonly context: Context;
      /** One of the two OPENs is not in the capture, and `context` a guess. */
      readonly assumed: boolean;
    }
  | { readonly kind: 'malformed'; readonly error: BgpError; readonly bytes: Uint8Array }
  /** Octets that the capture lacks, or that belong to no whole message. */
  | { readonly kind: 'lost'; readonly octets: number }
);

/**
 * All BGP messages of a capture (pcap or pcapng), in the order in which their last octets were captured.
 * Whatever the bytes are, it throws nothing but CaptureError, at once, when they are no capture.
 */
export function readCapture(bytes: Uint8Array, options: { readonly port?: number } = {}): Iterable<Captured> {
  return follow(packetsOf(bytes), options.port ?? 179);
}

function* follow(packets: ReturnType<typeof packetsOf>, port: number): Generator<Captured> {
  const connections = new Map<string, Connection>();
  let time = 0;
  for (const packet of packets) {
    const segment = segmentOf(packet.link, packet.bytes);
    if (segment === undefined || (segment.sourcePort !== port && segment.destinationPort !== port)) continue;
    time = packet.time;
    const key = connectionKey(segment);
    let connection = connections.get(key);
    if (connection?.isFollowedBy(segment)) {
      yield* connection.end(time);
      connection = undefined;
    }
    if (connection === undefined) {
      connection = new Connection(segment);
      connections.set(key, connection);
    }
    yield* connection.add(segment, time);
  }
  for (const connection of connections.values()) yield* connection.end(time);
}

/** The same for both directions. */
function connectionKey(segment: Segment): string {
  const ends = [`${segment.source}:${segment.sourcePort}`, `${segment.destination}:${segment.destinationPort}`];
  return ends.sort().join(' ');
}

class Connection {
  readonly #left: Direction;
  readonly #right: Direction;

  /** A connection whose first captured segment is this. */
  constructor(first: Segment) {
    const left = endpoint(first.source, first.sourcePort);
    const right = endpoint(first.destination, first.destinationPort);
    this.#left = new Direction(left, right);
    this.#right = new Direction(right, left);
  }

  /** Whether the segment opens another connection between the same ports. */
  isFollowedBy(segment: Segment): boolean {
    const { stream, initial } = this.#ways(segment)[0];
    return segment.syn && stream.started && initial !== segment.sequence;
  }

  *add(segment: Segment, time: number): Generator<Captured> {
    const [way, back] = this.#ways(segment);
    if (segment.acknowledgment !== undefined)
      yield* back.take(back.stream.acknowledged(segment.acknowledgment), time, way);
    // A SYN takes the place of one octet.
    const sequence = (segment.sequence + (segment.syn ? 1 : 0)) >>> 0;
    if (segment.syn && !way.stream.started) way.start(segment.sequence);
    yield* way.take(way.stream.add(sequence, segment.data), time, back);
  }

  *end(time: number): Generator<Captured> {
    yield* this.#left.end(time, this.#right);
    yield* this.#right.end(time, this.#left);
  }

  /** The direction of the segment, and the other one. */
  #ways(segment: Segment): [Direction, Direction] {
    const { from } = this.#left;
    const isLeft = from.port === segment.sourcePort && from.address.equals(new Address(segment.source));
    return isLeft ? [this.#left, this.#right] : [this.#right, this.#left];
  }
}

class Direction {
  readonly from: CapturedEndpoint;
  readonly to: CapturedEndpoint;
  readonly stream = new Stream();
  /** The sequence number of the SYN, if that was captured. */
  initial: number | undefined;
  #open: Open | undefined;
  #splitter = new Splitter(false);

  constructor(from: CapturedEndpoint, to: CapturedEndpoint) {
    this.from = from;
    this.to = to;
  }

  /** The first octet is that of the first message. */
  start(initial: number): void {
    this.initial = initial;
    this.stream.start(initial + 1);
    this.#splitter = new Splitter(true);
  }

  *take(pieces: readonly Piece[], time: number, back: Direction): Generator<Captured> {
    for (const piece of pieces) {
      if (typeof piece === 'number') this.#splitter.gap(piece);
      else yield* this.#read(this.#splitter.add(piece), time, back);
    }
  }

  *end(time: number, back: Direction): Generator<Captured> {
    yield* this.take(this.stream.end(), time, back);
    yield* this.#read(this.#splitter.end(), time, back);
  }

  *#read(parts: readonly Part[], time: number, back: Direction): Generator<Captured> {
    for (const part of parts) {
      const base = { time, from: this.from, to: this.to };
      if (part.kind !== 'message') {
        yield { ...base, ...part };
        continue;
      }
      const { bytes } = part;
      try {
        const { message, context } = decodeWith(contextsOf(this.#open, back.#open), bytes);
        const assumed = this.#open === undefined || back.#open === undefined;
        if (message.type === 'open') this.#open = message;
        yield { ...base, kind: 'message', message, bytes, context, assumed };
      } catch (error) {
        if (!(error instanceof BgpError)) throw error;
        yield { ...base, kind: 'malformed', error, bytes };
      }
    }
  }
}

function endpoint(octets: Uint8Array, port: number): CapturedEndpoint {
  return { address: new Address(octets.slice()), port };
}
