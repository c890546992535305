import { Address } from '../ip/address.ts';
import {
  AS_TRANS,
  decodeAsPath,
  encodeAsPath,
  isConfederation,
  needsAs4Path,
  withoutConfederations,
} from './as-path.ts';
import { type AttributeRow, field, optionalTransitive, wellKnown, writeIPv4 } from './attribute-row.ts';
import { Malformed, malformedLength, updateError } from './fault.ts';
import { u16, u32 } from './octets.ts';
import type { Aggregator } from './update.ts';

// Rows of the attributes that say which ASes a route came through. The layouts below are of the values; the header before each is drawn in attribute.ts.

/** Segments: see `decodeAsPath`. */
export const asPath: AttributeRow = {
  code: 2,
  name: 'AS_PATH',
  flags: wellKnown,
  readsEmpty: true,
  ...field(
    'asPath',
    (value, { fourOctetAs, external }) => {
      const path = decodeAsPath(value, fourOctetAs ? 4 : 2);
      // RFC 5065, 5: no neighbour outside of our confederation may send these, and an external one is outside.
      if (external && !(path instanceof Malformed) && path.some(isConfederation)) {
        return new Malformed(updateError.malformedAsPath, 'a confederation segment from an external peer');
      }
      return path;
    },
    (writer, value, { fourOctetAs }) => encodeAsPath(writer, value, fourOctetAs ? 4 : 2),
  ),
};

/**
 *     +---------------------+------------------+
 *     | AS number (2 or 4)  | IPv4 address (4) |
 *     +---------------------+------------------+
 */
export const aggregator: AttributeRow = {
  code: 7,
  name: 'AGGREGATOR',
  flags: optionalTransitive,
  malformed: 'attribute-discard',
  ...field(
    'aggregator',
    (value, { fourOctetAs }) => decodeAggregator(value, fourOctetAs ? 4 : 2),
    (writer, { asn, address }, { fourOctetAs }) => {
      if (fourOctetAs) writer.u32(asn);
      else writer.u16(asn > 0xffff ? AS_TRANS : asn);
      writeIPv4(writer, address);
    },
  ),
};

/** As AS_PATH in four octets, from and to those who know only two; merged into `asPath` (RFC 6793, 4.2.3). */
export const as4Path: AttributeRow = {
  code: 17,
  name: 'AS4_PATH',
  flags: optionalTransitive,
  malformed: 'attribute-discard',
  read(value, into, { fourOctetAs }) {
    if (fourOctetAs) return notAmongFour();
    const path = decodeAsPath(value, 4);
    if (path instanceof Malformed) return path;
    into.as4Path = withoutConfederations(path);
    if (into.as4Path.length === path.length) return undefined;
    return new Malformed(updateError.malformedAsPath, 'confederation segments are left out (RFC 6793, 6)');
  },
  has: ({ attributes }, { fourOctetAs }) =>
    !fourOctetAs && attributes.asPath !== undefined && needsAs4Path(attributes.asPath),
  write: (writer, { attributes }) => encodeAsPath(writer, withoutConfederations(attributes.asPath ?? []), 4),
};

/** As AGGREGATOR in four octets, from and to those who know only two; merged into `aggregator` (RFC 6793, 4.2.3). */
export const as4Aggregator: AttributeRow = {
  code: 18,
  name: 'AS4_AGGREGATOR',
  flags: optionalTransitive,
  malformed: 'attribute-discard',
  read(value, into, { fourOctetAs }) {
    if (fourOctetAs) return notAmongFour();
    const decoded = decodeAggregator(value, 4);
    if (decoded instanceof Malformed) return decoded;
    into.as4Aggregator = decoded;
    return undefined;
  },
  has: ({ attributes }, { fourOctetAs }) => !fourOctetAs && (attributes.aggregator?.asn ?? 0) > 0xffff,
  write(writer, { attributes: { aggregator: from } }) {
    if (from === undefined) return;
    writer.u32(from.asn);
    writeIPv4(writer, from.address);
  },
};

function decodeAggregator(value: Uint8Array, asSize: 2 | 4): Aggregator | Malformed {
  if (value.length !== asSize + 4) return malformedLength(value.length, `${asSize + 4}`);
  const asn = asSize === 2 ? u16(value, 0) : u32(value, 0);
  // RFC 7607, 2.
  if (asn === 0) return new Malformed(updateError.optionalAttribute, 'the aggregator is AS 0');
  return { asn, address: new Address(value.slice(asSize)) };
}

function notAmongFour(): Malformed {
  return new Malformed(updateError.optionalAttribute, 'not between peers with four-octet AS numbers (RFC 6793, 4.1)');
}
