import { describe, expect, test } from 'vitest';
import { Address } from '../../src/ip/address.ts';
import type { Neighbor } from '../../src/speaker/types.ts';
import type { SpeakerWorld } from '../../src/speaker/world.ts';
import { ipv6Unicast } from '../../src/wire/family.ts';
import type { Message } from '../../src/wire/message.ts';
import { BadPeer } from './bad-peer.ts';
import { addressOf, advertise, Lab, neighbor, stateOf, tableOf } from './support.ts';

/** What a connection may have queued: what TCP takes without asking, and one slab. */
const MOST_PENDING = 65536 + 128 * 1024;

const prefixOf = (i: number) => Uint8Array.of(64, 0x20, 0x01, 0x0d, 0xb8, i >> 24, i >> 16, i >> 8, i);
const fromOctets = (i: number) => Address.parse(`2001:db8::${i}`);

/** An UPDATE of one prefix, with a set of attributes that no other has. */
const updateOf = (prefix: number, set: number, octets = 0): Extract<Message, { type: 'update' }> => ({
  type: 'update',
  attributes: {
    origin: 'igp',
    asPath: [{ type: 'sequence', asns: [65009] }],
    communities: Array.from({ length: 1 + (octets >> 2) }, (_, i) => (i === 0 ? set : i)),
  },
  reach: {
    nextHop: { kind: 'single', address: fromOctets(9) },
    nlri: { family: ipv6Unicast, addPath: false, bytes: prefixOf(prefix) },
  },
  faults: [],
});

/** Host 1 with a peer that is well (3) and one that is not (9). */
async function setUp(options: Partial<Neighbor> = {}, world: Partial<SpeakerWorld> = {}) {
  const lab = new Lab(1);
  const lines: { readonly message: string; readonly fields: Record<string, unknown> }[] = [];
  const note = (fields: Record<string, unknown>, message: string) => void lines.push({ message, fields });
  const node = await lab.speaker(1, {}, {}, world, { debug() {}, info: note, warn: note, error: note });
  const good = await lab.speaker(3);
  node.addNeighbor(neighbor(3));
  good.addNeighbor(neighbor(1));
  node.addNeighbor(neighbor(9, { transport: { remotePort: 179, passive: true }, ...options }));
  const bad = new BadPeer(lab);
  bad.greet([{ name: 'route-refresh' }, { name: 'enhanced-route-refresh' }]);
  expect(lab.until(() => stateOf(node, 9) === 'established' && stateOf(good, 1) === 'established')).toBe(true);
  const at = () => {
    const peer = node.peer(addressOf(9));
    if (peer === undefined) throw new Error('host 9 is no peer');
    return peer;
  };
  /** The peer that is well kept its session, and gets what is added now. */
  const othersAreWell = () => {
    advertise(node, ['2001:db8:5afe::/64']);
    lab.clock.advance(1000);
    expect(tableOf(good, { table: 'adj-rib-in', neighbor: addressOf(1) })).toHaveProperty('2001:db8:5afe::/64');
    expect(good.peer(addressOf(1))?.counters.established).toBe(1);
  };
  return { lab, node, good, bad, at, lines, othersAreWell };
}

describe('a peer that never reads', () => {
  test('has no more queued than TCP takes and one slab, however often everything changes and it asks for everything', async () => {
    const { lab, node, bad, at, othersAreWell } = await setUp();
    lab.network.block(addressOf(1), addressOf(9));
    const prefixes = Array.from({ length: 1000 }, (_, i) => `2001:db8:a:${i.toString(16)}::/64`);
    for (let round = 0; round < 100; round++) {
      advertise(node, prefixes, { communities: [round] });
      for (let i = 0; i < 100; i++) bad.say({ type: 'route-refresh', family: ipv6Unicast, subtype: 0 });
      lab.clock.advance(10);
    }
    expect(at().counters.routeRefreshesReceived).toBe(10_000);
    expect(at().pending).toBeGreaterThan(65536);
    expect(at().pending).toBeLessThan(MOST_PENDING);
    // The rest of what was cut off, all of it once more, and each change once.
    expect(at().families[0]?.unsent).toBeGreaterThan(1000);
    expect(at().families[0]?.unsent).toBeLessThanOrEqual(4 * 1000);
    othersAreWell();
  });

  test('goes when SendHoldTimer expires (RFC 9687), though it says that it is there', async () => {
    const { lab, bad, at, othersAreWell } = await setUp();
    lab.network.block(addressOf(1), addressOf(9));
    const wait = (seconds: number) => {
      for (let waited = 0; waited < seconds; waited += 30) {
        bad.say({ type: 'keepalive' });
        lab.clock.advance(30_000);
      }
    };
    wait(450);
    expect(at().sessionState).toBe('established');
    wait(60);
    expect(at()).toMatchObject({
      sessionState: 'active',
      lastDown: { reason: { kind: 'notification-sent', notification: { code: 8, subcode: 0 } } },
    });
    othersAreWell();
  });
});

describe('a peer that sends for ever', () => {
  test('one prefix per UPDATE, a new attribute set each: takes what its table takes, not what it sent', async () => {
    const { lab, bad, at, othersAreWell } = await setUp();
    const round = (of: number) => {
      for (let i = 0; i < 1000; i++) bad.say(updateOf(i, 1000 * of + i));
      lab.clock.advance(100);
    };
    round(0);
    const { receivedOctets } = at();
    expect(receivedOctets).toBeGreaterThan(1000 * 60);
    for (let of = 1; of < 20; of++) round(of);
    expect(at()).toMatchObject({
      receivedOctets,
      counters: { updatesReceived: 20_000 },
      families: [{ received: 1000 }],
    });
    othersAreWell();
  });

  test('distinct prefixes without a limit of its own: goes when it takes the memory of all, and comes back later', async () => {
    const { lab, bad, node, at, lines, othersAreWell } = await setUp({}, { memory: 4 << 20 });
    let sent = 0;
    while (bad.isOpen && sent < 100_000) {
      for (let i = 0; i < 100; i++, sent++) bad.say(updateOf(sent, sent, 1000));
      lab.clock.advance(10);
    }
    // 4 MB, what comes between two looks, and what was on its way.
    expect(sent).toBeLessThan(6000);
    expect(bad.notifications).toEqual(['6/8']);
    expect(at()).toMatchObject({
      receivedOctets: 0,
      families: [{ received: 0 }],
      lastDown: {
        reason: {
          kind: 'stopped',
          text: 'the peer sent 4 MB of routes, and 4 MB are there for all peers: begins again after 300 s',
        },
      },
    });
    expect(lines.map(({ message }) => message)).toContain(at().lastDown?.reason.text);
    othersAreWell();
    lab.clock.advance(300_000);
    const again = new BadPeer(lab);
    again.greet();
    lab.clock.advance(1000);
    expect(stateOf(node, 9)).toBe('established');
    expect(again.isOpen).toBe(true);
  });

  test('is not to blame when our own routes take the memory', async () => {
    const { lab, node, bad, at, othersAreWell } = await setUp({}, { memory: 2 << 20 });
    const ours = Array.from({ length: 40_000 }, (_, i) => `2001:db8:a:${i.toString(16)}::/64`);
    advertise(node, ours);
    for (let i = 0; i < 5000; i++) bad.say(updateOf(i % 500, i, 1000));
    lab.clock.advance(1000);
    expect(at()).toMatchObject({ sessionState: 'established', families: [{ received: 500 }] });
    othersAreWell();
  });

  test('malformed UPDATEs: each is counted, and few are logged', async () => {
    const { lab, bad, at, lines, othersAreWell } = await setUp();
    // Without AS_PATH: treated as withdrawn (RFC 7606, 3).
    const update: Message = { ...updateOf(1, 1), attributes: { origin: 'igp' } };
    for (let i = 0; i < 5000; i++) bad.say(update);
    lab.clock.advance(1000);
    expect(at().counters).toMatchObject({ updatesReceived: 5000, malformedUpdates: 5000 });
    const logged = () => lines.filter(({ message }) => message.startsWith('malformed UPDATE'));
    expect(logged()).toHaveLength(10);
    lab.clock.advance(60_000);
    bad.say(update);
    lab.clock.advance(1000);
    expect(logged().at(-1)?.fields).toMatchObject({ skipped: 4990 });
    expect(at().sessionState).toBe('established');
    othersAreWell();
  });
});

test('connections from an address that is no peer: each is counted, and few are logged', async () => {
  const { lab, node, lines } = await setUp();
  const nobody = { connected() {}, message() {}, malformed() {}, drained() {}, closed() {} };
  const stranger = lab.network.host(addressOf(7));
  for (let i = 0; i < 1000; i++) stranger.dial({ remote: { address: addressOf(1), port: 179 } }, nobody);
  lab.clock.advance(1000);
  expect(node.refusedConnections).toBe(1000);
  expect(lines.filter(({ message }) => message.includes('no peer'))).toHaveLength(10);
});

describe('an API client that is faster than peers read', () => {
  test('new attributes for every route, over and over: the tables take what is in them, and a peer that does not read is owed each route once', async () => {
    const { lab, node, at, othersAreWell } = await setUp();
    lab.network.block(addressOf(1), addressOf(9));
    const round = (of: number) => {
      for (let i = 0; i < 100; i++) advertise(node, [`2001:db8:a:${i}::/64`], { communities: [of, i] });
      lab.clock.advance(10);
    };
    const most = { octets: 0, unsent: 0 };
    for (let of = 0; of < 400; of++) {
      round(of);
      if (of < 50) most.octets = Math.max(most.octets, node.tableOctets);
      most.unsent = Math.max(most.unsent, at().families[0]?.unsent ?? 0);
    }
    expect(node.tableOctets).toBeLessThanOrEqual(1.5 * most.octets);
    expect(most.unsent).toBeLessThan(1000);
    expect(at().pending).toBeLessThan(MOST_PENDING);
    othersAreWell();
  });
});
