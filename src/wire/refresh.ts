import { BgpError } from './error.ts';
import { afiOf, family, familyName, safiOf } from './family.ts';
import { headerLength } from './header.ts';
import type { RouteRefresh } from './message.ts';
import { u16 } from './octets.ts';

/** RFC 7313, 3.2: a request, and what goes before and after the routes that answer it. */
export const refreshSubtype = { request: 0, beginning: 1, end: 2 } as const;

const BODY_LENGTH = 4;

/**
 * Reads a whole message, its header included (RFC 2918, 3; RFC 7313, 3.2).
 *
 *     +-------------------------------+---------------+---------------+
 *     |              AFI              |    Subtype    |     SAFI      |
 *     +-------------------------------+---------------+---------------+
 *
 * A subtype that is to be ignored is a value, and may have anything after these. Throws BgpError 7/1 with the message as data.
 */
export function decodeRouteRefresh(message: Uint8Array): RouteRefresh {
  const length = message.length - headerLength;
  const subtype = message[headerLength + 2] ?? 0;
  if (length < BODY_LENGTH || (length > BODY_LENGTH && subtype <= refreshSubtype.end)) {
    throw new BgpError(7, 1, `a ROUTE-REFRESH body of ${length} octets, not ${BODY_LENGTH}`, message.slice());
  }
  const safi = message[headerLength + 3] as number;
  return { type: 'route-refresh', family: family(u16(message, headerLength), safi), subtype };
}

/** What follows the header. */
export function encodeRouteRefresh({ family: of, subtype }: RouteRefresh): Uint8Array {
  return Uint8Array.of(afiOf(of) >> 8, afiOf(of), subtype, safiOf(of));
}

/** As in `request for ipv6/unicast`. */
export function describeRouteRefresh({ family: of, subtype }: RouteRefresh): string {
  const names = ['request for', 'beginning of', 'end of'];
  return `${names[subtype] ?? `subtype ${subtype} for`} ${familyName(of)}`;
}
