import * as z from 'zod';
import { Address, AddressError } from '../ip/address.ts';
import { Prefix } from '../ip/prefix.ts';
import { SecretText } from '../session/secret-text.ts';
import { nextHopForm, nextHopModeForm, parseNextHop, parseNextHopMode } from '../speaker/next-hop-text.ts';
import { CommunityError, parseCommunity, parseExtendedCommunity, parseLargeCommunity } from '../wire/community.ts';
import { parseFamily } from '../wire/family.ts';
import { isPrefixFamily } from '../wire/nlri.ts';
import type { NextHop } from '../wire/update.ts';

// The fields that a configuration file and a request have in common: one set of ranges, rules and words for both.

/** Text that `parse` makes something of, or refuses with undefined or an error that says why. */
function text<T>(expected: string, parse: (text: string) => T | undefined) {
  return z.string().transform((value, context): T => {
    let message = `must be ${expected}`;
    try {
      const parsed = parse(value);
      if (parsed !== undefined) return parsed;
    } catch (error) {
      if (!(error instanceof AddressError || error instanceof CommunityError)) throw error;
      message = error.message;
    }
    context.issues.push({ code: 'custom', message, input: value });
    return z.NEVER;
  });
}

const integer = (least: number, most: number) => z.int().min(least).max(most);

export const name = z.string().min(1).max(255);
export const asn = integer(1, 0xffffffff);
/** 0: any. */
export const peerAsn = integer(0, 0xffffffff);
export const port = integer(1, 65535);
export const unsigned32 = integer(0, 0xffffffff);

/** What TCP MD5 takes (RFC 2385); shown nowhere. */
export const password = z
  .string()
  .refine(fitsTcpMd5, { error: 'must be 1 to 80 octets long, for TCP MD5 takes no more' })
  .transform((text) => new SecretText(text));
export const ttl = integer(1, 255);
/** A name as Linux allows it. */
export const device = z.string().regex(/^(?!\.{1,2}$)[^\s/:]{1,15}$/, { error: 'must be the name of an interface' });

function fitsTcpMd5(text: string): boolean {
  const { length } = new TextEncoder().encode(text);
  return length >= 1 && length <= 80;
}

/** Seconds. */
export const connectRetryTime = integer(1, 0x7fffffff);
/** Seconds; 0: no hold timer and no keepalives. */
export const holdTime = integer(0, 65535).refine((seconds) => seconds === 0 || seconds >= 3, {
  error: 'must be 0 (no hold timer) or at least 3',
});
/** Seconds. */
export const keepAliveTime = integer(1, 65535);
/** Seconds, twelve bits of them (RFC 4724, 3). */
export const restartTime = integer(1, 4095);
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

/** Milliseconds. */
export const bfdInterval = integer(1, 60_000);
export const detectionMultiplier = integer(1, 255);

export const address = text('an IPv4 or IPv6 address', (value) => Address.parse(value));
export const prefix = text('a prefix', (value) => Prefix.parse(value));
export const community = text('a community', parseCommunity);
export const largeCommunity = text('a large community', parseLargeCommunity);
export const extendedCommunity = text('an extended community', parseExtendedCommunity);
export const asPathPrepend = z.array(asn).max(255);

/** A BGP identifier: IPv4 text, not 0.0.0.0; stays text. */
export const routerId = text('a router ID: an IPv4 address other than 0.0.0.0', (value) => {
  const parsed = Address.parse(value);
  return parsed.isIPv4 && !parsed.isUnspecified ? value : undefined;
});

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

/** Which way several paths of a prefix go (RFC 7911). */
export const addPathsMode = z.enum(['send', 'receive', 'both']);

/** What a peer is told for `self`. */
export const nextHopMode = text(nextHopModeForm, parseNextHopMode);

/** The keepalive interval where none is given: Cilium's, or a third of a hold time too short for it (RFC 4271, 4.4). */
export function defaultKeepAliveTime(holdTime: number): number {
  return holdTime === 0
    ? defaults.keepAliveTime
    : Math.max(1, Math.min(defaults.keepAliveTime, Math.floor(holdTime / 3)));
}

/** Cilium's, in seconds where it is a time; of BFD in milliseconds. */
export const defaults = {
  peerPort: 179,
  connectRetryTime: 120,
  holdTime: 90,
  keepAliveTime: 30,
  delayOpenTime: 0,
  bfdInterval: 300,
  detectionMultiplier: 3,
} as const;
