import { u16, u32 } from '../../wire/octets.ts';

// Reading past the end gives zeros here, never an error: each length is checked where it decides something.

/** A TCP segment, and between whom. */
export interface Segment {
  /** 4 or 16 octets. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  /** Absent without the ACK flag. */
  readonly acknowledgment: number | undefined;
  readonly syn: boolean;
  /** As much of it as was captured. */
  readonly data: Uint8Array;
}

/** The TCP segment in a packet that was captured on a link of this type; undefined when there is none, or only a fragment of one. */
export function segmentOf(link: number, packet: Uint8Array): Segment | undefined {
  switch (link) {
    case ETHERNET:
      return fromEtherType(u16(packet, 12), packet.subarray(14));
    case LINUX_COOKED:
      return fromEtherType(u16(packet, 14), packet.subarray(16));
    case LINUX_COOKED_2:
      return fromEtherType(u16(packet, 0), packet.subarray(20));
    case BSD_LOOPBACK:
    case OPENBSD_LOOPBACK:
      // The protocol's number differs between systems: the IP version tells.
      return fromIp(packet.subarray(4));
    case RAW:
    case RAW_BSD:
    case RAW_OPENBSD:
    case RAW_IPV4:
    case RAW_IPV6:
      return fromIp(packet);
    default:
      return undefined;
  }
}

const BSD_LOOPBACK = 0;
const ETHERNET = 1;
const RAW_BSD = 12;
const RAW_OPENBSD = 14;
const RAW = 101;
const OPENBSD_LOOPBACK = 108;
const LINUX_COOKED = 113;
const RAW_IPV4 = 228;
const RAW_IPV6 = 229;
const LINUX_COOKED_2 = 276;

function fromEtherType(first: number, rest: Uint8Array): Segment | undefined {
  let type = first;
  let packet = rest;
  // A VLAN tag has the next type behind it: 802.1Q, 802.1ad and what was used before that.
  while ((type === 0x8100 || type === 0x88a8 || type === 0x9100) && packet.length >= 4) {
    type = u16(packet, 2);
    packet = packet.subarray(4);
  }
  return type === 0x0800 || type === 0x86dd ? fromIp(packet) : undefined;
}

function fromIp(packet: Uint8Array): Segment | undefined {
  switch ((packet[0] ?? 0) >> 4) {
    case 4:
      return fromIPv4(packet);
    case 6:
      return fromIPv6(packet);
    default:
      return undefined;
  }
}

const TCP = 6;

function fromIPv4(packet: Uint8Array): Segment | undefined {
  const headerLength = 4 * ((packet[0] as number) & 0x0f);
  if (headerLength < 20 || packet.length < headerLength || packet[9] !== TCP) return undefined;
  const isFragment = (u16(packet, 6) & 0x3fff) !== 0;
  if (isFragment) return undefined;
  // 0 where the network card was to cut it into packets.
  const length = u16(packet, 2) || packet.length;
  return fromTcp(packet.subarray(12, 16), packet.subarray(16, 20), packet.subarray(headerLength, length));
}

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION = 60;
const MOBILITY = 135;

function fromIPv6(packet: Uint8Array): Segment | undefined {
  if (packet.length < 40) return undefined;
  const length = u16(packet, 4);
  const end = length === 0 ? packet.length : Math.min(40 + length, packet.length);
  let next = packet[6] as number;
  let at = 40;
  while (next !== TCP) {
    if (at + 8 > end) return undefined;
    const units = packet[at + 1] as number;
    switch (next) {
      case HOP_BY_HOP:
      case ROUTING:
      case DESTINATION:
      case MOBILITY:
        next = packet[at] as number;
        at += 8 * (units + 1);
        break;
      case AUTHENTICATION:
        next = packet[at] as number;
        at += 4 * (units + 2);
        break;
      case FRAGMENT: {
        const isWhole = (u16(packet, at + 2) & 0xfff9) === 0;
        if (!isWhole) return undefined;
        next = packet[at] as number;
        at += 8;
        break;
      }
      default:
        return undefined;
    }
  }
  return fromTcp(packet.subarray(8, 24), packet.subarray(24, 40), packet.subarray(at, end));
}

const SYN = 0x02;
const ACK = 0x10;

function fromTcp(source: Uint8Array, destination: Uint8Array, bytes: Uint8Array): Segment | undefined {
  const headerLength = 4 * ((bytes[12] ?? 0) >> 4);
  if (headerLength < 20 || bytes.length < headerLength) return undefined;
  const flags = bytes[13] as number;
  return {
    source,
    destination,
    sourcePort: u16(bytes, 0),
    destinationPort: u16(bytes, 2),
    sequence: u32(bytes, 4),
    acknowledgment: flags & ACK ? u32(bytes, 8) : undefined,
    syn: (flags & SYN) !== 0,
    data: bytes.subarray(headerLength),
  };
}
