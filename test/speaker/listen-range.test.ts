import { describe, expect, test } from 'vitest';
import { Address } from '../../src/ip/address.ts';
import { Prefix } from '../../src/ip/prefix.ts';
import type { Network } from '../../src/session/ports.ts';
import { SecretText } from '../../src/session/secret-text.ts';
import { parseAsnRange } from '../../src/speaker/listen-range.ts';
import { Speaker } from '../../src/speaker/speaker.ts';
import { routerOn } from '../../src/speaker/target.ts';
import type { ListenRange, Neighbor, PeerEvent } from '../../src/speaker/types.ts';
import { ipv6Unicast } from '../../src/wire/family.ts';
import { addressOf, advertise, Lab, neighbor, rangeOf, silent, stateOf, tableOf } from './support.ts';

function templateOf(options: Partial<Neighbor>): Pick<ListenRange, 'template'> {
  return { template: { ...rangeOf('2001:db8::/64').template, ...options } };
}

const link = '2001:db8::/64';
const remotes = (speaker: Speaker) => speaker.peers().map((peer) => peer.neighbor.address.toString());
const stateAt = (speaker: Speaker, address: Address) => speaker.peer(address)?.sessionState;
const lastDown = (speaker: Speaker, host: number) => speaker.peer(addressOf(host))?.lastDown?.reason;

/** Host 1 has the ranges; others dial it. */
async function lab(...ranges: readonly ListenRange[]) {
  const net = new Lab(1);
  const node = await net.speaker(1);
  for (const range of ranges) node.addListenRange(range);
  const router = async (host: number, options: Partial<Neighbor> = {}, asn = 65000 + host) => {
    const speaker = await net.speaker(host, { asn });
    speaker.addNeighbor(neighbor(1, options));
    return speaker;
  };
  return { net, node, router };
}

describe('a listen range', () => {
  test('makes a peer of whoever connects from it, exchanges routes with it, and says which range it is from', async () => {
    const { net, node, router } = await lab(rangeOf(link, { name: 'rack' }));
    advertise(node, ['2001:db8:a::/64']);
    const two = await router(2);
    advertise(two, ['2001:db8:b::/64']);
    expect(net.until(() => stateOf(two, 1) === 'established')).toBe(true);
    net.clock.advance(1000);
    const peer = node.peer(addressOf(2));
    expect([peer?.neighbor.name, peer?.neighbor.range?.name, peer?.negotiated?.peerAsn]).toEqual([
      '2001:db8::2',
      'rack',
      65002,
    ]);
    const received = { table: 'adj-rib-in', family: ipv6Unicast } as const;
    expect(Object.keys(tableOf(two, { ...received, neighbor: addressOf(1) }))).toEqual(['2001:db8:a::/64']);
    expect(Object.keys(tableOf(node, { ...received, neighbor: addressOf(2) }))).toEqual(['2001:db8:b::/64']);
    expect(node.listenRanges()).toMatchObject([{ peers: 1, refused: 0 }]);
    expect(node.refusedConnections).toBe(0);
  });

  test('takes no one from elsewhere', async () => {
    const { net, node, router } = await lab(rangeOf('2001:db8:1::/64'));
    await router(2);
    net.clock.advance(60_000);
    expect(remotes(node)).toEqual([]);
    expect(node.refusedConnections).toBeGreaterThan(0);
  });

  test('answers one above its limit with Connection Rejected, and counts it, until another leaves', async () => {
    const { net, node, router } = await lab(rangeOf(link, { limit: 1 }));
    const two = await router(2);
    expect(net.until(() => stateOf(two, 1) === 'established')).toBe(true);
    const three = await router(3);
    expect(net.until(() => lastDown(three, 1) !== undefined)).toBe(true);
    expect(lastDown(three, 1)).toMatchObject({ kind: 'notification-received', notification: { code: 6, subcode: 5 } });
    const [state] = node.listenRanges();
    expect([state?.peers, state?.refused]).toEqual([1, 1]);
    expect(remotes(node)).toEqual(['2001:db8::2']);
    two.removeNeighbor(addressOf(1));
    expect(net.until(() => stateOf(three, 1) === 'established')).toBe(true);
    expect(remotes(node)).toEqual(['2001:db8::3']);
  });

  test('answers an AS that it does not take with Bad Peer AS, and says so until the grace time is over', async () => {
    const { net, node, router } = await lab(
      rangeOf(link, {
        name: 'rack',
        asns: [
          { first: 65002, last: 65002 },
          { first: 65010, last: 65020 },
        ],
      }),
    );
    const [two, three, four] = [await router(2), await router(3), await router(4, {}, 65015)];
    expect(net.until(() => stateOf(two, 1) === 'established' && stateOf(four, 1) === 'established')).toBe(true);
    expect(net.until(() => lastDown(three, 1) !== undefined)).toBe(true);
    expect(lastDown(three, 1)).toMatchObject({ kind: 'notification-received', notification: { code: 2, subcode: 2 } });
    expect(lastDown(node, 3)?.text).toMatch(
      /the peer is in AS 65003, listen range "rack" takes AS 65002, 65010-65020$/,
    );
    three.removeNeighbor(addressOf(1));
    net.clock.advance(59_000);
    expect(remotes(node)).toContain('2001:db8::3');
    net.clock.advance(62_000);
    expect(remotes(node)).toEqual(['2001:db8::2', '2001:db8::4']);
  });

  test('forgets a peer a while after its session, and tells who watches', async () => {
    const { net, node, router } = await lab(rangeOf(link));
    const events: PeerEvent[] = [];
    node.watchPeers((event) => events.push(event));
    const two = await router(2);
    expect(net.until(() => stateOf(two, 1) === 'established')).toBe(true);
    two.removeNeighbor(addressOf(1));
    net.clock.advance(30_000);
    expect(lastDown(node, 2)).toMatchObject({ kind: 'notification-received' });
    net.clock.advance(31_000);
    expect(remotes(node)).toEqual([]);
    const told = events.map((event) => (event.type === 'down' ? event.reason.kind : event.type));
    expect(told.filter((word) => word !== 'state-changed')).toEqual([
      'added',
      'notification-received',
      'stopped',
      'removed',
    ]);
  });

  test('keeps a peer for as long as its routes wait for it (RFC 4724)', async () => {
    const gracefulRestart = { restartTime: 300, stalePathTime: 400 };
    const { net, node, router } = await lab(rangeOf(link, templateOf({ gracefulRestart })));
    const two = await router(2, { gracefulRestart });
    advertise(two, ['2001:db8:b::/64']);
    const stale = () => node.peer(addressOf(2))?.families[0]?.stale;
    expect(net.until(() => node.peer(addressOf(2))?.families[0]?.received === 1)).toBe(true);
    net.network.kill(addressOf(2));
    net.clock.advance(200_000);
    expect(stale()).toBe(1);
    const received = { table: 'adj-rib-in', family: ipv6Unicast, neighbor: addressOf(2) } as const;
    expect([...node.routes(received)].map(({ paths }) => paths[0]?.sourceAsn)).toEqual([65002]);
    expect(node.listenRanges()).toMatchObject([{ peers: 1 }]);
    net.clock.advance(110_000);
    expect(stale() ?? 0).toBe(0);
    net.clock.advance(121_000);
    expect(remotes(node)).toEqual([]);
  });

  test('that changes forgets a peer that may no longer be, also while its routes wait for it', async () => {
    const gracefulRestart = { restartTime: 300, stalePathTime: 400 };
    const { net, node, router } = await lab(rangeOf(link, templateOf({ gracefulRestart })));
    const two = await router(2, { gracefulRestart });
    advertise(two, ['2001:db8:b::/64']);
    expect(net.until(() => node.peer(addressOf(2))?.families[0]?.received === 1)).toBe(true);
    net.network.kill(addressOf(2));
    net.clock.advance(10_000);
    expect(remotes(node)).toEqual(['2001:db8::2']);
    const asns = [{ first: 65003, last: 65003 }];
    node.updateListenRange(rangeOf(link, { ...templateOf({ gracefulRestart }), asns }));
    expect(remotes(node)).toEqual([]);
  });

  test('remembers a peer that sent too much, and does not let it in again', async () => {
    const maximumPrefixes = [{ family: ipv6Unicast, limit: 1 }];
    const { net, node, router } = await lab(rangeOf(link, templateOf({ maximumPrefixes })));
    const two = await router(2);
    advertise(two, ['2001:db8:b::/64', '2001:db8:c::/64']);
    expect(net.until(() => lastDown(two, 1) !== undefined)).toBe(true);
    expect(lastDown(two, 1)).toMatchObject({ notification: { code: 6, subcode: 1 } });
    net.clock.advance(300_000);
    expect(node.peer(addressOf(2))?.counters.established).toBe(1);
    expect(lastDown(two, 1)).toMatchObject({ notification: { code: 6, subcode: 5 } });
  });

  test('gives way to a longer one', async () => {
    const { net, node, router } = await lab(
      rangeOf('2001:db8::/32', { name: 'wide' }),
      rangeOf('2001:db8::2/127', { name: 'narrow', limit: 1 }),
      rangeOf(link, { name: 'middle' }),
    );
    const [two, four] = [await router(2), await router(4)];
    expect(net.until(() => stateOf(two, 1) === 'established' && stateOf(four, 1) === 'established')).toBe(true);
    expect(node.peers().map(({ neighbor }) => neighbor.range?.name)).toEqual(['narrow', 'middle']);
    const three = await router(3);
    expect(net.until(() => lastDown(three, 1)?.kind === 'notification-received')).toBe(true);
    expect(node.listenRanges().map(({ refused }) => refused)).toEqual([0, 1, 0]);
  });

  test('gives way to a configured peer, which keeps its own configuration', async () => {
    const { net, node, router } = await lab(rangeOf(link, { asns: [{ first: 1, last: 1 }] }));
    node.addNeighbor(neighbor(2));
    const two = await router(2);
    expect(net.until(() => stateOf(two, 1) === 'established')).toBe(true);
    expect(node.peer(addressOf(2))?.neighbor.range).toBeUndefined();
    expect(node.listenRanges()).toMatchObject([{ peers: 0 }]);
  });

  test('has no hold on a peer that is configured later: it leaves, and comes back as that', async () => {
    const { net, node, router } = await lab(rangeOf(link));
    const two = await router(2);
    expect(net.until(() => stateOf(two, 1) === 'established')).toBe(true);
    expect(() => node.updateNeighbor(neighbor(2))).toThrow(
      'peer 2001:db8::2 is not configured: it appeared in listen range',
    );
    expect(() => node.removeNeighbor(addressOf(2))).toThrow('is not configured');
    node.addNeighbor(neighbor(2, { name: 'tor' }));
    expect(net.until(() => lastDown(two, 1) !== undefined)).toBe(true);
    expect(lastDown(two, 1)).toMatchObject({ notification: { code: 6, subcode: 6 } });
    expect(net.until(() => stateOf(two, 1) === 'established')).toBe(true);
    expect(node.peers().map(({ neighbor }) => [neighbor.name, neighbor.range])).toEqual([['tor', undefined]]);
    node.removeNeighbor(addressOf(2));
    expect(net.until(() => node.peers()[0]?.neighbor.range !== undefined)).toBe(true);
  });

  test('takes its peers along when it is removed', async () => {
    const { net, node, router } = await lab(rangeOf(link));
    const two = await router(2);
    expect(net.until(() => stateOf(two, 1) === 'established')).toBe(true);
    node.removeListenRange(Prefix.parse(link));
    expect([remotes(node), node.listenRanges()]).toEqual([[], []]);
    expect(net.until(() => lastDown(two, 1) !== undefined)).toBe(true);
    expect(lastDown(two, 1)).toMatchObject({ notification: { code: 6, subcode: 3 } });
    expect(() => node.removeListenRange(Prefix.parse(link))).toThrow('there is no listen range 2001:db8::/64');
  });

  test('that changes costs the sessions of those alone who may no longer be', async () => {
    const { net, node, router } = await lab(rangeOf(link));
    const [two, three] = [await router(2), await router(3)];
    expect(net.until(() => stateOf(two, 1) === 'established' && stateOf(three, 1) === 'established')).toBe(true);
    node.updateListenRange(rangeOf(link, { limit: 5, asns: [{ first: 65003, last: 65003 }] }));
    expect([stateOf(node, 2), stateOf(node, 3)]).toEqual([undefined, 'established']);
    expect(net.until(() => lastDown(two, 1) !== undefined)).toBe(true);
    expect(lastDown(two, 1)).toMatchObject({ notification: { code: 6, subcode: 6 } });
    expect(lastDown(three, 1)).toBeUndefined();
    expect(node.peer(addressOf(3))?.neighbor.range?.limit).toBe(5);
  });

  test('inside another takes over whom it has', async () => {
    const { net, node, router } = await lab(rangeOf('2001:db8::/32', { name: 'wide' }));
    const two = await router(2);
    expect(net.until(() => stateOf(two, 1) === 'established')).toBe(true);
    node.addListenRange(rangeOf(link, { name: 'narrow' }));
    expect(stateAt(node, addressOf(2))).toBeUndefined();
    expect(net.until(() => node.peers()[0]?.neighbor.range?.name === 'narrow')).toBe(true);
  });

  test('ends with its speaker', async () => {
    const { net, node, router } = await lab(rangeOf(link));
    const two = await router(2);
    expect(net.until(() => stateOf(two, 1) === 'established')).toBe(true);
    await node.stop({ fullDestroy: true });
    expect(net.until(() => lastDown(two, 1) !== undefined)).toBe(true);
    expect(lastDown(two, 1)).toMatchObject({ notification: { code: 6, subcode: 2 } });
  });
});

describe('a listen range of link-local addresses', () => {
  const at = (text: string) => Address.parse(text);

  /** A node on two links, and on each a router with the same address. */
  async function links(...ranges: readonly ListenRange[]) {
    const net = new Lab(1);
    const host = async (asn: number, ...addresses: readonly string[]) => {
      // It dials from its first address alone.
      const network: Network = {
        ...net.network.host(at(addresses[0] ?? '')),
        listen: (options, accept) => net.network.host(options.address).listen(options, accept),
      };
      const interfaces = () =>
        addresses.map((text) => ({
          interface: at(text).zone ?? '',
          address: at(text).withZone(undefined),
          network: Prefix.parse('fe80::/64'),
        }));
      const global = { asn, routerId: `10.0.0.${asn % 100}`, listenPort: 179, listenAddresses: addresses.map(at) };
      const speaker = new Speaker(
        global,
        { clock: net.clock, network, entropy: net.network.entropy, interfaces },
        silent,
      );
      await speaker.start();
      return speaker;
    };
    const node = await host(65001, 'fe80::1%eth1', 'fe80::1%eth2');
    for (const range of ranges) node.addListenRange(range);
    const router = async (asn: number, link: string) => {
      const speaker = await host(asn, `fe80::2%${link}`);
      speaker.addNeighbor(neighbor(1, { address: at(`fe80::1%${link}`) }));
      return speaker;
    };
    return { net, node, router };
  }

  test('tells the same address on two links apart, and gives each a next hop on its own', async () => {
    const { net, node, router } = await links(rangeOf('fe80::/10', { name: 'links' }));
    advertise(node, ['2001:db8:a::/64']);
    const routers = [await router(65002, 'eth1'), await router(65003, 'eth2')];
    advertise(routers[0] as Speaker, ['2001:db8:b::/64']);
    const isUp = (speaker: Speaker) => speaker.peers()[0]?.sessionState === 'established';
    expect(net.until(() => routers.every(isUp))).toBe(true);
    net.clock.advance(1000);
    expect(remotes(node)).toEqual(['fe80::2%eth1', 'fe80::2%eth2']);
    expect(node.peers().map(({ negotiated, neighbor: { range } }) => [negotiated?.peerAsn, range?.name])).toEqual([
      [65002, 'links'],
      [65003, 'links'],
    ]);
    expect(node.peers().map(({ families }) => families[0]?.received)).toEqual([1, 0]);
    for (const [i, link] of ['eth1', 'eth2'].entries()) {
      const received = { table: 'adj-rib-in', neighbor: at(`fe80::1%${link}`) } as const;
      expect(tableOf(routers[i] as Speaker, received)).toMatchObject({
        '2001:db8:a::/64': { nextHop: { kind: 'single', address: at('fe80::1') } },
      });
    }
    // Each on its own: the end of one is nothing to the other.
    routers[0]?.removeNeighbor(at('fe80::1%eth1'));
    expect(net.until(() => stateAt(node, at('fe80::2%eth1')) !== 'established')).toBe(true);
    expect(stateAt(node, at('fe80::2%eth2'))).toBe('established');
  });

  test('makes no peer on a link whose one router is configured, and is not found yet', async () => {
    const { net, node, router } = await links(rangeOf('fe80::/10'));
    node.addNeighbor(
      neighbor(2, { name: 'tor', address: routerOn('eth1'), transport: { remotePort: 179, passive: true } }),
    );
    await router(65002, 'eth1');
    const other = await router(65003, 'eth2');
    expect(net.until(() => other.peers()[0]?.sessionState === 'established')).toBe(true);
    net.clock.advance(60_000);
    expect(remotes(node)).toEqual([`${routerOn('eth1')}`, 'fe80::2%eth2']);
    expect(node.listenRanges()).toMatchObject([{ peers: 1 }]);
  });

  test('makes way for the router of a link that is configured later, on that link alone', async () => {
    const { net, node, router } = await links(rangeOf('fe80::/10'));
    const routers = [await router(65002, 'eth1'), await router(65003, 'eth2')];
    const isUp = (speaker: Speaker) => speaker.peers()[0]?.sessionState === 'established';
    expect(net.until(() => routers.every(isUp))).toBe(true);
    node.addNeighbor(neighbor(2, { address: at('fe80::2%eth1') }));
    expect(node.peers().map((peer) => [`${peer.neighbor.address}`, peer.neighbor.range !== undefined])).toEqual([
      ['fe80::2%eth2', true],
      ['fe80::2%eth1', false],
    ]);
    expect(net.until(() => routers.every(isUp))).toBe(true);
    expect(routers[1]?.peers()[0]?.counters.established).toBe(1);
  });
});

describe('cannot be', () => {
  const secret = (text: string) =>
    templateOf({ transport: { remotePort: 179, passive: false, password: new SecretText(text) } });

  test.each<[string, ListenRange, string]>([
    [
      'with the prefix of another',
      rangeOf(link, { name: 'b' }),
      'listen range "b": 2001:db8::/64 is already the prefix of listen range "a"',
    ],
    [
      'with the name of another',
      rangeOf('2001:db8:1::/64', { name: 'a' }),
      'listen range name "a" is already that of 2001:db8::/64',
    ],
    [
      'with a password around a peer without one',
      rangeOf('2001:db8:2::/48', { name: 'b', ...secret('sesame') }),
      'peer "far" has no password, and is in listen range "b" (2001:db8:2::/48), which has one',
    ],
    [
      'with a password around a range without one',
      rangeOf('2001:db8::/48', { name: 'b', ...secret('sesame') }),
      'listen range "a" has no password, and is in listen range "b" (2001:db8::/48), which has one',
    ],
  ])('a range %s', async (_, range, message) => {
    const { node } = await lab(rangeOf(link, { name: 'a' }));
    node.addNeighbor(neighbor(2, { name: 'far', address: Prefix.parse('2001:db8:2::/64').address }));
    expect(() => node.addListenRange(range)).toThrow(message);
    expect(node.listenRanges()).toHaveLength(1);
  });

  test('one that nobody can reach', () => {
    const net = new Lab(1);
    const node = new Speaker(
      { asn: 65001, routerId: '10.0.0.1', listenPort: -1 },
      { clock: net.clock, network: net.network.host(addressOf(1)), entropy: net.network.entropy },
      silent,
    );
    expect(() => node.addListenRange(rangeOf(link))).toThrow(`listen range "${link}": the instance does not listen`);
  });
});

test.each<[string, unknown]>([
  ['65001', { first: 65001, last: 65001 }],
  ['64512-65534', { first: 64512, last: 65534 }],
  ['4294967295', { first: 4294967295, last: 4294967295 }],
  ['0', undefined],
  ['2-1', undefined],
  ['1-4294967296', undefined],
  ['1-', undefined],
  ['', undefined],
  ['any', undefined],
])('AS numbers %j', (text, expected) => expect(parseAsnRange(text)).toEqual(expected));
