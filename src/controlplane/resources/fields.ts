import * as z from 'zod';
import { Address, AddressError } from '../../ip/address.ts';
import { Prefix } from '../../ip/prefix.ts';
import {
  formatNextHop,
  formatNextHopMode,
  nextHopForm,
  nextHopModeForm,
  parseNextHop,
  parseNextHopMode,
} from '../../speaker/next-hop-text.ts';
import { labels } from './labels.ts';
import { afis, safis } from './types.ts';

// The fields that several kinds have, and the ranges of all doors. Addresses and prefixes become canonical text, so that equal ones are
// equal strings.

/** Text that `read` makes something of, or refuses with undefined or an error whose message says why. */
export function text<T>(expected: string, read: (text: string) => T | undefined) {
  return z.string().transform((given, context): T => {
    let message = `must be ${expected}`;
    try {
      const known = read(given);
      if (known !== undefined) return known;
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof AddressError)) throw error;
      message = error.message;
    }
    context.issues.push({ code: 'custom', message, input: given });
    return z.NEVER;
  });
}

export const integer = (least: number, most: number) => z.int().min(least).max(most);

export const nextHop = text(`self, ${nextHopForm}`, (given) => {
  if (given === 'self') return given;
  const nextHop = parseNextHop(given);
  return nextHop && formatNextHop(nextHop);
});

export const nextHopMode = text(nextHopModeForm, (given) => {
  const mode = parseNextHopMode(given);
  return mode && formatNextHopMode(mode);
});

/** Of an instance or a peer. */
export const name = z.string().min(1).max(255);
export const asn = integer(1, 0xffffffff);
/** 0: any. */
export const peerAsn = integer(0, 0xffffffff);
export const port = integer(1, 65535);
export const unsigned32 = integer(0, 0xffffffff);
export const aggregationLengthIPv4 = integer(0, 31);
export const aggregationLengthIPv6 = integer(0, 127);
/** Seconds. */
export const connectRetryTime = integer(1, 0x7fffffff);
/** Seconds. */
export const holdTime = integer(3, 65535);
/** Seconds. */
export const keepAliveTime = integer(1, 65535);
/** Seconds, twelve bits of them (RFC 4724, 3). */
export const restartTime = integer(1, 4095);
export const ttl = integer(1, 255);
/** Milliseconds. */
export const bfdInterval = integer(1, 60_000);
export const detectionMultiplier = integer(1, 255);
/** Which way several paths of a prefix go (RFC 7911). */
export const addPathsMode = z.enum(['send', 'receive', 'both']);

export const address = text('an address', (given) => Address.parse(given).toString());

/** A BGP identifier (RFC 6286): not 0.0.0.0. */
export const routerId = text('a router ID: an IPv4 address other than 0.0.0.0', (given) => {
  const parsed = Address.parse(given);
  return parsed.isIPv4 && !parsed.isUnspecified ? parsed.toString() : undefined;
});

/** White space around it is taken off, as Cilium's pattern lets it be there. */
export const hostAddress = text('the address of one host', (given) => {
  const parsed = Address.parse(given.trim());
  return parsed.isUnspecified || parsed.isMulticast ? undefined : parsed.toString();
});

export const peerAddress = text('the address of one host', (given) => {
  const fault = zoneFault(given.trim(), undefined);
  if (fault !== undefined) throw new AddressError(fault);
  return oneHost(given);
});

/** As `peerAddress`, but a link-local one may have its interface beside it: see `zoneFault`. */
export const peerAddressOnLink = text('the address of one host', oneHost);

/** What is wrong between a peer's address and its interface; undefined when nothing is, or the text is no address. */
export function zoneFault(address: string, device: string | undefined): string | undefined {
  let parsed: Address;
  try {
    parsed = Address.parse(address);
  } catch {
    return undefined;
  }
  const { isLinkLocal, zone } = parsed;
  if (isLinkLocal && (zone ?? device) === undefined)
    return `a link-local address needs its interface, as in ${parsed}%eth0`;
  if (device === undefined || (isLinkLocal && (zone ?? device) === device)) return undefined;
  return isLinkLocal ? `is not the interface of ${address}` : `is for a link-local address, and ${address} is none`;
}

function oneHost(given: string): string | undefined {
  const parsed = Address.parse(given.trim());
  return parsed.isUnspecified || parsed.isMulticast ? undefined : parsed.toString();
}

/** Host bits are refused. */
export const prefix = text('a prefix', (given) => Prefix.parse(given).toString());

/** Host bits are cleared, as Kubernetes does in the CIDRs of pools and nodes. */
export const cidr = text('a prefix', (given) => readCidr(given).toString());

export function readCidr(given: string): Prefix {
  const slash = given.indexOf('/');
  if (slash < 0) return Prefix.parse(given);
  const base = Address.parse(given.slice(0, slash));
  const length = given.slice(slash + 1);
  if (base.zone !== undefined || !/^(0|[1-9]\d{0,2})$/.test(length)) return Prefix.parse(given);
  return Prefix.around(base, Number(length));
}

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** A DNS subdomain (RFC 1123), as the names of objects are. */
export const objectName = z.string().refine((given) => given.length <= 253 && subdomain.test(given), {
  error:
    "must be a name: at most 253 lower case letters, digits, '-' and '.', each part starting and ending with a letter or digit",
});

/** A DNS label (RFC 1123), as the names of namespaces are. */
const namespaceName = z
  .string()
  .refine((given) => given.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(given), {
    error:
      "must be a namespace: at most 63 lower case letters, digits and '-', starting and ending with one of the first two",
  });

const metadataShape = {
  name: objectName,
  labels: z.exactOptional(labels),
  annotations: z.exactOptional(z.record(z.string(), z.string())),
  creationTimestamp: z.exactOptional(z.string()),
};

/** Of a kind that is in no namespace. */
export const metadata = z.object(metadataShape);

/** `default` where none is given, as kubectl has it. */
export const namespacedMetadata = z.object({ ...metadataShape, namespace: namespaceName.default('default') });

/** The version that a resource is kept as, whichever it was written in. */
export function stored<const V extends string>(version: V) {
  return z.string().transform((): V => version);
}

export const family = { afi: z.enum(afis), safi: z.enum(safis) };

export const condition = z.object({
  type: z.string(),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string().default(''),
  message: z.string().default(''),
  lastTransitionTime: z.string().default(''),
  observedGeneration: z.exactOptional(z.int()),
});
