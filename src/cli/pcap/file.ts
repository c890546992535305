/** One packet as it was captured. */
export interface Packet {
  /** Milliseconds since 1970, with a fraction. */
  readonly time: number;
  /** The link type: what the bytes start with (pcap-linktype). */
  readonly link: number;
  readonly bytes: Uint8Array;
}

export class CaptureError extends Error {
  override readonly name = 'CaptureError';
}

/**
 * The packets of a pcap or pcapng file, in order; one that is cut short ends where its last whole packet does.
 * Throws CaptureError at once when the bytes are neither.
 */
export function packetsOf(bytes: Uint8Array): Iterable<Packet> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.byteLength >= 12 && view.getUint32(0) === SECTION_HEADER && sectionOrder(view, 0) !== undefined) {
    return blockPackets(view);
  }
  const format = view.byteLength >= FILE_HEADER_LENGTH ? formatOf(view) : undefined;
  if (format === undefined) throw new CaptureError('not a pcap file');
  return recordPackets(view, format);
}

// pcap: a header of 24 octets, then records.
//
//     +-------+-------+-------+-------+        +-------+-------+-------+-------+
//     |             Magic             |        |            Seconds            |
//     +-------+-------+-------+-------+        +-------+-------+-------+-------+
//     |  Major, minor version number  |        |   Micro- or nanoseconds       |
//     +-------+-------+-------+-------+        +-------+-------+-------+-------+
//     |  Reserved (8 octets)          |        |        Captured length        |
//     +-------+-------+-------+-------+        +-------+-------+-------+-------+
//     |        Snapshot length        |        |        Original length        |
//     +-------+-------+-------+-------+        +-------+-------+-------+-------+
//     |  FCS (4 bits)  |   Link type  |        |  Packet ...
//     +-------+-------+-------+-------+        +-------

const FILE_HEADER_LENGTH = 24;
const RECORD_HEADER_LENGTH = 16;

interface Format {
  readonly littleEndian: boolean;
  /** Of the fraction, in one millisecond. */
  readonly ticks: number;
}

function formatOf(view: DataView): Format | undefined {
  for (const littleEndian of [true, false]) {
    const magic = view.getUint32(0, littleEndian);
    if (magic === 0xa1b2c3d4) return { littleEndian, ticks: 1e3 };
    if (magic === 0xa1b23c4d) return { littleEndian, ticks: 1e6 };
  }
  return undefined;
}

function* recordPackets(view: DataView, { littleEndian, ticks }: Format): Generator<Packet> {
  const link = view.getUint32(20, littleEndian) & 0x0fffffff;
  let at = FILE_HEADER_LENGTH;
  while (at + RECORD_HEADER_LENGTH <= view.byteLength) {
    const seconds = view.getUint32(at, littleEndian);
    const fraction = view.getUint32(at + 4, littleEndian);
    const length = view.getUint32(at + 8, littleEndian);
    at += RECORD_HEADER_LENGTH;
    if (at + length > view.byteLength) return;
    yield { time: seconds * 1000 + fraction / ticks, link, bytes: part(view, at, length) };
    at += length;
  }
}

// pcapng: blocks, of which those that hold packets and what describes them are read.
//
//     +-------+-------+-------+-------+
//     |          Block type           |
//     +-------+-------+-------+-------+
//     |       Block total length      |
//     +-------+-------+-------+-------+
//     |  Body ...
//     +-------+-------+-------+-------+
//     |       Block total length      |
//     +-------+-------+-------+-------+

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;

const TIME_RESOLUTION = 9;
const TIME_OFFSET = 14;

interface Interface {
  readonly link: number;
  readonly snapshotLength: number;
  /** Of a time stamp, in one millisecond. */
  readonly ticks: number;
  /** Milliseconds that are added to each time stamp. */
  readonly offset: number;
}

/** Whether a section is little-endian, which its header tells; undefined when it tells neither. */
function sectionOrder(view: DataView, at: number): boolean | undefined {
  if (view.getUint32(at + 8, true) === 0x1a2b3c4d) return true;
  return view.getUint32(at + 8, false) === 0x1a2b3c4d ? false : undefined;
}

function* blockPackets(view: DataView): Generator<Packet> {
  let littleEndian = true;
  let interfaces: Interface[] = [];
  let at = 0;
  while (at + 12 <= view.byteLength) {
    if (view.getUint32(at) === SECTION_HEADER) {
      // Interfaces are numbered, and octets ordered, for each section anew.
      const order = sectionOrder(view, at);
      if (order === undefined) return;
      littleEndian = order;
      interfaces = [];
    }
    const type = view.getUint32(at, littleEndian);
    const length = view.getUint32(at + 4, littleEndian);
    if (length < 12 || length % 4 !== 0 || at + length > view.byteLength) return;
    const body = new DataView(view.buffer, view.byteOffset + at + 8, length - 12);
    if (type === INTERFACE_DESCRIPTION && body.byteLength >= 8) interfaces.push(interfaceOf(body, littleEndian));
    const packet = packetOf(type, body, littleEndian, interfaces);
    if (packet !== undefined) yield packet;
    at += length;
  }
}

function interfaceOf(body: DataView, littleEndian: boolean): Interface {
  let ticks = 1e3;
  let offset = 0;
  let at = 8;
  while (at + 4 <= body.byteLength) {
    const code = body.getUint16(at, littleEndian);
    const length = body.getUint16(at + 2, littleEndian);
    at += 4;
    if (code === 0 || at + length > body.byteLength) break;
    if (code === TIME_RESOLUTION && length === 1) ticks = ticksOf(body.getUint8(at));
    if (code === TIME_OFFSET && length === 8) offset = Number(body.getBigInt64(at, littleEndian)) * 1000;
    at += (length + 3) & ~3;
  }
  return { link: body.getUint16(0, littleEndian), snapshotLength: body.getUint32(4, littleEndian), ticks, offset };
}

/** A negative power of ten, or of two when the highest bit is set. */
function ticksOf(resolution: number): number {
  return (resolution & 0x80 ? 2 ** (resolution & 0x7f) : 10 ** resolution) / 1000;
}

function packetOf(type: number, body: DataView, littleEndian: boolean, all: readonly Interface[]): Packet | undefined {
  switch (type) {
    case PACKET:
    case ENHANCED_PACKET: {
      if (body.byteLength < 20) return undefined;
      const from = all[type === PACKET ? body.getUint16(0, littleEndian) : body.getUint32(0, littleEndian)];
      const length = body.getUint32(12, littleEndian);
      if (from === undefined || 20 + length > body.byteLength) return undefined;
      const ticks = body.getUint32(4, littleEndian) * 2 ** 32 + body.getUint32(8, littleEndian);
      return { time: ticks / from.ticks + from.offset, link: from.link, bytes: part(body, 20, length) };
    }
    case SIMPLE_PACKET: {
      const [from] = all;
      if (from === undefined || body.byteLength < 4) return undefined;
      const limit = from.snapshotLength === 0 ? Number.POSITIVE_INFINITY : from.snapshotLength;
      const length = Math.min(body.getUint32(0, littleEndian), limit, body.byteLength - 4);
      return { time: 0, link: from.link, bytes: part(body, 4, length) };
    }
    default:
      return undefined;
  }
}

function part(view: DataView, at: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, length);
}
