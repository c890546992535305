import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { CaptureError, readCapture } from '../../src/cli/pcap.ts';
import { initialContext } from '../../src/wire/context.ts';
import { ipv6Unicast } from '../../src/wire/family.ts';
import type { Message, Open } from '../../src/wire/message.ts';
import type { Update } from '../../src/wire/update.ts';
import { concat } from '../wire/build.ts';
import { damaged, hexOf, numRuns, unhex } from '../wire/bytes.ts';
import {
  ACK,
  block,
  bytesOf,
  conversation,
  conversationOf,
  describeInterface,
  enhanced,
  ethernet,
  FIN,
  fourOctet,
  half,
  ip,
  keepalive,
  open,
  pcap,
  type Record,
  router,
  router4,
  type Side,
  SYN,
  said,
  section,
  speaker,
  speaker4,
  tcp,
  u16,
  update,
  word,
} from './pcap-build.ts';

describe('links', () => {
  test.each<[string, number, (packet: Uint8Array) => Uint8Array]>([
    ['Ethernet', 1, (packet) => ethernet(packet)],
    ['Ethernet with a VLAN tag', 1, (packet) => ethernet(packet, '8100 0064')],
    ['Ethernet with two', 1, (packet) => ethernet(packet, '88a8 0001 8100 0064')],
    [
      'Linux cooked',
      113,
      (packet) =>
        concat(unhex(`0000 0001 0006 020000000001 0000 ${(packet[0] as number) >> 4 === 4 ? '0800' : '86dd'}`), packet),
    ],
    [
      'Linux cooked, version 2',
      276,
      (packet) =>
        concat(
          unhex(`${(packet[0] as number) >> 4 === 4 ? '0800' : '86dd'} 0000 00000002 0001 00 06 0200000000010000`),
          packet,
        ),
    ],
    ['BSD loopback, little-endian', 0, (packet) => concat(unhex('1e000000'), packet)],
    ['BSD loopback, big-endian', 0, (packet) => concat(unhex('0000001e'), packet)],
    ['OpenBSD loopback', 108, (packet) => concat(unhex('00000018'), packet)],
    ['raw IP', 101, (packet) => packet],
    ['raw IP of BSD', 12, (packet) => packet],
    ['raw IPv4 or IPv6', 229, (packet) => packet],
  ])('%s', (_, link, wrap) => {
    expect(conversationOf(readCapture(pcap(conversation(wrap, router, speaker), { link })), router, speaker)).toEqual([
      'open',
      'keepalive',
    ]);
    expect(
      conversationOf(readCapture(pcap(conversation(wrap, speaker4, router4), { link })), speaker4, router4),
    ).toEqual(['open', 'keepalive']);
  });

  test('a link that is not known holds nothing', () => {
    expect(
      said(
        readCapture(
          pcap(
            conversation((packet) => packet, router, speaker),
            { link: 147 },
          ),
        ),
      ),
    ).toEqual([]);
  });
});

describe('files', () => {
  test.each([
    [true, false, 1_700_000_000_123.456],
    [false, false, 1_700_000_000_123.456],
    [true, true, 1_700_000_000_123.456],
    [false, true, 1_700_000_000_123.456],
  ])('pcap, little-endian %s, nanoseconds %s', (littleEndian, nanoseconds, time) => {
    const captured = [
      ...readCapture(
        pcap(
          conversation((p) => ethernet(p), router, speaker),
          { littleEndian, nanoseconds },
        ),
      ),
    ];
    expect(conversationOf(captured, router, speaker)).toEqual(['open', 'keepalive']);
    expect(captured[0]?.time).toBeCloseTo(time, 2);
    expect(captured[1]?.time).toBe(1_700_000_001_000);
  });

  test.each([true, false])('pcapng, little-endian %s: several interfaces, resolutions and sections', (littleEndian) => {
    const [first, second] = conversation((packet) => packet, router, speaker) as [Record, Record];
    const tsresol = (value: number) => concat(half(littleEndian, 9, 1), Uint8Array.of(value, 0, 0, 0));
    const offset = new Uint8Array(8);
    new DataView(offset.buffer).setBigInt64(0, 1_700_000_000n, littleEndian);
    const tsoffset = concat(half(littleEndian, 14, 8), offset);
    const file = concat(
      section(littleEndian),
      describeInterface(littleEndian, 1, concat(tsresol(9), half(littleEndian, 0, 0))),
      block(littleEndian, 5, word(littleEndian, 0, 0, 0)),
      enhanced(littleEndian, 0, 1_700_000_000_123_456_789n, ethernet(first.bytes)),
      section(!littleEndian),
      describeInterface(!littleEndian, 147),
      // 2^-10 of a second, counted from the offset.
      describeInterface(littleEndian === true ? false : true, 101),
      enhanced(!littleEndian, 1, 1_700_000_001_000_000n, second.bytes),
      section(littleEndian),
      describeInterface(littleEndian, 101, concat(tsresol(0x8a), tsoffset)),
      enhanced(littleEndian, 0, 1536n, ip(speaker, router, tcp(speaker, router, 5, bytesOf(keepalive)))),
    );
    const captured = [...readCapture(file)];
    expect(said(captured)).toEqual(['open', 'keepalive', 'keepalive']);
    expect(captured[0]?.time).toBeCloseTo(1_700_000_000_123.4568, 2);
    expect(captured[1]?.time).toBe(1_700_000_001_000);
    expect(captured[2]?.time).toBe(1_700_000_001_500);
  });

  test('pcapng: simple and old packet blocks', () => {
    const [first, second] = conversation((packet) => ethernet(packet), router, speaker) as [Record, Record];
    const file = concat(
      section(true),
      describeInterface(true, 1),
      block(true, 3, word(true, first.bytes.length), first.bytes),
      block(true, 2, half(true, 0, 0), word(true, 0, 1000, second.bytes.length, second.bytes.length), second.bytes),
    );
    expect(conversationOf(readCapture(file), router, speaker)).toEqual(['open', 'keepalive']);
  });

  test('a packet of an interface that was not described is passed over', () => {
    const [first] = conversation((packet) => ethernet(packet), router, speaker) as [Record];
    expect(said(readCapture(concat(section(true), enhanced(true, 0, 0n, first.bytes))))).toEqual([]);
  });

  test.each([
    ['nothing', new Uint8Array(0)],
    ['text', new TextEncoder().encode('{"this": "is not a capture at all"}')],
    ['a pcap header that is cut short', pcap([]).subarray(0, 23)],
    [
      'a pcapng header with a wrong byte-order magic',
      unhex('0a0d0d0a 0000001c 11111111 0001 0000 ffffffffffffffff 0000001c'),
    ],
  ])('%s is refused at once', (_, bytes) => {
    expect(() => readCapture(bytes)).toThrow(new CaptureError('not a pcap file'));
  });

  test('an empty capture holds nothing', () => {
    expect(said(readCapture(pcap([])))).toEqual([]);
    expect(said(readCapture(section(false)))).toEqual([]);
  });

  test('a file that is cut short ends with its last whole packet', () => {
    const file = pcap(conversation((packet) => ethernet(packet), router, speaker));
    expect(said(readCapture(file.subarray(0, file.length - 1)))).toEqual(['open']);
  });
});

describe('IP', () => {
  const data = bytesOf(keepalive);
  const segment = tcp(router, speaker, 1, data);
  const raw = (...packets: Uint8Array[]) =>
    said(
      readCapture(
        pcap(
          packets.map((bytes) => ({ bytes })),
          { link: 101 },
        ),
      ),
    );

  test.each([
    ['hop-by-hop', 0, '06 00 000000000000'],
    ['destination options, 16 octets', 60, '06 01 0000000000000000000000000000'],
    ['routing', 43, '06 00 000000000000'],
    ['authentication', 51, '06 04 0000 00000000 00000000 000000000000000000000000'],
    ['a fragment that is all', 44, '06 00 0000 00000001'],
    ['two of them', 0, '3c 00 000000000000 06 00 000000000000'],
  ])('IPv6 extension headers: %s', (_, next, header) => {
    expect(raw(ip(router, speaker, concat(unhex(header), segment), next))).toEqual(['keepalive']);
  });

  test.each([
    ['a first fragment', 44, '06 00 0001 00000001'],
    ['a later fragment', 44, '06 00 0008 00000001'],
    ['encrypted', 50, '00000000 00000000'],
    ['no next header', 59, ''],
    ['a header longer than the packet', 0, '06 ff 000000000000'],
    ['UDP', 17, ''],
  ])('passed over: %s', (_, next, header) => {
    expect(raw(ip(router, speaker, concat(unhex(header), segment), next))).toEqual([]);
  });

  test('IPv4: options are passed over, fragments are not read, and padding is not data', () => {
    const packet = ip(router4, speaker4, tcp(router4, speaker4, 1, data));
    const changed = (at: number, ...octets: number[]) => {
      const copy = packet.slice();
      copy.set(octets, at);
      return copy;
    };
    expect(raw(packet)).toEqual(['keepalive']);
    expect(raw(concat(packet, new Uint8Array(6)))).toEqual(['keepalive']);
    expect(raw(changed(6, 0x20))).toEqual([]);
    expect(raw(changed(7, 1))).toEqual([]);
    expect(raw(changed(2, 0, 0))).toEqual(['keepalive']);
    expect(raw(changed(0, 0x44))).toEqual([]);
    expect(raw(changed(9, 17))).toEqual([]);
    const withOptions = concat(packet.subarray(0, 20), new Uint8Array(4), packet.subarray(20));
    withOptions.set([0x46, 0, ...u16(withOptions.length)]);
    expect(raw(withOptions)).toEqual(['keepalive']);
  });

  test('IPv6 without a payload length, as a network card gets it', () => {
    const packet = ip(router, speaker, segment);
    packet.set([0, 0], 4);
    expect(raw(packet)).toEqual(['keepalive']);
  });

  test('TCP headers that are none', () => {
    const short = segment.slice();
    short[12] = 0x40;
    const long = segment.slice();
    long[12] = 0xf0;
    expect(
      raw(
        ip(router, speaker, short),
        ip(router, speaker, long.subarray(0, 40)),
        ip(router, speaker, segment.subarray(0, 12)),
      ),
    ).toEqual([]);
  });
});

test('the port is 179, or the one that is asked for', () => {
  const from = { ...router, port: 1179 };
  const file = pcap(conversation((packet) => ethernet(packet), from, speaker));
  expect(said(readCapture(file))).toEqual([]);
  expect(conversationOf(readCapture(file, { port: 1179 }), from, speaker)).toEqual(['open', 'keepalive']);
});

/** One direction as raw packets, each of so much from its stream. */
function packets(stream: Uint8Array, cuts: readonly (readonly [from: number, to: number])[], first = 1000): Record[] {
  return cuts.map(([from, to]) => ({
    bytes: ip(router, speaker, tcp(router, speaker, (first + from) >>> 0, stream.subarray(from, to))),
  }));
}

function rawSaid(records: readonly Record[]): string[] {
  return said(readCapture(pcap(records, { link: 101 })));
}

describe('TCP', () => {
  const stream = concat(
    bytesOf(open(65001)),
    bytesOf(keepalive),
    bytesOf(update('2001:db8:1::/64')),
    bytesOf(keepalive),
  );
  const all = ['open', 'keepalive', 'update', 'keepalive'];
  const end = stream.length;

  test.each<[string, [number, number][]]>([
    ['all in one', [[0, end]]],
    [
      'cut anywhere',
      [
        [0, 5],
        [5, 18],
        [18, 19],
        [19, 60],
        [60, end],
      ],
    ],
    ['octet by octet', Array.from(stream, (_, at) => [at, at + 1])],
    [
      'out of order',
      [
        [0, 20],
        [40, 60],
        [60, end],
        [20, 40],
      ],
    ],
    [
      'backwards after the first',
      [
        [0, 10],
        [60, end],
        [40, 60],
        [10, 40],
      ],
    ],
    [
      'sent again',
      [
        [0, 30],
        [0, 30],
        [20, 50],
        [10, end],
        [5, 7],
      ],
    ],
    [
      'sent again, with more, out of order',
      [
        [0, 10],
        [30, 60],
        [20, 50],
        [5, 35],
        [50, end],
      ],
    ],
  ])('%s', (_, cuts) => {
    expect(rawSaid(packets(stream, cuts))).toEqual(all);
    expect(rawSaid(packets(stream, cuts, 0xffffffff - 30))).toEqual(all);
  });

  const acknowledge = (sequence: number): Record => ({
    bytes: ip(speaker, router, tcp(speaker, router, 1, new Uint8Array(0), ACK, sequence)),
  });
  const opened = bytesOf(open(65001)).length;

  test('what the receiver has and the capture lacks is lost: the next header is found', () => {
    const records = [
      ...packets(stream, [
        [0, opened + 5],
        [opened + 10, end],
      ]),
      acknowledge(1000 + end),
    ];
    expect(rawSaid([...records, ...packets(concat(stream, bytesOf(keepalive)), [[end, end + 19]])])).toEqual([
      'open',
      // The rest of the KEEPALIVE.
      'lost 19',
      'update',
      'keepalive',
      'keepalive',
    ]);
  });

  test('an acknowledgment of what came before the gap gives nothing up', () => {
    const [first, last] = packets(stream, [
      [0, 30],
      [60, end],
    ]) as [Record, Record];
    expect(rawSaid([first, last, acknowledge(1030), ...packets(stream, [[30, 60]])])).toEqual(all);
  });

  test('at the end of the capture, what waits is read after the gap', () => {
    expect(
      rawSaid(
        packets(stream, [
          [0, opened],
          [opened + 19, end],
        ]),
      ),
    ).toEqual(['open', 'lost 19', 'update', 'keepalive']);
  });

  test('much that waits is read after the gap', () => {
    const long = concat(...Array.from({ length: 300 }, () => bytesOf(keepalive)));
    const cuts = Array.from({ length: 300 }, (_, index): [number, number] => [19 * index, 19 * index + 19]);
    cuts.splice(1, 1);
    const captured = rawSaid(packets(long, cuts));
    expect(captured.slice(0, 3)).toEqual(['keepalive', 'lost 19', 'keepalive']);
    expect(captured.length).toBe(300);
  });

  test('a capture that begins amid a message begins with the next one', () => {
    expect(rawSaid(packets(stream, [[7, end]]))).toEqual([`lost ${opened - 7}`, 'keepalive', 'update', 'keepalive']);
    // What is left of the first one is ones, as the marker behind it.
    const ones = concat(new Uint8Array(20).fill(0xff), bytesOf(keepalive));
    expect(
      rawSaid(
        packets(ones, [
          [0, 30],
          [30, ones.length],
        ]),
      ),
    ).toEqual(['lost 20', 'keepalive']);
  });

  test('the beginning of a message that never ends is lost', () => {
    expect(rawSaid(packets(stream, [[0, opened + 18]]))).toEqual(['open', 'lost 18']);
  });

  const syn = (sequence: number, from = router, to = speaker): Record => ({
    bytes: ip(from, to, tcp(from, to, sequence, new Uint8Array(0), SYN)),
  });

  test('after a SYN, what is no header is malformed, and the next one is found', () => {
    const bad = concat(Uint8Array.of(0), stream);
    expect(rawSaid([syn(999), ...packets(bad, [[0, bad.length]])])).toEqual(['malformed 1/1', 'lost 1', ...all]);
    const unknown = bytesOf(keepalive).slice();
    unknown[18] = 9;
    expect(rawSaid([syn(999), ...packets(concat(unknown, stream), [[0, end + 19]])])).toEqual([
      'malformed 1/3',
      'lost 19',
      ...all,
    ]);
  });

  test('the first octet that a SYN announces may come late', () => {
    expect(
      rawSaid([
        syn(999),
        syn(999),
        ...packets(stream, [
          [30, end],
          [0, 30],
        ]),
      ]),
    ).toEqual(all);
  });

  test('a new connection between the same ports starts anew', () => {
    const first = packets(stream, [[0, opened + 5]]);
    expect(rawSaid([syn(999), ...first, syn(5_000_000), ...packets(stream, [[0, end]], 5_000_001)])).toEqual([
      'open',
      'lost 5',
      ...all,
    ]);
  });

  test('a segment that ends the connection may have data', () => {
    const bytes = ip(router, speaker, tcp(router, speaker, 1, bytesOf(keepalive), ACK | FIN));
    expect(rawSaid([{ bytes }])).toEqual(['keepalive']);
  });
});

describe('context', () => {
  const addPath = (mode: 'receive' | 'send' | 'both') =>
    ({ name: 'add-path', families: [{ family: ipv6Unicast, mode }] }) as const;
  const from = (side: Side, to: Side, sequence: number, message: Message, context = fourOctet): Record => ({
    bytes: ip(side, to, tcp(side, to, sequence, bytesOf(message, context))),
  });
  const contexts = (records: readonly Record[]) =>
    [...readCapture(pcap(records, { link: 101 }))].filter(({ kind }) => kind !== 'lost');

  test('ADD-PATH holds in the direction for which both sides claim it', () => {
    const withPaths = { ...fourOctet, addPath: new Set([ipv6Unicast]) };
    const opens = [open(65001, [addPath('send')]), open(65002, [addPath('receive')])] as const;
    const [first, second] = opens.map((message) => bytesOf(message).length) as [number, number];
    const captured = contexts([
      from(router, speaker, 1, opens[0]),
      from(speaker, router, 1, opens[1]),
      from(router, speaker, 1 + first, update('2001:db8:1::/64', 7), withPaths),
      from(speaker, router, 1 + second, update('2001:db8:2::/64')),
    ]);
    expect(captured.map(({ kind }) => kind)).toEqual(['message', 'message', 'message', 'message']);
    expect(captured[2]).toMatchObject({
      assumed: false,
      context: { fourOctetAs: true, external: true, extendedMessage: false },
      message: update('2001:db8:1::/64', 7),
    });
    expect(captured[3]).toMatchObject({ assumed: false, message: update('2001:db8:2::/64') });
  });

  test('two-octet AS numbers, when one side claims no other', () => {
    const old: Open = { ...open(65002), capabilities: [] };
    const length = bytesOf(open(65001)).length;
    const small: Update = {
      ...update('2001:db8:1::/64'),
      attributes: { origin: 'igp', asPath: [{ type: 'sequence', asns: [65001] }] },
    };
    const captured = contexts([
      from(router, speaker, 1, open(65001)),
      from(speaker, router, 1, old),
      from(router, speaker, 1 + length, small, initialContext),
    ]);
    expect(captured[2]).toMatchObject({ context: { fourOctetAs: false }, message: small });
  });

  test('without the OPENs, four-octet AS numbers and long messages are assumed', () => {
    const message = { ...update('2001:db8:1::/64'), attributes: { ...update('::/0').attributes, localPref: 100 } };
    const [captured] = contexts([from(router, speaker, 1, message, { ...fourOctet, external: false })]);
    expect(captured).toMatchObject({
      assumed: true,
      context: { fourOctetAs: true, extendedMessage: true, external: false },
      message,
    });
    const external = update('2001:db8:1::/64');
    expect(contexts([from(router, speaker, 1, external)])[0]).toMatchObject({
      context: { external: true },
      message: external,
    });
  });

  test('without the OPENs, two-octet AS numbers are read where four do not fit', () => {
    const small: Update = {
      ...update('2001:db8:1::/64'),
      attributes: { origin: 'igp', asPath: [{ type: 'sequence', asns: [65001] }] },
    };
    const [captured] = contexts([from(router, speaker, 1, small, initialContext)]);
    expect(captured).toMatchObject({ assumed: true, context: { fourOctetAs: false }, message: small });
  });

  test('what fits nowhere is read as what is likeliest', () => {
    const bytes = bytesOf(update('2001:db8:1::/64')).slice();
    const origin = bytes.findIndex((_, at) => hexOf(bytes.subarray(at, at + 4)) === '40010100');
    bytes[origin + 3] = 9;
    const [captured] = contexts([{ bytes: ip(router, speaker, tcp(router, speaker, 1, bytes)) }]);
    expect(captured).toMatchObject({
      context: { fourOctetAs: true, external: true },
      message: { faults: [{ attribute: 1, subcode: 6 }] },
    });
  });

  test('a message that the context does not allow is malformed, and the next one is read', () => {
    const long = { type: 'notification', code: 6, subcode: 2, data: new Uint8Array(5000) } as const;
    const extended = { ...fourOctet, extendedMessage: true };
    const [first, second] = [open(65001), open(65002)].map((message) => bytesOf(message).length) as [number, number];
    const records = [
      from(router, speaker, 1, open(65001)),
      from(speaker, router, 1, open(65002)),
      from(router, speaker, 1 + first, long, extended),
      from(router, speaker, 1 + first + 5021, keepalive),
      from(speaker, router, 1 + second, keepalive),
    ];
    expect(rawSaid(records)).toEqual(['open', 'open', 'malformed 1/2', 'keepalive', 'keepalive']);
    expect(rawSaid(records.slice(2))).toEqual(['notification', 'keepalive', 'keepalive']);
  });

  test('a new connection is read with its own OPENs', () => {
    const opens = [open(65001, [addPath('both')]), open(65002, [addPath('both')])] as const;
    const opening: Record = { bytes: ip(speaker, router, tcp(speaker, router, 900_000, new Uint8Array(0), SYN)) };
    const captured = contexts([
      from(router, speaker, 1, opens[0]),
      from(speaker, router, 1, opens[1]),
      opening,
      from(router, speaker, 700_000, update('2001:db8:1::/64')),
    ]);
    expect(captured[2]).toMatchObject({ assumed: true, message: update('2001:db8:1::/64') });
  });
});

test('the bytes of a message are those of the wire', () => {
  const bytes = bytesOf(update('2001:db8:1::/64'));
  const [captured] = [
    ...readCapture(
      pcap(
        packets(bytes, [
          [0, 30],
          [30, bytes.length],
        ]),
        { link: 101 },
      ),
    ),
  ];
  expect(captured?.kind === 'message' && hexOf(captured.bytes)).toBe(hexOf(bytes));
});

const stream = concat(bytesOf(open(65001)), bytesOf(keepalive), bytesOf(update('2001:db8:1::/64')), bytesOf(keepalive));

property.prop(
  [fc.array(fc.nat(stream.length), { maxLength: 12 }), fc.infiniteStream(fc.nat(1000)), fc.nat(0xffffffff)],
  {
    numRuns: numRuns / 5,
  },
)('in any order, in any pieces and from any number on, TCP segments are the same messages', (at, order, first) => {
  const marks = [0, ...at.sort((left, right) => left - right), stream.length];
  const cuts = marks.slice(1).map((end, index): [number, number] => [marks[index] as number, end]);
  const shuffled = cuts.map((cut) => ({ cut, rank: order.next().value })).sort((left, right) => left.rank - right.rank);
  const opening: Record = {
    bytes: ip(router, speaker, tcp(router, speaker, (first - 1) >>> 0, new Uint8Array(0), SYN)),
  };
  const records = packets(
    stream,
    shuffled.map(({ cut }) => cut),
    first,
  );
  expect(rawSaid([opening, ...records])).toEqual(['open', 'keepalive', 'update', 'keepalive']);
});

const captures = fc
  .record({ link: fc.constantFrom(0, 1, 101, 113, 276), littleEndian: fc.boolean(), nanoseconds: fc.boolean() })
  .map((options) =>
    pcap(
      conversation((packet) => (options.link === 1 ? ethernet(packet) : packet), router, speaker),
      options,
    ),
  );
const nextGeneration = fc
  .boolean()
  .map((littleEndian) =>
    concat(
      section(littleEndian),
      describeInterface(littleEndian, 101),
      ...conversation((packet) => packet, router, speaker).map(({ bytes }) => enhanced(littleEndian, 0, 5n, bytes)),
    ),
  );

property.prop([damaged(fc.oneof(captures, nextGeneration))], { numRuns })(
  'any octets are a capture or one clear error, and as much is reported as was captured',
  (bytes) => {
    let octets = 0;
    try {
      for (const each of readCapture(bytes)) octets += each.kind === 'lost' ? 0 : each.bytes.length;
    } catch (error) {
      expect(error).toBeInstanceOf(CaptureError);
    }
    expect(octets).toBeLessThanOrEqual(bytes.length);
  },
);
