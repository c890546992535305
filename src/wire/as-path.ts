import { Malformed, updateError } from './fault.ts';
import { u16, u32, type Writer } from './octets.ts';
import type { AsSegment } from './update.ts';

/** Stands in a two-octet field for an AS number that needs four (RFC 6793, 9). */
export const AS_TRANS = 23456;

const MAX_SEGMENT = 255;

const segmentTypes = ['set', 'sequence', 'confed-sequence', 'confed-set'] as const satisfies AsSegment['type'][];

export type AsNumberSize = 2 | 4;

/**
 *     +----------------------+------------------------+------------------------------------+
 *     | Segment Type (1)     | Number of ASes (1)     | AS numbers, 2 or 4 octets each ... |   repeated
 *     +----------------------+------------------------+------------------------------------+
 *
 * Malformed as RFC 7606, 7.2 says, or when AS 0 is in it (RFC 7607, 2).
 */
export function decodeAsPath(value: Uint8Array, size: AsNumberSize): AsSegment[] | Malformed {
  const segments: AsSegment[] = [];
  let at = 0;
  while (at < value.length) {
    if (value.length - at < 2) return malformed('one octet is left after the last segment');
    const type = segmentTypes[(value[at] as number) - 1];
    if (type === undefined) return malformed(`segment type ${value[at]} is unknown`);
    const count = value[at + 1] as number;
    if (count === 0) return malformed('a segment is empty');
    at += 2;
    if (at + count * size > value.length) return malformed('the last segment is cut short');
    const asns: number[] = [];
    for (let i = 0; i < count; i++, at += size) {
      const asn = size === 2 ? u16(value, at) : u32(value, at);
      if (asn === 0) return malformed('AS 0 is in the path');
      asns.push(asn);
    }
    segments.push({ type, asns });
  }
  return segments;
}

function malformed(message: string): Malformed {
  return new Malformed(updateError.malformedAsPath, message);
}

/** Segments of more than 255 AS numbers are split (RFC 4271, 5.1.2), empty ones are left out. In two octets, what needs four is AS_TRANS. */
export function encodeAsPath(writer: Writer, path: readonly AsSegment[], size: AsNumberSize): void {
  for (const { type, asns } of path) {
    for (let start = 0; start < asns.length; start += MAX_SEGMENT) {
      const end = Math.min(start + MAX_SEGMENT, asns.length);
      writer.u8(segmentTypes.indexOf(type) + 1);
      writer.u8(end - start);
      for (let i = start; i < end; i++) {
        const asn = asns[i] as number;
        if (size === 4) writer.u32(asn);
        else writer.u16(asn > 0xffff ? AS_TRANS : asn);
      }
    }
  }
}

export function isConfederation({ type }: AsSegment): boolean {
  return type === 'confed-sequence' || type === 'confed-set';
}

/** The path as AS4_PATH has it: no confederation segments (RFC 6793, 3). */
export function withoutConfederations(path: readonly AsSegment[]): readonly AsSegment[] {
  return path.some(isConfederation) ? path.filter((segment) => !isConfederation(segment)) : path;
}

/** A peer that knows two-octet AS numbers only has to get AS4_PATH beside AS_PATH (RFC 6793, 4.2.2). */
export function needsAs4Path(path: readonly AsSegment[]): boolean {
  return path.some((segment) => !isConfederation(segment) && segment.asns.some((asn) => asn > 0xffff));
}

/** The length that the decision process compares: a set counts as one (RFC 4271, 9.1.2.2), a confederation as none (RFC 5065, 5.3). */
export function asPathLength(path: readonly AsSegment[]): number {
  let length = 0;
  for (const segment of path) length += lengthOf(segment);
  return length;
}

function lengthOf({ type, asns }: AsSegment): number {
  return type === 'sequence' ? asns.length : type === 'set' ? 1 : 0;
}

/**
 * The path that AS_PATH and AS4_PATH tell together (RFC 6793, 4.2.3): AS4_PATH, and before it as much of AS_PATH as it lacks in
 * length. Confederation segments of AS_PATH stay when they lead, or when they touch a segment that stays.
 */
export function mergeAs4Path(path: readonly AsSegment[], as4Path: readonly AsSegment[]): readonly AsSegment[] {
  let missing = asPathLength(path) - asPathLength(as4Path);
  if (missing < 0) return path;
  const merged: AsSegment[] = [];
  for (const segment of path) {
    if (missing === 0 && !isConfederation(segment)) break;
    if (segment.type === 'sequence' && segment.asns.length > missing) {
      merged.push({ type: 'sequence', asns: segment.asns.slice(0, missing) });
      break;
    }
    merged.push(segment);
    missing -= lengthOf(segment);
  }
  return join(merged, as4Path);
}

/** One sequence where the two meet, when it holds both: the segment that was cut for the merge is whole again. */
function join(head: AsSegment[], tail: readonly AsSegment[]): AsSegment[] {
  const last = head.at(-1);
  const [first, ...rest] = tail;
  if (last?.type !== 'sequence' || first?.type !== 'sequence') return [...head, ...tail];
  if (last.asns.length + first.asns.length > MAX_SEGMENT) return [...head, ...tail];
  return [...head.slice(0, -1), { type: 'sequence', asns: [...last.asns, ...first.asns] }, ...rest];
}
