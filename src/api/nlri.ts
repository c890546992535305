import type * as proto from '../gen/herald/v1/types.ts';
import { AddressError } from '../ip/address.ts';
import { Prefix } from '../ip/prefix.ts';
import { parsePacked } from '../ip/text.ts';
import { ipv4Unicast, ipv6Unicast } from '../wire/family.ts';
import { isPrefixFamily, nlriProblem, packPrefixes } from '../wire/nlri.ts';
import type { Nlri } from '../wire/update.ts';
import type { FieldViolation } from './bad-request.ts';
import { InvalidRequest } from './errors.ts';
import { toFamily } from './from-proto/check.ts';

/** Octets of packed NLRI in one message. */
export const mostNlriOctets = 1 << 20;
/** Prefixes as text in one message. */
export const mostPrefixes = 1 << 16;

/** How many faults one refused message tells of. */
const mostFaults = 32;

export interface Batch {
  readonly prefixes: readonly string[];
  readonly family: proto.Family | undefined;
  readonly nlri: Uint8Array;
  readonly addPath: boolean;
  /** Prefixes that were packed while the message was decoded, beside those of `prefixes`. */
  readonly packed?: readonly Nlri[];
}

/** The prefixes of one message, by family. Throws InvalidRequest. */
export function toNlri({ prefixes, family, nlri, addPath, packed = [] }: Batch): Nlri[] {
  const all = [...packed, ...packText(prefixes)];
  if (nlri.length > 0) all.push(toPackedNlri(family, nlri, addPath));
  return all;
}

/** One prefix, with its path identifier if it has one. Throws InvalidRequest. */
export function toSingleNlri(text: string, pathId: number | undefined, field: string): Nlri {
  const prefix = parse(text);
  if (typeof prefix === 'string') throw new InvalidRequest([{ field, description: prefix }]);
  const family = prefix.isIPv4 ? ipv4Unicast : ipv6Unicast;
  return packPrefixes(family, [prefix], pathId === undefined ? undefined : [pathId]);
}

function toPackedNlri(family: proto.Family | undefined, bytes: Uint8Array, addPath: boolean): Nlri {
  if (bytes.length > mostNlriOctets) throw tooMany('nlri', `must be at most ${mostNlriOctets} octets`);
  // To V8 a Buffer is of another class than all other arrays that the tables read, as in transport/connection.ts.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  const nlri = { family: toFamily(family), addPath, bytes: plain };
  if (!isPrefixFamily(nlri.family)) throw tooMany('family', 'only families of prefixes can be originated');
  const problem = nlriProblem(nlri);
  if (problem !== undefined) throw tooMany('nlri', problem);
  return nlri;
}

/** Without an object for each: a stream brings hundreds of thousands in a second. */
function packText(texts: readonly string[]): Nlri[] {
  if (texts.length > mostPrefixes) throw tooMany('prefixes', `must have at most ${mostPrefixes} entries`);
  const ipv4 = new Uint8Array(5 * texts.length);
  const ipv6 = new Uint8Array(17 * texts.length);
  let ipv4End = 0;
  let ipv6End = 0;
  const faults: FieldViolation[] = [];
  for (let i = 0; i < texts.length && faults.length < mostFaults; i++) {
    const text = texts[i] as string;
    const isIPv6 = text.includes(':');
    const end = isIPv6 ? parsePacked(text, ipv6, ipv6End) : parsePacked(text, ipv4, ipv4End);
    if (end === -1) faults.push({ field: `prefixes[${i}]`, description: `${parse(text)}` });
    else if (isIPv6) ipv6End = end;
    else ipv4End = end;
  }
  if (faults.length > 0) throw new InvalidRequest(faults);
  return byFamily(ipv6.subarray(0, ipv6End), ipv4.subarray(0, ipv4End));
}

/** NLRI of those families that there are prefixes of. */
export function byFamily(ipv6: Uint8Array, ipv4: Uint8Array): Nlri[] {
  const packed: Nlri[] = [];
  if (ipv6.length > 0) packed.push({ family: ipv6Unicast, addPath: false, bytes: ipv6 });
  if (ipv4.length > 0) packed.push({ family: ipv4Unicast, addPath: false, bytes: ipv4 });
  return packed;
}

/** The prefix, or what is wrong with the text. */
function parse(text: string): Prefix | string {
  try {
    return Prefix.parse(text);
  } catch (error) {
    if (error instanceof AddressError) return error.message;
    throw error;
  }
}

function tooMany(field: string, description: string): InvalidRequest {
  return new InvalidRequest([{ field, description }]);
}
