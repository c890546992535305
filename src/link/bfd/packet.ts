/** RFC 5880, 4.1, in the order of their numbers. */
export const bfdStates = ['admin-down', 'down', 'init', 'up'] as const;

export type BfdState = (typeof bfdStates)[number];

/** A BFD control packet without authentication (RFC 5880, 4.1). Intervals are in microseconds, 0 to 4294967295. */
export interface ControlPacket {
  readonly state: BfdState;
  /** 0 to 31; see `diagnosticName`. */
  readonly diagnostic: number;
  readonly poll: boolean;
  readonly final: boolean;
  /** The sender's BFD outlives its control plane. */
  readonly controlPlaneIndependent: boolean;
  readonly demand: boolean;
  /** 1 to 255. */
  readonly detectMultiplier: number;
  /** Not 0. */
  readonly myDiscriminator: number;
  /** 0: the sender has not heard the receiver. */
  readonly yourDiscriminator: number;
  readonly desiredMinTx: number;
  /** 0: send no periodic packets. */
  readonly requiredMinRx: number;
  readonly requiredMinEchoRx: number;
}

export type Decoded =
  | { readonly type: 'packet'; readonly packet: ControlPacket }
  /** To be discarded; the reason is for people. */
  | { readonly type: 'malformed'; readonly reason: string };

const version = 1;
const length = 24;
const POLL = 0x20;
const FINAL = 0x10;
const INDEPENDENT = 0x08;
const AUTHENTICATION = 0x04;
const DEMAND = 0x02;
const MULTIPOINT = 0x01;

/**
 *     |Vers |  Diag   |Sta|P|F|C|A|D|M|  Detect Mult  |    Length     |
 *     |                       My Discriminator                        |
 *     |                      Your Discriminator                       |
 *     |                    Desired Min TX Interval                    |
 *     |                   Required Min RX Interval                    |
 *     |                 Required Min Echo RX Interval                 |
 */
export function encodeControl(packet: ControlPacket): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  bytes[0] = (version << 5) | packet.diagnostic;
  bytes[1] =
    (bfdStates.indexOf(packet.state) << 6) |
    (packet.poll ? POLL : 0) |
    (packet.final ? FINAL : 0) |
    (packet.controlPlaneIndependent ? INDEPENDENT : 0) |
    (packet.demand ? DEMAND : 0);
  bytes[2] = packet.detectMultiplier;
  bytes[3] = length;
  view.setUint32(4, packet.myDiscriminator);
  view.setUint32(8, packet.yourDiscriminator);
  view.setUint32(12, packet.desiredMinTx);
  view.setUint32(16, packet.requiredMinRx);
  view.setUint32(20, packet.requiredMinEchoRx);
  return bytes;
}

/** The checks of RFC 5880, 6.8.6 that need no session, in its order. Never throws. */
export function decodeControl(bytes: Uint8Array): Decoded {
  if (bytes.length < length) return malformed(`it has ${bytes.length} octets, and needs ${length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const first = view.getUint8(0);
  const flags = view.getUint8(1);
  const claimed = view.getUint8(3);
  if (first >> 5 !== version) return malformed(`version ${first >> 5}`);
  if (claimed < length) return malformed(`its length says ${claimed}`);
  if (claimed > bytes.length) return malformed(`its length says ${claimed}, and it has ${bytes.length} octets`);
  const state = bfdStates[flags >> 6] ?? 'down';
  const packet: ControlPacket = {
    state,
    diagnostic: first & 0x1f,
    poll: (flags & POLL) !== 0,
    final: (flags & FINAL) !== 0,
    controlPlaneIndependent: (flags & INDEPENDENT) !== 0,
    demand: (flags & DEMAND) !== 0,
    detectMultiplier: view.getUint8(2),
    myDiscriminator: view.getUint32(4),
    yourDiscriminator: view.getUint32(8),
    desiredMinTx: view.getUint32(12),
    requiredMinRx: view.getUint32(16),
    requiredMinEchoRx: view.getUint32(20),
  };
  if (packet.detectMultiplier === 0) return malformed('a detection multiplier of 0');
  if ((flags & MULTIPOINT) !== 0) return malformed('the multipoint bit is set');
  if (packet.myDiscriminator === 0) return malformed('a discriminator of 0');
  if (packet.yourDiscriminator === 0 && (state === 'init' || state === 'up'))
    return malformed(`state ${state} without our discriminator`);
  if ((flags & AUTHENTICATION) !== 0) return malformed('it is authenticated, which is not supported');
  return { type: 'packet', packet };
}

function malformed(reason: string): Decoded {
  return { type: 'malformed', reason };
}

/** RFC 5880, 4.1. */
export const diagnostics = {
  none: 0,
  detectionTimeExpired: 1,
  neighborSignaledDown: 3,
  administrativelyDown: 7,
} as const;

const diagnosticNames = [
  'no diagnostic',
  'control detection time expired',
  'echo function failed',
  'neighbor signaled session down',
  'forwarding plane reset',
  'path down',
  'concatenated path down',
  'administratively down',
  'reverse concatenated path down',
  // RFC 6428, 3.7
  'mis-connectivity defect',
];

export function diagnosticName(diagnostic: number): string {
  return diagnosticNames[diagnostic] ?? `diagnostic ${diagnostic}`;
}
