import type { RoutePolicyActions } from '../policy/types.ts';
import { decodeAttributes, encodeAttributes } from '../wire/attribute.ts';
import { attributeSet, attributesOf, nextHopOf } from '../wire/attribute-set.ts';
import { afiOf, type Family } from '../wire/family.ts';
import { encodeNextHop } from '../wire/next-hop.ts';
import type { AsSegment, Attributes } from '../wire/update.ts';
import { announced, isProtected } from './only-to-customer.ts';
import { stored } from './sets.ts';
import type { Treatment } from './treatment.ts';
import { addressFrom, sorted, union } from './values.ts';

const IPV4 = 1;
const DEFAULT_LOCAL_PREF = 100;
/** RFC 8326, 4: where it is used at all, only for want of any other path. */
const GRACEFUL_SHUTDOWN = 0xffff0000;

/** The exported form of a set; undefined when the route has no next hop that this peer understands, or is not for it (RFC 9234, 5). */
export function exported(
  set: Uint8Array,
  actions: readonly RoutePolicyActions[],
  treatment: Treatment,
  family: Family,
): Uint8Array | undefined {
  const { external, fourOctetAs, drain, role } = treatment;
  const known = decodeAttributes(attributesOf(set), stored).attributes;
  const wanted = act(external ? toExternal(known, treatment.localAsn) : toInternal(known), actions, external);
  const last = drain === undefined ? wanted : lastResort(wanted, external);
  const attributes = role === undefined || !isProtected(family) ? last : announced(role, last, treatment.localAsn);
  if (attributes === undefined) return undefined;
  const given = nextHopOf(set);
  const own = given.length === 0 || actions.some(({ nextHop }) => nextHop === 'self');
  const { self } = treatment;
  const ipv4 = own ? self.ipv4 : given.length === 4 ? addressFrom(given) : undefined;
  const ipv6 = own ? self.ipv6 && encodeNextHop(self.ipv6) : given.length === 4 ? undefined : given;
  const prefersIPv6 = own && treatment.extendedNextHop && ipv6 !== undefined;
  if (afiOf(family) === IPV4 && ipv4 !== undefined && !prefersIPv6)
    return attributeSet(new Uint8Array(0), encodeAttributes({ ...attributes, nextHop: ipv4 }, { fourOctetAs }));
  if (ipv6 === undefined || (afiOf(family) === IPV4 && !treatment.extendedNextHop)) return undefined;
  return attributeSet(ipv6, encodeAttributes(attributes, { fourOctetAs }));
}

/** RFC 4271, 5.1.2 and 5.1.5: our AS goes in front, LOCAL_PREF stays inside. */
function toExternal({ localPref, ...attributes }: Attributes, localAsn: number): Attributes {
  return { ...attributes, asPath: prepended(attributes.asPath ?? [], localAsn) };
}

/** RFC 4271, 5.1.5: LOCAL_PREF is mandatory inside. */
function toInternal(attributes: Attributes): Attributes {
  return { ...attributes, asPath: attributes.asPath ?? [], localPref: attributes.localPref ?? DEFAULT_LOCAL_PREF };
}

function prepended(path: readonly AsSegment[], asn: number): readonly AsSegment[] {
  const [first, ...rest] = path;
  if (first?.type !== 'sequence' || first.asns.length === 255) return [{ type: 'sequence', asns: [asn] }, ...path];
  return [{ type: 'sequence', asns: [asn, ...first.asns] }, ...rest];
}

function act(attributes: Attributes, actions: readonly RoutePolicyActions[], external: boolean): Attributes {
  let result = attributes;
  for (const { addCommunities, addLargeCommunities, setLocalPreference } of actions) {
    if (addCommunities.length > 0)
      result = { ...result, communities: sorted(union(result.communities ?? [], addCommunities)) };
    if (addLargeCommunities.length > 0)
      result = { ...result, largeCommunities: union(result.largeCommunities ?? [], addLargeCommunities) };
    if (setLocalPreference !== undefined && !external) result = { ...result, localPref: setLocalPreference };
  }
  return result;
}

/** RFC 8326, 4: other ASes see the community, and ours the preference below all others. */
function lastResort(attributes: Attributes, external: boolean): Attributes {
  const communities = sorted(union(attributes.communities ?? [], [GRACEFUL_SHUTDOWN]));
  return external ? { ...attributes, communities } : { ...attributes, communities, localPref: 0 };
}
