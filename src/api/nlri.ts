import type * as proto from '../gen/herald/v1/types.ts';
import { AddressError } from '../ip/address.ts';
import { Prefix } from '../ip/prefix.ts';
import { ipv4Unicast, ipv6Unicast } from '../wire/family.ts';
import { isPrefixFamily, nlriProblem, packPrefixes } from '../wire/nlri.ts';
import type { Nlri } from '../wire/update.ts';
import type { FieldViolation } from './bad-request.ts';
import { InvalidRequest } from './errors.ts';
import { toFamily } from './from-proto.ts';

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
}

/** The prefixes of one message, by family. Throws InvalidRequest. */
export function toNlri({ prefixes, family, nlri, addPath }: Batch): Nlri[] {
  const packed = packText(prefixes);
  if (nlri.length > 0) packed.push(toPackedNlri(family, nlri, addPath));
  return packed;
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
  const nlri = { family: toFamily(family), addPath, bytes };
  if (!isPrefixFamily(nlri.family)) throw tooMany('family', 'only families of prefixes can be originated');
  const problem = nlriProblem(nlri);
  if (problem !== undefined) throw tooMany('nlri', problem);
  return nlri;
}

function packText(texts: readonly string[]): Nlri[] {
  if (texts.length > mostPrefixes) throw tooMany('prefixes', `must have at most ${mostPrefixes} entries`);
  const ipv4: Prefix[] = [];
  const ipv6: Prefix[] = [];
  const faults: FieldViolation[] = [];
  for (let i = 0; i < texts.length && faults.length < mostFaults; i++) {
    const prefix = parse(texts[i] as string);
    if (typeof prefix === 'string') faults.push({ field: `prefixes[${i}]`, description: prefix });
    else if (prefix.isIPv4) ipv4.push(prefix);
    else ipv6.push(prefix);
  }
  if (faults.length > 0) throw new InvalidRequest(faults);
  const packed: Nlri[] = [];
  if (ipv6.length > 0) packed.push(packPrefixes(ipv6Unicast, ipv6));
  if (ipv4.length > 0) packed.push(packPrefixes(ipv4Unicast, ipv4));
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
