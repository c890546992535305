import { Prefix } from '../ip/prefix.ts';
import { type Family, ipv4Multicast, ipv4Unicast, ipv6Multicast, ipv6Unicast } from './family.ts';
import { u32, Writer } from './octets.ts';
import type { Nlri } from './update.ts';

const NO_BYTES = new Uint8Array(0);

/** The families whose NLRI is a list of plain prefixes. The NLRI of any other is carried as bytes that nobody looks into. */
export function isPrefixFamily(family: Family): boolean {
  return bitsOf(family) !== undefined;
}

/** The longest prefix of a family, in bits; absent when its NLRI is not plain prefixes. */
function bitsOf(family: Family): 32 | 128 | undefined {
  switch (family) {
    case ipv4Unicast:
    case ipv4Multicast:
      return 32;
    case ipv6Unicast:
    case ipv6Multicast:
      return 128;
    default:
      return undefined;
  }
}

export function emptyNlri(family: Family): Nlri {
  return { family, addPath: false, bytes: NO_BYTES };
}

/**
 * What is wrong with NLRI from the wire (RFC 7606, 5.3); absent when every prefix has a length in range and all its bytes.
 *
 *     +-----------------------------+
 *     | Path Identifier (4 octets)  |   only with ADD-PATH (RFC 7911, 3)
 *     +-----------------------------+
 *     | Length in bits (1 octet)    |
 *     +-----------------------------+
 *     | Prefix (variable)           |   as few octets as hold the length
 *     +-----------------------------+
 */
export function nlriProblem({ family, addPath, bytes }: Nlri): string | undefined {
  const bits = bitsOf(family);
  if (bits === undefined) return undefined;
  const skip = addPath ? 4 : 0;
  const end = bytes.length;
  let at = 0;
  while (at < end) {
    at += skip;
    if (at >= end) return 'a path identifier without a prefix';
    const length = bytes[at] as number;
    if (length > bits) return `a prefix length of ${length} where ${bits} is the most`;
    at += 1 + ((length + 7) >>> 3);
  }
  return at > end ? 'the last prefix is cut short' : undefined;
}

/**
 * Calls `visit` for each prefix with the place of its first octet, its length in bits and its path identifier (0 without ADD-PATH).
 * The bits after the length may be anything. Visits nothing for a family that is not made of prefixes.
 */
export function forEachPrefix(nlri: Nlri, visit: (at: number, length: number, pathId: number) => void): void {
  if (!isPrefixFamily(nlri.family)) return;
  const { addPath, bytes } = nlri;
  let at = 0;
  while (at < bytes.length) {
    const pathId = addPath ? u32(bytes, at) : 0;
    if (addPath) at += 4;
    const length = bytes[at++] as number;
    visit(at, length, pathId);
    at += (length + 7) >>> 3;
  }
}

/** How many prefixes there are; 0 for a family that is not made of prefixes. */
export function countPrefixes(nlri: Nlri): number {
  let count = 0;
  forEachPrefix(nlri, () => count++);
  return count;
}

/** The prefixes in wire order, their host bits cleared; `pathId` is 0 without ADD-PATH. Empty for a family that is not made of prefixes. */
export function prefixesOf(nlri: Nlri): readonly { readonly prefix: Prefix; readonly pathId: number }[] {
  const prefixes: { prefix: Prefix; pathId: number }[] = [];
  const size = bitsOf(nlri.family) === 32 ? 4 : 16;
  forEachPrefix(nlri, (at, length, pathId) => {
    const octets = (length + 7) >>> 3;
    const bytes = new Uint8Array(size);
    bytes.set(nlri.bytes.subarray(at, at + octets));
    // RFC 4271, 4.3: the value of the trailing bits is irrelevant.
    if (length % 8 !== 0) bytes[octets - 1] = (bytes[octets - 1] as number) & (0xff00 >>> (length % 8));
    prefixes.push({ prefix: new Prefix(bytes, length), pathId });
  });
  return prefixes;
}

/**
 * Packs prefixes into NLRI; with path identifiers (one per prefix) it is NLRI for ADD-PATH.
 * Throws RangeError when a prefix is not of the family, or the two lists differ in length.
 */
export function packPrefixes(family: Family, prefixes: readonly Prefix[], pathIds?: readonly number[]): Nlri {
  const bits = bitsOf(family);
  if (bits === undefined) throw new RangeError(`family ${family} is not made of prefixes`);
  if (pathIds !== undefined && pathIds.length !== prefixes.length) {
    throw new RangeError(`${pathIds.length} path identifiers for ${prefixes.length} prefixes`);
  }
  const writer = new Writer();
  prefixes.forEach(({ bytes, length }, index) => {
    if (bytes.length * 8 !== bits) throw new RangeError(`a prefix of ${bytes.length} octets in family ${family}`);
    if (pathIds !== undefined) writer.u32(pathIds[index] as number);
    writer.u8(length);
    writer.bytes(bytes.subarray(0, (length + 7) >>> 3));
  });
  return { family, addPath: pathIds !== undefined, bytes: writer.finish() };
}
