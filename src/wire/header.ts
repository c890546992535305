import type { Context } from './context.ts';
import { BgpError } from './error.ts';
import { u16 } from './octets.ts';

/** Octets of the header, which every message starts with. */
export const headerLength = 19;
/** The longest message of RFC 4271. */
export const standardMaxLength = 4096;
/** The longest message where both sides claimed the extended message capability (RFC 8654). */
export const extendedMaxLength = 65535;

/** Message type codes (RFC 4271, 4.1; RFC 2918). */
export const messageType = { open: 1, update: 2, notification: 3, keepalive: 4, routeRefresh: 5 } as const;

const MARKER_LENGTH = 16;

interface Bounds {
  readonly min: number;
  readonly max: number;
}

const boundsOf: readonly (Bounds | undefined)[] = [
  undefined,
  // RFC 8654, 6: what comes before the negotiation, or has no body, does not grow with it.
  { min: 29, max: standardMaxLength },
  { min: 23, max: extendedMaxLength },
  { min: 21, max: extendedMaxLength },
  { min: headerLength, max: headerLength },
  // A wrong length has an error of its own, whose data is the whole message (RFC 7313, 5): it is found once that is here.
  { min: headerLength, max: extendedMaxLength },
];

/** The longest message that may go out, or come in, in octets. */
export function maxLengthOf(context: Context): number {
  return context.extendedMessage ? extendedMaxLength : standardMaxLength;
}

/**
 * Checks the header at `offset`, of which all 19 octets must be there.
 *
 *      0                   1                   2                   3
 *     +---------------------------------------------------------------+
 *     |                   Marker (16 octets, all ones)                |
 *     +-------------------------------+---------------+---------------+
 *     |             Length            |      Type     |
 *     +-------------------------------+---------------+
 *
 * `length` includes the header, and is in the bounds of `type` and not above `maxLength`.
 * Throws BgpError (RFC 4271, 6.1): 1/1; 1/2 with the length as data; 1/3 with the type as data.
 */
export function checkHeader(bytes: Uint8Array, offset: number, maxLength: number): { type: number; length: number } {
  for (let i = offset; i < offset + MARKER_LENGTH; i++) {
    if (bytes[i] !== 0xff) throw new BgpError(1, 1, 'the marker is not all ones');
  }
  const length = u16(bytes, offset + MARKER_LENGTH);
  const type = bytes[offset + MARKER_LENGTH + 2] as number;
  if (length < headerLength || length > maxLength)
    throw badLength(length, `not within ${headerLength} to ${maxLength}`);
  const bounds = boundsOf[type];
  if (bounds === undefined) throw new BgpError(1, 3, `message type ${type} is unknown`, Uint8Array.of(type));
  const { min, max } = bounds;
  if (length < min || length > max) throw badLength(length, `not within ${min} to ${max} for message type ${type}`);
  return { type, length };
}

/** Bad Message Length (RFC 4271, 6.1): the data is the Length field. */
export function badLength(length: number, why: string): BgpError {
  return new BgpError(1, 2, `a message length of ${length} is ${why}`, Uint8Array.of(length >> 8, length & 0xff));
}

/** Writes the 19 octets; `length` is that of the whole message. */
export function writeHeader(bytes: Uint8Array, offset: number, type: number, length: number): void {
  bytes.fill(0xff, offset, offset + MARKER_LENGTH);
  bytes[offset + MARKER_LENGTH] = length >> 8;
  bytes[offset + MARKER_LENGTH + 1] = length;
  bytes[offset + MARKER_LENGTH + 2] = type;
}
