import { describe, expect, test } from 'vitest';
import { Address } from '../../src/ip/address.ts';
import { Prefix } from '../../src/ip/prefix.ts';
import type { LinkState } from '../../src/link/links.ts';
import type { Network } from '../../src/session/ports.ts';
import { Speaker } from '../../src/speaker/speaker.ts';
import { routerOn } from '../../src/speaker/target.ts';
import type { Neighbor, PeerEvent } from '../../src/speaker/types.ts';
import { SimulatedLinks } from '../simulation/links.ts';
import { addressOf, advertise, Lab, neighbor, silent, tableOf } from './support.ts';

const eth1 = routerOn('eth1');

/** A network that has every option, and does nothing about it. */
function withOptions(network: Network): Network {
  return {
    ...network,
    supports: () => ({ ok: true }),
    listen: async (options, accept) => {
      const listener = await network.listen(options, accept);
      return { ...listener, protect: () => ({ ok: true }) };
    },
  };
}

/** A speaker on a link with others, with links of its own. */
async function speakerAt(lab: Lab, text: string, asn: number) {
  const links = new SimulatedLinks();
  const address = Address.parse(text);
  const speaker = new Speaker(
    { asn, routerId: `10.0.0.${text.split('::')[1]?.charAt(0)}`, listenPort: 179, listenAddresses: [address] },
    {
      clock: lab.clock,
      network: withOptions(lab.network.host(address)),
      entropy: lab.network.entropy,
      interfaces: () => [
        { interface: 'eth1', address: address.isLinkLocal ? address.withZone(undefined) : address, network },
      ],
      links,
    },
    silent,
  );
  const network = Prefix.parse(address.isLinkLocal ? 'fe80::/64' : '2001:db8::/64');
  await speaker.start();
  const events: PeerEvent[] = [];
  speaker.watchPeers((event) => events.push(event));
  return {
    speaker,
    links,
    events,
    state: () => speaker.peers()[0]?.sessionState,
    last: () => speaker.peers()[0]?.lastDown,
  };
}

const byInterface = (asn: number, options: Partial<Neighbor> = {}) =>
  neighbor(2, { name: 'tor', address: eth1, asn, ...options });

describe('a peer known by its interface', () => {
  test('is held, with the reason, until a router is found, and is then dialled there', async () => {
    const lab = new Lab(1);
    const node = await speakerAt(lab, 'fe80::1%eth1', 65001);
    const router = await speakerAt(lab, 'fe80::2%eth1', 65002);
    const passive = { remotePort: 179, passive: true };
    router.speaker.addNeighbor(neighbor(1, { address: Address.parse('fe80::1%eth1'), asn: 65001, transport: passive }));
    node.speaker.addNeighbor(byInterface(65002));
    advertise(node.speaker, ['2001:db8:1::/64']);
    lab.clock.advance(60_000);
    expect(node.state()).toBe('idle');
    expect(node.last()?.reason).toEqual({ kind: 'held', text: 'no router advertisement on eth1 yet' });
    expect(node.speaker.peers()[0]?.remoteAddress).toBeUndefined();

    node.links.router('eth1', 'fe80::2%eth1');
    expect(lab.until(() => node.state() === 'established')).toBe(true);
    expect(`${node.speaker.peers()[0]?.remoteAddress}`).toBe('fe80::2%eth1');
    expect(node.speaker.peers()[0]?.neighbor.address.equals(eth1)).toBe(true);
    lab.clock.advance(1000);
    const received = { table: 'adj-rib-in', neighbor: Address.parse('fe80::1%eth1') } as const;
    expect(Object.keys(tableOf(router.speaker, received))).toEqual(['2001:db8:1::/64']);
  });

  test('may be the one who dials', async () => {
    const lab = new Lab(2);
    const node = await speakerAt(lab, 'fe80::1%eth1', 65001);
    const router = await speakerAt(lab, 'fe80::2%eth1', 65002);
    node.links.router('eth1', 'fe80::2%eth1');
    node.speaker.addNeighbor(byInterface(65002, { transport: { remotePort: 179, passive: true } }));
    router.speaker.addNeighbor(neighbor(1, { address: Address.parse('fe80::1%eth1'), asn: 65001 }));
    expect(lab.until(() => node.state() === 'established')).toBe(true);
    expect(node.speaker.refusedConnections).toBe(0);
  });

  test('is asked about by its interface, and by where it was found', async () => {
    const lab = new Lab(3);
    const node = await speakerAt(lab, 'fe80::1%eth1', 65001);
    node.links.router('eth1', 'fe80::2%eth1');
    node.speaker.addNeighbor(byInterface(65002));
    for (const peer of [eth1, Address.parse('fe80::2%eth1')])
      expect(tableOf(node.speaker, { table: 'adj-rib-out', neighbor: peer })).toEqual({});
    expect(() => node.speaker.resetNeighbor(Address.parse('fe80::3%eth1'), { soft: 'none' })).toThrow(
      'there is no peer',
    );
    node.speaker.removeNeighbor(Address.parse('fe80::2%eth1'));
    expect(node.speaker.peers()).toEqual([]);
    expect(node.links.seekers('eth1')).toBe(0);
  });

  test('is drained by where it was found too, and nothing is left of that when it is removed', async () => {
    const lab = new Lab(3);
    const node = await speakerAt(lab, 'fe80::1%eth1', 65001);
    node.links.router('eth1', 'fe80::2%eth1');
    node.speaker.addNeighbor(byInterface(65002));
    const found = Address.parse('fe80::2%eth1');
    expect(node.speaker.drain({ address: found, wait: 10 })?.phase).toBe('draining');
    expect(node.speaker.peers()[0]?.drain?.phase).toBe('draining');
    node.speaker.undrain({ address: found });
    expect(node.speaker.peers()[0]?.drain).toBeUndefined();
    node.speaker.drain({ address: found, wait: 10 });
    node.speaker.removeNeighbor(eth1);
    lab.clock.advance(60_000);
    node.speaker.addNeighbor(byInterface(65002));
    expect(node.speaker.peers()[0]?.drain).toBeUndefined();
  });

  test('is changed by what it is known by alone: with another address it would be another peer', async () => {
    const lab = new Lab(3);
    const node = await speakerAt(lab, 'fe80::1%eth1', 65001);
    node.links.router('eth1', 'fe80::2%eth1');
    node.speaker.addNeighbor(byInterface(65002));
    const other = byInterface(65002, { name: 'other', address: Address.parse('fe80::2%eth1') });
    expect(() => node.speaker.updateNeighbor(other)).toThrow('there is no peer fe80::2%eth1');
    node.speaker.removeNeighbor(eth1);
    expect(node.speaker.peers()).toEqual([]);
  });

  test('keeps its session when the search finds another router, and goes there when it has ended', async () => {
    const lab = new Lab(4);
    const node = await speakerAt(lab, 'fe80::1%eth1', 65001);
    const old = await speakerAt(lab, 'fe80::2%eth1', 65002);
    const next = await speakerAt(lab, 'fe80::3%eth1', 65002);
    for (const { speaker } of [old, next])
      speaker.addNeighbor(
        neighbor(1, {
          address: Address.parse('fe80::1%eth1'),
          asn: 65001,
          transport: { remotePort: 179, passive: true },
        }),
      );
    node.links.router('eth1', 'fe80::2%eth1');
    node.speaker.addNeighbor(byInterface(65002));
    expect(lab.until(() => node.state() === 'established')).toBe(true);
    node.links.router('eth1', 'fe80::2%eth1', 'fe80::3%eth1');
    node.links.router('eth1', 'fe80::3%eth1');
    lab.clock.advance(600_000);
    expect(node.state()).toBe('established');
    expect(old.state()).toBe('established');

    await old.speaker.stop({ fullDestroy: false });
    expect(lab.until(() => next.state() === 'established' && node.state() === 'established')).toBe(true);
    expect(`${node.speaker.peers()[0]?.remoteAddress}`).toBe('fe80::3%eth1');
  });

  test('leaves a router that is silent when another answers on the link, long before the hold time', async () => {
    const lab = new Lab(10);
    const node = await speakerAt(lab, 'fe80::1%eth1', 65001);
    const old = await speakerAt(lab, 'fe80::2%eth1', 65002);
    const next = await speakerAt(lab, 'fe80::3%eth1', 65002);
    for (const { speaker } of [old, next])
      speaker.addNeighbor(
        neighbor(1, {
          address: Address.parse('fe80::1%eth1'),
          asn: 65001,
          transport: { remotePort: 179, passive: true },
        }),
      );
    node.links.router('eth1', 'fe80::2%eth1');
    node.speaker.addNeighbor(byInterface(65002));
    expect(lab.until(() => node.state() === 'established')).toBe(true);
    lab.network.cut(Address.parse('fe80::1%eth1'), Address.parse('fe80::2%eth1'));
    node.links.router('eth1', 'fe80::3%eth1');
    expect(lab.clock.until(() => next.state() === 'established', 47_000)).toBe(true);
    const [down] = node.events.flatMap((event) =>
      event.type === 'down' && event.reason.kind === 'connection' ? [event.reason.text] : [],
    );
    expect(down).toBe('nothing from fe80::2%eth1, and the router on the link is fe80::3%eth1 now');
  });

  test('goes to a router with another address at once while there is no session', async () => {
    const lab = new Lab(5);
    const node = await speakerAt(lab, 'fe80::1%eth1', 65001);
    const router = await speakerAt(lab, 'fe80::3%eth1', 65002);
    router.speaker.addNeighbor(
      neighbor(1, {
        address: Address.parse('fe80::1%eth1'),
        asn: 65001,
        transport: { remotePort: 179, passive: true },
      }),
    );
    node.links.router('eth1', 'fe80::2%eth1');
    node.speaker.addNeighbor(byInterface(65002));
    lab.clock.advance(30_000);
    node.links.router('eth1', 'fe80::3%eth1');
    expect(lab.clock.until(() => node.state() === 'established', 1000)).toBe(true);
  });

  test.each([
    ['the interface goes down', 'interface eth1 is down'],
    ['the interface vanishes', 'there is no interface eth1'],
    ['two others are there', '2 routers on eth1: fe80::3, fe80::4; name one by peerAddress'],
  ])('ends at once when %s, says so, and is back when the router is', async (_, reason) => {
    const lab = new Lab(6);
    const node = await speakerAt(lab, 'fe80::1%eth1', 65001);
    const router = await speakerAt(lab, 'fe80::2%eth1', 65002);
    router.speaker.addNeighbor(
      neighbor(1, {
        address: Address.parse('fe80::1%eth1'),
        asn: 65001,
        transport: { remotePort: 179, passive: true },
      }),
    );
    node.links.router('eth1', 'fe80::2%eth1');
    node.speaker.addNeighbor(byInterface(65002));
    expect(lab.until(() => node.state() === 'established')).toBe(true);
    node.events.length = 0;
    node.links.router('eth1', reason);
    expect(node.state()).toBe('idle');
    const downs = node.events.flatMap((event) => (event.type === 'down' ? [event.reason] : []));
    expect(downs).toEqual([
      { kind: 'connection', text: reason },
      { kind: 'held', text: reason },
    ]);
    lab.clock.advance(60_000);
    expect(node.last()?.reason.kind).toBe('held');
    node.links.router('eth1', 'fe80::2%eth1');
    expect(lab.clock.until(() => node.state() === 'established', 5000)).toBe(true);
  });

  test('is looked for no longer once it is removed, and not before the speaker runs', async () => {
    const lab = new Lab(7);
    const node = await speakerAt(lab, 'fe80::1%eth1', 65001);
    node.speaker.addNeighbor(byInterface(65002));
    expect(node.links.seekers('eth1')).toBe(1);
    node.speaker.updateNeighbor(byInterface(65003));
    node.speaker.resetNeighbor(eth1, { soft: 'none' });
    expect(node.links.seekers('eth1')).toBe(1);
    node.speaker.removeNeighbor(eth1);
    expect(node.links.seekers('eth1')).toBe(0);
  });

  test('without anybody to tell of links is held, and says why', async () => {
    const lab = new Lab(8);
    const speaker = await lab.speaker(1);
    speaker.addNeighbor(byInterface(65002));
    expect(speaker.peers()[0]?.lastDown?.reason.kind).toBe('held');
  });
});

describe('a session on a link that goes down', () => {
  const cases: [string, Partial<Neighbor>, number, boolean][] = [
    ['of an external peer ends at once', {}, 65002, true],
    [
      'of an external peer with multihop stays',
      { transport: { remotePort: 179, passive: false, ebgpMultihop: 5 } },
      65002,
      false,
    ],
    ['of an internal peer stays', {}, 65001, false],
    [
      'of an internal peer bound to the device ends at once',
      { transport: { remotePort: 179, passive: false, bindToDevice: 'eth1' } },
      65001,
      true,
    ],
  ];
  const states: LinkState[] = ['down', 'absent'];
  test.each(states.flatMap((state) => cases.map((each) => [state, ...each] as const)))(
    '(%s) %s',
    async (state, _, options, asn, ends) => {
      const lab = new Lab(9);
      const node = await speakerAt(lab, '2001:db8::1', 65001);
      const router = await speakerAt(lab, '2001:db8::2', asn);
      router.speaker.addNeighbor(neighbor(1, { asn: 65001, transport: { remotePort: 179, passive: true } }));
      node.speaker.addNeighbor(neighbor(2, { asn, ...options }));
      expect(lab.until(() => node.state() === 'established')).toBe(true);
      node.links.set('eth0', state);
      expect(node.state()).toBe('established');
      lab.network.cut(addressOf(1), addressOf(2));
      node.links.set('eth1', state);
      expect(node.state() === 'established').toBe(!ends);
      if (!ends) return;
      expect(node.last()?.reason).toEqual({
        kind: 'connection',
        text: `interface eth1 is ${state === 'down' ? 'down' : 'gone'}`,
      });
      lab.clock.advance(60_000);
      lab.network.heal(addressOf(1), addressOf(2));
      node.links.set('eth1', 'up');
      expect(lab.clock.until(() => node.state() === 'established', 3000)).toBe(true);
    },
  );
});
