import { AdvertisePathsRequest, RouterServiceService, WithdrawPathsRequest } from '../gen/herald/v1/router_service.ts';
import { isIPv6Text, readPacked } from '../ip/text.ts';
import type { Nlri } from '../wire/update.ts';
import { type Batch, byFamily, mostPrefixes } from './nlri.ts';

// Prefixes as text go from the octets of a message to NLRI: as strings they would take longer than the tables take for them. What is not
// as it should be is left to the generated code, and to those who say what is wrong with it.

/** A length-delimited field: its number, and 2. */
const tagOf = (field: number): number => (field << 3) | 2;

/** The bulk methods, with requests that may have `packed` of a `Batch`. */
export const advertisePaths = {
  ...RouterServiceService.advertisePaths,
  requestDeserialize: (message: Buffer) => decode(message, tagOf(4), AdvertisePathsRequest),
};
export const withdrawPaths = {
  ...RouterServiceService.withdrawPaths,
  requestDeserialize: (message: Buffer) => decode(message, tagOf(2), WithdrawPathsRequest),
};

/** As the generated code decodes it, but for the prefixes, which are fields with this tag. */
function decode<Request extends Batch>(
  message: Buffer,
  tag: number,
  generated: { readonly decode: (message: Uint8Array) => Request },
): Request {
  const found = pack(message, tag);
  return found === undefined
    ? generated.decode(message)
    : { ...generated.decode(Buffer.concat(found.others)), packed: found.packed };
}

// Where prefixes are packed before one knows how many they are: room for the most.
const ipv6 = new Uint8Array(17 * mostPrefixes);
const ipv4 = new Uint8Array(5 * mostPrefixes);

/** The prefixes of a message, and its other fields; undefined when there is no prefix, or something that only looks like one. */
function pack(message: Buffer, tag: number): { readonly packed: Nlri[]; readonly others: Buffer[] } | undefined {
  const others: Buffer[] = [];
  let ipv6End = 0;
  let ipv4End = 0;
  let count = 0;
  for (let at = 0; at < message.length; ) {
    if (message[at] !== tag) {
      const end = endOfField(message, at);
      if (end === -1) return undefined;
      others.push(message.subarray(at, end));
      at = end;
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
  return count === 0 ? undefined : { packed: byFamily(ipv6.slice(0, ipv6End), ipv4.slice(0, ipv4End)), others };
}

/** Where the field that begins at `at` ends; -1 when it is none that a request of this kind has. */
function endOfField(message: Buffer, at: number): number {
  const tag = message[at] as number;
  let end = at + 1;
  let value = 0;
  // A tag of one octet, and a varint of at most three.
  for (let shift = 0; ; shift += 7) {
    const octet = message[end++];
    if (octet === undefined || shift > 14 || tag > 0x7f) return -1;
    value |= (octet & 0x7f) << shift;
    if (octet < 0x80) break;
  }
  if ((tag & 7) === 0) return end;
  return (tag & 7) === 2 && end + value <= message.length ? end + value : -1;
}
