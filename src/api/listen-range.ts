import { Address } from '../ip/address.ts';
import type { Prefix } from '../ip/prefix.ts';
import type { AsnRange, ListenRange, Neighbor } from '../speaker/types.ts';

// From fields that were checked to a listen range, for all doors.

/** FRR's `bgp listen limit`. */
const defaultLimit = 100;

export interface RangeFields {
  readonly name: string | undefined;
  readonly prefix: Prefix;
  readonly limit: number | undefined;
  readonly asns: readonly AsnRange[];
}

/** `like`: a neighbor that is as its peers are. */
export function listenRangeOf({ name, prefix, limit, asns }: RangeFields, like: Neighbor): ListenRange {
  const { name: _, address: __, asn: ___, transport, ...template } = like;
  return {
    name: name ?? prefix.toString(),
    prefix,
    limit: limit ?? defaultLimit,
    asns,
    template: { ...template, transport: { ...transport, passive: true } },
  };
}

/** What is wrong with the prefix of a range; undefined when nothing is. */
export function rangePrefixFault({ address }: Prefix): string | undefined {
  return address.isMulticast ? 'must be one of addresses of hosts' : undefined;
}

/** An address that stands for those of a prefix where no particular one matters. */
export function someAddressOf({ isIPv4 }: Prefix): Address {
  return Address.parse(isIPv4 ? '192.0.2.1' : '2001:db8::1');
}
