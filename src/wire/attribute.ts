import { AS_TRANS, mergeAs4Path } from './as-path.ts';
import { type AttributeRow, attributeFlag, type Draft, type EncodeContext, type Parts } from './attribute-row.ts';
import { attributeCode, attributeTable } from './attribute-table.ts';
import { type Context, initialContext } from './context.ts';
import { Malformed, malformedLength, updateError } from './fault.ts';
import { u16, Writer } from './octets.ts';
import type { Attributes, Fault, FaultAction, UnknownAttribute } from './update.ts';

const NO_DATA = new Uint8Array(0);

const rowOf: readonly (AttributeRow | undefined)[] = Array.from({ length: 256 }, (_, code) =>
  attributeTable.find((row) => row.code === code),
);

const { optional, transitive, partial, extendedLength } = attributeFlag;

const ownRows = attributeTable.filter(({ code }) => code !== attributeCode.mpReach && code !== attributeCode.mpUnreach);

/** The name of a path attribute as its RFC writes it; absent when it is unknown here. */
export function attributeName(code: number): string | undefined {
  return rowOf[code]?.name;
}

/** What was read from path attributes. */
export interface Reading {
  readonly parts: Parts;
  readonly faults: readonly Fault[];
  /** The codes of the attributes that were there, good or bad, each once. */
  readonly seen: readonly number[];
}

/**
 * Reads path attributes, which is all but what concerns an UPDATE as a whole. Total: whatever is wrong is a fault.
 *
 *     +------------+-----------+------------------------------------------+--------+
 *     | Flags (1)  | Code (1)  | Length (1, or 2 with the flag for that)  | Value  |   repeated (RFC 4271, 4.3)
 *     +------------+-----------+------------------------------------------+--------+
 */
export function readAttributes(bytes: Uint8Array, context: Context): Reading {
  const draft: Draft = { attributes: {} };
  const faults: Fault[] = [];
  const seen: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    const left = bytes.length - at;
    const flags = bytes[at] as number;
    const headerLength = flags & extendedLength ? 4 : 3;
    if (left < headerLength) {
      faults.push(cutShort(0, 'the octets left over are too few for an attribute'));
      break;
    }
    const code = bytes[at + 1] as number;
    const length = flags & extendedLength ? u16(bytes, at + 2) : (bytes[at + 2] as number);
    if (headerLength + length > left) {
      faults.push(cutShort(code, `${label(code)}: ${length} octets where ${left - headerLength} are left`));
      break;
    }
    const end = at + headerLength + length;
    let malformed: Malformed | undefined;
    if (seen.includes(code)) malformed = repeated(code);
    else {
      seen.push(code);
      malformed = readAttribute(flags, code, bytes.subarray(at + headerLength, end), draft, context);
    }
    if (malformed !== undefined) faults.push(faultOf(code, bytes.slice(at, end), malformed));
    at = end;
  }
  mergeAs4(draft);
  return { parts: draft, faults, seen };
}

function readAttribute(
  flags: number,
  code: number,
  value: Uint8Array,
  draft: Draft,
  context: Context,
): Malformed | undefined {
  const row = rowOf[code];
  if (row === undefined) return readUnknown(flags, code, value, draft);
  if ((flags & (optional | transitive)) !== row.flags) return wrongFlags(flags, row);
  if (row.internalOnly && context.external) return discarded('from an external peer');
  if (value.length === 0 && !row.readsEmpty) return malformedLength(0, 'enough');
  const malformed = row.read(value, draft, context);
  if (malformed === undefined && flags & partial && row.flags === (optional | transitive)) {
    draft.attributes.partial = [...(draft.attributes.partial ?? []), code];
  }
  return malformed;
}

function readUnknown(flags: number, code: number, value: Uint8Array, draft: Draft): Malformed | undefined {
  if (!(flags & optional)) {
    return new Malformed(updateError.unrecognizedWellKnown, 'unknown, yet well-known', 'session-reset');
  }
  const unknown = { flags: flags & (optional | transitive | partial), code, value: value.slice() };
  draft.attributes.unknown = [...(draft.attributes.unknown ?? []), unknown];
  return undefined;
}

/** RFC 7606, 3 g. */
function repeated(code: number): Malformed {
  if (code !== attributeCode.mpReach && code !== attributeCode.mpUnreach) return discarded('more than once');
  return new Malformed(updateError.malformedAttributeList, 'more than once', 'session-reset');
}

function discarded(message: string): Malformed {
  return new Malformed(updateError.malformedAttributeList, message, 'attribute-discard');
}

/** RFC 7606, 3 c; for the MP attributes 5.3. */
function wrongFlags(flags: number, row: AttributeRow): Malformed {
  const subcode = row.wrongFlags === 'session-reset' ? updateError.optionalAttribute : updateError.attributeFlags;
  return new Malformed(
    subcode,
    `flags 0x${flags.toString(16).padStart(2, '0')}`,
    row.wrongFlags ?? 'treat-as-withdraw',
  );
}

/** RFC 7606, 4: the Total Attribute Length still tells where the NLRI is, unless that is what is cut short (3 j). */
function cutShort(code: number, message: string): Fault {
  const action: FaultAction = rowOf[code]?.malformed === 'session-reset' ? 'session-reset' : 'treat-as-withdraw';
  return { action, attribute: code, subcode: updateError.malformedAttributeList, message, data: NO_DATA };
}

function faultOf(code: number, attribute: Uint8Array, { action, subcode, message }: Malformed): Fault {
  return {
    action: action ?? rowOf[code]?.malformed ?? 'treat-as-withdraw',
    attribute: code,
    subcode,
    message: `${label(code)}: ${message}`,
    // RFC 4271, 6.3: type, length and value; but for a malformed list nothing is asked for.
    data: subcode === updateError.malformedAttributeList ? NO_DATA : attribute,
  };
}

function label(code: number): string {
  return attributeName(code) ?? `attribute ${code}`;
}

/** RFC 6793, 4.2.3. An AGGREGATOR that some two-octet speaker set later outdates both of the AS4 attributes. */
function mergeAs4(draft: Draft): void {
  const { attributes, as4Path, as4Aggregator } = draft;
  if (as4Aggregator !== undefined && attributes.aggregator !== undefined) {
    if (attributes.aggregator.asn !== AS_TRANS) return;
    attributes.aggregator = as4Aggregator;
  }
  if (as4Path !== undefined && attributes.asPath !== undefined) {
    attributes.asPath = mergeAs4Path(attributes.asPath, as4Path);
  }
}

/**
 * The inverse of `encodeAttributes`: path attributes by themselves, whoever sent them. MP_REACH_NLRI and MP_UNREACH_NLRI among them
 * are left out. Total: whatever is wrong is a fault.
 */
export function decodeAttributes(
  bytes: Uint8Array,
  { fourOctetAs }: EncodeContext,
): { readonly attributes: Attributes; readonly faults: readonly Fault[] } {
  const { parts, faults } = readAttributes(bytes, { ...initialContext, fourOctetAs, external: false });
  return { attributes: parts.attributes, faults };
}

/**
 * Encodes path attributes: by ascending code, in the shortest form, so that the same set is always the same bytes.
 * For a two-octet peer AS4_PATH and AS4_AGGREGATOR are among them when they are needed (RFC 6793, 4.2.2).
 * Throws RangeError for what has no encoding, such as an IPv6 address in NEXT_HOP.
 */
export function encodeAttributes(attributes: Attributes, context: EncodeContext): Uint8Array {
  const writer = new Writer();
  writeAttributes(writer, attributes, context);
  return writer.finish();
}

/** As `encodeAttributes`, behind what the writer already has. */
export function writeAttributes(writer: Writer, attributes: Attributes, context: EncodeContext): void {
  const parts = { attributes };
  const unknown = attributes.unknown?.toSorted((a, b) => a.code - b.code) ?? [];
  let next = 0;
  for (const row of ownRows) {
    for (; next < unknown.length && (unknown[next] as UnknownAttribute).code < row.code; next++) {
      writeUnknown(writer, unknown[next] as UnknownAttribute);
    }
    if (row.has(parts, context)) writeAttribute(writer, row, parts, context);
  }
  for (; next < unknown.length; next++) writeUnknown(writer, unknown[next] as UnknownAttribute);
}

/** Writes MP_REACH_NLRI and MP_UNREACH_NLRI, which come before all others (RFC 7606, 5.1). */
export function writeMpAttributes(writer: Writer, parts: Parts, context: EncodeContext): void {
  for (const code of [attributeCode.mpReach, attributeCode.mpUnreach]) {
    const row = rowOf[code] as AttributeRow;
    if (row.has(parts, context)) writeAttribute(writer, row, parts, context);
  }
}

function writeAttribute(writer: Writer, row: AttributeRow, parts: Parts, context: EncodeContext): void {
  const start = writer.length;
  const isPartial = row.flags === (optional | transitive) && parts.attributes.partial?.includes(row.code);
  beginAttribute(writer, isPartial ? row.flags | partial : row.flags, row.code);
  row.write(writer, parts, context);
  if (writer.length === start + 3 && !row.readsEmpty) writer.truncate(start);
  else endAttribute(writer, start);
}

function writeUnknown(writer: Writer, { flags, code, value }: UnknownAttribute): void {
  const start = writer.length;
  beginAttribute(writer, flags & (optional | transitive | partial), code);
  writer.bytes(value);
  endAttribute(writer, start);
}

function beginAttribute(writer: Writer, flags: number, code: number): void {
  writer.u8(flags);
  writer.u8(code);
  writer.u8(0);
}

/** Writes the length, now that it is known. The extended length is for more than 255 octets only. */
function endAttribute(writer: Writer, start: number): void {
  const length = writer.length - start - 3;
  if (length > 0xffff) throw new RangeError(`an attribute of ${length} octets`);
  if (length <= 0xff) {
    writer.patchU8(start + 2, length);
    return;
  }
  writer.insertU8(start + 3, 0);
  writer.orU8(start, extendedLength);
  writer.patchU16(start + 2, length);
}

/**
 * An attribute unknown to us as we pass it on with its route: a transitive one gets the partial bit, any other is not passed on
 * (RFC 4271, 5).
 */
export function passOn(attribute: UnknownAttribute): UnknownAttribute | undefined {
  return attribute.flags & transitive ? { ...attribute, flags: attribute.flags | partial } : undefined;
}
