import { AdvertisePathsRequest, RouterServiceService, WithdrawPathsRequest } from '../gen/herald/v1/router_service.ts';
import { isIPv6Text, readPacked } from '../ip/text.ts';
import type { Nlri } from '../wire/update.ts';
import { type Batch, byFamily, mostPrefixes } from './nlri.ts';

// Prefixes as text go from the octets of a message to NLRI: as strings they would take longer than the tables take for them. NLRI stays where it is in the
// message, for the generated code copies it. What is not as it should be is left to that code, and to those who say what is wrong with it.

/** The fields that prefixes are in. */
interface Tags {
  readonly prefixes: number;
  readonly nlri: number;
}

/** Of a length-delimited field: its number, and 2. */
const tagOf = (field: number): number => (field << 3) | 2;

const advertised: Tags = { prefixes: tagOf(4), nlri: tagOf(6) };
const withdrawn: Tags = { prefixes: tagOf(2), nlri: tagOf(4) };

/** The bulk methods, with requests that may have `packed` of a `Batch`. */
export const advertisePaths = {
  ...RouterServiceService.advertisePaths,
  requestDeserialize: (message: Buffer) => decode(message, advertised, AdvertisePathsRequest),
};
export const withdrawPaths = {
  ...RouterServiceService.withdrawPaths,
  requestDeserialize: (message: Buffer) => decode(message, withdrawn, WithdrawPathsRequest),
};

/** As the generated code decodes it, but for the prefixes. */
function decode<Request extends Batch>(
  message: Buffer,
  tags: Tags,
  generated: { readonly decode: (message: Uint8Array) => Request },
): Request {
  const found = pack(message, tags);
  if (found === undefined) return generated.decode(message);
  const { packed, nlri, others } = found;
  const request = { ...generated.decode(Buffer.concat(others)), packed };
  return nlri === undefined ? request : { ...request, nlri };
}

// Where prefixes are packed before one knows how many they are: room for the most.
const ipv6 = new Uint8Array(17 * mostPrefixes);
const ipv4 = new Uint8Array(5 * mostPrefixes);

/** The prefixes of a message in either form, and its other fields. */
interface Packed {
  readonly packed: readonly Nlri[];
  readonly nlri: Buffer | undefined;
  readonly others: readonly Buffer[];
}

/** Undefined when there is something that only looks like a prefix. */
function pack(message: Buffer, tags: Tags): Packed | undefined {
  const others: Buffer[] = [];
  let nlri: Buffer | undefined;
  let ipv6End = 0;
  let ipv4End = 0;
  let count = 0;
  for (let at = 0; at < message.length; ) {
    const tag = message[at];
    if (tag !== tags.prefixes) {
      const value = valueOfField(message, at);
      if (value === undefined) return undefined;
      // Of several the last one counts.
      if (tag === tags.nlri) nlri = message.subarray(value.start, value.end);
      else others.push(message.subarray(at, value.end));
      at = value.end;
      continue;
    }
    const start = at + 2;
    // A prefix is shorter than 128 octets; where the message ends before, none ends.
    at = start + (message[at + 1] ?? message.length);
    if (at > message.length || ++count > mostPrefixes) return undefined;
    const isIPv6 = isIPv6Text(message, start, at);
    const end = isIPv6 ? readPacked(message, start, at, ipv6, ipv6End) : readPacked(message, start, at, ipv4, ipv4End);
    if (end === -1) return undefined;
    if (isIPv6) ipv6End = end;
    else ipv4End = end;
  }
  return { packed: byFamily(ipv6.slice(0, ipv6End), ipv4.slice(0, ipv4End)), nlri, others };
}

/** Where the value of the field that begins at `at` starts and ends; undefined when it is none that a request of this kind has. */
function valueOfField(message: Buffer, at: number): { readonly start: number; readonly end: number } | undefined {
  const tag = message[at] as number;
  let start = at + 1;
  let length = 0;
  // A tag of one octet, and a varint of at most three.
  for (let shift = 0; ; shift += 7) {
    const octet = message[start++];
    if (octet === undefined || shift > 14 || tag > 0x7f) return undefined;
    length |= (octet & 0x7f) << shift;
    if (octet < 0x80) break;
  }
  if ((tag & 7) === 0) return { start: at + 1, end: start };
  return (tag & 7) === 2 && start + length <= message.length ? { start, end: start + length } : undefined;
}
