import { attributeFlag } from '../wire/attribute-row.ts';
import { attributesOffset } from '../wire/attribute-set.ts';
import { afiOf, type Family } from '../wire/family.ts';
import { encodeNextHop } from '../wire/next-hop.ts';
import { u16 } from '../wire/octets.ts';
import { isProtected } from './only-to-customer.ts';
import type { Treatment } from './treatment.ts';

const IPV6 = 2;
const AS_PATH = 2;
const NEXT_HOP = 3;
const LOCAL_PREF = 5;
const SEQUENCE = 2;
/** Octets of a set, as it is put together: never more than a message has. */
const scratch = new Uint8Array(0x10000);

// Nearly every route goes to an external peer as it is, but for our AS in front of its path and LOCAL_PREF (RFC 4271, 5.1.2 and 5.1.5). Where many sets
// go out that is done octet by octet. All others are left to `exported`, which this must never differ from.

/** What sets look like to external peers that no policy, drain or role makes an exception for. */
export class PlainExport {
  readonly #asn: number;
  /** For a set that has none. */
  readonly #nextHop: Uint8Array | undefined;

  private constructor(asn: number, nextHop: Uint8Array | undefined) {
    this.#asn = asn;
    this.#nextHop = nextHop;
  }

  /** Undefined where this is not how sets are exported. */
  static for(
    { external, localAsn, fourOctetAs, self, drain, role }: Treatment,
    family: Family,
  ): PlainExport | undefined {
    const isPlain = external && fourOctetAs && drain === undefined && (role === undefined || !isProtected(family));
    if (!isPlain || afiOf(family) !== IPV6) return undefined;
    return new PlainExport(localAsn, self.ipv6 && encodeNextHop(self.ipv6));
  }

  /** The exported form of a set of the store; undefined for one that is not of the plain kind. */
  of(set: Uint8Array): Uint8Array | undefined {
    const attributesAt = attributesOffset(set);
    const own = set[0] === 0 ? this.#nextHop : undefined;
    if ((set[0] === 0 && own === undefined) || set[0] === 4) return undefined;
    let to = own === undefined ? copy(set, 0, attributesAt, 0) : 1 + own.length;
    if (own !== undefined) {
      scratch[0] = own.length;
      scratch.set(own, 1);
    }
    let hasPath = false;
    for (let at = attributesAt, end = 0; at < set.length; at = end) {
      const isExtended = ((set[at] as number) & attributeFlag.extendedLength) !== 0;
      const code = set[at + 1];
      const valueAt = at + (isExtended ? 4 : 3);
      end = valueAt + (isExtended ? u16(set, at + 2) : (set[at + 2] as number));
      // A path with our AS may be longer than a message, and than there is room here.
      if (code === NEXT_HOP || to + end - at + 7 > scratch.length) return undefined;
      if (code === LOCAL_PREF) continue;
      if (code !== AS_PATH) {
        to = copy(set, at, end, to);
        continue;
      }
      hasPath = true;
      to = this.#prepend(set, valueAt, end, to);
    }
    return hasPath ? scratch.slice(0, to) : undefined;
  }

  /** Writes AS_PATH with our AS in front: in the first segment, if that is a sequence with room for it. */
  #prepend(set: Uint8Array, valueAt: number, end: number, to: number): number {
    const joins = end > valueAt && set[valueAt] === SEQUENCE && set[valueAt + 1] !== 255;
    const length = end - valueAt + (joins ? 4 : 6);
    const isExtended = length > 255;
    scratch[to] = attributeFlag.transitive | (isExtended ? attributeFlag.extendedLength : 0);
    scratch[to + 1] = AS_PATH;
    if (isExtended) scratch[to + 2] = length >> 8;
    let at = to + (isExtended ? 4 : 3);
    scratch[at - 1] = length;
    scratch[at++] = SEQUENCE;
    scratch[at++] = joins ? (set[valueAt + 1] as number) + 1 : 1;
    for (let shift = 24; shift >= 0; shift -= 8) scratch[at++] = this.#asn >>> shift;
    return copy(set, joins ? valueAt + 2 : valueAt, end, at);
  }
}

/** Few octets: a loop is faster than a view. Returns where the copy ends. */
function copy(from: Uint8Array, start: number, end: number, to: number): number {
  for (let at = start; at < end; at++) scratch[to++] = from[at] as number;
  return to;
}
