import { describe, expect, test } from 'vitest';
import type { DefaultRoute, NodeFacts, PlannedNeighbor } from '../../../src/controlplane/plan/types.ts';
import type { BGPPeer, PeerConfigSpec } from '../../../src/controlplane/resources/types.ts';
import { peerConfigWithDefaults } from '../../../src/controlplane/resources/with-defaults.ts';
import { Address } from '../../../src/ip/address.ts';
import {
  BLUE,
  ciliumNode,
  clusterConfig,
  device,
  facts,
  NODE,
  override,
  peer,
  peerConfig,
  problemsOf,
  RED,
  secret,
  World,
} from './support.ts';

function world(node?: NodeFacts, ...peers: readonly BGPPeer[]): World {
  const made = new World(node);
  made.set(ciliumNode(), peerConfig('red'), clusterConfig(peers.length > 0 ? peers : [peer('red', RED, 'red')]));
  return made;
}

const neighbors = (lab: World) => [...(lab.instances.get('instance')?.neighbors.values() ?? [])];
const only = (lab: World) => neighbors(lab)[0] as PlannedNeighbor;
const types = ({ operations }: Awaited<ReturnType<World['step']>>) => operations.map(({ type }) => type);
const md5 = facts({ capabilities: { md5: true } });

describe('TestNeighborReconciler_StaticPeer', () => {
  test('no change', async () => {
    const lab = world();
    await lab.step();
    lab.set(peerConfig('red'));
    expect(types(await lab.step())).toEqual([]);
  });

  test('a peer has the defaults, announces nothing and accepts nothing', async () => {
    const lab = world(undefined, { name: 'red', peerAddress: RED });
    await lab.step();
    expect(only(lab)).toEqual({
      name: 'red',
      address: Address.parse(RED),
      asn: 0,
      timers: { connectRetry: 120, holdTime: 90, keepaliveInterval: 30, delayOpen: 0 },
      transport: { remotePort: 179, passive: false },
      families: [513, 257],
      defaultExportAction: 'reject',
      defaultImportAction: 'reject',
    });
  });

  test('add peers', async () => {
    const lab = world();
    await lab.step();
    lab.set(clusterConfig([peer('red', RED, 'red'), peer('blue', BLUE)]));
    expect(types(await lab.step())).toEqual(['add-peer']);
    expect(neighbors(lab).map(({ name }) => name)).toEqual(['red', 'blue']);
  });

  test('remove peers', async () => {
    const lab = world(undefined, peer('red', RED, 'red'), peer('blue', BLUE));
    await lab.step();
    lab.set(clusterConfig([peer('red', RED, 'red')]));
    expect(types(await lab.step())).toEqual(['remove-peer']);
  });

  test('update config: ASN', async () => {
    const lab = world();
    await lab.step();
    lab.set(clusterConfig([{ ...peer('red', RED, 'red'), peerASN: 65010 }]));
    expect(types(await lab.step())).toEqual(['remove-peer', 'add-peer']);
    expect(only(lab).asn).toBe(65010);
  });

  test.each<[string, PeerConfigSpec, object]>([
    [
      'timers',
      { timers: { connectRetryTimeSeconds: 1, holdTimeSeconds: 9, keepAliveTimeSeconds: 3 } },
      { timers: { connectRetry: 1, holdTime: 9, keepaliveInterval: 3 } },
    ],
    [
      'several paths',
      { families: [{ afi: 'ipv6', safi: 'unicast', addPaths: 'both' }] },
      { addPaths: [{ family: 513, mode: 'both' }] },
    ],
    ['next hop', { nextHop: 'both' }, { nextHop: { kind: 'both' } }],
    ['ports', { transport: { peerPort: 1790 } }, { transport: { remotePort: 1790 } }],
    [
      'graceful restart',
      { gracefulRestart: { enabled: true, restartTimeSeconds: 60 } },
      { gracefulRestart: { restartTime: 60, stalePathTime: 180 } },
    ],
  ])('update config: %s', async (_, spec, expected) => {
    const lab = world();
    await lab.step();
    lab.set(peerConfig('red', spec));
    expect(types(await lab.step())).toEqual(['update-peer']);
    expect(only(lab)).toMatchObject(expected);
    lab.set(peerConfig('red'));
    expect(types(await lab.step())).toEqual(['update-peer']);
  });

  test('update config: password, password updated, password removed', async () => {
    const lab = world(md5);
    await lab.step();
    lab.set(peerConfig('red', { authSecretRef: 'bgp' }), secret('bgp', { password: 'one' }));
    expect(types(await lab.step())).toEqual(['update-peer']);
    expect(only(lab).transport.password?.reveal()).toBe('one');
    lab.set(secret('bgp', { password: 'two' }));
    expect(types(await lab.step())).toEqual(['update-peer']);
    expect(only(lab).transport.password?.reveal()).toBe('two');
    lab.set(peerConfig('red'));
    expect(types(await lab.step())).toEqual(['update-peer']);
    expect(only(lab).transport.password).toBeUndefined();
  });

  test('a renamed peer on the same address is removed first', async () => {
    const lab = world();
    await lab.step();
    lab.set(clusterConfig([peer('crimson', RED, 'red')]));
    expect(types(await lab.step())).toEqual(['remove-peer', 'add-peer']);
  });

  test('two peers of one address: the second one is held', async () => {
    const lab = world(undefined, peer('red', RED, 'red'), peer('again', RED));
    await lab.step();
    expect(lab.plan.held).toEqual([
      {
        instance: 'instance',
        peer: 'again',
        reason: 'DuplicatePeer',
        message: `${RED} is already the address of peer "red"`,
      },
    ]);
  });
});

describe('passwords', () => {
  const withSecret = (node: NodeFacts) => {
    const lab = world(node);
    lab.set(peerConfig('red', { authSecretRef: 'bgp' }));
    return lab;
  };

  test('without its Secret a peer is held down, with no attempt to connect', async () => {
    const lab = withSecret(md5);
    await lab.step();
    expect(neighbors(lab)).toEqual([]);
    const message = 'Referenced Auth Secret "bgp" is missing';
    expect(lab.plan.held).toMatchObject([{ peer: 'red', reason: 'MissingAuthSecret', message }]);
    expect(problemsOf(lab.plan, 'CiliumBGPPeerConfig', 'red')).toEqual([
      `cilium.io/MissingAuthSecret AuthSecretMissing: ${message}`,
    ]);
    expect(problemsOf(lab.plan, 'CiliumBGPNodeConfig', NODE)).toEqual([
      `cilium.io/BGPPeersHeld PeersHeld: instance: peer red: ${message}`,
    ]);
    lab.set(secret('bgp', { password: 'one' }));
    expect(types(await lab.step())).toEqual(['add-peer']);
    expect(problemsOf(lab.plan, 'CiliumBGPPeerConfig', 'red')).toEqual([]);
    lab.delete(secret('bgp', {}));
    expect(types(await lab.step())).toEqual(['remove-peer']);
  });

  test.each([
    ['without the key', [secret('bgp', { other: 'x' })], md5],
    ['with an empty password', [secret('bgp', { password: '' })], md5],
    ['in another namespace', [secret('bgp', { password: 'one' }, 'default')], md5],
  ])('a Secret %s holds it down as well', async (_, secrets, node) => {
    const lab = withSecret(node);
    lab.set(...secrets);
    await lab.step();
    expect(lab.plan.held).toMatchObject([{ reason: 'MissingAuthSecret' }]);
  });

  test('without a namespace for secrets the peer is held down', async () => {
    const { secretsNamespace: _, ...node } = md5;
    const lab = withSecret(node);
    lab.set(secret('bgp', { password: 'one' }));
    await lab.step();
    expect(lab.plan.held).toMatchObject([{ reason: 'MissingAuthSecret' }]);
  });

  test('where the transport cannot sign, the peer is held down', async () => {
    const lab = withSecret(facts());
    lab.set(secret('bgp', { password: 'one' }));
    await lab.step();
    expect(lab.plan.held).toMatchObject([
      { reason: 'PasswordUnsupported', message: 'password needs TCP MD5 (RFC 2385), which is not available here' },
    ]);
  });
});

describe('TestNeighborReconciler_SourceInterfaceAddress', () => {
  test.each<[string, NodeFacts['interfaces'], string, string | undefined]>([
    ['no device', [], RED, undefined],
    ['unrelated device', [device('eth1', ['2001:db8::1'])], RED, undefined],
    ['IPv4 only', [device('eth0', ['192.0.2.1'])], '192.0.2.9', '192.0.2.1'],
    ['IPv4 only, IPv6 peer', [device('eth0', ['192.0.2.1'])], RED, undefined],
    ['IPv4+IPv6', [device('eth0', ['192.0.2.1', '2001:db8::1', 'fe80::1'])], RED, '2001:db8::1'],
    ['IPv4+IPv6, IPv4 peer', [device('eth0', ['192.0.2.1', '2001:db8::1'])], '192.0.2.9', '192.0.2.1'],
    [
      'unusable addresses only',
      [device('eth0', ['::', '::1', 'ff02::1', 'fe80::1', '::ffff:192.0.2.1', '127.0.0.1', '0.0.0.0'])],
      RED,
      undefined,
    ],
    ['several usable addresses', [device('eth0', ['2001:db8::1', '2001:db8::2'])], RED, undefined],
    ['IPv4 link-local', [device('eth0', ['169.254.0.1'])], '169.254.0.9', '169.254.0.1'],
  ])('%s', async (_, interfaces, address, expected) => {
    const lab = world(facts({ interfaces }), peer('red', address, 'red'));
    lab.set(peerConfig('red', { transport: { sourceInterface: 'eth0' } }));
    await lab.step();
    expect(neighbors(lab).map(({ transport }) => transport.localAddress?.toString())).toEqual(
      expected === undefined ? [] : [expected],
    );
    expect(lab.plan.held.map(({ reason }) => reason)).toEqual(expected === undefined ? ['NoSourceAddress'] : []);
  });

  test('the local address of an override goes before the source interface', async () => {
    const lab = world(facts());
    lab.set(peerConfig('red', { transport: { sourceInterface: 'eth0' } }));
    const peers = [{ name: 'red', localAddress: '2001:db8::5', localPort: 1791 }];
    lab.set(override({ bgpInstances: [{ name: 'instance', peers }] }));
    await lab.step();
    expect(String(only(lab).transport.localAddress)).toBe('2001:db8::5');
    expect(only(lab).transport.localPort).toBe(1791);
    expect(lab.plan.nodeConfigs.get(NODE)?.spec.bgpInstances[0]?.peers?.[0]?.localAddress).toBe('2001:db8::5');
    lab.set(override({ bgpInstances: [{ name: 'instance', peers: [{ name: 'red', localAddress: '192.0.2.5' }] }] }));
    await lab.step();
    expect(lab.plan.held).toMatchObject([{ reason: 'InvalidAddress' }]);
  });
});

const route = (family: DefaultRoute['family'], gateway: string, metric: number, device_ = 'eth0'): DefaultRoute => ({
  family,
  gateway: Address.parse(gateway),
  device: device_,
  metric,
  deviceUp: true,
});

describe('Unnumbered', () => {
  const addresses = (lab: World) => neighbors(lab).map(({ address }) => address.toString());
  const unnumbered = (name: string): BGPPeer => ({
    name: 'tor',
    autoDiscovery: { mode: 'Unnumbered', unnumbered: { interface: name } },
  });

  test('is the router on the interface, whether there is one or not', async () => {
    const lab = world(facts(), unnumbered('eth7'));
    await lab.step();
    expect(addresses(lab)).toEqual(['fe80::%eth7']);
  });

  test('is the router on the interface of the best default route', async () => {
    const autoDiscovery = { mode: 'Unnumbered', defaultGateway: { addressFamily: 'ipv6' } } as const;
    const routes = [route('ipv6', RED, 100, 'eth1'), route('ipv6', RED, 50, 'eth2')];
    const lab = world(facts({ defaultRoutes: routes }), { name: 'tor', autoDiscovery });
    await lab.step();
    expect(addresses(lab)).toEqual(['fe80::%eth2']);
  });

  test('with what cannot be an interface, and without a default route, is held with the reason', async () => {
    const autoDiscovery = { mode: 'Unnumbered', defaultGateway: { addressFamily: 'ipv6' } } as const;
    const lab = world(facts(), unnumbered('no interface'), { name: 'gateway', autoDiscovery });
    await lab.step();
    expect(addresses(lab)).toEqual([]);
    expect(lab.plan.held.map(({ peer, reason }) => [peer, reason])).toEqual([
      ['tor', 'InvalidAddress'],
      ['gateway', 'NoDefaultGateway'],
    ]);
  });

  test('a link-local address and its interface', async () => {
    const lab = world(facts(), { name: 'tor', peerAddress: 'fe80::1', peerInterface: 'eth1' });
    await lab.step();
    expect(addresses(lab)).toEqual(['fe80::1%eth1']);
  });
});

describe('DefaultGateway', () => {
  const discovered = (addressFamily: 'ipv4' | 'ipv6'): BGPPeer => ({
    name: addressFamily,
    peerASN: 65000,
    autoDiscovery: { mode: 'DefaultGateway', defaultGateway: { addressFamily } },
  });
  const addresses = (lab: World) => neighbors(lab).map(({ address }) => address.toString());

  test('default gateway no change', async () => {
    const node = facts({ defaultRoutes: [route('ipv6', RED, 100)] });
    const lab = world(node, discovered('ipv6'));
    await lab.step();
    lab.setNode({ ...node });
    expect(types(await lab.step())).toEqual([]);
    expect(addresses(lab)).toEqual([RED]);
  });

  test('add ipv4 default gateway peer; add ipv6 default gateway peer', async () => {
    const routes = [route('ipv4', '192.0.2.9', 0), route('ipv6', RED, 0)];
    const lab = world(facts({ defaultRoutes: routes }), discovered('ipv4'));
    await lab.step();
    expect(addresses(lab)).toEqual(['192.0.2.9']);
    lab.set(clusterConfig([discovered('ipv4'), discovered('ipv6')]));
    await lab.step();
    expect(addresses(lab)).toEqual(['192.0.2.9', RED]);
  });

  test('update priority of default route: the session moves to the other gateway', async () => {
    const lab = world(facts({ defaultRoutes: [route('ipv6', RED, 1), route('ipv6', BLUE, 2)] }), discovered('ipv6'));
    await lab.step();
    expect(addresses(lab)).toEqual([RED]);
    lab.setNode(facts({ defaultRoutes: [route('ipv6', RED, 3), route('ipv6', BLUE, 2)] }));
    expect(types(await lab.step())).toEqual(['remove-peer', 'add-peer']);
    expect(addresses(lab)).toEqual([BLUE]);
  });

  test('peering-default-gateway: routes of the other family, of a device that is down or without a gateway do not count', async () => {
    const { gateway: _, ...link } = route('ipv6', RED, 0);
    const unusable = [link, { ...route('ipv6', RED, 0), deviceUp: false }, route('ipv4', '192.0.2.9', 0)];
    const lab = world(facts({ defaultRoutes: unusable }), discovered('ipv6'));
    await lab.step();
    expect(lab.plan.held).toMatchObject([{ reason: 'NoDefaultGateway' }]);
    lab.setNode(facts({ defaultRoutes: [...unusable, route('ipv6', 'fe80::1', 5, 'eth1')] }));
    await lab.step();
    expect(addresses(lab)).toEqual(['fe80::1%eth1']);
  });
});

describe('peers that cannot be run', () => {
  test.each<[BGPPeer, string]>([
    [{ name: 'red' }, 'NoPeerAddress'],
    [{ name: 'red', peerAddress: 'fe80::1' }, 'InvalidAddress'],
    [{ name: 'red', peerAddress: 'ff02::1' }, 'InvalidAddress'],
    [peer('red', RED, 'absent'), 'MissingPeerConfig'],
  ])('%o is held: %s', async (given, reason) => {
    const lab = world(undefined, given, peer('blue', BLUE));
    await lab.step();
    expect(lab.plan.held.map((held) => held.reason)).toEqual([reason]);
    expect(neighbors(lab).map(({ name }) => name)).toEqual(['blue']);
  });

  test('families that are not spoken are left out, and said', async () => {
    const families = [
      { afi: 'l2vpn', safi: 'evpn' },
      { afi: 'ipv6', safi: 'unicast' },
    ] as const;
    const lab = world();
    lab.set(peerConfig('red', { families }));
    await lab.step();
    expect(only(lab).families).toEqual([513]);
    expect(problemsOf(lab.plan, 'CiliumBGPPeerConfig', 'red')).toEqual([
      'cilium.io/UnsupportedFamilies UnsupportedFamilies: Not spoken: [l2vpn/evpn]',
    ]);
    lab.set(peerConfig('red', { families: families.slice(0, 1) }));
    await lab.step();
    expect(lab.plan.held).toMatchObject([{ reason: 'UnsupportedFamilies' }]);
  });
});

describe('script scenarios', () => {
  test('peering-changes: another address, then other timers and graceful restart', async () => {
    const lab = world();
    await lab.step();
    lab.set(clusterConfig([peer('red', BLUE, 'red')]));
    expect(types(await lab.step())).toEqual(['remove-peer', 'add-peer']);
    lab.set(
      peerConfig('red', {
        timers: { holdTimeSeconds: 15, keepAliveTimeSeconds: 5 },
        gracefulRestart: { enabled: true, restartTimeSeconds: 60 },
      }),
    );
    expect(types(await lab.step())).toEqual(['update-peer']);
  });

  test('peering-multi-instance: three peers over two instances', async () => {
    const lab = new World();
    const timers = { holdTimeSeconds: 9, keepAliveTimeSeconds: 3 };
    const config = clusterConfig([peer('a', RED, 'red'), peer('b', BLUE, 'red')]);
    lab.set(ciliumNode(), peerConfig('red', { timers }), {
      ...config,
      spec: {
        bgpInstances: [
          ...config.spec.bgpInstances,
          { name: 'second', localASN: 65002, peers: [peer('a', RED, 'red')] },
        ],
      },
    });
    await lab.step();
    expect(lab.instances.get('instance')?.neighbors.size).toBe(2);
    expect(lab.instances.get('second')?.neighbors.get(RED)?.timers.holdTime).toBe(9);
  });

  test('BFD is as the CiliumBGPPeerConfig has it, and no part of the session itself', async () => {
    const lab = new World();
    lab.set(ciliumNode(), clusterConfig([peer('a', RED, 'red')]), peerConfig('red', { bfd: { enabled: true } }));
    await lab.step();
    const bfd = () => lab.instances.get('instance')?.neighbors.get(RED)?.bfd;
    expect(bfd()).toEqual({ transmitInterval: 300, receiveInterval: 300, detectionMultiplier: 3, strict: false });
    lab.set(peerConfig('red', { bfd: { enabled: false } }));
    expect(types(await lab.step())).toEqual(['update-peer']);
    expect(bfd()).toBeUndefined();
  });

  test('a CiliumBGPPeerConfig without words has the defaults', () => {
    expect(peerConfigWithDefaults({}).families).toHaveLength(2);
  });
});
