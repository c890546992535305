import { afiOf, type Family, ipv4Unicast, safiOf } from '../wire/family.ts';
import { attributesOf, nextHopOf } from './attribute-set.ts';
import type { AttributeStore } from './attribute-store.ts';
import type { RouteKeys } from './route-keys.ts';

/** A run of whole UPDATE messages, to be written as it is to every peer that wants it. Never changed afterwards. */
export interface Slab {
  readonly bytes: Uint8Array;
  readonly updates: number;
  /** Index of the first id that is not in it. */
  readonly end: number;
}

const HEADER = 19;
/** Header, WITHDRAWN ROUTES length, total path attribute length. */
const FIXED = HEADER + 4;
const UPDATE = 2;
const MP_REACH = 14;
const MP_UNREACH = 15;
const OPTIONAL_EXTENDED = 0x90;

/**
 * Builds UPDATEs from route ids that are in order of attribute set: consecutive ids with the same set share messages, each filled to the limit.
 * One buffer is written again and again, and copied out once per slab.
 */
export class Packer {
  readonly #keys: RouteKeys;
  readonly #store: AttributeStore;
  readonly #family: Family;
  readonly #maxMessage: number;
  readonly #slab: number;
  readonly #buffer: Uint8Array;
  #at = 0;

  /**
   * `maxMessage` is 4096, or 65535 when the extended message capability was negotiated (RFC 8654); a slab ends with the message that
   * reaches `slabOctets`.
   */
  constructor(keys: RouteKeys, store: AttributeStore, family: Family, maxMessage: number, slabOctets: number) {
    this.#keys = keys;
    this.#store = store;
    this.#family = family;
    this.#maxMessage = maxMessage;
    this.#slab = slabOctets;
    this.#buffer = new Uint8Array(slabOctets + maxMessage);
  }

  /** Whether a message still holds one route besides an attribute set; `octets` are the most that its NLRI may have. */
  static fits(set: Uint8Array, octets: number, maxMessage: number): boolean {
    return FIXED + set.length + 4 + 5 + octets <= maxMessage;
  }

  /**
   * Packs `ids[from]` up to `ids[to - 1]`, or fewer when the slab is full. `sets` gives the attribute set of each id; 0 withdraws it.
   */
  pack(ids: Uint32Array, from: number, to: number, sets: Uint32Array): Slab {
    this.#at = 0;
    let updates = 0;
    let next = from;
    while (next < to && this.#at < this.#slab) {
      const set = sets[ids[next] as number] ?? 0;
      next = set === 0 ? this.#withdraw(ids, next, to, sets) : this.#announce(ids, next, to, sets, set);
      updates++;
    }
    return { bytes: this.#buffer.slice(0, this.#at), updates, end: next };
  }

  //   | marker (16) | length (2) | type (1) | 0 (2) | total path attribute length (2)
  //   | 0x90 | 14 | length (2) | AFI (2) | SAFI (1) | next hop length (1) | next hop | 0 (1) | NLRI |  (RFC 4760, 3)
  //   | the other attributes |
  //
  // MP_REACH_NLRI comes first (RFC 7606, 5.1). IPv4 with an IPv4 next hop goes to the NLRI field at the end instead.
  #announce(ids: Uint32Array, from: number, to: number, sets: Uint32Array, setId: number): number {
    const set = this.#store.bytesOf(setId);
    const nextHop = nextHopOf(set);
    const attributes = attributesOf(set);
    const buffer = this.#buffer;
    const start = this.#at;
    if (nextHop.length === 0) {
      buffer.set(attributes, start + FIXED);
      this.#at = start + FIXED + attributes.length;
      const end = this.#nlri(ids, from, to, sets, start + this.#maxMessage);
      this.#header(start, 0, attributes.length);
      return end;
    }
    const value = start + FIXED + 4;
    this.#writeFamily(value);
    buffer[value + 3] = nextHop.length;
    buffer.set(nextHop, value + 4);
    buffer[value + 4 + nextHop.length] = 0;
    this.#at = value + 5 + nextHop.length;
    const end = this.#nlri(ids, from, to, sets, start + this.#maxMessage - attributes.length);
    this.#attributeHeader(start + FIXED, MP_REACH, this.#at - value);
    buffer.set(attributes, this.#at);
    this.#at += attributes.length;
    this.#header(start, 0, this.#at - start - FIXED);
    return end;
  }

  //   | header | 0 (2) | total path attribute length (2) | 0x90 | 15 | length (2) | AFI (2) | SAFI (1) | withdrawn routes |
  //
  // IPv4 unicast goes to the WITHDRAWN ROUTES field, which every peer reads.
  #withdraw(ids: Uint32Array, from: number, to: number, sets: Uint32Array): number {
    const start = this.#at;
    if (this.#family === ipv4Unicast) {
      this.#at = start + HEADER + 2;
      const end = this.#nlri(ids, from, to, sets, start + this.#maxMessage - 2);
      const withdrawn = this.#at - start - HEADER - 2;
      this.#at += 2;
      this.#header(start, withdrawn, 0);
      return end;
    }
    const value = start + FIXED + 4;
    this.#writeFamily(value);
    this.#at = value + 3;
    const end = this.#nlri(ids, from, to, sets, start + this.#maxMessage);
    this.#attributeHeader(start + FIXED, MP_UNREACH, this.#at - value);
    this.#header(start, 0, this.#at - start - FIXED);
    return end;
  }

  /** Writes prefixes of one set up to `limit`; returns the index of the first that did not fit, or has another set. */
  #nlri(ids: Uint32Array, from: number, to: number, sets: Uint32Array, limit: number): number {
    const set = sets[ids[from] as number] ?? 0;
    const keys = this.#keys;
    const buffer = this.#buffer;
    let at = this.#at;
    let next = from;
    while (next < to) {
      const id = ids[next] as number;
      if ((sets[id] ?? 0) !== set || at + keys.nlriSize(id) > limit) break;
      at = keys.writeNlri(id, buffer, at);
      next++;
    }
    this.#at = at;
    return next;
  }

  #writeFamily(at: number): void {
    const afi = afiOf(this.#family);
    this.#buffer[at] = afi >> 8;
    this.#buffer[at + 1] = afi;
    this.#buffer[at + 2] = safiOf(this.#family);
  }

  #attributeHeader(at: number, code: number, length: number): void {
    const buffer = this.#buffer;
    buffer[at] = OPTIONAL_EXTENDED;
    buffer[at + 1] = code;
    buffer[at + 2] = length >> 8;
    buffer[at + 3] = length;
  }

  #header(start: number, withdrawn: number, attributes: number): void {
    const buffer = this.#buffer;
    const length = this.#at - start;
    buffer.fill(0xff, start, start + 16);
    buffer[start + 16] = length >> 8;
    buffer[start + 17] = length;
    buffer[start + 18] = UPDATE;
    buffer[start + HEADER] = withdrawn >> 8;
    buffer[start + HEADER + 1] = withdrawn;
    const at = start + HEADER + 2 + withdrawn;
    buffer[at] = attributes >> 8;
    buffer[at + 1] = attributes;
  }
}
