import type * as proto from '../../gen/herald/v1/types.ts';
import { type Family, familyName } from '../../wire/family.ts';

const nanosecondsPerSecond = 1_000_000_000n;

export function seconds(count: number): bigint {
  return BigInt(count) * nanosecondsPerSecond;
}

export function milliseconds(count: number): bigint {
  return BigInt(Math.floor(count)) * 1_000_000n;
}

/** Nanoseconds from one date to another; never negative. */
export function nanosecondsSince(from: Date, now: Date): bigint {
  return BigInt(Math.max(0, now.getTime() - from.getTime())) * 1_000_000n;
}

export function namesOf(family: Family): proto.Family {
  const [afi = '', safi = ''] = familyName(family).split('/');
  return { afi, safi };
}

/** The same bytes, not copied. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
