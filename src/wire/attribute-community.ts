import { type AttributeRow, field, numbers, optionalTransitive } from './attribute-row.ts';
import { malformedLength } from './fault.ts';
import { u32 } from './octets.ts';

// Rows of communities of every kind. The layouts below are of the values; the header before each is drawn in attribute.ts.

/**
 *     +----------------+
 *     | Community (4)  |   repeated (RFC 1997)
 *     +----------------+
 */
export const communities: AttributeRow = {
  code: 8,
  name: 'COMMUNITIES',
  flags: optionalTransitive,
  ...numbers('communities'),
};

/**
 *     +-------------------------+
 *     | Extended community (8)  |   repeated (RFC 4360); any type is fine (RFC 7606, 7.14)
 *     +-------------------------+
 */
export const extendedCommunities: AttributeRow = {
  code: 16,
  name: 'EXTENDED_COMMUNITIES',
  flags: optionalTransitive,
  ...blocks('extendedCommunities', 8),
};

/**
 *     +--------------------------------------+
 *     | IPv6 address specific community (20) |   repeated (RFC 5701); any type is fine (RFC 7606, 7.15)
 *     +--------------------------------------+
 */
export const ipv6ExtendedCommunities: AttributeRow = {
  code: 25,
  name: 'IPV6_EXTENDED_COMMUNITIES',
  flags: optionalTransitive,
  ...blocks('ipv6ExtendedCommunities', 20),
};

/**
 *     +---------------------------+--------------------+--------------------+
 *     | Global administrator (4)  | Local data 1 (4)   | Local data 2 (4)   |   repeated (RFC 8092, 3)
 *     +---------------------------+--------------------+--------------------+
 */
export const largeCommunities: AttributeRow = {
  code: 32,
  name: 'LARGE_COMMUNITY',
  flags: optionalTransitive,
  ...field(
    'largeCommunities',
    (value) => {
      if (value.length % 12 !== 0) return malformedLength(value.length, 'a multiple of 12');
      const list: LargeCommunity[] = [];
      for (let at = 0; at < value.length; at += 12) {
        list.push([u32(value, at), u32(value, at + 4), u32(value, at + 8)]);
      }
      return distinct(list);
    },
    (writer, value) => {
      for (const community of distinct(value)) for (const part of community) writer.u32(part);
    },
  ),
};

type LargeCommunity = readonly [number, number, number];

/** RFC 8092, 3: neither sent twice nor taken twice. The first of each stays where it is. */
function distinct(list: readonly LargeCommunity[]): readonly LargeCommunity[] {
  const seen = new Set<string>();
  return list.filter((community) => seen.size < seen.add(community.join()).size);
}

function blocks(key: 'extendedCommunities' | 'ipv6ExtendedCommunities', size: number) {
  return field(
    key,
    (value) => {
      if (value.length % size !== 0) return malformedLength(value.length, `a multiple of ${size}`);
      const list: Uint8Array[] = [];
      for (let at = 0; at < value.length; at += size) list.push(value.slice(at, at + size));
      return list;
    },
    (writer, list) => {
      for (const block of list) {
        if (block.length !== size) throw new RangeError(`a community of ${block.length} octets, not ${size}`);
        writer.bytes(block);
      }
    },
  );
}
