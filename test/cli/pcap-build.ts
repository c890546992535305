import type { Captured } from '../../src/cli/pcap.ts';
import { Address } from '../../src/ip/address.ts';
import { Prefix } from '../../src/ip/prefix.ts';
import { encodeMessage } from '../../src/wire/codec.ts';
import { type Context, initialContext } from '../../src/wire/context.ts';
import { ipv6Unicast } from '../../src/wire/family.ts';
import type { Message, Open } from '../../src/wire/message.ts';
import { packPrefixes } from '../../src/wire/nlri.ts';
import type { Update } from '../../src/wire/update.ts';
import { concat } from '../wire/build.ts';
import { unhex } from '../wire/bytes.ts';

// Captures are built from the inside out: message, TCP, IP, link, file.

export interface Side {
  readonly address: string;
  readonly port: number;
}

export const router: Side = { address: '2001:db8::1', port: 179 };
export const speaker: Side = { address: '2001:db8::2', port: 40000 };
export const router4: Side = { address: '192.0.2.1', port: 179 };
export const speaker4: Side = { address: '192.0.2.2', port: 40000 };

export const FIN = 1;
export const SYN = 2;
export const ACK = 16;

export function u16(...values: number[]): Uint8Array {
  return Uint8Array.from(values.flatMap((value) => [value >>> 8, value]));
}

function u32(...values: number[]): Uint8Array {
  return u16(...values.flatMap((value) => [value >>> 16, value]));
}

export function tcp(
  from: Side,
  to: Side,
  sequence: number,
  data: Uint8Array,
  flags: number = ACK,
  acknowledgment = 0,
): Uint8Array {
  const header = concat(
    u16(from.port, to.port),
    u32(sequence, acknowledgment),
    Uint8Array.of(0x80, flags),
    u16(0xffff, 0, 0),
  );
  // Twelve octets of options: two no-operations and a time stamp.
  return concat(header, unhex('0101080a0000000000000000'), data);
}

export function ip(from: Side, to: Side, payload: Uint8Array, protocol = 6): Uint8Array {
  const source = Address.parse(from.address).bytes;
  const destination = Address.parse(to.address).bytes;
  if (source.length === 4) {
    return concat(
      u16(0x4500, 20 + payload.length, 0, 0x4000),
      Uint8Array.of(64, protocol),
      u16(0),
      source,
      destination,
      payload,
    );
  }
  return concat(u32(0x60000000), u16(payload.length), Uint8Array.of(protocol, 64), source, destination, payload);
}

export function ethernet(packet: Uint8Array, tags: string = ''): Uint8Array {
  const type = (packet[0] as number) >> 4 === 4 ? '0800' : '86dd';
  return concat(unhex(`020000000001 020000000002 ${tags} ${type}`), packet);
}

export interface Record {
  readonly bytes: Uint8Array;
  /** Microseconds. */
  readonly time?: number;
}

export function word(littleEndian: boolean, ...values: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => view.setUint32(4 * index, value, littleEndian));
  return bytes;
}

export function half(littleEndian: boolean, ...values: number[]): Uint8Array {
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => view.setUint16(2 * index, value, littleEndian));
  return bytes;
}

export function pcap(
  records: readonly Record[],
  { link = 1, littleEndian = true, nanoseconds = false } = {},
): Uint8Array {
  const word32 = (...values: number[]) => word(littleEndian, ...values);
  const magic = nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4;
  return concat(
    word32(magic),
    half(littleEndian, 2, 4),
    word32(0, 0, 262144, link),
    ...records.flatMap(({ bytes, time = 0 }) => {
      const fraction = (time % 1e6) * (nanoseconds ? 1000 : 1);
      return [word32(Math.floor(time / 1e6), fraction, bytes.length, bytes.length), bytes];
    }),
  );
}

export function block(littleEndian: boolean, type: number, ...parts: Uint8Array[]): Uint8Array {
  const body = concat(...parts);
  const padded = concat(body, new Uint8Array(-body.length & 3));
  const length = padded.length + 12;
  return concat(word(littleEndian, type, length), padded, word(littleEndian, length));
}

export function section(littleEndian: boolean): Uint8Array {
  return block(
    littleEndian,
    0x0a0d0d0a,
    word(littleEndian, 0x1a2b3c4d),
    half(littleEndian, 1, 0),
    word(littleEndian, 0xffffffff, 0xffffffff),
  );
}

export function describeInterface(
  littleEndian: boolean,
  link: number,
  options: Uint8Array = new Uint8Array(0),
): Uint8Array {
  return block(littleEndian, 1, half(littleEndian, link, 0), word(littleEndian, 0), options);
}

export function enhanced(littleEndian: boolean, at: number, ticks: bigint, bytes: Uint8Array): Uint8Array {
  const time = [Number(ticks >> 32n), Number(ticks & 0xffffffffn)];
  return block(littleEndian, 6, word(littleEndian, at, ...time, bytes.length, bytes.length), bytes);
}

// What is said.

export const keepalive: Message = { type: 'keepalive' };

export function open(asn: number, more: Open['capabilities'] = []): Open {
  return {
    type: 'open',
    version: 4,
    myAs: asn,
    holdTime: 90,
    routerId: asn,
    capabilities: [{ name: 'multiprotocol', family: ipv6Unicast }, { name: 'four-octet-as', asn }, ...more],
  };
}

export const fourOctet: Context = { ...initialContext, fourOctetAs: true };

export function update(prefix: string, pathId?: number): Update {
  return {
    type: 'update',
    reach: {
      nextHop: { kind: 'single', address: Address.parse('2001:db8::1') },
      nlri: packPrefixes(ipv6Unicast, [Prefix.parse(prefix)], pathId === undefined ? undefined : [pathId]),
    },
    attributes: { origin: 'igp', asPath: [{ type: 'sequence', asns: [4200000001] }] },
    faults: [],
  };
}

export function bytesOf(message: Message, context = fourOctet): Uint8Array {
  return encodeMessage(message, context);
}

/** What was said, in short. */
export function said(captured: Iterable<Captured>): string[] {
  return Array.from(captured, (each) => {
    switch (each.kind) {
      case 'message':
        return each.message.type;
      case 'malformed':
        return `malformed ${each.error.code}/${each.error.subcode}`;
      case 'lost':
        return `lost ${each.octets}`;
    }
  });
}

/** A capture with an OPEN and a KEEPALIVE on one link. */
export function conversation(link: (packet: Uint8Array) => Uint8Array, from: Side, to: Side): Record[] {
  const opened = bytesOf(open(65001));
  return [
    { bytes: link(ip(from, to, tcp(from, to, 1000, opened))), time: 1_700_000_000_123_456 },
    { bytes: link(ip(from, to, tcp(from, to, 1000 + opened.length, bytesOf(keepalive)))), time: 1_700_000_001_000_000 },
  ];
}

/** What one side said to the other, in short. */
export function conversationOf(captured: Iterable<Captured>, from: Side, to: Side): string[] {
  const ends = `${from.address} ${from.port} > ${to.address} ${to.port}`;
  return said(
    [...captured].filter(
      (each) => `${each.from.address} ${each.from.port} > ${each.to.address} ${each.to.port}` === ends,
    ),
  );
}
