import { describe, expect, test } from 'vitest';
import { Address } from '../../src/ip/address.ts';
import { Prefix } from '../../src/ip/prefix.ts';
import type { InterfaceAddress } from '../../src/link/interfaces.ts';
import type { DialOptions } from '../../src/session/ports.ts';
import { sourceOn } from '../../src/speaker/source.ts';
import { Speaker } from '../../src/speaker/speaker.ts';
import { SimulatedLinks } from '../simulation/links.ts';
import { addressOf, Lab, neighbor, silent } from './support.ts';

function on(device: string, text: string, dynamic?: true): InterfaceAddress {
  const address = Address.parse(text);
  return {
    interface: device,
    address,
    network: Prefix.around(address, address.isIPv4 ? 24 : 64),
    ...(dynamic && { dynamic }),
  };
}

describe('the source address on an interface', () => {
  const interfaces = [
    on('lo1', '2001:db8::1'),
    on('lo1', '10.0.0.1'),
    on('lo1', 'fe80::1'),
    on('eth1', '2001:db8:1::1'),
    on('eth1', '2001:db8:1::2', true),
    on('eth2', '2001:db8:2::1', true),
    on('eth3', '2001:db8:3::1'),
    on('eth3', '2001:db8:3::2'),
  ];
  test.each([
    ['lo1', '2001:db8:9::1', '2001:db8::1'],
    ['lo1', '192.0.2.1', '10.0.0.1'],
    ['lo1', 'fe80::9%lo1', 'fe80::1%lo1'],
    ['eth1', '2001:db8:9::1', '2001:db8:1::1'],
    ['eth2', '2001:db8:9::1', '2001:db8:2::1'],
  ])('%s, to %s: %s', (device, remote, expected) => {
    const source = sourceOn(device, Address.parse(remote), interfaces);
    expect(source.kind === 'found' && source.address.toString()).toBe(expected);
  });

  test.each([
    ['eth1', '192.0.2.1', 'has no IPv4 address, is down, or is not there'],
    ['eth9', '2001:db8::9', 'has no IPv6 address, is down, or is not there'],
    ['eth3', '2001:db8::9', 'has 2 IPv6 addresses; set localAddress to one of them'],
  ])('%s, to %s: none, for it %s', (device, remote, reason) => {
    expect(sourceOn(device, Address.parse(remote), interfaces)).toEqual({
      kind: 'none',
      reason: `"sourceInterface": interface ${device} ${reason}`,
    });
  });
});

/** Host 1, whose lo1 has what a test says, and host 2. */
async function setUp(...present: readonly InterfaceAddress[]) {
  const lab = new Lab(1);
  const links = new SimulatedLinks();
  const interfaces = [...present];
  const dialled: (string | undefined)[] = [];
  const host = lab.network.host(addressOf(1));
  const network = {
    ...host,
    dial: (options: DialOptions, handler: Parameters<typeof host.dial>[1]) => {
      dialled.push(options.localAddress?.toString());
      return host.dial(options, handler);
    },
  };
  const node = new Speaker(
    { asn: 65001, routerId: '10.0.0.1', listenPort: 179, listenAddresses: [addressOf(1)] },
    { clock: lab.clock, network, entropy: lab.network.entropy, interfaces: () => interfaces, links },
    silent,
  );
  await node.start();
  const other = await lab.speaker(2);
  other.addNeighbor(neighbor(1, { transport: { remotePort: 179, passive: true } }));
  const peer = () => node.peer(addressOf(2));
  return {
    lab,
    node,
    other,
    dialled,
    peer,
    held: () => (peer()?.lastDown?.reason.kind === 'held' ? peer()?.lastDown?.reason.text : undefined),
    isUp: () => peer()?.sessionState === 'established',
    /** The interface now has these. */
    becomes: (...now: readonly InterfaceAddress[]) => {
      interfaces.splice(0, interfaces.length, ...now);
      links.set('lo1', now.length === 0 ? 'absent' : 'up');
    },
  };
}

const from = (sourceInterface: string) =>
  neighbor(2, { transport: { remotePort: 179, passive: false, sourceInterface } });

describe('a peer with a source interface', () => {
  test('dials from its address', async () => {
    const { lab, node, dialled, isUp } = await setUp(on('lo1', '2001:db8::1'));
    node.addNeighbor(from('lo1'));
    expect(lab.until(isUp)).toBe(true);
    expect(dialled).toEqual(['2001:db8::1']);
  });

  test('is held while it is not there, never dials, and begins when it comes', async () => {
    const { lab, node, dialled, held, isUp, becomes } = await setUp();
    node.addNeighbor(from('lo1'));
    lab.clock.advance(300_000);
    expect(held()).toBe('"sourceInterface": interface lo1 has no IPv6 address, is down, or is not there');
    expect(dialled).toEqual([]);
    becomes(on('lo1', '2001:db8::1'));
    expect(lab.until(isUp)).toBe(true);
    expect(dialled).toEqual(['2001:db8::1']);
  });

  test('is held when it vanishes, told once, and begins again when it is back', async () => {
    const { lab, node, other, dialled, held, isUp, becomes } = await setUp(on('lo1', '2001:db8::1'));
    node.addNeighbor(from('lo1'));
    expect(lab.until(isUp)).toBe(true);
    let downs = 0;
    node.watchPeers(({ type }) => type === 'down' && downs++);
    becomes();
    expect(held()).toContain('interface lo1 has no IPv6 address');
    becomes();
    lab.clock.advance(300_000);
    // The session, then its peer.
    expect(downs).toBe(2);
    expect([dialled.length, other.peers()[0]?.sessionState]).toEqual([1, 'active']);
    becomes(on('lo1', '2001:db8::1'));
    expect(lab.until(isUp)).toBe(true);
  });

  test('keeps its session while its address is there, whatever else comes and goes', async () => {
    const { lab, node, isUp, becomes, peer } = await setUp(on('lo1', '2001:db8::1'));
    node.addNeighbor(from('lo1'));
    expect(lab.until(isUp)).toBe(true);
    becomes(on('lo1', '2001:db8::1'), on('lo1', '10.0.0.1'), on('eth1', '2001:db8:1::1'));
    lab.clock.advance(60_000);
    expect(peer()?.counters.established).toBe(1);
  });

  test('takes another address with its next attempt', async () => {
    const { lab, node, other, dialled, isUp, becomes } = await setUp(on('lo1', '2001:db8::7'));
    other.removeNeighbor(addressOf(1));
    node.addNeighbor(from('lo1'));
    lab.clock.advance(60_000);
    becomes(on('lo1', '2001:db8::1'));
    other.addNeighbor(neighbor(1, { transport: { remotePort: 179, passive: true } }));
    expect(lab.until(isUp)).toBe(true);
    expect([dialled[0], dialled.at(-1)]).toEqual(['2001:db8::7', '2001:db8::1']);
  });

  test('that gets another interface has another session', async () => {
    const { lab, node, peer, isUp, held } = await setUp(on('lo1', '2001:db8::1'), on('lo2', '2001:db8::1'));
    node.addNeighbor(from('lo1'));
    expect(lab.until(isUp)).toBe(true);
    // The same address is the same session.
    node.updateNeighbor(from('lo2'));
    expect(peer()?.sessionState).toBe('established');
    node.updateNeighbor(from('lo3'));
    expect(held()).toContain('interface lo3');
  });

  test('that is shut down stays so', async () => {
    const { lab, node, peer, becomes } = await setUp();
    node.addNeighbor({ ...from('lo1'), adminDown: 'maintenance' });
    becomes(on('lo1', '2001:db8::1'));
    lab.clock.advance(60_000);
    expect(peer()?.sessionState).toBe('idle');
  });

  test('that is removed while its session is up does not come back', async () => {
    const { lab, node, other, dialled, isUp } = await setUp(on('lo1', '2001:db8::1'));
    node.addNeighbor(from('lo1'));
    expect(lab.until(isUp)).toBe(true);
    node.removeNeighbor(addressOf(2));
    lab.clock.advance(60_000);
    expect([dialled.length, other.peers()[0]?.sessionState]).toEqual([1, 'active']);
  });
});
