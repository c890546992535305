import { GetRoutesResponse } from '../gen/herald/v1/router_service.ts';
import { Path as PathMessage, type Route as RouteMessage } from '../gen/herald/v1/types.ts';
import { writeDecimal, writeOctets } from '../ip/text.ts';
import type { PathRow, RouteRow } from '../speaker/route-row.ts';
import type { Family } from '../wire/family.ts';
import { type AttributePart, RouteWriter } from './to-proto/route.ts';

// GetRoutesResponse as octets. The generated code takes longer for one route than finding it does, for it makes each field anew; most of them
// say what the attributes say, and those are the same for runs of routes.

/** A tag is the number of the field and its wire type (0: varint, 2: length and octets). */
const field = (number: number, wireType: 0 | 2): number => (number << 3) | wireType;

const route = { of: field(1, 2), prefix: field(1, 2), paths: field(2, 2) } as const;
const path = {
  nlri: field(2, 2),
  ageNanoseconds: field(4, 0),
  best: field(5, 0),
  uuid: field(6, 2),
  sourceAsn: field(7, 0),
  pathId: field(8, 0),
} as const;

/** A response that is octets already: `serializeRoutes` sends them as they are. */
export class EncodedRoutes implements GetRoutesResponse {
  readonly octets: Buffer;

  constructor(octets: Buffer) {
    this.octets = octets;
  }

  get routes(): RouteMessage[] {
    return GetRoutesResponse.decode(this.octets).routes;
  }
}

export function serializeRoutes(response: GetRoutesResponse): Buffer {
  return response instanceof EncodedRoutes ? response.octets : Buffer.from(GetRoutesResponse.encode(response).finish());
}

/** Octets at which a message is long enough: where the cost per message no longer shows, and next to nothing to hold. */
export const fullMessage = 1 << 16;

const noBytes = Buffer.alloc(0);
/** More than a route needs beside its attributes: text, NLRI, and the numbers of each path. */
const roomForRoute = 128;
const roomForPath = 96;
/** A length is written before it is known, always in as many octets: a varint may be longer than it has to be. */
const lengthOctets = 4;
const slash = '/'.charCodeAt(0);

/** Makes messages of routes, one behind the other. */
export class RoutesEncoder {
  readonly #writer = new RouteWriter();
  #bytes = Buffer.allocUnsafe(2 * fullMessage);
  #end = 0;
  #part: AttributePart | undefined;
  #encodedPart: Uint8Array = noBytes;

  /** Octets of the message so far. */
  get size(): number {
    return this.#end;
  }

  /** `now` in milliseconds since 1970. */
  add(row: RouteRow, now: number): void {
    this.#reserve(roomForRoute);
    const start = this.#begin(route.of);
    this.#prefix(row);
    for (let i = 0; i < row.count; i++) this.#path(row, row.paths[i] as PathRow, now);
    this.#finish(start);
  }

  /** The message; the next one begins. */
  take(): EncodedRoutes {
    const octets = Buffer.from(this.#bytes.subarray(0, this.#end));
    this.#end = 0;
    return new EncodedRoutes(octets);
  }

  #path(row: RouteRow, value: PathRow, now: number): void {
    const part = this.#attributes(value, row.family);
    this.#reserve(roomForPath + part.length);
    const start = this.#begin(route.paths);
    this.#bytes.set(part, this.#end);
    this.#end += part.length;
    this.#nlri(row, value.pathId);
    const age = now - value.createdAt;
    if (age > 0) this.#nanoseconds(path.ageNanoseconds, age);
    if (value.best) this.#number(path.best, 1);
    if (value.hasUuid) this.#octets(path.uuid, value.uuid, value.uuid.length);
    if (value.sourceAsn !== 0) this.#number(path.sourceAsn, value.sourceAsn);
    if (value.pathId !== 0) this.#number(path.pathId, value.pathId);
    this.#finish(start);
  }

  /** What a path's attributes say, encoded; the same octets for a run of paths that share them. */
  #attributes(value: PathRow, family: Family): Uint8Array {
    const part = this.#writer.attributePart(value, family);
    if (part !== this.#part) {
      this.#part = part;
      this.#encodedPart = PathMessage.encode({ ...part, ...ownFields }).finish();
    }
    return this.#encodedPart;
  }

  /** See `wirePrefix`. */
  #nlri({ bytes, length }: RouteRow, pathId: number): void {
    const octets = (length + 7) >>> 3;
    this.#bytes[this.#end++] = path.nlri;
    this.#bytes[this.#end++] = (pathId === 0 ? 1 : 5) + octets;
    if (pathId !== 0) this.#end = this.#bytes.writeUInt32BE(pathId, this.#end);
    this.#bytes[this.#end++] = length;
    for (let i = 0; i < octets; i++) this.#bytes[this.#end++] = bytes[i] as number;
  }

  /** As `Prefix.toString` has it. */
  #prefix({ bytes, length }: RouteRow): void {
    this.#bytes[this.#end++] = route.prefix;
    const start = ++this.#end;
    this.#end = writeOctets(bytes, this.#bytes, start);
    this.#bytes[this.#end++] = slash;
    this.#end = writeDecimal(length, this.#bytes, this.#end);
    this.#bytes[start - 1] = this.#end - start;
  }

  #octets(tag: number, octets: Uint8Array, length: number): void {
    this.#bytes[this.#end++] = tag;
    this.#bytes[this.#end++] = length;
    for (let i = 0; i < length; i++) this.#bytes[this.#end++] = octets[i] as number;
  }

  #number(tag: number, value: number): void {
    this.#bytes[this.#end++] = tag;
    this.#varint(value);
  }

  /** Milliseconds as nanoseconds, which a number has no room for. */
  #nanoseconds(tag: number, milliseconds: number): void {
    this.#bytes[this.#end++] = tag;
    // 10^6 is 2^6 * 15625: the six bits are put in where seven are cut off.
    let left = milliseconds * 15_625;
    this.#bytes[this.#end++] = ((left % 2) << 6) | 0x80;
    left = Math.floor(left / 2);
    this.#varint(left);
  }

  #varint(value: number): void {
    let left = value;
    for (; left > 0x7f; left = Math.floor(left / 128)) this.#bytes[this.#end++] = (left % 128) | 0x80;
    this.#bytes[this.#end++] = left;
  }

  #begin(tag: number): number {
    this.#bytes[this.#end++] = tag;
    this.#end += lengthOctets;
    return this.#end;
  }

  #finish(start: number): void {
    let length = this.#end - start;
    for (let i = start - lengthOctets; i < start - 1; i++, length >>>= 7) this.#bytes[i] = (length & 0x7f) | 0x80;
    this.#bytes[start - 1] = length;
  }

  #reserve(more: number): void {
    if (this.#end + more <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(2 * (this.#end + more));
    grown.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = grown;
  }
}

/** What is not of the attributes, as it is left out. */
const ownFields = { nlri: noBytes, ageNanoseconds: 0n, best: false, uuid: noBytes, sourceAsn: 0, pathId: 0 };
