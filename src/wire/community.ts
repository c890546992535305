import { u16, u32, Writer } from './octets.ts';
import { hex } from './printable.ts';

/** Text that is no community; the message says what is wrong with it and what would be right. */
export class CommunityError extends RangeError {
  override readonly name = 'CommunityError';
}

/** A large community (RFC 8092): three unsigned 32-bit integers, the first one an AS number. */
export type LargeCommunity = readonly [number, number, number];

/** What a stale route is marked with once it is kept beyond the restart time (RFC 9494, 3.2). */
export const llgrStale = 0xffff_0006;

/** Asks not to keep a route beyond the restart time (RFC 9494, 3.3). */
export const noLlgr = 0xffff_0007;

/** Well-known communities by name, the names and values that Cilium accepts. */
export const wellKnownCommunities: ReadonlyMap<string, number> = new Map([
  ['internet', 0x0000_0000],
  ['planned-shut', 0xffff_0000],
  ['accept-own', 0xffff_0001],
  ['route-filter-translated-v4', 0xffff_0002],
  ['route-filter-v4', 0xffff_0003],
  ['route-filter-translated-v6', 0xffff_0004],
  ['route-filter-v6', 0xffff_0005],
  ['llgr-stale', llgrStale],
  ['no-llgr', noLlgr],
  ['blackhole', 0xffff_029a],
  ['no-export', 0xffff_ff01],
  ['no-advertise', 0xffff_ff02],
  ['no-export-subconfed', 0xffff_ff03],
  ['no-peer', 0xffff_ff04],
]);

const nameOf: ReadonlyMap<number, string> = new Map([...wellKnownCommunities].map(([name, value]) => [value, name]));

/** Reads `65001:100`, a plain decimal number, or a well-known name. Throws CommunityError. */
export function parseCommunity(text: string): number {
  const wellKnown = wellKnownCommunities.get(text);
  if (wellKnown !== undefined) return wellKnown;
  const parts = text.split(':');
  const [high = '', low] = parts;
  const value =
    low === undefined
      ? decimal(high, 0xffff_ffff)
      : combined(decimal(high, 0xffff), decimal(low, 0xffff), parts.length);
  if (value !== undefined) return value;
  throw new CommunityError(
    `"${text}" is no community: expected A:B with both in 0-65535, a number up to 4294967295 or a well-known name ` +
      `(${[...wellKnownCommunities.keys()].join(', ')}), without leading zeros`,
  );
}

function combined(high: number | undefined, low: number | undefined, parts: number): number | undefined {
  return high === undefined || low === undefined || parts !== 2 ? undefined : high * 0x10000 + low;
}

/** The well-known name when there is one, else `A:B`. */
export function formatCommunity(community: number): string {
  return nameOf.get(community) ?? `${community >>> 16}:${community & 0xffff}`;
}

/** Reads `A:B:C`, three decimal numbers up to 4294967295 without leading zeros (RFC 8092, 5). Throws CommunityError. */
export function parseLargeCommunity(text: string): LargeCommunity {
  const parts = text.split(':').map((part) => decimal(part, 0xffff_ffff));
  const [first, second, third] = parts;
  if (parts.length === 3 && first !== undefined && second !== undefined && third !== undefined) {
    return [first, second, third];
  }
  throw new CommunityError(
    `"${text}" is no large community: expected A:B:C, each in 0-4294967295 without leading zeros`,
  );
}

export function formatLargeCommunity(community: LargeCommunity): string {
  return community.join(':');
}

// Extended communities (RFC 4360, 3; types: RFC 7153)
//
//     +-----------+---------------+-----------------------------+---------------------+
//     | Type (1)  | Sub-type (1)  | AS number (2) or (4), or    | Local administrator |
//     |           |               | IPv4 address (4)            | (the rest of 6)     |
//     +-----------+---------------+-----------------------------+---------------------+

const TWO_OCTET_AS = 0x00;
const IPV4_ADDRESS = 0x01;
const FOUR_OCTET_AS = 0x02;
const OPAQUE = 0x03;
const NON_TRANSITIVE = 0x40;
const LINK_BANDWIDTH = 0x04;
const COLOR = 0x0b;

const administered = [
  ['rt', 0x02],
  ['soo', 0x03],
] as const;

/**
 * Reads one extended community into its eight octets. Throws CommunityError. The forms:
 *
 *     rt:65001:100  rt:4200000001:100  rt:65001L:100  rt:192.0.2.1:100    route target; `L`: the AS number in four octets
 *     soo:...                                                             route origin, the same
 *     link-bandwidth:65001:1.25e9                                         octets per second
 *     color:100                                                           (RFC 9012, 4.3)
 *     0x0123456789abcdef                                                  any
 */
export function parseExtendedCommunity(text: string): Uint8Array {
  const [kind = '', ...fields] = text.split(':');
  const bytes = parseFields(kind, fields) ?? parseHex(text, 8);
  if (bytes !== undefined) return bytes;
  throw new CommunityError(
    `"${text}" is no extended community: expected rt:ADMIN:VALUE or soo:ADMIN:VALUE (ADMIN an AS number or an IPv4 address), ` +
      'link-bandwidth:AS:OCTETS-PER-SECOND, color:VALUE or 0x with 16 hexadecimal digits',
  );
}

function parseFields(kind: string, fields: readonly string[]): Uint8Array | undefined {
  const [first = '', second = ''] = fields;
  const subtype = administered.find(([name]) => name === kind)?.[1];
  if (subtype !== undefined) return fields.length === 2 ? parseAdministered(subtype, first, second) : undefined;
  if (kind === 'color') {
    const color = decimal(first, 0xffff_ffff);
    if (color === undefined || fields.length !== 1) return undefined;
    return written(OPAQUE, COLOR, (writer) => {
      writer.u16(0);
      writer.u32(color);
    });
  }
  if (kind === 'link-bandwidth') {
    const asn = decimal(first, 0xffff);
    const bandwidth = /^\d+(\.\d+)?(e[+-]?\d+)?$/.test(second) ? Math.fround(Number(second)) : Number.NaN;
    if (asn === undefined || !Number.isFinite(bandwidth) || fields.length !== 2) return undefined;
    return written(TWO_OCTET_AS | NON_TRANSITIVE, LINK_BANDWIDTH, (writer) => {
      writer.u16(asn);
      writer.u32(bitsOfFloat(bandwidth));
    });
  }
  return undefined;
}

function parseAdministered(subtype: number, administrator: string, local: string): Uint8Array | undefined {
  const address = parseIPv4(administrator);
  const inFour = administrator.endsWith('L');
  const asn = decimal(inFour ? administrator.slice(0, -1) : administrator, 0xffff_ffff);
  const isShort = address === undefined && !inFour && asn !== undefined && asn <= 0xffff;
  const value = decimal(local, isShort ? 0xffff_ffff : 0xffff);
  if (value === undefined) return undefined;
  if (address !== undefined) {
    return written(IPV4_ADDRESS, subtype, (writer) => {
      writer.bytes(address);
      writer.u16(value);
    });
  }
  if (asn === undefined) return undefined;
  return written(isShort ? TWO_OCTET_AS : FOUR_OCTET_AS, subtype, (writer) => {
    if (isShort) writer.u16(asn);
    else writer.u32(asn);
    if (isShort) writer.u32(value);
    else writer.u16(value);
  });
}

/** The form that `parseExtendedCommunity` reads back to the same octets. */
export function formatExtendedCommunity(community: Uint8Array): string {
  const [type = 0, subtype = 0] = community;
  const kind = administered.find(([, value]) => value === subtype)?.[0];
  if (kind !== undefined) {
    switch (type) {
      case TWO_OCTET_AS:
        return `${kind}:${u16(community, 2)}:${u32(community, 4)}`;
      case IPV4_ADDRESS:
        return `${kind}:${community.subarray(2, 6).join('.')}:${u16(community, 6)}`;
      case FOUR_OCTET_AS: {
        const asn = u32(community, 2);
        return `${kind}:${asn}${asn > 0xffff ? '' : 'L'}:${u16(community, 6)}`;
      }
    }
  }
  if (type === OPAQUE && subtype === COLOR && u16(community, 2) === 0) return `color:${u32(community, 4)}`;
  if (type === (TWO_OCTET_AS | NON_TRANSITIVE) && subtype === LINK_BANDWIDTH) {
    const bandwidth = floatOf(community);
    if (Number.isFinite(bandwidth) && bandwidth >= 0 && !Object.is(bandwidth, -0)) {
      return `link-bandwidth:${u16(community, 2)}:${bandwidth}`;
    }
  }
  return `0x${hex(community)}`;
}

/** Reads `0x` and 40 hexadecimal digits (RFC 5701). Throws CommunityError. */
export function parseIPv6ExtendedCommunity(text: string): Uint8Array {
  const bytes = parseHex(text, 20);
  if (bytes !== undefined) return bytes;
  throw new CommunityError(`"${text}" is no IPv6 extended community: expected 0x with 40 hexadecimal digits`);
}

export function formatIPv6ExtendedCommunity(community: Uint8Array): string {
  return `0x${hex(community)}`;
}

/** A decimal number without leading zeros, up to `max`. */
function decimal(text: string, max: number): number | undefined {
  if (!/^(0|[1-9]\d{0,9})$/.test(text)) return undefined;
  const value = Number(text);
  return value <= max ? value : undefined;
}

function parseIPv4(text: string): Uint8Array | undefined {
  const parts = text.split('.').map((part) => decimal(part, 255));
  if (parts.length !== 4 || parts.includes(undefined)) return undefined;
  return Uint8Array.from(parts as number[]);
}

function parseHex(text: string, octets: number): Uint8Array | undefined {
  if (text.length !== 2 + 2 * octets || !/^0x[\da-f]+$/i.test(text)) return undefined;
  return Uint8Array.from({ length: octets }, (_, i) => Number.parseInt(text.slice(2 + 2 * i, 4 + 2 * i), 16));
}

function written(type: number, subtype: number, write: (writer: Writer) => void): Uint8Array {
  const writer = new Writer();
  writer.u8(type);
  writer.u8(subtype);
  write(writer);
  return writer.finish();
}

function bitsOfFloat(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0] as number;
}

function floatOf(community: Uint8Array): number {
  return new DataView(community.buffer, community.byteOffset).getFloat32(4);
}
