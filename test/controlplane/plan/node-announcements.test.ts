import { describe, expect, test } from 'vitest';
import type { Resource } from '../../../src/controlplane/resources/types.ts';
import {
  advertisement,
  BLUE,
  ciliumNode,
  clusterConfig,
  device,
  facts,
  peer,
  peerConfig,
  podPool,
  RED,
  service,
  serviceAdvertisement,
  World,
} from './support.ts';

const podCIDRs = (...cidrs: readonly string[]) =>
  ciliumNode({ addresses: [{ type: 'InternalIP', ip: '192.0.2.1' }], ipam: { podCIDRs: cidrs } });
const podCIDR = (to?: string, attributes?: Parameters<typeof serviceAdvertisement>[1]) =>
  advertisement(`pods-${to ?? 'red'}`, [{ advertisementType: 'PodCIDR', ...attributes }], to);

function world(node = facts(), ...resources: readonly Resource[]): World {
  const made = new World(node);
  made.set(clusterConfig([peer('red', RED, 'red')]), peerConfig('red'), ...resources);
  return made;
}

const PODS = ['10.0.1.0/24', '2001:db8:0:1::/64'] as const;

describe('PodCIDR', () => {
  test('pod cidr advertisement with no preconfigured advertisements', async () => {
    const lab = world(facts(), podCIDRs(...PODS), podCIDR());
    const { operations } = await lab.step();
    expect(lab.paths()).toEqual(PODS);
    expect(lab.statements('red')).toEqual({ 'PodCIDR-ipv4': PODS[0], 'PodCIDR-ipv6': PODS[1] });
    const types = operations.map(({ type }) => type);
    expect(types).toEqual(['start-instance', 'add-policy', 'advertise', 'advertise', 'add-peer']);
  });

  test('pod cidr advertisement with no preconfigured advertisements - two peers', async () => {
    const lab = world(facts(), podCIDRs(...PODS), podCIDR('red'), podCIDR('blue'), peerConfig('blue'));
    lab.set(clusterConfig([peer('red', RED, 'red'), peer('blue', BLUE, 'blue')]));
    await lab.step();
    expect(lab.statements('red')).toEqual(lab.statements('blue'));
    expect(Object.keys(lab.statements('red'))).toEqual(['PodCIDR-ipv4', 'PodCIDR-ipv6']);
  });

  test('pod cidr advertisement - cleanup old pod cidr', async () => {
    const lab = world(facts(), podCIDRs(...PODS), podCIDR());
    await lab.step();
    lab.set(podCIDRs('10.0.2.0/24', PODS[1]));
    const { operations } = await lab.step();
    expect(lab.paths()).toEqual(['10.0.2.0/24', PODS[1]]);
    expect(operations.map(({ type }) => type)).toEqual(['withdraw', 'update-policy', 'advertise']);
  });

  test('pod cidr advertisement - disable', async () => {
    const lab = world(facts(), podCIDRs(...PODS), podCIDR());
    await lab.step();
    lab.delete(podCIDR());
    await lab.step();
    expect(lab.paths()).toEqual([]);
    expect(lab.instances.get('instance')?.policies.size).toBe(0);
  });

  test('pod cidr advertisement - v4 only', async () => {
    const families = [{ afi: 'ipv4', safi: 'unicast', advertisements: { matchLabels: { advertise: 'red' } } }] as const;
    const lab = world(facts(), podCIDRs(...PODS), podCIDR(), peerConfig('red', { families }));
    await lab.step();
    expect(lab.paths()).toEqual([PODS[0]]);
  });

  test.each(['multi-pool', 'eni'])('IPAM mode %s has no pod CIDR to announce', async (ipam) => {
    const lab = world(facts({ ipam }), podCIDRs(...PODS), podCIDR());
    await lab.step();
    expect(lab.paths()).toEqual([]);
  });

  test('the attributes of advertisements that overlap are merged', async () => {
    const attributes = (community: string, localPreference: number) => ({
      attributes: { communities: { standard: [community] }, localPreference },
    });
    const lab = world(facts(), podCIDRs(PODS[1]));
    lab.set(
      advertisement('a', [{ advertisementType: 'PodCIDR', ...attributes('1:1', 100) }]),
      advertisement('b', [{ advertisementType: 'PodCIDR', ...attributes('2:2', 200) }]),
    );
    await lab.step();
    expect(lab.statements('red')).toEqual({ 'PodCIDR-ipv6': `${PODS[1]} | 1:1 | 2:2 | LP 200` });
  });
});

describe('PodIPPool', () => {
  const allocated = ciliumNode({
    ipam: { pools: { allocated: [{ pool: 'pool-1', cidrs: ['10.100.1.0/24', '2001:db8:100:1::/64'] }] } },
  });
  const advert = (selector: Record<string, string>) =>
    advertisement('pools', [{ advertisementType: 'CiliumPodIPPool', selector: { matchLabels: selector } }]);
  const statements = {
    'CiliumPodIPPool-pool-1-ipv4': '10.100.1.0/24',
    'CiliumPodIPPool-pool-1-ipv6': '2001:db8:100:1::/64',
  };
  const multiPool = facts({ ipam: 'multi-pool' });

  test('dual stack, advertisement selects pools (by label), pool present on the node', async () => {
    const lab = world(multiPool, allocated, podPool('pool-1', { color: 'red' }), advert({ color: 'red' }));
    await lab.step();
    expect(lab.statements('red')).toEqual(statements);
  });

  test('dual stack, advertisement selects pools (by name), pool present on the node', async () => {
    const lab = world(multiPool, allocated, podPool('pool-1'), podPool('pool-2'));
    lab.set(advert({ 'io.cilium.podippool.name': 'pool-1' }));
    await lab.step();
    expect(lab.statements('red')).toEqual(statements);
  });

  test('dual stack, pool NOT selected by advertisement, pool present on the node', async () => {
    const lab = world(multiPool, allocated, podPool('pool-1', { color: 'red' }), advert({ color: 'blue' }));
    await lab.step();
    expect(lab.paths()).toEqual([]);
  });

  test('dual stack, pool selected by advertisement, pool NOT present on the node', async () => {
    const lab = world(multiPool, ciliumNode({}), podPool('pool-1', { color: 'red' }), advert({ color: 'red' }));
    await lab.step();
    expect(lab.paths()).toEqual([]);
  });

  test('dual stack, clean up of preconfigured advertisements', async () => {
    const pool = podPool('pool-1', { color: 'red' });
    const lab = world(multiPool, allocated, pool, advert({ color: 'red' }));
    await lab.step();
    expect(lab.paths()).toHaveLength(2);
    lab.delete(pool);
    await lab.step();
    expect(lab.paths()).toEqual([]);
    expect(lab.statements('red')).toEqual({});
  });

  test('in another IPAM mode, or without a selector, no pool is announced', async () => {
    const lab = world(facts(), allocated, podPool('pool-1', { color: 'red' }), advert({ color: 'red' }));
    await lab.step();
    expect(lab.paths()).toEqual([]);
    lab.setNode(multiPool);
    lab.set(advertisement('pools', [{ advertisementType: 'CiliumPodIPPool' }]));
    await lab.step();
    expect(lab.paths()).toEqual([]);
  });
});

test('Test_InterfaceAdvertisement', async () => {
  const advert = (name: string) => advertisement(name, [{ advertisementType: 'Interface', interface: { name } }], name);
  const lab = new World();
  // add red peer - no advertisement
  lab.set(ciliumNode(), clusterConfig([peer('red', RED, 'red')]), peerConfig('red'), peerConfig('blue'), advert('red'));
  await lab.step();
  expect(lab.paths()).toEqual([]);

  // add red device with IPv4 addr (loopback, multicast and unspecified ones are ignored, oper unknown will do)
  const v4 = ['10.1.0.1', '127.0.0.1', '224.0.0.1', '0.0.0.0', '169.254.0.1'];
  lab.setNode(facts({ interfaces: [device('red', v4, { operState: 'unknown' })] }));
  await lab.step();
  expect(lab.statements('red')).toEqual({ 'Interface-ipv4': '10.1.0.1/32 169.254.0.1/32' });

  // add IPv6 address (link-local and v4-mapped ones are ignored)
  const red = device('red', ['10.1.0.1', '2001:db8:1::1', 'fe80::1', '::ffff:10.1.0.1', '2001:db8:1::1']);
  lab.setNode(facts({ interfaces: [red] }));
  await lab.step();
  expect(lab.paths()).toEqual(['10.1.0.1/32', '2001:db8:1::1/128']);

  // add blue interface - no change
  const blue = device('blue', ['10.2.0.1']);
  lab.setNode(facts({ interfaces: [red, blue] }));
  lab.set(advert('blue'));
  await lab.step();
  expect(lab.paths()).toEqual(['10.1.0.1/32', '2001:db8:1::1/128']);

  // add blue peer - both
  lab.set(clusterConfig([peer('red', RED, 'red'), peer('blue', BLUE, 'blue')]));
  await lab.step();
  expect(lab.paths()).toEqual(['10.1.0.1/32', '10.2.0.1/32', '2001:db8:1::1/128']);
  expect(lab.statements('blue')).toEqual({ 'Interface-ipv4': '10.2.0.1/32' });

  // remove red peer - only blue
  lab.set(clusterConfig([peer('blue', BLUE, 'blue')]));
  await lab.step();
  expect(lab.paths()).toEqual(['10.2.0.1/32']);

  // blue oper down - none
  lab.setNode(facts({ interfaces: [red, device('blue', ['10.2.0.1'], { operState: 'down' })] }));
  await lab.step();
  expect(lab.paths()).toEqual([]);

  // blue admin down - none
  lab.setNode(facts({ interfaces: [red, device('blue', ['10.2.0.1'], { adminUp: false })] }));
  await lab.step();
  expect(lab.paths()).toEqual([]);
  expect(lab.statements('blue')).toEqual({});
});

describe('Prefixes', () => {
  test('a list of prefixes is announced, by their families, with the next hop that it gives', async () => {
    const lab = world(facts(), ciliumNode());
    lab.set(
      advertisement('a', [
        {
          advertisementType: 'Prefixes',
          prefixes: ['2001:db8:a::/48', '10.9.0.0/16'],
          nextHop: '2001:db8::9,fe80::9',
          attributes: { med: 5, origin: 'egp', asPathPrepend: [65001, 65001], extendedCommunities: ['rt:65001:1'] },
        },
      ]),
    );
    await lab.step();
    expect(lab.statements('red')).toEqual({ 'Prefixes-ipv4': '10.9.0.0/16', 'Prefixes-ipv6': '2001:db8:a::/48' });
    const path = lab.plan.instances.get('instance')?.paths.get('2001:db8:a::/48');
    expect(path).toMatchObject({
      nextHop: { kind: 'global-and-link-local' },
      attributes: { origin: 'egp', med: 5, asPath: [{ type: 'sequence', asns: [65001, 65001] }] },
      owners: ['CiliumBGPAdvertisement a'],
    });
    expect(path?.attributes.extendedCommunities).toHaveLength(1);
  });

  test('prefixes that are covered differently have statements of their own', async () => {
    const list = (name: string, community: string, prefixes: readonly string[]) =>
      advertisement(name, [
        { advertisementType: 'Prefixes', prefixes, attributes: { communities: { standard: [community] } } },
      ]);
    const lab = world(facts(), ciliumNode());
    lab.set(
      list('a', '1:1', ['2001:db8:1::/48', '2001:db8:2::/48']),
      list('b', '2:2', ['2001:db8:2::/48', '2001:db8:3::/48']),
    );
    await lab.step();
    expect(lab.statements('red')).toEqual({
      'Prefixes-ipv6': '2001:db8:1::/48 | 1:1',
      'Prefixes-ipv6-2': '2001:db8:2::/48 | 1:1 | 2:2',
      'Prefixes-ipv6-3': '2001:db8:3::/48 | 2:2',
    });
  });

  test('of several next hops for one prefix an explicit one is taken, the same in any order', async () => {
    const list = (name: string, nextHop: string) =>
      advertisement(name, [{ advertisementType: 'Prefixes', prefixes: ['2001:db8:1::/48'], nextHop }]);
    const three = [list('a', 'self'), list('b', '2001:db8::7'), list('c', '2001:db8::8')];
    for (const order of [three, three.toReversed()]) {
      const lab = world(facts(), ciliumNode(), ...order);
      await lab.step();
      const path = lab.plan.instances.get('instance')?.paths.get('2001:db8:1::/48');
      expect(path?.nextHop).toMatchObject({ kind: 'single' });
      expect(JSON.stringify(path?.nextHop)).toContain('2001:db8::7');
    }
  });

  test('of two paths for one prefix the preferred attributes are taken, whatever the order', async () => {
    const list = (name: string, med: number, asPathPrepend: readonly number[]) =>
      advertisement(name, [
        { advertisementType: 'Prefixes', prefixes: ['2001:db8:1::/48'], attributes: { med, asPathPrepend } },
      ]);
    for (const pair of [
      [list('a', 10, [1, 1]), list('b', 20, [1])],
      [list('a', 20, [1]), list('b', 10, [1, 1])],
    ]) {
      const lab = world(facts(), ciliumNode(), ...pair);
      await lab.step();
      const path = lab.plan.instances.get('instance')?.paths.get('2001:db8:1::/48');
      expect(path?.attributes).toMatchObject({ med: 10, asPath: [{ asns: [1] }] });
    }
  });
});

describe('script scenarios', () => {
  test('pod-cidr: announced, changed, withdrawn', async () => {
    const lab = world(facts({ ipam: 'kubernetes' }), ciliumNode(), podCIDR());
    await lab.step();
    for (const cidrs of [[PODS[1]], ['2001:db8:0:2::/64'], []]) {
      lab.set(podCIDRs(...cidrs));
      await lab.step();
      expect(lab.paths()).toEqual(cidrs);
    }
  });

  test('pod-ip-pool: partial and full allocation, well-known no-export', async () => {
    const lab = world(facts({ ipam: 'multi-pool' }), podPool('pool-1'));
    lab.set(
      advertisement('pools', [
        {
          advertisementType: 'CiliumPodIPPool',
          selector: {},
          attributes: { communities: { wellKnown: ['no-export'], standard: ['65535:65281'] } },
        },
      ]),
    );
    const node = (...cidrs: readonly string[]) =>
      ciliumNode({ ipam: { pools: { allocated: [{ pool: 'pool-1', cidrs }] } } });
    lab.set(node('10.100.1.0/24'));
    await lab.step();
    expect(lab.statements('red')).toEqual({ 'CiliumPodIPPool-pool-1-ipv4': '10.100.1.0/24 | no-export' });
    lab.set(node('10.100.1.0/24', '10.100.2.0/24', '2001:db8:100::/64'));
    await lab.step();
    expect(lab.paths()).toEqual(['10.100.1.0/24', '10.100.2.0/24', '2001:db8:100::/64']);
  });

  test('multi-peer-advertisements: one table, and what each peer is sent is in its policy', async () => {
    const lab = world(facts(), podCIDRs(...PODS), podCIDR('red'), peerConfig('blue'));
    lab.set(clusterConfig([peer('red', RED, 'red'), peer('blue', BLUE, 'blue')]), service('svc', {}, ['192.168.0.1']));
    lab.set(advertisement('services', [serviceAdvertisement(['LoadBalancerIP'])], 'blue'));
    await lab.step();
    expect(lab.paths()).toEqual([PODS[0], '192.168.0.1/32', PODS[1]].toSorted());
    expect(Object.keys(lab.statements('red'))).toEqual(['PodCIDR-ipv4', 'PodCIDR-ipv6']);
    expect(Object.keys(lab.statements('blue'))).toEqual(['Service-svc-default-LoadBalancerIP-ipv4']);
  });

  test('a peer without a CiliumBGPPeerConfig, and a family without a selector, are sent nothing', async () => {
    const lab = world(facts(), podCIDRs(...PODS), podCIDR());
    lab.set(clusterConfig([peer('red', RED)]));
    await lab.step();
    expect(lab.paths()).toEqual([]);
    lab.set(
      clusterConfig([peer('red', RED, 'red')]),
      peerConfig('red', { families: [{ afi: 'ipv6', safi: 'unicast' }] }),
    );
    await lab.step();
    expect(lab.paths()).toEqual([]);
  });
});
