import { type Context, initialContext } from './context.ts';
import type { Family } from './family.ts';
import { badLength, checkHeader, headerLength, maxLengthOf, messageType, writeHeader } from './header.ts';
import type { Keepalive, Message } from './message.ts';
import { decodeNotification, encodeNotification } from './notification.ts';
import { decodeOpen, encodeOpen } from './open.ts';
import { decodeRouteRefresh, encodeRouteRefresh } from './refresh.ts';
import { decodeUpdate, encodeUpdate, endOfRib } from './update-codec.ts';

const keepalive: Keepalive = { type: 'keepalive' };

/** Every KEEPALIVE there is; never written. */
const keepaliveBytes = withHeader(messageType.keepalive, new Uint8Array(0), headerLength);

/** Reads one whole message, header included, as `context` has it for the receiving direction. Throws BgpError. */
export function decodeMessage(bytes: Uint8Array, context: Context): Message {
  const { type, length } = checkHeader(bytes, 0, maxLengthOf(context));
  if (length !== bytes.length) throw badLength(length, `not that of the ${bytes.length} octets received`);
  const body = bytes.subarray(headerLength);
  switch (type) {
    case messageType.open:
      return decodeOpen(body);
    case messageType.update:
      return decodeUpdate(body, context);
    case messageType.notification:
      return decodeNotification(body);
    case messageType.keepalive:
      return keepalive;
    default:
      // The header check lets no other type pass.
      return decodeRouteRefresh(bytes);
  }
}

/**
 * One whole message, header included, as `context` has it for the sending direction. A KEEPALIVE is the same array each time.
 * Throws RangeError when a value does not fit its field, or the message its limit; a NOTIFICATION always fits, its data is cut.
 */
export function encodeMessage(message: Message, context: Context): Uint8Array {
  const limit = maxLengthOf(context);
  switch (message.type) {
    case 'open':
      return withHeader(messageType.open, encodeOpen(message), limit);
    case 'update':
      return withHeader(messageType.update, encodeUpdate(message, context), limit);
    case 'notification':
      return withHeader(messageType.notification, encodeNotification(message, limit - headerLength), limit);
    case 'keepalive':
      return keepaliveBytes;
    case 'route-refresh':
      return withHeader(messageType.routeRefresh, encodeRouteRefresh(message), limit);
  }
}

const endsOfRib = new Map<Family, Uint8Array>();

/** The End-of-RIB marker of a family as a whole message, which is the same whatever was negotiated: the same array each time, never to be written. */
export function endOfRibMessage(family: Family): Uint8Array {
  let bytes = endsOfRib.get(family);
  if (bytes === undefined) endsOfRib.set(family, (bytes = encodeMessage(endOfRib(family), initialContext)));
  return bytes;
}

function withHeader(type: number, body: Uint8Array, limit: number): Uint8Array {
  const length = headerLength + body.length;
  if (length > limit) throw new RangeError(`a message of ${length} octets, where ${limit} is the most`);
  const bytes = new Uint8Array(length);
  writeHeader(bytes, 0, type, length);
  bytes.set(body, headerLength);
  return bytes;
}
