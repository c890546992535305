import { Address } from '../ip/address.ts';
import type { Context } from './context.ts';
import { afiOf, type Family } from './family.ts';
import { Malformed, updateError } from './fault.ts';
import { isPrefixFamily } from './nlri.ts';
import type { NextHop } from './update.ts';

/**
 * The next hop of MP_REACH_NLRI, whose length says what it is:
 *
 *      4   an IPv4 address                                (RFC 4760, 3)
 *     16   an IPv6 address, global or link-local          (RFC 2545, 3; draft-ietf-idr-linklocal-capability, 3)
 *     32   a global address and a link-local one          (RFC 2545, 3)
 *
 * IPv4 NLRI has an IPv6 next hop only where RFC 8950 was negotiated. What precedes the link-local address in the 32 octets may
 * also be `::` or link-local itself: there are routers that send this for want of a global address. When the second address is
 * not link-local it says nothing, and only the first counts.
 *
 * Malformed when the length is none of the family's. The result shares no memory with `bytes`; a link-local address has no zone.
 */
export function decodeNextHop(
  bytes: Uint8Array,
  family: Family,
  context: Pick<Context, 'extendedNextHop'>,
): NextHop | Malformed {
  if (!isPrefixFamily(family)) return { kind: 'opaque', bytes: bytes.slice() };
  const isIPv4 = afiOf(family) === 1;
  if (isIPv4 && bytes.length === 4) return { kind: 'single', address: new Address(bytes.slice()) };
  if (!isIPv4 || context.extendedNextHop.has(family)) {
    if (bytes.length === 16) return { kind: 'single', address: new Address(bytes.slice()) };
    if (bytes.length === 32) {
      const global = new Address(bytes.slice(0, 16));
      const linkLocal = new Address(bytes.slice(16));
      if (!linkLocal.isLinkLocal) return { kind: 'single', address: global };
      return { kind: 'global-and-link-local', global, linkLocal };
    }
  }
  return new Malformed(updateError.optionalAttribute, `a next hop of ${bytes.length} octets for this family`);
}

/** The inverse of `decodeNextHop`, without the length octet. */
export function encodeNextHop(nextHop: NextHop): Uint8Array {
  switch (nextHop.kind) {
    case 'single':
      return nextHop.address.bytes;
    case 'opaque':
      return nextHop.bytes;
    case 'global-and-link-local': {
      const bytes = new Uint8Array(32);
      bytes.set(nextHop.global.bytes);
      bytes.set(nextHop.linkLocal.bytes, 16);
      return bytes;
    }
  }
}

/** Why an address can be nobody's next hop (RFC 4271, 6.3); absent when it can. Whether it is our own is not known here. */
export function addressProblem(address: Address): string | undefined {
  if (address.isUnspecified) return `next hop ${address} is unspecified`;
  if (address.isMulticast) return `next hop ${address} is multicast`;
  return undefined;
}

/** As `addressProblem`: of two addresses the global one may be unspecified. */
export function nextHopProblem(nextHop: NextHop): string | undefined {
  switch (nextHop.kind) {
    case 'single':
      return addressProblem(nextHop.address);
    case 'global-and-link-local':
      return nextHop.global.isUnspecified ? undefined : addressProblem(nextHop.global);
    case 'opaque':
      return undefined;
  }
}
