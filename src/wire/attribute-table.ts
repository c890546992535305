import { Address } from '../ip/address.ts';
import {
  AS_TRANS,
  decodeAsPath,
  encodeAsPath,
  isConfederation,
  needsAs4Path,
  withoutConfederations,
} from './as-path.ts';
import { type AttributeRow, field, optionalNonTransitive, optionalTransitive, wellKnown } from './attribute-row.ts';
import { afiOf, family, safiOf } from './family.ts';
import { Malformed, malformedLength, updateError } from './fault.ts';
import { decodeNextHop, encodeNextHop, nextHopProblem } from './next-hop.ts';
import { nlriProblem } from './nlri.ts';
import { u16, u32, type Writer } from './octets.ts';
import type { Aggregator, Nlri, Origin } from './update.ts';

// The layouts below are of the values; the header before each is drawn in attribute.ts.

const origins = ['igp', 'egp', 'incomplete'] as const satisfies Origin[];

/**
 *     +-------------+
 *     | Origin (1)  |   0 IGP, 1 EGP, 2 INCOMPLETE
 *     +-------------+
 */
const origin: AttributeRow = {
  code: 1,
  name: 'ORIGIN',
  flags: wellKnown,
  ...field(
    'origin',
    (value) => {
      if (value.length !== 1) return malformedLength(value.length, '1');
      return origins[value[0] as number] ?? new Malformed(updateError.invalidOrigin, `${value[0]} is no origin`);
    },
    (writer, value) => writer.u8(origins.indexOf(value)),
  ),
};

/** Segments: see `decodeAsPath`. */
const asPath: AttributeRow = {
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
 *     +------------------+
 *     | IPv4 address (4) |
 *     +------------------+
 */
const nextHop: AttributeRow = {
  code: 3,
  name: 'NEXT_HOP',
  flags: wellKnown,
  ...field(
    'nextHop',
    (value) => (value.length === 4 ? new Address(value.slice()) : malformedLength(value.length, '4')),
    writeIPv4,
  ),
};

/**
 *     +-------------+
 *     | Metric (4)  |
 *     +-------------+
 */
const med: AttributeRow = { code: 4, name: 'MULTI_EXIT_DISC', flags: optionalNonTransitive, ...number('med') };

/**
 *     +-----------------+
 *     | Preference (4)  |
 *     +-----------------+
 */
const localPref: AttributeRow = {
  code: 5,
  name: 'LOCAL_PREF',
  flags: wellKnown,
  internalOnly: true,
  ...number('localPref'),
};

/** No octets at all. */
const atomicAggregate: AttributeRow = {
  code: 6,
  name: 'ATOMIC_AGGREGATE',
  flags: wellKnown,
  malformed: 'attribute-discard',
  readsEmpty: true,
  ...field(
    'atomicAggregate',
    (value) => (value.length === 0 ? true : malformedLength(value.length, '0')),
    () => {},
  ),
};

/**
 *     +---------------------+------------------+
 *     | AS number (2 or 4)  | IPv4 address (4) |
 *     +---------------------+------------------+
 */
const aggregator: AttributeRow = {
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

/**
 *     +----------------+
 *     | Community (4)  |   repeated (RFC 1997)
 *     +----------------+
 */
const communities: AttributeRow = {
  code: 8,
  name: 'COMMUNITIES',
  flags: optionalTransitive,
  ...numbers('communities'),
};

/**
 *     +---------------------+
 *     | BGP identifier (4)  |   (RFC 4456, 8)
 *     +---------------------+
 */
const originatorId: AttributeRow = {
  code: 9,
  name: 'ORIGINATOR_ID',
  flags: optionalNonTransitive,
  internalOnly: true,
  ...number('originatorId'),
};

/**
 *     +-------------------------+
 *     | Cluster identifier (4)  |   repeated (RFC 4456, 8)
 *     +-------------------------+
 */
const clusterList: AttributeRow = {
  code: 10,
  name: 'CLUSTER_LIST',
  flags: optionalNonTransitive,
  internalOnly: true,
  ...numbers('clusterList'),
};

/**
 *     +----------+-----------+----------------------+-----------+---------------+-------+
 *     | AFI (2)  | SAFI (1)  | Next hop length (1)  | Next hop  | Reserved (1)  | NLRI  |   (RFC 4760, 3)
 *     +----------+-----------+----------------------+-----------+---------------+-------+
 */
const mpReach: AttributeRow = {
  code: 14,
  name: 'MP_REACH_NLRI',
  flags: optionalNonTransitive,
  // RFC 7606, 5.3 and 7.11: then the NLRI cannot be trusted, so there is nothing to withdraw by.
  malformed: 'session-reset',
  wrongFlags: 'session-reset',
  readsEmpty: true,
  read(value, into, context) {
    if (value.length < 5) return badNlri(`length ${value.length} is less than 5`);
    const nlriAt = 5 + (value[3] as number);
    if (nlriAt > value.length) return badNlri('the next hop is cut short');
    const of = family(u16(value, 0), value[2] as number);
    const next = decodeNextHop(value.subarray(4, nlriAt - 1), of, context);
    if (next instanceof Malformed) return next;
    const nlri = { family: of, addPath: context.addPath.has(of), bytes: value.subarray(nlriAt) };
    const nlriFault = nlriProblem(nlri);
    if (nlriFault !== undefined) return badNlri(nlriFault);
    into.reach = { nextHop: next, nlri };
    const problem = nextHopProblem(next);
    // RFC 7606, 7.3 for the NEXT_HOP attribute; draft-ietf-idr-linklocal-capability, 6 says the same of this one.
    return problem === undefined ? undefined : new Malformed(updateError.invalidNextHop, problem, 'treat-as-withdraw');
  },
  has: ({ reach }) => reach !== undefined,
  write(writer, { reach }) {
    if (reach === undefined) return;
    const next = encodeNextHop(reach.nextHop);
    if (next.length > 0xff) throw new RangeError(`a next hop of ${next.length} octets`);
    writeFamily(writer, reach.nlri);
    writer.u8(next.length);
    writer.bytes(next);
    writer.u8(0);
    writer.bytes(reach.nlri.bytes);
  },
};

/**
 *     +----------+-----------+-------------------+
 *     | AFI (2)  | SAFI (1)  | Withdrawn routes  |   (RFC 4760, 4)
 *     +----------+-----------+-------------------+
 */
const mpUnreach: AttributeRow = {
  code: 15,
  name: 'MP_UNREACH_NLRI',
  flags: optionalNonTransitive,
  malformed: 'session-reset',
  wrongFlags: 'session-reset',
  readsEmpty: true,
  read(value, into, context) {
    if (value.length < 3) return badNlri(`length ${value.length} is less than 3`);
    const of = family(u16(value, 0), value[2] as number);
    const nlri = { family: of, addPath: context.addPath.has(of), bytes: value.subarray(3) };
    const problem = nlriProblem(nlri);
    if (problem !== undefined) return badNlri(problem);
    into.unreach = nlri;
    return undefined;
  },
  has: ({ unreach }) => unreach !== undefined,
  write(writer, { unreach }) {
    if (unreach === undefined) return;
    writeFamily(writer, unreach);
    writer.bytes(unreach.bytes);
  },
};

/**
 *     +-------------------------+
 *     | Extended community (8)  |   repeated (RFC 4360); any type is fine (RFC 7606, 7.14)
 *     +-------------------------+
 */
const extendedCommunities: AttributeRow = {
  code: 16,
  name: 'EXTENDED_COMMUNITIES',
  flags: optionalTransitive,
  ...blocks('extendedCommunities', 8),
};

/** As AS_PATH in four octets, from and to those who know only two; merged into `asPath` (RFC 6793, 4.2.3). */
const as4Path: AttributeRow = {
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
const as4Aggregator: AttributeRow = {
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

/**
 *     +------------+------------------+-----------------+--------------------+
 *     | Flags (1)  | Tunnel type (1)  | MPLS label (3)  | Tunnel identifier  |   (RFC 6514, 5)
 *     +------------+------------------+-----------------+--------------------+
 */
const pmsiTunnel: AttributeRow = {
  code: 22,
  name: 'PMSI_TUNNEL',
  flags: optionalTransitive,
  ...field(
    'pmsiTunnel',
    (value) => {
      if (value.length < 5) return malformedLength(value.length, '5 or more');
      const label = ((value[2] as number) << 16) | u16(value, 3);
      return { flags: value[0] as number, type: value[1] as number, label, identifier: value.slice(5) };
    },
    (writer, value) => {
      writer.u8(value.flags);
      writer.u8(value.type);
      writer.u8(value.label >>> 16);
      writer.u16(value.label & 0xffff);
      writer.bytes(value.identifier);
    },
  ),
};

/**
 *     +--------------------------------------+
 *     | IPv6 address specific community (20) |   repeated (RFC 5701); any type is fine (RFC 7606, 7.15)
 *     +--------------------------------------+
 */
const ipv6ExtendedCommunities: AttributeRow = {
  code: 25,
  name: 'IPV6_EXTENDED_COMMUNITIES',
  flags: optionalTransitive,
  ...blocks('ipv6ExtendedCommunities', 20),
};

const AIGP_TLV = 1;
const AIGP_TLV_LENGTH = 11;
const MAX_METRIC = 0xffff_ffff_ffff_ffffn;

/**
 *     +-----------+---------------------------------+--------+
 *     | Type (1)  | Length (2), with these 3 octets | Value  |   repeated (RFC 7311, 3); type 1: the metric (8)
 *     +-----------+---------------------------------+--------+
 *
 * The first TLV of type 1 counts. On external sessions AIGP is off, and what is malformed is ignored (RFC 7311, 3.2 and 3.3).
 */
const aigp: AttributeRow = {
  code: 26,
  name: 'AIGP',
  flags: optionalNonTransitive,
  malformed: 'attribute-discard',
  wrongFlags: 'attribute-discard',
  internalOnly: true,
  ...field(
    'aigp',
    (value) => {
      let metric: bigint | undefined;
      for (let at = 0, length = 0; at < value.length; at += length) {
        if (value.length - at < 3) return new Malformed(updateError.optionalAttribute, 'the last TLV is cut short');
        length = u16(value, at + 1);
        if (length < 3 || at + length > value.length) {
          return new Malformed(updateError.optionalAttribute, `a TLV has a length of ${length}`);
        }
        if (value[at] !== AIGP_TLV || metric !== undefined) continue;
        if (length !== AIGP_TLV_LENGTH) {
          return new Malformed(updateError.optionalAttribute, `the AIGP TLV has a length of ${length}`);
        }
        metric = (BigInt(u32(value, at + 3)) << 32n) | BigInt(u32(value, at + 7));
        if (metric === MAX_METRIC) return new Malformed(updateError.optionalAttribute, 'the metric is the maximum');
      }
      return metric;
    },
    (writer, value) => {
      writer.u8(AIGP_TLV);
      writer.u16(AIGP_TLV_LENGTH);
      writer.u32(Number(value >> 32n));
      writer.u32(Number(value & 0xffff_ffffn));
    },
  ),
};

/**
 *     +---------------------------+--------------------+--------------------+
 *     | Global administrator (4)  | Local data 1 (4)   | Local data 2 (4)   |   repeated (RFC 8092, 3)
 *     +---------------------------+--------------------+--------------------+
 */
const largeCommunities: AttributeRow = {
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

/**
 *     +----------------+
 *     | AS number (4)  |   (RFC 9234, 5)
 *     +----------------+
 */
const onlyToCustomer: AttributeRow = {
  code: 35,
  name: 'ONLY_TO_CUSTOMER',
  flags: optionalTransitive,
  ...number('onlyToCustomer'),
};

/** All path attributes that we know, by ascending code. */
export const attributeTable: readonly AttributeRow[] = [
  origin,
  asPath,
  nextHop,
  med,
  localPref,
  atomicAggregate,
  aggregator,
  communities,
  originatorId,
  clusterList,
  mpReach,
  mpUnreach,
  extendedCommunities,
  as4Path,
  as4Aggregator,
  pmsiTunnel,
  ipv6ExtendedCommunities,
  aigp,
  largeCommunities,
  onlyToCustomer,
];

export const attributeCode = {
  origin: origin.code,
  asPath: asPath.code,
  nextHop: nextHop.code,
  localPref: localPref.code,
  mpReach: mpReach.code,
  mpUnreach: mpUnreach.code,
} as const;

function number(key: 'med' | 'localPref' | 'originatorId' | 'onlyToCustomer') {
  return field(
    key,
    (value) => (value.length === 4 ? u32(value, 0) : malformedLength(value.length, '4')),
    (writer, value) => writer.u32(value),
  );
}

function numbers(key: 'communities' | 'clusterList') {
  return field(
    key,
    (value) => {
      if (value.length % 4 !== 0) return malformedLength(value.length, 'a multiple of 4');
      const list: number[] = [];
      for (let at = 0; at < value.length; at += 4) list.push(u32(value, at));
      return list;
    },
    (writer, list) => {
      for (const value of list) writer.u32(value);
    },
  );
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

function decodeAggregator(value: Uint8Array, asSize: 2 | 4): Aggregator | Malformed {
  if (value.length !== asSize + 4) return malformedLength(value.length, `${asSize + 4}`);
  const asn = asSize === 2 ? u16(value, 0) : u32(value, 0);
  // RFC 7607, 2.
  if (asn === 0) return new Malformed(updateError.optionalAttribute, 'the aggregator is AS 0');
  return { asn, address: new Address(value.slice(asSize)) };
}

function writeIPv4(writer: Writer, { bytes }: Address): void {
  if (bytes.length !== 4) throw new RangeError('an IPv6 address where IPv4 has to be');
  writer.bytes(bytes);
}

function writeFamily(writer: Writer, { family: of }: Nlri): void {
  writer.u16(afiOf(of));
  writer.u8(safiOf(of));
}

function badNlri(message: string): Malformed {
  return new Malformed(updateError.optionalAttribute, message);
}

function notAmongFour(): Malformed {
  return new Malformed(updateError.optionalAttribute, 'not between peers with four-octet AS numbers (RFC 6793, 4.1)');
}
