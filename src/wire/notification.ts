import type { BgpError } from './error.ts';
import { family, familyName } from './family.ts';
import type { Notification } from './message.ts';
import { u16, u32 } from './octets.ts';
import { hex, quote } from './printable.ts';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';

interface Code {
  readonly name: string;
  /** By subcode, from 1. */
  readonly subcodes: readonly string[];
}

/** All registered error codes, from 1. */
const codes: readonly Code[] = [
  // RFC 4271, 6.1
  { name: 'Message Header Error', subcodes: ['Connection Not Synchronized', 'Bad Message Length', 'Bad Message Type'] },
  // RFC 4271, 6.2; 7 is of RFC 5492, 11 of RFC 9234
  {
    name: 'OPEN Message Error',
    subcodes: [
      'Unsupported Version Number',
      'Bad Peer AS',
      'Bad BGP Identifier',
      'Unsupported Optional Parameter',
      'Authentication Failure (deprecated)',
      'Unacceptable Hold Time',
      'Unsupported Capability',
      'subcode 8 (deprecated)',
      'subcode 9 (deprecated)',
      'subcode 10 (deprecated)',
      'Role Mismatch',
    ],
  },
  // RFC 4271, 6.3
  {
    name: 'UPDATE Message Error',
    subcodes: [
      'Malformed Attribute List',
      'Unrecognized Well-known Attribute',
      'Missing Well-known Attribute',
      'Attribute Flags Error',
      'Attribute Length Error',
      'Invalid ORIGIN Attribute',
      'AS Routing Loop (deprecated)',
      'Invalid NEXT_HOP Attribute',
      'Optional Attribute Error',
      'Invalid Network Field',
      'Malformed AS_PATH',
    ],
  },
  { name: 'Hold Timer Expired', subcodes: [] },
  // RFC 6608, 3
  {
    name: 'Finite State Machine Error',
    subcodes: [
      'Receive Unexpected Message in OpenSent State',
      'Receive Unexpected Message in OpenConfirm State',
      'Receive Unexpected Message in Established State',
    ],
  },
  // RFC 4486, 3; 9 is of RFC 8538, 10 of RFC 9384
  {
    name: 'Cease',
    subcodes: [
      'Maximum Number of Prefixes Reached',
      'Administrative Shutdown',
      'Peer De-configured',
      'Administrative Reset',
      'Connection Rejected',
      'Other Configuration Change',
      'Connection Collision Resolution',
      'Out of Resources',
      'Hard Reset',
      'BFD Down',
    ],
  },
  // RFC 7313, 5
  { name: 'ROUTE-REFRESH Message Error', subcodes: ['Invalid Message Length'] },
  // RFC 9687, 3
  { name: 'Send Hold Timer Expired', subcodes: [] },
];

/** The error code. */
const CEASE = 6;

/** Subcodes of Cease (RFC 4486, RFC 8538, RFC 9384). */
export const cease = {
  maximumPrefixes: 1,
  administrativeShutdown: 2,
  peerDeconfigured: 3,
  administrativeReset: 4,
  connectionRejected: 5,
  configurationChange: 6,
  collisionResolution: 7,
  outOfResources: 8,
  hardReset: 9,
  bfdDown: 10,
} as const;

/** Octets of unexplained data that a description shows. */
const SHOWN = 32;

/** The code and subcode by name, as in `Cease: Administrative Shutdown`; numbers where there is no name. */
export function notificationName(code: number, subcode: number): string {
  const known = codes[code - 1];
  if (known === undefined) return `error code ${code}, subcode ${subcode}`;
  if (subcode === 0) return known.name;
  return `${known.name}: ${known.subcodes[subcode - 1] ?? `subcode ${subcode}`}`;
}

/**
 * One line for people, as in `Cease: Administrative Shutdown: "maintenance until 5"`. What the data means is said where it
 * is defined; other data is shown as hexadecimal digits. A peer's text is escaped: it never breaks the line.
 */
export function describe(notification: Notification): string {
  const inner = encapsulated(notification);
  const detail = inner === undefined ? detailOf(notification) : withDetail(inner, detailOf(inner));
  return withDetail(notification, detail);
}

function withDetail({ code, subcode }: Notification, detail: string): string {
  const name = notificationName(code, subcode);
  return detail === '' ? name : `${name}: ${detail}`;
}

function detailOf(notification: Notification): string {
  const { code, subcode, data } = notification;
  if (data.length === 0) return '';
  switch (code * 256 + subcode) {
    case 0x0102:
      if (data.length === 2) return `length ${u16(data, 0)}`;
      break;
    case 0x0103:
      if (data.length === 1) return `type ${data[0]}`;
      break;
    case 0x0201:
      if (data.length === 2) return `version ${u16(data, 0)} is supported`;
      break;
    case CEASE * 256 + cease.maximumPrefixes:
      // RFC 4486, 4: AFI, SAFI and the upper bound.
      if (data.length === 7) return `${u32(data, 3)} for ${familyName(family(u16(data, 0), data[2] as number))}`;
      break;
    case CEASE * 256 + cease.administrativeShutdown:
    case CEASE * 256 + cease.administrativeReset: {
      const text = shutdownTextOf(notification);
      if (text !== undefined) return text === '' ? '' : quote(text);
      break;
    }
    default:
      break;
  }
  return `0x${hex(data, SHOWN)}`;
}

/**
 * The data of an Administrative Shutdown or Reset (RFC 9003, 2): at most 255 octets of UTF-8, cut at a character's boundary.
 *
 *     +--------+-----------------------------+
 *     | Length | Shutdown Communication      |
 *     +--------+-----------------------------+
 */
export function shutdownCommunication(text: string): Uint8Array {
  const utf8 = encodeUtf8(text, 0xff);
  const data = new Uint8Array(1 + utf8.length);
  data[0] = utf8.length;
  data.set(utf8, 1);
  return data;
}

/** The text that came with an Administrative Shutdown or Reset; undefined when there is none, or it is malformed. */
export function shutdownTextOf({ code, subcode, data }: Notification): string | undefined {
  if (code !== CEASE) return undefined;
  if (subcode !== cease.administrativeShutdown && subcode !== cease.administrativeReset) return undefined;
  return data[0] === data.length - 1 ? decodeUtf8(data.subarray(1)) : undefined;
}

/** Cease: Hard Reset around what it is about (RFC 8538, 3): graceful restart does not apply. */
export function encapsulate({ code, subcode, data }: Notification): Notification {
  const inside = new Uint8Array(2 + data.length);
  inside.set([code, subcode]);
  inside.set(data, 2);
  return { type: 'notification', code: CEASE, subcode: cease.hardReset, data: inside };
}

/** A Hard Reset, whatever it is about (RFC 8538, 3). */
export function isHardReset({ code, subcode }: Notification): boolean {
  return code === CEASE && subcode === cease.hardReset;
}

/** What a Hard Reset is about; undefined for any other notification, and for one that does not say. */
export function encapsulated(notification: Notification): Notification | undefined {
  const { data } = notification;
  if (!isHardReset(notification) || data.length < 2) return undefined;
  return {
    type: 'notification',
    code: data[0] as number,
    subcode: data[1] as number,
    data: data.subarray(2),
  };
}

export function notificationOf({ code, subcode, data }: BgpError): Notification {
  return { type: 'notification', code, subcode, data };
}

/**
 * Reads what follows the header (RFC 4271, 4.5), of which there must be two octets. Never throws.
 *
 *     +---------------+---------------+------------------
 *     |  Error code   | Error subcode | Data ...
 *     +---------------+---------------+------------------
 */
export function decodeNotification(body: Uint8Array): Notification {
  return { type: 'notification', code: body[0] ?? 0, subcode: body[1] ?? 0, data: body.slice(2) };
}

/** What follows the header, in at most `limit` octets: data that does not fit is cut, as an error must get out in any case. */
export function encodeNotification({ code, subcode, data }: Notification, limit: number): Uint8Array {
  const kept = data.length > limit - 2 ? data.subarray(0, limit - 2) : data;
  const body = new Uint8Array(2 + kept.length);
  body.set([code, subcode]);
  body.set(kept, 2);
  return body;
}
