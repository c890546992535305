import type { PolicyChain } from '../policy/chain.ts';
import type { RoutePolicyActions } from '../policy/types.ts';
import { attributeSet, attributesOf, nextHopOf } from '../rib/attribute-set.ts';
import type { AttributeStore } from '../rib/attribute-store.ts';
import { Packer } from '../rib/packer.ts';
import type { PrefixTable } from '../rib/prefix-table.ts';
import type { Role } from '../session/role.ts';
import { decodeAttributes, encodeAttributes } from '../wire/attribute.ts';
import { afiOf, type Family } from '../wire/family.ts';
import { encodeNextHop } from '../wire/next-hop.ts';
import type { AsSegment, Attributes } from '../wire/update.ts';
import type { DrainPhase } from './drain.ts';
import type { SelfNextHop } from './next-hop.ts';
import { announced, isProtected } from './only-to-customer.ts';
import { stored } from './sets.ts';
import { addressFrom, sorted, union } from './values.ts';

/** All that decides how a route looks to a peer: peers with equal treatments share an update group. */
export interface Treatment {
  readonly external: boolean;
  readonly localAsn: number;
  readonly fourOctetAs: boolean;
  /** Octets. */
  readonly maxMessage: number;
  /** IPv4 routes may have an IPv6 next hop (RFC 8950). */
  readonly extendedNextHop: boolean;
  /** Every path of a prefix goes out, with its identifier (RFC 7911); else the best one. */
  readonly addPath: boolean;
  readonly self: SelfNextHop;
  readonly policy: PolicyChain;
  readonly drain: DrainPhase | undefined;
  /** What we are to an external peer (RFC 9234). */
  readonly role: Role | undefined;
}

export function keyOf(treatment: Treatment): string {
  const { policy, self, ...rest } = treatment;
  const ipv6 = self.ipv6 && [...encodeNextHop(self.ipv6)];
  return JSON.stringify([rest, String(self.ipv4), ipv6, policy.id]);
}

const IPV4 = 1;
const DEFAULT_LOCAL_PREF = 100;
/** RFC 8326, 4: where it is used at all, only for want of any other path. */
const GRACEFUL_SHUTDOWN = 0xffff0000;
/** The attribute sets that a cache may keep beside twice those in use. */
const SLACK = 1024;

/** What a set is exported as: a set that is held, or 0. Good for as long as the id of the set is of this generation. */
interface Exported {
  readonly generation: number;
  readonly to: number;
}

/** What the sets that one decision was made of are exported as. */
interface Decided {
  readonly sets: Map<number, Exported>;
  /** Since the last sweep. */
  wasUsed: boolean;
}

/** Turns a path of the Loc-RIB into what peers of one treatment are sent. */
export class Exporter {
  readonly #treatment: Treatment;
  readonly #family: Family;
  readonly #table: PrefixTable;
  readonly #store: AttributeStore;
  readonly #cache = new Map<readonly RoutePolicyActions[], Decided>();
  #cached = 0;
  /** How many make it time for the next sweep. */
  #most = SLACK;
  #lastSet = 0;
  #lastGeneration = 0;
  #lastActions: readonly RoutePolicyActions[] | undefined;
  #lastExported = 0;
  /** At most. */
  readonly #nlriOctets: number;
  readonly #subject: { address: Uint8Array; length: number };

  constructor(treatment: Treatment, family: Family, table: PrefixTable, store: AttributeStore) {
    this.#treatment = treatment;
    this.#family = family;
    this.#table = table;
    this.#store = store;
    this.#nlriOctets = (treatment.addPath ? 4 : 0) + 1 + table.octets;
    this.#subject = { address: new Uint8Array(table.octets), length: 0 };
  }

  /** The set to announce for a path to a prefix that has `set`, with one hold; 0 to announce nothing. */
  export(prefix: number, set: number): number {
    const { policy, drain } = this.#treatment;
    if (drain === 'drained') return 0;
    if (!policy.isConstant) {
      this.#table.writeAddress(prefix, this.#subject.address, 0);
      this.#subject.length = this.#table.lengthOf(prefix);
    }
    const decision = policy.decide(this.#family, this.#subject);
    if (!decision.accept) return 0;
    // Neighbours in a table mostly share a set: two look-ups less for each.
    const generation = this.#store.generationOf(set);
    if (set !== this.#lastSet || generation !== this.#lastGeneration || decision.actions !== this.#lastActions) {
      this.#lastExported = this.#find(set, generation, decision.actions);
      this.#lastActions = decision.actions;
      this.#lastSet = set;
      this.#lastGeneration = generation;
    }
    if (this.#lastExported !== 0) this.#store.hold(this.#lastExported);
    return this.#lastExported;
  }

  /** As `export` for the first `length` of these prefixes, in place of their `sets`; what has no set has none. */
  exportAll(prefixes: Uint32Array, length: number, sets: Uint32Array): void {
    const { isConstant } = this.#treatment.policy;
    for (let from = 0, to = 0; from < length; from = to) {
      const set = sets[from] as number;
      to = isConstant ? endOfRun(sets, from, length) : from + 1;
      if (set === 0) continue;
      const exported = this.export(prefixes[from] as number, set);
      if (to - from > 1 && exported !== 0) this.#store.hold(exported, to - from - 1);
      for (let i = from; i < to; i++) sets[i] = exported;
    }
  }

  dispose(): void {
    this.#forget(() => true);
  }

  #find(set: number, generation: number, actions: readonly RoutePolicyActions[]): number {
    let decided = this.#cache.get(actions);
    if (decided === undefined) this.#cache.set(actions, (decided = { sets: new Map(), wasUsed: true }));
    decided.wasUsed = true;
    const known = decided.sets.get(set);
    if (known?.generation === generation) return known.to;
    if (known !== undefined) this.#drop(decided, set, known);
    const to = this.#make(set, actions);
    decided.sets.set(set, { generation, to });
    if (++this.#cached > this.#most) this.#sweep();
    return to;
  }

  #make(set: number, actions: readonly RoutePolicyActions[]): number {
    const bytes = exported(this.#store.bytesOf(set), actions, this.#treatment, this.#family);
    const fits = bytes !== undefined && Packer.fits(bytes, this.#nlriOctets, this.#treatment.maxMessage);
    return fits ? this.#store.acquire(bytes) : 0;
  }

  /** Forgets sets that are gone, and decisions that no policy makes any more; what is left may double until the next time. */
  #sweep(): void {
    this.#forget(({ wasUsed }, set, { generation }) => !wasUsed || this.#store.generationOf(set) !== generation);
    for (const decided of this.#cache.values()) decided.wasUsed = false;
    this.#most = SLACK + 2 * this.#cached;
  }

  #forget(isGone: (decided: Decided, set: number, exported: Exported) => boolean): void {
    for (const [actions, decided] of this.#cache) {
      for (const [set, known] of decided.sets) if (isGone(decided, set, known)) this.#drop(decided, set, known);
      if (decided.sets.size === 0) this.#cache.delete(actions);
    }
    this.#lastSet = 0;
  }

  #drop({ sets }: Decided, set: number, { to }: Exported): void {
    sets.delete(set);
    this.#cached--;
    if (to !== 0) this.#store.release(to);
  }
}

/** Where another set begins than that at `from`. */
function endOfRun(sets: Uint32Array, from: number, length: number): number {
  const set = sets[from];
  let end = from + 1;
  while (end < length && sets[end] === set) end++;
  return end;
}

/** The exported form of a set; undefined when the route has no next hop that this peer understands, or is not for it (RFC 9234, 5). */
function exported(
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
