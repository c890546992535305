import * as z from 'zod';
import { asn, integer, text } from '../controlplane/resources/fields.ts';
import { Address } from '../ip/address.ts';
import { Prefix } from '../ip/prefix.ts';
import { SecretText } from '../session/secret-text.ts';
import { parseAsnRange } from '../speaker/listen-range.ts';
import { nextHopForm, nextHopModeForm, parseNextHop, parseNextHopMode } from '../speaker/next-hop-text.ts';
import { parseCommunity, parseExtendedCommunity, parseLargeCommunity } from '../wire/community.ts';
import { parseFamily } from '../wire/family.ts';
import { isPrefixFamily } from '../wire/nlri.ts';
import type { NextHop } from '../wire/update.ts';

// The fields that a configuration file and a request have in common: one set of rules and words for both, with the ranges of the
// resources.

export {
  addPathsMode,
  asn,
  bfdInterval,
  connectRetryTime,
  detectionMultiplier,
  keepAliveTime,
  name,
  peerAsn,
  port,
  restartTime,
  routerId,
  ttl,
  unsigned32,
} from '../controlplane/resources/fields.ts';

/** What TCP MD5 takes (RFC 2385); shown nowhere. */
export const password = z
  .string()
  .refine(fitsTcpMd5, { error: 'must be 1 to 80 octets long, for TCP MD5 takes no more' })
  .transform((text) => new SecretText(text));
/** A name as Linux allows it. */
export const device = z.string().regex(/^(?!\.{1,2}$)[^\s/:]{1,15}$/, { error: 'must be the name of an interface' });

function fitsTcpMd5(text: string): boolean {
  const { length } = new TextEncoder().encode(text);
  return length >= 1 && length <= 80;
}

/** Seconds; 0: no hold timer and no keepalives. */
export const holdTime = integer(0, 65535).refine((seconds) => seconds === 0 || seconds >= 3, {
  error: 'must be 0 (no hold timer) or at least 3',
});
/** Seconds. */
export const stalePathTime = integer(1, 65535);
/** Seconds, 24 bits of them (RFC 9494, 3.1). */
export const longLivedStaleTime = integer(1, 0xffffff);
/** Seconds. */
export const delayOpenTime = integer(0, 65535);
/** RFC 9003, 3: what a peer takes that may know of no more. */
export const adminDown = z
  .string()
  .refine((text) => new TextEncoder().encode(text).length <= 128, { error: 'must be at most 128 octets of UTF-8' });
export const prefixLimit = integer(1, 0xffffffff);
/** Per cent. */
export const warningThreshold = integer(1, 100);
/** Seconds. */
export const prefixRestart = integer(1, 86400);
/** Seconds. */
export const drainWait = integer(0, 86400);

export const address = text('an IPv4 or IPv6 address', (value) => Address.parse(value));
export const prefix = text('a prefix', (value) => Prefix.parse(value));
export const community = text('a community', parseCommunity);
export const largeCommunity = text('a large community', parseLargeCommunity);
export const extendedCommunity = text('an extended community', parseExtendedCommunity);
/** Milliseconds (RFC 5482). */
export const userTimeout = integer(1, 0x7fffffff);
/** How many peers of a listen range there may be at once. */
export const listenLimit = integer(1, 65535);
/** As in `65001` or `65010-65020`. */
export const asnRange = z.union(
  [
    asn.transform((only) => ({ first: only, last: only })),
    text('an AS number, or two as in 65010-65020', parseAsnRange),
  ],
  { error: 'must be an AS number, or two as in "65010-65020"' },
);
export const asPathPrepend = z.array(asn).max(255);

/** As in `ipv6/unicast`; one of those whose routes are prefixes. */
export const familyText = text(
  'a family of prefixes: ipv6/unicast, ipv4/unicast, ipv6/multicast or ipv4/multicast',
  (value) => {
    const found = parseFamily(value);
    return found !== undefined && isPrefixFamily(found) ? found : undefined;
  },
);

/** Each session's own address. */
export interface Self {
  readonly kind: 'self';
}

/** `self`, one address, or `global,link-local`. */
export const nextHop = text<NextHop | Self>(`self, ${nextHopForm}`, (value) =>
  value === 'self' ? { kind: 'self' } : parseNextHop(value),
);

/** What a peer is told for `self`. */
export const nextHopMode = text(nextHopModeForm, parseNextHopMode);
