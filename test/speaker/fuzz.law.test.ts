import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromPeer } from '../../src/api/to-proto/peer.ts';
import { PeerState } from '../../src/gen/herald/v1/types.ts';
import type { Speaker } from '../../src/speaker/speaker.ts';
import type { Neighbor } from '../../src/speaker/types.ts';
import type { Capability } from '../../src/wire/capability.ts';
import { encodeMessage } from '../../src/wire/codec.ts';
import { type Context, initialContext } from '../../src/wire/context.ts';
import { type Family, family, ipv4Multicast, ipv4Unicast, ipv6Multicast, ipv6Unicast } from '../../src/wire/family.ts';
import { messageType } from '../../src/wire/header.ts';
import type { Message } from '../../src/wire/message.ts';
import { notificationName } from '../../src/wire/notification.ts';
import { encodeUpdate } from '../../src/wire/update-codec.ts';
import { type Draw, drawContext, drawn, drawUpdate, runs } from '../wire/arbitraries.ts';
import { attribute, body, concat } from '../wire/build.ts';
import { damaged } from '../wire/damage.ts';
import { BadPeer } from './bad-peer.ts';
import { addressOf, advertise, Lab, neighbor, stateOf, tableOf, withdraw } from './support.ts';

// Whatever a peer says, whole speakers: its session may end, with a NOTIFICATION that is registered, and nothing else.

const plain = [ipv4Unicast, ipv6Unicast, ipv4Multicast, ipv6Multicast];
const numRuns = runs / 10;

/** Labelled, VPN, EVPN, flow specification, link state, and one that nobody knows. */
const unusual = [
  [1, 4],
  [2, 128],
  [25, 70],
  [1, 133],
  [2, 134],
  [16388, 71],
  [99, 5],
].map(([afi = 0, safi = 0]) => family(afi, safi));

type Step =
  | { readonly do: 'say'; readonly bytes: Uint8Array }
  | { readonly do: 'wait'; readonly milliseconds: number }
  | { readonly do: 'list' | 'announce' | 'refresh' | 'policy' | 'reset' };

interface Scenario {
  readonly seed: number;
  readonly split: boolean;
  readonly options: Partial<Neighbor>;
  readonly hello: readonly Uint8Array[];
  readonly steps: readonly Step[];
}

function message(type: number, content: Uint8Array): Uint8Array {
  const length = 19 + content.length;
  return concat(new Uint8Array(16).fill(255), Uint8Array.of(length >> 8, length, type), content);
}

function drawOptions(draw: Draw, { external }: Context): Partial<Neighbor> {
  const some = <T extends object>(options: T): T | object => (draw.oneIn(2) ? options : {});
  return {
    asn: external ? 65009 : 65001,
    families: plain.filter((_, index) => index === 1 || !draw.oneIn(3)),
    transport: { remotePort: 179, passive: true },
    defaultImportAction: draw.pick(['accept', 'reject']),
    ...some({ addPaths: plain.map((of) => ({ family: of, mode: 'both' as const })) }),
    ...some({ gracefulRestart: { restartTime: 60, stalePathTime: 120 } }),
    ...some({ maximumPrefixes: [{ family: ipv6Unicast, limit: 3, restartSeconds: 1 }] }),
    ...(external && draw.oneIn(2) && { role: draw.pick(['provider', 'customer', 'peer']) }),
  };
}

function drawCapabilities(draw: Draw, context: Context): Capability[] {
  const families = [...plain, ...unusual];
  const all: Capability[] = [
    ...families.map((of) => ({ name: 'multiprotocol' as const, family: of })),
    ...(context.fourOctetAs ? [{ name: 'four-octet-as' as const, asn: context.external ? 65009 : 65001 }] : []),
    ...(context.extendedMessage ? [{ name: 'extended-message' as const }] : []),
    { name: 'add-path', families: [...context.addPath].map((of) => ({ family: of, mode: 'both' })) },
    { name: 'extended-next-hop', entries: [...context.extendedNextHop].map((of) => ({ family: of, nextHopAfi: 2 })) },
    { name: 'route-refresh' },
    { name: 'enhanced-route-refresh' },
    { name: 'role', role: draw.upTo(5) },
    {
      name: 'graceful-restart',
      restarting: draw.oneIn(2),
      notification: draw.oneIn(2),
      time: draw.upTo(4095),
      families: plain.map((of) => ({ family: of, forwarding: draw.oneIn(2) })),
    },
    { name: 'unknown', code: draw.between(128, 255), value: draw.bytes(draw.upTo(8)) },
  ];
  return all.filter(() => !draw.oneIn(12));
}

function drawOpen(draw: Draw, context: Context): Uint8Array {
  const open: Message = {
    type: 'open',
    version: 4,
    myAs: context.external ? 65009 : 65001,
    holdTime: draw.pick([0, 3, 90, 3600]),
    routerId: 0x0a000009,
    capabilities: drawCapabilities(draw, context),
  };
  const bytes = encodeMessage(open, initialContext);
  if (draw.oneIn(12)) bytes[draw.between(19, bytes.length - 1)] = draw.upTo(255);
  return bytes;
}

/** Routes of a family that we do not have, whatever they are. */
function drawUnusual(draw: Draw): Uint8Array {
  const of: Family = draw.pick([...unusual, ...plain]);
  const head = Uint8Array.of(Math.floor(of / 65536), Math.floor(of / 256), of);
  const nextHop = draw.bytes(draw.pick([0, 4, 12, 16, 24, 32]));
  const reach = concat(head, Uint8Array.of(nextHop.length), nextHop, Uint8Array.of(0), draw.bytes(draw.upTo(40)));
  return body([
    attribute(0x80, 14, reach),
    attribute(0x40, 1, Uint8Array.of(0)),
    attribute(0x40, 2, new Uint8Array(0)),
    ...(draw.oneIn(2) ? [attribute(0x80, 15, concat(head, draw.bytes(draw.upTo(20))))] : []),
  ]);
}

function drawSaid(draw: Draw, context: Context): Uint8Array {
  const { update, notification, keepalive, routeRefresh } = messageType;
  switch (draw.upTo(20)) {
    case 0:
      return drawOpen(draw, context);
    case 1:
      return message(notification, draw.bytes(draw.upTo(6)));
    case 2:
      return message(draw.upTo(7), draw.bytes(draw.upTo(30)));
    case 3:
      return draw.bytes(draw.upTo(60));
    case 4: {
      const of = draw.pick([...plain, ...unusual]);
      const subtype = draw.pick([0, 0, 1, 2, 3, 255]);
      return message(
        routeRefresh,
        concat(
          Uint8Array.of(Math.floor(of / 65536), Math.floor(of / 256), subtype, of),
          draw.bytes(draw.oneIn(8) ? 3 : 0),
        ),
      );
    }
    case 5:
      return message(keepalive, draw.bytes(draw.oneIn(8) ? 1 : 0));
    case 6:
      return message(update, drawUnusual(draw));
    case 7:
    case 8:
      return message(update, damaged(draw, context));
    default:
      return message(update, encodeUpdate(drawUpdate(draw, context), context));
  }
}

function drawStep(draw: Draw, context: Context): Step {
  if (draw.oneIn(8)) return { do: 'wait', milliseconds: draw.pick([1, 1000, 10_000, 100_000]) };
  if (draw.oneIn(8)) return { do: draw.pick(['list', 'announce', 'refresh', 'policy', 'reset']) };
  return { do: 'say', bytes: drawSaid(draw, context) };
}

const scenarios = drawn(
  (draw): Scenario => {
    const context = drawContext(draw);
    const keepalive = encodeMessage({ type: 'keepalive' }, initialContext);
    // Mostly the handshake is right, so that there is something behind it.
    const hello = draw.oneIn(10)
      ? draw.list(0, 3, () => drawSaid(draw, context))
      : [drawOpen(draw, context), keepalive];
    return {
      seed: draw.u32(),
      split: draw.oneIn(3),
      options: drawOptions(draw, context),
      hello,
      steps: draw.list(1, 25, () => drawStep(draw, context)),
    };
  },
  function* (scenario) {
    for (let i = 0; i < scenario.steps.length; i++) yield { ...scenario, steps: scenario.steps.toSpliced(i, 1) };
  },
);

/** Everything that anybody may ask for can be asked for. */
function list(node: Speaker): void {
  for (const peer of node.peers()) {
    PeerState.encode(fromPeer(peer, node.global.asn)).finish();
    for (const of of peer.negotiated?.families ?? peer.neighbor.families)
      for (const table of ['adj-rib-in', 'adj-rib-out'] as const)
        for (const { paths } of node.routes({ table, family: of, neighbor: peer.neighbor.address }))
          expect(paths.length).toBeGreaterThan(0);
  }
}

function play(step: Step, lab: Lab, node: Speaker, bad: BadPeer, i: number): void {
  switch (step.do) {
    case 'say':
      bad.sayBytes(step.bytes);
      lab.clock.advance(5);
      return;
    case 'wait':
      lab.clock.advance(step.milliseconds);
      return;
    case 'list':
      list(node);
      return;
    case 'announce':
      advertise(node, [`2001:db8:a:${i + 1}::/64`]);
      return;
    case 'policy':
      node.resetAllNeighbors({ soft: 'out' });
      return;
    case 'refresh':
      if (node.peer(addressOf(9))?.negotiated?.routeRefresh === true) node.resetNeighbor(addressOf(9), { soft: 'in' });
      return;
    case 'reset':
      node.resetNeighbor(addressOf(9), { soft: 'none' });
  }
}

describe('a speaker', () => {
  test('survives whatever a peer says: every end has a registered code, other sessions and tables are as they were, nothing is left behind', async () => {
    const seen = { established: 0, withRoutes: 0, notifications: new Set<string>() };
    await fc.assert(
      fc.asyncProperty(scenarios, async ({ seed, split, options, hello, steps }) => {
        const lab = new Lab(seed, { split });
        const node = await lab.speaker(1);
        const good = await lab.speaker(3);
        advertise(good, ['2001:db8:c::/64', '2001:db8:d::/64'], { communities: [1] });
        advertise(node, ['2001:db8:a::/64']);
        node.addNeighbor(neighbor(3));
        good.addNeighbor(neighbor(1));
        expect(
          lab.until(() => Object.keys(tableOf(good, { table: 'adj-rib-in', neighbor: addressOf(1) })).length === 1),
        ).toBe(true);
        lab.clock.advance(1000);
        const fromGood = () => tableOf(node, { table: 'adj-rib-in', neighbor: addressOf(3) });
        const before = fromGood();
        node.watchRoutes({ table: 'adj-rib-in' }, (events) => expect(events.length).toBeGreaterThan(0));
        const octets = node.tableOctets;
        node.addNeighbor(neighbor(9, options));

        const bad = new BadPeer(lab);
        for (const bytes of hello) bad.sayBytes(bytes);
        lab.clock.advance(10);
        if (stateOf(node, 9) === 'established') seen.established++;
        const own = new Set(['2001:db8:a::/64']);
        let hadRoutes = false;
        for (const [i, step] of steps.entries()) {
          if (step.do === 'announce') own.add(`2001:db8:a:${i + 1}::/64`);
          play(step, lab, node, bad, i);
          hadRoutes ||= node.peer(addressOf(9))?.families.some(({ received }) => received > 0) === true;
        }
        lab.clock.advance(1000);
        list(node);
        if (hadRoutes) seen.withRoutes++;
        for (const ended of bad.notifications) {
          const [code, subcode] = ended.split('/').map(Number);
          expect(notificationName(code ?? 0, subcode ?? 0)).not.toMatch(/^error code|: subcode|deprecated/);
          seen.notifications.add(ended);
        }

        expect([stateOf(node, 3), stateOf(good, 1)]).toEqual(['established', 'established']);
        expect(good.peer(addressOf(1))?.counters.established).toBe(1);
        expect(fromGood()).toEqual(before);
        expect(new Set(Object.keys(tableOf(good, { table: 'adj-rib-in', neighbor: addressOf(1) })))).toEqual(own);
        node.removeNeighbor(addressOf(9));
        lab.clock.advance(1000);
        for (const prefix of own) if (prefix !== '2001:db8:a::/64') withdraw(node, [prefix]);
        lab.clock.advance(1000);
        expect(node.tableOctets).toBe(octets);
      }),
      { numRuns },
    );
    // What was tried reaches far enough to mean something.
    expect(seen.established).toBeGreaterThan(numRuns / 3);
    expect(seen.withRoutes).toBeGreaterThan(numRuns / 20);
    expect(seen.notifications.size).toBeGreaterThan(5);
  }, 600_000);
});
