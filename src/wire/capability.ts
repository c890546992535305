import { BgpError } from './error.ts';
import { afiOf, type Family, family, safiOf } from './family.ts';
import { u16, u32, Writer } from './octets.ts';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';

/** One capability of an OPEN (RFC 5492), by name. */
export type Capability =
  | { readonly name: 'multiprotocol'; readonly family: Family }
  | { readonly name: 'route-refresh' }
  | { readonly name: 'extended-next-hop'; readonly entries: readonly ExtendedNextHop[] }
  | { readonly name: 'extended-message' }
  | { readonly name: 'role'; readonly role: number }
  | {
      readonly name: 'graceful-restart';
      readonly restarting: boolean;
      readonly notification: boolean;
      readonly time: number;
      readonly families: readonly RestartFamily[];
    }
  | { readonly name: 'four-octet-as'; readonly asn: number }
  | { readonly name: 'add-path'; readonly families: readonly AddPathFamily[] }
  | { readonly name: 'enhanced-route-refresh' }
  | { readonly name: 'long-lived-graceful-restart'; readonly families: readonly LongLivedFamily[] }
  | { readonly name: 'fqdn'; readonly host: string; readonly domain: string }
  | { readonly name: 'software-version'; readonly version: string }
  | { readonly name: 'link-local-next-hop' }
  | { readonly name: 'unknown'; readonly code: number; readonly value: Uint8Array };

export interface ExtendedNextHop {
  readonly family: Family;
  /** AFI of the next hop: 2 for IPv6. */
  readonly nextHopAfi: number;
}

export interface RestartFamily {
  readonly family: Family;
  readonly forwarding: boolean;
}

export interface AddPathFamily {
  readonly family: Family;
  readonly mode: 'receive' | 'send' | 'both';
}

export interface LongLivedFamily {
  readonly family: Family;
  readonly forwarding: boolean;
  /** Seconds, 24 bits. */
  readonly staleTime: number;
}

/** What has a name here: all but the unknown. */
type Known = Exclude<Capability, { name: 'unknown' }>;
type Named<N extends Capability['name']> = Extract<Capability, { name: N }>;

interface Row {
  readonly code: number;
  readonly name: Known['name'];
  /** Undefined when the value is malformed. */
  readonly decode: (value: Uint8Array) => Known | undefined;
  readonly encode: (capability: Capability, out: Writer) => void;
  /**
   * What becomes of a malformed one: OPEN Message Error 2/0 (RFC 4271, 6.2), or, where losing it costs a feature only,
   * it is as good as not understood (RFC 5492, 3; RFC 7911, 4).
   */
  readonly malformed: 'refused' | 'ignored';
}

function row<N extends Known['name']>(
  code: number,
  name: N,
  malformed: Row['malformed'],
  decode: (value: Uint8Array) => Extract<Known, { name: N }> | undefined,
  encode: (capability: Named<N>, out: Writer) => void,
): Row {
  return { code, name, malformed, decode, encode: (capability, out) => encode(capability as Named<N>, out) };
}

/** A capability that says all by being there: its value is empty. */
function flagRow<N extends 'route-refresh' | 'extended-message' | 'enhanced-route-refresh' | 'link-local-next-hop'>(
  code: number,
  name: N,
): Row {
  return {
    code,
    name,
    malformed: 'refused',
    decode: (value) => (value.length === 0 ? { name } : undefined),
    encode: () => {},
  };
}

const rows: readonly Row[] = [
  // RFC 4760, 8
  //     +-------+-------+-------+-------+
  //     |      AFI      |   0   | SAFI  |
  //     +-------+-------+-------+-------+
  row(
    1,
    'multiprotocol',
    'refused',
    (value) => (value.length === 4 ? { name: 'multiprotocol', family: familyAt(value, 0, 3) } : undefined),
    ({ family: of }, out) => {
      out.u16(afiOf(of));
      out.u16(safiOf(of));
    },
  ),

  // RFC 2918, 2: empty.
  flagRow(2, 'route-refresh'),

  // RFC 8950, 4, once for each pair that may go together
  //     +-------+-------+-------+-------+-------+-------+
  //     |   NLRI AFI    |   NLRI SAFI   |  Nexthop AFI  |
  //     +-------+-------+-------+-------+-------+-------+
  row(
    5,
    'extended-next-hop',
    'refused',
    (value) => {
      const entries = entriesOf(value, 0, 6, (at) => {
        // The SAFI has two octets here; what does not fit in one names no family.
        if (value[at + 2] !== 0) return undefined;
        return { family: familyAt(value, at, at + 3), nextHopAfi: u16(value, at + 4) };
      });
      return entries && { name: 'extended-next-hop', entries };
    },
    ({ entries }, out) => {
      for (const entry of entries) {
        out.u16(afiOf(entry.family));
        out.u16(safiOf(entry.family));
        out.u16(entry.nextHopAfi);
      }
    },
  ),

  // RFC 8654, 3: empty.
  flagRow(6, 'extended-message'),

  // RFC 9234, 4.1
  //     +-------+
  //     | Role  |   0 provider, 1 route server, 2 its client, 3 customer, 4 peer
  //     +-------+
  row(
    9,
    'role',
    'refused',
    (value) => (value.length === 1 ? { name: 'role', role: value[0] as number } : undefined),
    ({ role }, out) => out.u8(role),
  ),

  // RFC 4724, 3; N is of RFC 8538, 2
  //     +-+-+---+-----------------------+
  //     |R|N| 0 | Restart Time (12 bits)|
  //     +-+-+---+-------+-------+-+-----+
  //     |      AFI      | SAFI  |F|  0  |   for each family
  //     +-------+-------+-------+-+-----+
  row(
    64,
    'graceful-restart',
    'ignored',
    (value) => {
      const families = entriesOf(value, 2, 4, (at) => ({
        family: familyAt(value, at, at + 2),
        forwarding: ((value[at + 3] as number) & 0x80) !== 0,
      }));
      if (families === undefined) return undefined;
      const head = u16(value, 0);
      return {
        name: 'graceful-restart',
        restarting: (head & 0x8000) !== 0,
        notification: (head & 0x4000) !== 0,
        time: head & 0x0fff,
        families,
      };
    },
    ({ restarting, notification, time, families }, out) => {
      out.u16((restarting ? 0x8000 : 0) | (notification ? 0x4000 : 0) | fitting(time, 0x0fff, 'restart time'));
      for (const { family: of, forwarding } of families) {
        writeFamily(of, out);
        out.u8(forwarding ? 0x80 : 0);
      }
    },
  ),

  // RFC 6793, 3
  //     +-------+-------+-------+-------+
  //     |           AS number           |
  //     +-------+-------+-------+-------+
  row(
    65,
    'four-octet-as',
    'refused',
    (value) => (value.length === 4 ? { name: 'four-octet-as', asn: u32(value, 0) } : undefined),
    ({ asn }, out) => out.u32(asn),
  ),

  // RFC 7911, 4
  //     +-------+-------+-------+-------+
  //     |      AFI      | SAFI  | Mode  |   for each family: 1 receive, 2 send, 3 both
  //     +-------+-------+-------+-------+
  row(
    69,
    'add-path',
    'ignored',
    (value) => {
      const families = entriesOf(value, 0, 4, (at) => {
        const mode = addPathModes[value[at + 3] as number];
        return mode && { family: familyAt(value, at, at + 2), mode };
      });
      return families && { name: 'add-path', families };
    },
    ({ families }, out) => {
      for (const { family: of, mode } of families) {
        writeFamily(of, out);
        out.u8(addPathModes.indexOf(mode));
      }
    },
  ),

  // RFC 7313, 3.1: empty.
  flagRow(70, 'enhanced-route-refresh'),

  // RFC 9494, 3.1
  //     +-------+-------+-------+-+-----+-------+-------+-------+
  //     |      AFI      | SAFI  |F|  0  | Long-lived stale time |   for each family
  //     +-------+-------+-------+-+-----+-------+-------+-------+
  row(
    71,
    'long-lived-graceful-restart',
    'ignored',
    (value) => {
      const families = entriesOf(value, 0, 7, (at) => ({
        family: familyAt(value, at, at + 2),
        forwarding: ((value[at + 3] as number) & 0x80) !== 0,
        staleTime: u32(value, at + 3) & 0xffffff,
      }));
      return families && { name: 'long-lived-graceful-restart', families };
    },
    ({ families }, out) => {
      for (const { family: of, forwarding, staleTime } of families) {
        writeFamily(of, out);
        out.u8(forwarding ? 0x80 : 0);
        out.u8(fitting(staleTime, 0xffffff, 'stale time') >>> 16);
        out.u16(staleTime & 0xffff);
      }
    },
  ),

  // draft-walton-bgp-hostname-capability
  //     +-------+--------------+-------+--------------+
  //     |Length |  Host name   |Length | Domain name  |
  //     +-------+--------------+-------+--------------+
  row(
    73,
    'fqdn',
    'ignored',
    (value) => {
      const host = textAt(value, 0);
      const domain = host && textAt(value, host.end);
      if (host === undefined || domain?.end !== value.length) return undefined;
      return { name: 'fqdn', host: host.text, domain: domain.text };
    },
    ({ host, domain }, out) => {
      // Both must fit in one capability.
      const bytes = encodeUtf8(host, MAX_VALUE_LENGTH - 2);
      writeText(bytes, out);
      writeText(encodeUtf8(domain, MAX_VALUE_LENGTH - 2 - bytes.length), out);
    },
  ),

  // draft-abraitis-bgp-version-capability
  //     +-------+------------------+
  //     |Length | Software version |
  //     +-------+------------------+
  row(
    75,
    'software-version',
    'ignored',
    (value) => {
      const version = textAt(value, 0);
      return version?.end === value.length ? { name: 'software-version', version: version.text } : undefined;
    },
    ({ version }, out) => writeText(encodeUtf8(version, MAX_VALUE_LENGTH - 1), out),
  ),

  // draft-ietf-idr-linklocal-capability, 3: empty.
  flagRow(77, 'link-local-next-hop'),
];

const MAX_VALUE_LENGTH = 255;
const addPathModes: readonly (AddPathFamily['mode'] | undefined)[] = [undefined, 'receive', 'send', 'both'];

const rowOfCode: ReadonlyMap<number, Row> = new Map(rows.map((each) => [each.code, each]));
const rowOfName: ReadonlyMap<string, Row> = new Map(rows.map((each) => [each.name, each]));

/** The capability code of RFC 5492. */
export function codeOf(capability: Capability): number {
  return capability.name === 'unknown' ? capability.code : (rowOfName.get(capability.name) as Row).code;
}

/**
 * The capabilities of one Capabilities optional parameter, in order. What is not known is kept as bytes, and so is a
 * malformed one of a kind that may be ignored.
 *
 *     +-------+-------+------------------+
 *     | Code  |Length | Value            |   any number of times (RFC 5492, 4)
 *     +-------+-------+------------------+
 *
 * Throws BgpError 2/0.
 */
export function decodeCapabilities(bytes: Uint8Array): Capability[] {
  const capabilities: Capability[] = [];
  let at = 0;
  while (at < bytes.length) {
    const code = bytes[at] as number;
    const end = at + 2 + (bytes[at + 1] ?? 0);
    if (at + 2 > bytes.length || end > bytes.length) throw malformed(`capability ${code} is cut short`);
    capabilities.push(decodeCapability(code, bytes.subarray(at + 2, end)));
    at = end;
  }
  return capabilities;
}

function decodeCapability(code: number, value: Uint8Array): Capability {
  const known = rowOfCode.get(code);
  const capability = known?.decode(value);
  if (capability !== undefined) return capability;
  if (known?.malformed === 'refused') throw malformed(`the ${known.name} capability (${code}) is malformed`);
  return { name: 'unknown', code, value: value.slice() };
}

function malformed(message: string): BgpError {
  return new BgpError(2, 0, message);
}

/** One for all: each that is made takes memory outside of V8's heap, and a thousand sessions may come up at once. */
const scratch = new Writer();

/**
 * The value of a Capabilities optional parameter. Names in FQDN and software version are cut to what fits.
 * Throws RangeError when a value is out of its field's range, or more than 255 octets come of it.
 */
export function encodeCapabilities(capabilities: readonly Capability[]): Uint8Array {
  const out = scratch;
  out.truncate(0);
  for (const capability of capabilities) {
    out.u8(codeOf(capability));
    const start = out.length + 1;
    out.u8(0);
    if (capability.name === 'unknown') out.bytes(capability.value);
    else (rowOfName.get(capability.name) as Row).encode(capability, out);
    out.patchU8(
      start - 1,
      fitting(out.length - start, MAX_VALUE_LENGTH, `length of the ${capability.name} capability`),
    );
  }
  return out.finish();
}

function fitting(value: number, most: number, what: string): number {
  if (value < 0 || value > most) throw new RangeError(`the ${what} is ${value}, where ${most} is the most`);
  return value;
}

function familyAt(bytes: Uint8Array, afiAt: number, safiAt: number): Family {
  return family(u16(bytes, afiAt), bytes[safiAt] as number);
}

function writeFamily(of: Family, out: Writer): void {
  out.u16(afiOf(of));
  out.u8(safiOf(of));
}

/** Entries of `size` octets from `start` to the end; undefined when they do not come out even, or one is no entry. */
function entriesOf<T extends object>(
  bytes: Uint8Array,
  start: number,
  size: number,
  read: (at: number) => T | undefined,
): T[] | undefined {
  if (bytes.length < start || (bytes.length - start) % size !== 0) return undefined;
  const entries: T[] = [];
  for (let at = start; at < bytes.length; at += size) {
    const entry = read(at);
    if (entry === undefined) return undefined;
    entries.push(entry);
  }
  return entries;
}

/** Text after its length, one octet; undefined when it is cut short or not UTF-8. */
function textAt(bytes: Uint8Array, at: number): { readonly text: string; readonly end: number } | undefined {
  const length = bytes[at];
  if (length === undefined || at + 1 + length > bytes.length) return undefined;
  const end = at + 1 + length;
  const text = decodeUtf8(bytes.subarray(at + 1, end));
  return text === undefined ? undefined : { text, end };
}

function writeText(text: Uint8Array, out: Writer): void {
  out.u8(text.length);
  out.bytes(text);
}
