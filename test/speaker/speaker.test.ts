import { describe, expect, test } from 'vitest';
import { Address } from '../../src/ip/address.ts';
import { Prefix } from '../../src/ip/prefix.ts';
import type { RoutePolicy, RoutePolicyActions } from '../../src/policy/types.ts';
import { Speaker } from '../../src/speaker/speaker.ts';
import type { PeerEvent, RouteEvent } from '../../src/speaker/types.ts';
import { ipv4Unicast, ipv6Unicast } from '../../src/wire/family.ts';
import { addressOf, advertise, Lab, neighbor, rangeOf, silent, stateOf, tableOf, withdraw } from './support.ts';

const accept: RoutePolicyActions = { routeAction: 'accept', addCommunities: [], addLargeCommunities: [] };

/** Two speakers, established. */
async function pair(
  one: Parameters<typeof neighbor>[1] = {},
  other: Parameters<typeof neighbor>[1] = {},
  asn2 = 65002,
) {
  const lab = new Lab(1);
  const a = await lab.speaker(1);
  const b = await lab.speaker(2, { asn: asn2 });
  a.addNeighbor(neighbor(2, { asn: asn2, ...one }));
  b.addNeighbor(neighbor(1, other));
  expect(lab.until(() => stateOf(a, 2) === 'established' && stateOf(b, 1) === 'established')).toBe(true);
  lab.clock.advance(100);
  const received = (family = ipv6Unicast) => tableOf(b, { table: 'adj-rib-in', neighbor: addressOf(1), family });
  return { lab, a, b, received };
}

describe('a path on an external session', () => {
  test('has our AS in front, no LOCAL_PREF, and the session address with the link-local one as next hop', async () => {
    const { lab, a, received } = await pair();
    advertise(a, ['2001:db8:a:1::/64'], { localPref: 200, med: 5, communities: [0xfde90064] });
    lab.clock.advance(100);
    expect(received()).toEqual({
      '2001:db8:a:1::/64': {
        attributes: {
          origin: 'igp',
          asPath: [{ type: 'sequence', asns: [65001] }],
          med: 5,
          communities: [0xfde90064],
        },
        nextHop: { kind: 'global-and-link-local', global: addressOf(1), linkLocal: Address.parse('fe80::1') },
      },
    });
  });

  test('keeps the next hop that it was given', async () => {
    const { lab, a, received } = await pair();
    const nextHop = { kind: 'single', address: Address.parse('2001:db8::99') } as const;
    advertise(a, ['64:ff9b::/96'], {}, nextHop);
    lab.clock.advance(100);
    expect(received()).toMatchObject({ '64:ff9b::/96': { nextHop } });
  });

  test('of IPv4 goes with an IPv6 next hop (RFC 8950)', async () => {
    const families = [ipv6Unicast, ipv4Unicast];
    const { lab, a, received } = await pair({ families }, { families });
    advertise(a, ['10.1.0.0/24'], {}, undefined, ipv4Unicast);
    lab.clock.advance(100);
    expect(received(ipv4Unicast)).toMatchObject({ '10.1.0.0/24': { nextHop: { kind: 'global-and-link-local' } } });
    withdraw(a, ['10.1.0.0/24'], ipv4Unicast);
    lab.clock.advance(100);
    expect(received(ipv4Unicast)).toEqual({});
  });

  test('has the next hop that the peer is configured to get, without a reset when that changes', async () => {
    const { lab, a, received } = await pair();
    advertise(a, ['2001:db8:a:1::/64']);
    const nextHop = () => (received()['2001:db8:a:1::/64'] as { nextHop?: unknown } | undefined)?.nextHop;
    a.updateNeighbor(neighbor(2, { nextHop: { kind: 'global' } }));
    lab.clock.advance(100);
    expect(nextHop()).toEqual({ kind: 'single', address: addressOf(1) });
    const explicit = { kind: 'single', address: Address.parse('2001:db8::99') } as const;
    a.updateNeighbor(neighbor(2, { nextHop: { kind: 'explicit', nextHop: explicit } }));
    lab.clock.advance(100);
    expect(nextHop()).toEqual(explicit);
    expect(a.peer(addressOf(2))?.counters.established).toBe(1);
  });

  test('has a link-local next hop alone where that is asked for, and the OPEN says that we take those too', async () => {
    const { lab, a, b, received } = await pair({ nextHop: { kind: 'linkLocal' } });
    advertise(a, ['2001:db8:a:1::/64']);
    lab.clock.advance(100);
    expect(received()).toMatchObject({
      '2001:db8:a:1::/64': { nextHop: { kind: 'single', address: Address.parse('fe80::1') } },
    });
    expect(b.peer(addressOf(1))?.remoteCapabilities).toContainEqual({ name: 'link-local-next-hop' });
  });

  test('is not sent when its next hop is none for its family', async () => {
    const { lab, a, received } = await pair();
    advertise(a, ['2001:db8:a:1::/64'], {}, { kind: 'single', address: Address.parse('192.0.2.1') });
    lab.clock.advance(100);
    expect(received()).toEqual({});
  });
});

test('a path on an internal session has LOCAL_PREF and no AS in front', async () => {
  const { lab, a, received } = await pair({}, {}, 65001);
  advertise(a, ['2001:db8:a:1::/64']);
  advertise(a, ['2001:db8:a:2::/64'], { localPref: 200 });
  lab.clock.advance(100);
  expect(received()).toMatchObject({
    '2001:db8:a:1::/64': { attributes: { asPath: [], localPref: 100 } },
    '2001:db8:a:2::/64': { attributes: { asPath: [], localPref: 200 } },
  });
});

test('a path is withdrawn by its uuid, once', async () => {
  const { lab, a, received } = await pair();
  const [uuid] = advertise(a, ['2001:db8:a:1::/64', '2001:db8:a:2::/64']);
  a.withdraw(uuid as Uint8Array);
  lab.clock.advance(100);
  expect(Object.keys(received())).toEqual(['2001:db8:a:2::/64']);
  expect(() => a.withdraw(uuid as Uint8Array)).toThrow(/no path has uuid .*: it was withdrawn$/);
  const [early] = uuid as Uint8Array;
  const ofAnotherStart = Uint8Array.from(uuid as Uint8Array).fill((early as number) ^ 1, 0, 1);
  expect(() => a.withdraw(ofAnotherStart)).toThrow(
    /it may be from before a restart; list the paths, or withdraw by prefix/,
  );
});

test('a uuid stays the path’s when its attributes change, and dies with it', async () => {
  const { a } = await pair();
  const [first] = advertise(a, ['2001:db8:a:1::/64']);
  const [second] = advertise(a, ['2001:db8:a:1::/64'], { med: 7 });
  expect(second).toEqual(first);
  a.withdraw(first as Uint8Array);
  const [third] = advertise(a, ['2001:db8:a:1::/64']);
  expect(third).not.toEqual(first);
  expect(() => a.withdraw(first as Uint8Array)).toThrow(/no path/);
});

test('what one owner put in, another does not take out', async () => {
  const { a } = await pair();
  const prefix = Prefix.parse('2001:db8:a:1::/64');
  advertise(a, [prefix.toString()]);
  expect(withdraw(a, [prefix.toString()])).toBe(1);
  a.advertise({
    family: ipv6Unicast,
    nlri: { family: ipv6Unicast, addPath: false, bytes: Uint8Array.of(64, ...prefix.bytes.subarray(0, 8)) },
    attributes: {},
    owner: 'config',
  });
  expect(withdraw(a, [prefix.toString()])).toBe(0);
  expect(Object.keys(tableOf(a))).toEqual([prefix.toString()]);
});

test('routes with our own AS in the path are dropped and counted apart', async () => {
  const { lab, a, b } = await pair();
  advertise(b, ['2001:db8:b:1::/64', '2001:db8:b:2::/64'], { asPath: [{ type: 'sequence', asns: [65001] }] });
  advertise(b, ['::/0']);
  lab.clock.advance(100);
  expect(a.peer(addressOf(2))?.families).toMatchObject([{ received: 1, accepted: 1, looped: 2 }]);
  expect(Object.keys(tableOf(a, { table: 'adj-rib-in', neighbor: addressOf(2) }))).toEqual(['::/0']);
  withdraw(b, ['2001:db8:b:1::/64']);
  lab.clock.advance(100);
  expect(a.peer(addressOf(2))?.families).toMatchObject([{ received: 1, looped: 1 }]);
});

test('received routes are never announced to anybody', async () => {
  const { lab, a, b } = await pair();
  const c = await lab.speaker(3);
  a.addNeighbor(neighbor(3));
  c.addNeighbor(neighbor(1));
  advertise(b, ['2001:db8:b:1::/64']);
  lab.until(() => stateOf(c, 1) === 'established');
  lab.clock.advance(100);
  expect(a.peer(addressOf(2))?.families).toMatchObject([{ received: 1 }]);
  expect(c.peer(addressOf(1))?.families).toMatchObject([{ received: 0 }]);
});

describe('policies', () => {
  test('a neighbor whose default is reject is sent only what a statement accepts, with its actions', async () => {
    const { lab, a, received } = await pair({ defaultExportAction: 'reject' });
    advertise(a, ['2001:db8:a:1::/64', '2001:db8:1:1::80/128'], { communities: [1] });
    lab.clock.advance(100);
    expect(received()).toEqual({});
    const cidr = Prefix.parse('2001:db8:a::/48');
    a.addRoutePolicy({
      name: 'pods',
      type: 'export',
      statements: [
        {
          name: 'all',
          conditions: {
            matchFamilies: [],
            matchPrefixes: { type: 'any', prefixes: [{ cidr, lengthMin: 64, lengthMax: 64 }] },
          },
          actions: { ...accept, addCommunities: [0xfde90064], addLargeCommunities: [[65001, 1, 2]] },
        },
      ],
    });
    lab.clock.advance(100);
    expect(received()).toMatchObject({
      '2001:db8:a:1::/64': { attributes: { communities: [1, 0xfde90064], largeCommunities: [[65001, 1, 2]] } },
    });
    expect(Object.keys(received())).toHaveLength(1);
    a.removeRoutePolicy('pods', 'export');
    lab.clock.advance(100);
    expect(received()).toEqual({});
  });

  test('a policy that changes one route sends that one only', async () => {
    const { lab, a, b, received } = await pair();
    advertise(a, ['2001:db8:a:1::/64', '2001:db8:a:2::/64', '2001:db8:a:3::/64']);
    lab.clock.advance(100);
    const events: RouteEvent[] = [];
    b.watchRoutes({ table: 'adj-rib-in' }, (more) => events.push(...more));
    const cidr = Prefix.parse('2001:db8:a:2::/64');
    a.addRoutePolicy({
      name: 'no-second',
      type: 'export',
      statements: [
        {
          name: 'reject',
          conditions: {
            matchFamilies: [],
            matchPrefixes: { type: 'any', prefixes: [{ cidr, lengthMin: 64, lengthMax: 64 }] },
          },
          actions: { ...accept, routeAction: 'reject' },
        },
      ],
    });
    lab.clock.advance(100);
    expect(events.map(({ type, route }) => `${type} ${route.prefix}`)).toEqual(['withdrawn 2001:db8:a:2::/64']);
    expect(Object.keys(received())).toHaveLength(2);
  });

  test('a policy that takes the place of another never withdraws what both accept', async () => {
    const { lab, a, b, received } = await pair({ defaultExportAction: 'reject' });
    advertise(a, ['2001:db8:a:1::/64', '2001:db8:a:2::/64', '2001:db8:a:3::/64']);
    const policyOf = (...texts: string[]): RoutePolicy => ({
      name: 'p',
      type: 'export',
      statements: texts.map((text) => {
        const cidr = Prefix.parse(text);
        const matchPrefixes = { type: 'any', prefixes: [{ cidr, lengthMin: 64, lengthMax: 64 }] } as const;
        return { name: text, conditions: { matchFamilies: [], matchPrefixes }, actions: accept };
      }),
    });
    expect(() => a.editRoutePolicies({ replace: [policyOf()] })).toThrow(/there is no export policy "p"/);
    a.addRoutePolicy(policyOf('2001:db8:a:1::/64', '2001:db8:a:2::/64'));
    lab.clock.advance(100);
    const events: RouteEvent[] = [];
    b.watchRoutes({ table: 'adj-rib-in' }, (more) => events.push(...more));
    a.editRoutePolicies({ replace: [policyOf('2001:db8:a:2::/64', '2001:db8:a:3::/64')] });
    lab.clock.advance(100);
    expect(events.map(({ type, route }) => `${type} ${route.prefix}`).toSorted()).toEqual([
      'announced 2001:db8:a:3::/64',
      'withdrawn 2001:db8:a:1::/64',
    ]);
    expect(Object.keys(received())).toEqual(['2001:db8:a:2::/64', '2001:db8:a:3::/64']);
  });

  test('an import policy decides what counts as accepted', async () => {
    const { lab, a, b } = await pair({}, { defaultImportAction: 'reject' });
    advertise(a, ['2001:db8:a:1::/64', '2001:db8:a:2::/64']);
    lab.clock.advance(100);
    expect(b.peer(addressOf(1))?.families).toMatchObject([{ received: 2, accepted: 0 }]);
    const cidr = Prefix.parse('2001:db8:a:2::/64');
    b.addRoutePolicy({
      name: 'second',
      type: 'import',
      statements: [
        {
          name: 's',
          conditions: {
            matchFamilies: [],
            matchPrefixes: { type: 'any', prefixes: [{ cidr, lengthMin: 0, lengthMax: 128 }] },
          },
          actions: accept,
        },
      ],
    });
    expect(b.peer(addressOf(1))?.families).toMatchObject([{ received: 2, accepted: 1 }]);
  });
});

describe('resets', () => {
  test('soft in asks for everything again and drops nothing', async () => {
    const { lab, a, b, received } = await pair();
    advertise(a, ['2001:db8:a:1::/64']);
    lab.clock.advance(100);
    b.resetNeighbor(addressOf(1), { soft: 'in' });
    lab.clock.advance(100);
    expect(Object.keys(received())).toHaveLength(1);
    expect(b.peer(addressOf(1))?.counters).toMatchObject({
      routeRefreshesSent: 1,
      routeRefreshesReceived: 2,
      established: 1,
    });
    expect(a.peer(addressOf(2))?.counters.routeRefreshesReceived).toBe(1);
  });

  test('hard sends a Cease with the text and comes back', async () => {
    const { lab, a, b } = await pair();
    a.resetNeighbor(addressOf(2), { soft: 'none', communication: 'because' });
    lab.clock.advance(100);
    expect(b.peer(addressOf(1))?.lastDown?.reason).toMatchObject({
      kind: 'notification-received',
      notification: { code: 6, subcode: 4 },
      text: expect.stringContaining('because'),
    });
    expect(lab.until(() => stateOf(a, 2) === 'established' && stateOf(b, 1) === 'established')).toBe(true);
  });

  test('a changed timer makes the session anew, a changed default does not', async () => {
    const { lab, a, b, received } = await pair();
    advertise(a, ['2001:db8:a:1::/64']);
    a.updateNeighbor(neighbor(2, { defaultExportAction: 'reject' }));
    lab.clock.advance(100);
    expect(received()).toEqual({});
    expect(b.peer(addressOf(1))?.counters.established).toBe(1);
    a.updateNeighbor(neighbor(2, { timers: { connectRetry: 10, holdTime: 30, keepaliveInterval: 10, delayOpen: 0 } }));
    expect(lab.until(() => b.peer(addressOf(1))?.negotiated?.holdTime === 30)).toBe(true);
    expect(b.peer(addressOf(1))?.lastDown?.reason).toMatchObject({ notification: { code: 6, subcode: 6 } });
  });
});

test('a peer that goes takes its routes with it, and comes back to a full table', async () => {
  const { lab, a, b, received } = await pair();
  advertise(a, ['2001:db8:a:1::/64']);
  advertise(b, ['::/0']);
  lab.clock.advance(100);
  lab.network.reset(addressOf(1), addressOf(2));
  lab.clock.advance(10);
  expect(a.peer(addressOf(2))?.families).toMatchObject([{ received: 0, advertised: 0 }]);
  advertise(a, ['2001:db8:a:2::/64']);
  expect(lab.until(() => Object.keys(received()).length === 2)).toBe(true);
  expect(a.peer(addressOf(2))?.families).toMatchObject([{ advertised: 2 }]);
});

test('a connection from a stranger is closed and counted', async () => {
  const lab = new Lab(3);
  const a = await lab.speaker(1);
  const b = await lab.speaker(2);
  b.addNeighbor(neighbor(1));
  lab.clock.advance(5000);
  expect(a.refusedConnections).toBeGreaterThan(0);
  expect(stateOf(b, 1)).not.toBe('established');
});

test('watchers hear of peers in order', async () => {
  const lab = new Lab(4);
  const a = await lab.speaker(1);
  const b = await lab.speaker(2);
  const events: PeerEvent[] = [];
  const stop = a.watchPeers((event) => events.push(event));
  a.addNeighbor(neighbor(2, { transport: { remotePort: 179, passive: true } }));
  b.addNeighbor(neighbor(1));
  lab.until(() => stateOf(a, 2) === 'established');
  a.removeNeighbor(addressOf(2));
  stop();
  const told = events.map(({ type, peer }) => (type === 'state-changed' ? peer.sessionState : type));
  expect(told[0]).toBe('added');
  expect(told.at(-1)).toBe('removed');
  expect(told).toContain('established');
  expect(told).toContain('down');
});

test('who watches peers and who reads the log hears what a session negotiated as soon as it is up, and nothing of it once it is down', async () => {
  const lab = new Lab(5);
  const lines: unknown[] = [];
  const log = { ...silent, info: (fields: object, message: string) => void lines.push([message, fields]) };
  const a = await lab.speaker(1, {}, {}, {}, log);
  const b = await lab.speaker(2);
  a.addNeighbor(neighbor(2, { transport: { remotePort: 179, passive: true } }));
  const told: unknown[][] = [];
  a.watchPeers(({ type, peer: { sessionState, negotiated, establishedAt, uptime } }) => {
    if (type === 'state-changed') told.push([sessionState, negotiated?.holdTime, establishedAt !== undefined, uptime]);
  });
  b.addNeighbor(neighbor(1));
  lab.until(() => stateOf(a, 2) === 'established');
  lab.network.reset(addressOf(1), addressOf(2));
  const up = told.findIndex(([state]) => state === 'established');
  expect(told.slice(up)).toEqual([
    ['established', 90, true, 0],
    ['idle', undefined, false, undefined],
  ]);
  expect(lines).toContainEqual(['session established', expect.objectContaining({ hold_time: 90 })]);
});

test('a speaker that has stopped does nothing any more', async () => {
  const lab = new Lab(6);
  const a = await lab.speaker(1);
  const b = await lab.speaker(2);
  const c = await lab.speaker(3);
  a.addNeighbor(neighbor(2));
  a.addListenRange(rangeOf('2001:db8::/64'));
  for (const other of [b, c]) other.addNeighbor(neighbor(1));
  expect(lab.until(() => [2, 3].every((host) => stateOf(a, host) === 'established'))).toBe(true);
  a.drain();
  a.drain({ address: addressOf(2), wait: 30 });
  await Promise.all([a, b, c].map((speaker) => speaker.stop({ fullDestroy: true })));
  lab.clock.advance(1000);
  expect(lab.clock.waiting).toBe(0);
});

describe('what is asked wrongly is refused and changes nothing', () => {
  test.each([
    ['an ASN of 0', { asn: 0 }, /ASN 0/],
    ['a router id that is none', { routerId: 'abc' }, /router id "abc"/],
    ['router id 0.0.0.0', { routerId: '0.0.0.0' }, /not allowed/],
    ['a port out of range', { listenPort: 70000 }, /listen port 70000/],
  ])('%s', (_, wrong, message) => {
    const lab = new Lab(1);
    const world = { clock: lab.clock, network: lab.network.host(addressOf(1)), entropy: lab.network.entropy };
    const global = { asn: 65001, routerId: '10.0.0.1', listenPort: -1, ...wrong };
    expect(() => new Speaker(global, world, silent)).toThrow(message);
  });

  test('peers', async () => {
    const { a } = await pair();
    expect(() => a.addNeighbor(neighbor(2))).toThrow(/already configured/);
    expect(() => a.addNeighbor({ ...neighbor(3), name: 'host-2' })).toThrow(/name "host-2" is already/);
    expect(() => a.removeNeighbor(addressOf(9))).toThrow(/there is no peer 2001:db8::9/);
    expect(() => a.updateNeighbor(neighbor(9))).toThrow(/there is no peer/);
    expect(() => a.resetNeighbor(addressOf(9), { soft: 'in' })).toThrow(/there is no peer/);
    expect(a.peers()).toHaveLength(1);
  });

  test('tables', async () => {
    const { a } = await pair();
    expect(() => a.routes({ table: 'adj-rib-in', family: ipv6Unicast })).toThrow(
      'table adj-rib-in requires neighbor parameter',
    );
    expect(() => a.routes({ table: 'loc-rib', family: ipv6Unicast, neighbor: addressOf(2) })).toThrow(
      'neighbor is unnecessary',
    );
    expect(() => a.routes({ table: 'adj-rib-in', family: ipv4Unicast, neighbor: addressOf(2) })).toThrow(
      'ipv4/unicast is not negotiated with peer 2001:db8::2',
    );
  });

  test('policies', async () => {
    const { a } = await pair();
    const policy = { name: 'p', type: 'export', statements: [] } as const;
    a.addRoutePolicy(policy);
    expect(() => a.addRoutePolicy(policy)).toThrow(/already exists/);
    expect(() => a.removeRoutePolicy('q', 'export')).toThrow(/there is no export policy "q"/);
    expect(() => a.removeRoutePolicy('p', 'import')).toThrow(/there is no import policy "p"/);
  });

  test('a port in use', async () => {
    const lab = new Lab(1);
    await lab.speaker(1);
    await expect(lab.speaker(1)).rejects.toThrow('EADDRINUSE');
  });
});

test('stopped with a text, the peer reads it', async () => {
  const { lab, a, b } = await pair();
  await a.stop({ fullDestroy: true, text: 'maintenance until 5' });
  lab.clock.advance(100);
  expect(b.peer(addressOf(1))?.lastDown?.reason).toMatchObject({
    notification: { code: 6, subcode: 2 },
    text: expect.stringContaining('maintenance until 5'),
  });
});
