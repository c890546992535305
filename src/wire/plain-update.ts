import { decodeAttributes } from './attribute.ts';
import { attributeFlag, optionalNonTransitive, optionalTransitive, wellKnown } from './attribute-row.ts';
import { attributesOf, attributesOffset, nextHopOf } from './attribute-set.ts';
import type { Context } from './context.ts';
import { afiOf, family, ipv4Unicast } from './family.ts';
import { headerLength, messageType } from './header.ts';
import { decodeNextHop } from './next-hop.ts';
import { isPrefixFamily, nlriProblem } from './nlri.ts';
import { u16, u32 } from './octets.ts';
import type { Attributes, Fault, NextHop, Nlri, Reach, Update } from './update.ts';

// Nearly every UPDATE announces prefixes of one family with the common attributes, each in the order and form in which we would write
// them ourselves. Such a one is checked where it lies: no object for an attribute that nobody asks for. All others, good or bad, are
// left to `decodeUpdate`, which this must never differ from.

const NO_FAULTS: readonly Fault[] = [];
const MP_REACH = 14;
const AS_PATH = 2;
const ORIGINATOR_ID = 9;
/** Where attributes are written in the scratch: before them is room for a next hop and its length. */
const ATTRIBUTES = 64;
/** The set that the message says which is read: its attributes, as we write them, are never more than there were. */
const scratch = new Uint8Array(ATTRIBUTES + 0x10000);

/** An UPDATE without faults whose attributes are decoded when they are first looked at. */
class PlainUpdate implements Update {
  readonly type = 'update';
  readonly faults = NO_FAULTS;
  readonly nlri?: Nlri;
  readonly reach?: Reach;
  readonly encoded: Uint8Array;
  #attributes: Attributes | undefined;

  constructor(nlri: Nlri, isReach: boolean, encoded: Uint8Array, context: Context) {
    if (isReach) this.reach = new PlainReach(nlri, encoded, context);
    else this.nlri = nlri;
    this.encoded = encoded;
  }

  get attributes(): Attributes {
    this.#attributes ??= decodeAttributes(attributesOf(this.encoded), { fourOctetAs: true }).attributes;
    return this.#attributes;
  }
}

class PlainReach implements Reach {
  readonly nlri: Nlri;
  readonly #encoded: Uint8Array;
  readonly #context: Context;

  constructor(nlri: Nlri, encoded: Uint8Array, context: Context) {
    this.nlri = nlri;
    this.#encoded = encoded;
    this.#context = context;
  }

  get nextHop(): NextHop {
    const nextHop = decodeNextHop(nextHopOf(this.#encoded), this.nlri.family, this.#context);
    if ('kind' in nextHop) return nextHop;
    throw new TypeError('a next hop that was checked cannot be read');
  }
}

/**
 * Reads a whole message, whose header was checked, when it is an UPDATE of the plain kind: the same as `decodeMessage` gives, with
 * `encoded`. Undefined for any other. NLRI is a view into the message.
 */
export function readPlainUpdate(message: Uint8Array, context: Context): Update | undefined {
  // In two octets what is stored is not what came.
  if (message[headerLength - 1] !== messageType.update || !context.fourOctetAs) return undefined;
  const attributesAt = headerLength + 4;
  // Shorter than its fields, or with routes to withdraw.
  if (message.length < attributesAt || u16(message, headerLength) !== 0) return undefined;
  const nlriAt = attributesAt + u16(message, headerLength + 2);
  if (nlriAt > message.length) return undefined;
  const hasNlri = nlriAt < message.length;

  let written = ATTRIBUTES;
  let last = 0;
  let seen = 0;
  let reachAt = 0;
  let reachEnd = 0;
  for (let at = attributesAt, end = 0; at < nlriAt; at = end) {
    const isExtended = ((message[at] as number) & attributeFlag.extendedLength) !== 0;
    const valueAt = at + (isExtended ? 4 : 3);
    if (valueAt > nlriAt) return undefined;
    const flags = (message[at] as number) & ~attributeFlag.extendedLength;
    const code = message[at + 1] as number;
    end = valueAt + (isExtended ? u16(message, at + 2) : (message[at + 2] as number));
    if (end > nlriAt) return undefined;
    if (code === MP_REACH) {
      if (hasNlri || reachAt !== 0 || flags !== optionalNonTransitive) return undefined;
      reachAt = valueAt;
      reachEnd = end;
      continue;
    }
    if (code <= last || !isPlain(message, flags, code, valueAt, end, context.external, hasNlri)) return undefined;
    last = code;
    if (code <= 5) seen |= 1 << code;
    written = copyAttribute(message, flags, code, valueAt, end, written);
  }
  if ((seen & mandatory(context.external, hasNlri)) !== mandatory(context.external, hasNlri)) return undefined;
  if (hasNlri) {
    const nlri = { family: ipv4Unicast, addPath: context.addPath.has(ipv4Unicast), bytes: message.subarray(nlriAt) };
    if (nlriProblem(nlri) !== undefined) return undefined;
    scratch[ATTRIBUTES - 1] = 0;
    return new PlainUpdate(nlri, false, scratch.slice(ATTRIBUTES - 1, written), context);
  }
  return readReach(message, reachAt, reachEnd, written, context);
}

function readReach(
  message: Uint8Array,
  at: number,
  end: number,
  written: number,
  context: Context,
): Update | undefined {
  // Absent, or too short for its fields, or without a prefix.
  if (at === 0 || end - at < 5) return undefined;
  const nextHopLength = message[at + 3] as number;
  const nlriAt = at + 5 + nextHopLength;
  if (nlriAt >= end) return undefined;
  const of = family(u16(message, at), message[at + 2] as number);
  if (!isPrefixFamily(of) || (afiOf(of) === 1 && !context.extendedNextHop.has(of))) return undefined;
  if (!isPlainNextHop(message, at + 4, nextHopLength)) return undefined;
  const nlri = { family: of, addPath: context.addPath.has(of), bytes: message.subarray(nlriAt, end) };
  if (nlriProblem(nlri) !== undefined) return undefined;
  const setAt = ATTRIBUTES - 1 - nextHopLength;
  for (let i = 0; i <= nextHopLength; i++) scratch[setAt + i] = message[at + 3 + i] as number;
  return new PlainUpdate(nlri, true, scratch.slice(setAt, written), context);
}

/** A bit for each attribute that must be there, by its code (RFC 4271, 5). */
function mandatory(external: boolean, hasNlri: boolean): number {
  return (1 << 1) | (1 << AS_PATH) | (hasNlri ? 1 << 3 : 0) | (external ? 0 : 1 << 5);
}

/** Whether the value has no fault, and writing it again would give the same octets. */
function isPlain(
  bytes: Uint8Array,
  flags: number,
  code: number,
  at: number,
  end: number,
  external: boolean,
  hasNlri: boolean,
): boolean {
  const length = end - at;
  switch (code) {
    case 1: // ORIGIN
      return flags === wellKnown && length === 1 && (bytes[at] as number) <= 2;
    case AS_PATH:
      return flags === wellKnown && isPlainPath(bytes, at, end);
    case 3: // NEXT_HOP, which without NLRI means nothing (RFC 4760, 3)
      return (
        hasNlri && flags === wellKnown && length === 4 && u32(bytes, at) !== 0 && (bytes[at] as number) >> 4 !== 14
      );
    case 4: // MULTI_EXIT_DISC
      return flags === optionalNonTransitive && length === 4;
    case 5: // LOCAL_PREF
      return !external && flags === wellKnown && length === 4;
    case 6: // ATOMIC_AGGREGATE
      return flags === wellKnown && length === 0;
    case 7: // AGGREGATOR
      return flags === optionalTransitive && length === 8 && u32(bytes, at) !== 0;
    case 8: // COMMUNITIES
      return flags === optionalTransitive && length > 0 && length % 4 === 0;
    case ORIGINATOR_ID:
      return !external && flags === optionalNonTransitive && length === 4;
    case 10: // CLUSTER_LIST
      return !external && flags === optionalNonTransitive && length > 0 && length % 4 === 0;
    case 16: // EXTENDED_COMMUNITIES
      return flags === optionalTransitive && length > 0 && length % 8 === 0;
    case 32: // LARGE_COMMUNITY
      return flags === optionalTransitive && length > 0 && length % 12 === 0 && isAscending(bytes, at, end);
    default:
      return false;
  }
}

/** Sets and sequences of AS numbers in four octets, none of them AS 0. */
function isPlainPath(bytes: Uint8Array, at: number, end: number): boolean {
  while (at < end) {
    const type = bytes[at];
    if (end - at < 6 || (type !== 1 && type !== 2)) return false;
    const segmentEnd = at + 2 + 4 * (bytes[at + 1] as number);
    if (segmentEnd > end || segmentEnd === at + 2) return false;
    for (at += 2; at < segmentEnd; at += 4) if (u32(bytes, at) === 0) return false;
  }
  return true;
}

/** Large communities in ascending order: then none is there twice (RFC 8092, 3). */
function isAscending(bytes: Uint8Array, at: number, end: number): boolean {
  for (let next = at + 12; next < end; at = next, next += 12) {
    let i = 0;
    while (i < 12 && bytes[at + i] === bytes[next + i]) i++;
    if (i === 12 || (bytes[at + i] as number) > (bytes[next + i] as number)) return false;
  }
  return true;
}

/** One IPv6 address, or one and a link-local one (RFC 2545, 3), that a next hop may be; see `nextHopProblem`. */
function isPlainNextHop(bytes: Uint8Array, at: number, length: number): boolean {
  if (bytes[at] === 0xff) return false;
  if (length === 32) return bytes[at + 16] === 0xfe && ((bytes[at + 17] as number) & 0xc0) === 0x80;
  if (length !== 16) return false;
  for (let i = at; i < at + 16; i++) if (bytes[i] !== 0) return true;
  return false;
}

/** Appends an attribute to the scratch in its shortest form, and returns where that ends. */
function copyAttribute(from: Uint8Array, flags: number, code: number, at: number, end: number, to: number): number {
  const length = end - at;
  scratch[to + 1] = code;
  if (length > 255) {
    scratch[to] = flags | attributeFlag.extendedLength;
    scratch[to + 2] = length >>> 8;
    scratch[to + 3] = length;
    to += 4;
  } else {
    scratch[to] = flags;
    scratch[to + 2] = length;
    to += 3;
  }
  for (let i = at; i < end; i++) scratch[to++] = from[i] as number;
  return to;
}

/** Whether a route with this set came from us: our AS is in its path, or our identifier says so (RFC 4456, 8). */
export function isLoopedSet(set: Uint8Array, asn: number, routerId: number): boolean {
  for (let at = attributesOffset(set), end = 0; at < set.length; at = end) {
    const isExtended = ((set[at] as number) & attributeFlag.extendedLength) !== 0;
    const code = set[at + 1] as number;
    const valueAt = at + (isExtended ? 4 : 3);
    end = valueAt + (isExtended ? u16(set, at + 2) : (set[at + 2] as number));
    if (code > ORIGINATOR_ID) return false;
    if (code === ORIGINATOR_ID && u32(set, valueAt) === routerId) return true;
    if (code === AS_PATH && isInPath(set, valueAt, end, asn)) return true;
  }
  return false;
}

function isInPath(bytes: Uint8Array, at: number, end: number, asn: number): boolean {
  while (at < end) {
    const segmentEnd = at + 2 + 4 * (bytes[at + 1] as number);
    for (at += 2; at < segmentEnd; at += 4) if (u32(bytes, at) === asn) return true;
  }
  return false;
}
