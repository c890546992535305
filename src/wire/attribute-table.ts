import { aggregator, as4Aggregator, as4Path, asPath } from './attribute-as.ts';
import { communities, extendedCommunities, ipv6ExtendedCommunities, largeCommunities } from './attribute-community.ts';
import { mpReach, mpUnreach, nextHop } from './attribute-reach.ts';
import {
  type AttributeRow,
  field,
  number,
  numbers,
  optionalNonTransitive,
  optionalTransitive,
  wellKnown,
} from './attribute-row.ts';
import { Malformed, malformedLength, updateError } from './fault.ts';
import { u16, u32 } from './octets.ts';
import type { Origin } from './update.ts';

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
