import { attributesOffset } from '../wire/attribute-set.ts';
import { afiOf, type Family, ipv4Unicast, safiOf } from '../wire/family.ts';
import type { AttributeStore } from './attribute-store.ts';
import { entryAt } from './column.ts';
import { NlriOutput, type RouteKeys } from './route-keys.ts';

/** A run of whole UPDATE messages, to be written as it is to every peer that wants it. */
export interface Slab {
  /** Only lent: the next slab may be written to the same place, unless the packer is told to keep it. */
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
/** Octets of short slabs that are kept in one buffer. */
const KEPT = 1 << 16;

/**
 * Builds UPDATEs from route ids that are in order of attribute set: consecutive ids with the same set share messages, each filled to the limit.
 * One buffer is written again and again: it stays in the processor's caches, and to touch memory that is new costs more than all the packing.
 */
export class Packer {
  readonly #keys: RouteKeys;
  readonly #store: AttributeStore;
  readonly #family: Family;
  readonly #maxMessage: number;
  readonly #slab: number;
  /** Octets that one slab may have. */
  readonly #most: number;
  #out: NlriOutput;
  /** Where the next slab begins. */
  #start = 0;

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
    this.#most = slabOctets + maxMessage;
    this.#out = new NlriOutput(this.#most + KEPT);
  }

  /** Whether a message still holds one route besides an attribute set; `octets` are the most that its NLRI may have. */
  static fits(set: Uint8Array, octets: number, maxMessage: number): boolean {
    return FIXED + set.length + 4 + 5 + octets <= maxMessage;
  }

  /**
   * Packs `ids[from]` up to `ids[to - 1]`, or fewer when the slab is full. `sets` gives the attribute set of each id; 0 withdraws it.
   */
  pack(ids: Uint32Array, from: number, to: number, sets: Uint32Array): Slab {
    const start = this.#start;
    const full = start + this.#slab;
    this.#out.at = start;
    let updates = 0;
    let next = from;
    while (next < to && this.#out.at < full) {
      const set = entryAt(sets, ids[next] as number);
      next = set === 0 ? this.#withdraw(ids, next, to, sets) : this.#announce(ids, next, to, sets, set);
      updates++;
    }
    return { bytes: this.#out.bytes.subarray(start, this.#out.at), updates, end: next };
  }

  /** Never writes to these octets of a slab again. */
  keep({ bytes }: Slab): void {
    const { length, buffer } = this.#out.bytes;
    if (bytes.buffer !== buffer) return;
    this.#start = Math.max(this.#start, bytes.byteOffset + bytes.length);
    if (this.#start + this.#most <= length) return;
    this.#start = 0;
    this.#out = new NlriOutput(length);
  }

  //   | marker (16) | length (2) | type (1) | 0 (2) | total path attribute length (2)
  //   | 0x90 | 14 | length (2) | AFI (2) | SAFI (1) | next hop length (1) | next hop | 0 (1) | NLRI |  (RFC 4760, 3)
  //   | the other attributes |
  //
  // MP_REACH_NLRI comes first (RFC 7606, 5.1). IPv4 with an IPv4 next hop goes to the NLRI field at the end instead.
  #announce(ids: Uint32Array, from: number, to: number, sets: Uint32Array, setId: number): number {
    const set = this.#store.bytesOf(setId);
    const attributesAt = attributesOffset(set);
    const attributes = set.length - attributesAt;
    const out = this.#out;
    const { bytes } = out;
    const start = out.at;
    if (attributesAt === 1) {
      out.at = copy(set, attributesAt, set.length, bytes, start + FIXED);
      const end = this.#keys.writeRun(ids, from, to, sets, start + this.#maxMessage, out);
      this.#header(start, 0, attributes);
      return end;
    }
    const value = start + FIXED + 4;
    this.#writeFamily(value);
    // Length and next hop, as the set has them.
    const nextHopEnd = copy(set, 0, attributesAt, bytes, value + 3);
    bytes[nextHopEnd] = 0;
    out.at = nextHopEnd + 1;
    const end = this.#keys.writeRun(ids, from, to, sets, start + this.#maxMessage - attributes, out);
    this.#attributeHeader(start + FIXED, MP_REACH, out.at - value);
    out.at = copy(set, attributesAt, set.length, bytes, out.at);
    this.#header(start, 0, out.at - start - FIXED);
    return end;
  }

  //   | header | 0 (2) | total path attribute length (2) | 0x90 | 15 | length (2) | AFI (2) | SAFI (1) | withdrawn routes |
  //
  // IPv4 unicast goes to the WITHDRAWN ROUTES field, which every peer reads.
  #withdraw(ids: Uint32Array, from: number, to: number, sets: Uint32Array): number {
    const start = this.#out.at;
    if (this.#family === ipv4Unicast) {
      this.#out.at = start + HEADER + 2;
      const end = this.#keys.writeRun(ids, from, to, sets, start + this.#maxMessage - 2, this.#out);
      const withdrawn = this.#out.at - start - HEADER - 2;
      this.#out.at += 2;
      this.#header(start, withdrawn, 0);
      return end;
    }
    const value = start + FIXED + 4;
    this.#writeFamily(value);
    this.#out.at = value + 3;
    const end = this.#keys.writeRun(ids, from, to, sets, start + this.#maxMessage, this.#out);
    this.#attributeHeader(start + FIXED, MP_UNREACH, this.#out.at - value);
    this.#header(start, 0, this.#out.at - start - FIXED);
    return end;
  }

  #writeFamily(at: number): void {
    const afi = afiOf(this.#family);
    this.#out.bytes[at] = afi >> 8;
    this.#out.bytes[at + 1] = afi;
    this.#out.bytes[at + 2] = safiOf(this.#family);
  }

  #attributeHeader(at: number, code: number, length: number): void {
    const buffer = this.#out.bytes;
    buffer[at] = OPTIONAL_EXTENDED;
    buffer[at + 1] = code;
    buffer[at + 2] = length >> 8;
    buffer[at + 3] = length;
  }

  #header(start: number, withdrawn: number, attributes: number): void {
    const buffer = this.#out.bytes;
    const length = this.#out.at - start;
    for (let i = start; i < start + 16; i++) buffer[i] = 0xff;
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

/** Octets from which on a view and one copy are faster than a loop. */
const MANY = 128;

/** Returns where the copy ends. */
function copy(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): number {
  if (end - start >= MANY) to.set(from.subarray(start, end), at);
  else for (let i = start, next = at; i < end; i++) to[next++] = from[i] as number;
  return at + end - start;
}
