import type { Address } from '../ip/address.ts';
import type { Context } from './context.ts';
import { Malformed, malformedLength } from './fault.ts';
import { u32, type Writer } from './octets.ts';
import type { Aggregator, AsSegment, Attributes, FaultAction, Nlri, Reach } from './update.ts';

export const attributeFlag = { optional: 0x80, transitive: 0x40, partial: 0x20, extendedLength: 0x10 } as const;

/** The Optional and Transitive bits of the three categories there are (RFC 4271, 5). */
export const wellKnown = attributeFlag.transitive;
export const optionalTransitive = attributeFlag.optional | attributeFlag.transitive;
export const optionalNonTransitive = attributeFlag.optional;

/** What encoding depends on. */
export type EncodeContext = Pick<Context, 'fourOctetAs'>;

/** All that path attributes can say. */
export interface Parts {
  readonly attributes: Attributes;
  readonly reach?: Reach;
  readonly unreach?: Nlri;
}

/** Parts while they are read. */
export interface Draft {
  attributes: { -readonly [K in keyof Attributes]: Attributes[K] };
  reach?: Reach;
  unreach?: Nlri;
  as4Path?: readonly AsSegment[];
  as4Aggregator?: Aggregator;
}

/** One path attribute that we know. */
export interface AttributeRow {
  readonly code: number;
  /** As the RFC writes it. */
  readonly name: string;
  /** The Optional and Transitive bits it must have. */
  readonly flags: number;
  /** What a malformed value costs; treat-as-withdraw when absent. */
  readonly malformed?: FaultAction;
  /** What wrong Optional or Transitive bits cost; treat-as-withdraw when absent (RFC 7606, 3 c). */
  readonly wrongFlags?: FaultAction;
  /** From an external peer it is discarded unread. */
  readonly internalOnly?: true;
  /** `read` decides about a value of no octets too. For all others it is a syntax error (RFC 7606, 4), and never written. */
  readonly readsEmpty?: true;
  /** Puts the value into the draft. What it puts there shares no memory with `value`, except NLRI. */
  read(value: Uint8Array, into: Draft, context: Context): Malformed | undefined;
  /** Whether there is a value to write. */
  has(parts: Parts, context: EncodeContext): boolean;
  /** Writes the value; only called when there is one. */
  write(writer: Writer, parts: Parts, context: EncodeContext): void;
}

type Key = keyof Attributes;
type Value<K extends Key> = Exclude<Attributes[K], undefined>;

/** How an attribute is read and written that is one field of `Attributes`. */
export function field<K extends Key>(
  key: K,
  decode: (value: Uint8Array, context: Context) => Value<K> | Malformed | undefined,
  encode: (writer: Writer, value: Value<K>, context: EncodeContext) => void,
): Pick<AttributeRow, 'read' | 'has' | 'write'> {
  return {
    read(value, into, context) {
      const decoded = decode(value, context);
      if (decoded instanceof Malformed) return decoded;
      if (decoded !== undefined) into.attributes[key] = decoded;
      return undefined;
    },
    has: ({ attributes }) => attributes[key] !== undefined,
    write: (writer, { attributes }, context) => encode(writer, attributes[key] as Value<K>, context),
  };
}

/** An attribute of one unsigned 32-bit number. */
export function number(key: 'med' | 'localPref' | 'originatorId' | 'onlyToCustomer') {
  return field(
    key,
    (value) => (value.length === 4 ? u32(value, 0) : malformedLength(value.length, '4')),
    (writer, value) => writer.u32(value),
  );
}

/** An attribute that lists unsigned 32-bit numbers. */
export function numbers(key: 'communities' | 'clusterList') {
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

/** Throws RangeError for an IPv6 address. */
export function writeIPv4(writer: Writer, { bytes }: Address): void {
  if (bytes.length !== 4) throw new RangeError('an IPv6 address where IPv4 has to be');
  writer.bytes(bytes);
}
