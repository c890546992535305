import { describe, expect, test } from 'vitest';
import {
  lab as addresses,
  advertisement,
  ciliumNode,
  clusterConfig,
  instance,
  oneSession,
  override,
  peer,
  peerConfig,
  service,
  services,
} from './cilium/resources.ts';
import { generations, Scene } from './cilium/scene.ts';
import { useLab } from './lab/scenario.ts';
import { until } from './lab/until.ts';

const { node, tor, spare } = addresses;
const first = '2001:db8:a:1::/64';
const second = '2001:db8:a:2::/64';

describe.each(generations)('what lives on a node as Cilium announces it, to FRR %s', (FRR, GOBGP) => {
  const lab = useLab(import.meta.url, 'cilium.clab.yml', { FRR, GOBGP });

  test('pod-cidr: the prefixes of the node, others in their place, and none', async () => {
    const scene = await Scene.begin(lab());
    const pods = advertisement('pods', 'peer', { advertisementType: 'PodCIDR' });
    await scene.apply(ciliumNode({ podCIDRs: [first, '10.244.1.0/24'] }), oneSession(), peerConfig(), pods);
    await scene.tor.established(node.address);
    await scene.expectRoutes(scene.tor, node.address, [first]);
    await scene.expectRoutes(scene.tor, node.address, ['10.244.1.0/24'], 'ipv4');
    await scene.apply(ciliumNode({ podCIDRs: [second, '10.244.1.0/24'] }));
    await scene.expectRoutes(scene.tor, node.address, [second]);
    await scene.expectRoutes(scene.tor, node.address, ['10.244.1.0/24'], 'ipv4');
    await scene.remove(pods);
    await scene.expectRoutes(scene.tor, node.address, []);
    await scene.expectRoutes(scene.tor, node.address, [], 'ipv4');
  });

  test('pod-ip-pool: what the node holds of a pool, with no-export, an IPv6 route over an IPv4 session too', async () => {
    const scene = await Scene.begin(lab(), { ipam: 'multi-pool' });
    const pool = {
      apiVersion: 'cilium.io/v2alpha1',
      kind: 'CiliumPodIPPool',
      metadata: { name: 'blue', labels: { color: 'blue' } },
      spec: { ipv6: { cidrs: ['2001:db8:a::/56'], maskSize: 64 }, ipv4: { cidrs: ['10.244.0.0/16'], maskSize: 24 } },
    };
    const holding = (...cidrs: readonly string[]) => ciliumNode({ pools: { allocated: [{ pool: 'blue', cidrs }] } });
    await scene.apply(
      pool,
      holding(first),
      clusterConfig(
        instance('main', node.asn, peer('tor', tor.address, tor.asn), peer('spare', spare.ipv4, spare.asn)),
      ),
      peerConfig(),
      advertisement('pods', 'peer', {
        advertisementType: 'CiliumPodIPPool',
        selector: { matchLabels: { color: 'blue' } },
        attributes: { communities: { wellKnown: ['no-export'] } },
      }),
    );
    await scene.tor.established(node.address);
    await scene.expectRoutes(scene.tor, node.address, [first]);
    const [path] = await scene.tor.paths(first);
    expect(path?.community?.list).toEqual(['noExport']);

    await scene.apply(holding(first, second, '10.244.1.0/24'));
    await scene.expectRoutes(scene.tor, node.address, [first, second]);
    await scene.expectRoutes(scene.tor, node.address, ['10.244.1.0/24'], 'ipv4');
    // Cilium says ::ffff:10.0.2.10 here, which routers do not forward to.
    await scene.spare.established(node.spare4);
    await scene.expectRoutes(scene.spare, node.spare4, [first, second]);
    const [route] = (await scene.spare.rib())[first] ?? [];
    expect(route?.attrs.find(({ nexthop }) => nexthop !== undefined)?.nexthop).toBe(node.spare);

    await scene.remove(pool);
    await scene.expectRoutes(scene.tor, node.address, []);
    await scene.expectRoutes(scene.spare, node.spare4, []);
  });

  test('interface: the addresses of an interface while it is up', async () => {
    const scene = await Scene.begin(lab());
    const ip = (...words: readonly string[]) => scene.node.exec(['ip', ...words]);
    await ip('addr', 'add', '2001:db8:1:1::80/128', 'dev', 'pods');
    await scene.apply(
      ciliumNode(),
      oneSession(),
      peerConfig(),
      advertisement('pods', 'peer', { advertisementType: 'Interface', interface: { name: 'pods' } }),
    );
    await scene.tor.established(node.address);
    // Its link-local address is not announced.
    await scene.expectRoutes(scene.tor, node.address, ['2001:db8:1:1::80/128']);
    await ip('addr', 'add', '192.0.2.80/32', 'dev', 'pods');
    await ip('addr', 'add', '2001:db8:1:1::81/128', 'dev', 'pods');
    await scene.expectRoutes(scene.tor, node.address, ['2001:db8:1:1::80/128', '2001:db8:1:1::81/128']);
    await scene.expectRoutes(scene.tor, node.address, ['192.0.2.80/32'], 'ipv4');
    await ip('link', 'set', 'pods', 'down');
    await scene.expectRoutes(scene.tor, node.address, []);
    await scene.expectRoutes(scene.tor, node.address, [], 'ipv4');
    await ip('link', 'set', 'pods', 'up');
    await scene.expectRoutes(scene.tor, node.address, ['192.0.2.80/32'], 'ipv4');
    await ip('addr', 'flush', 'dev', 'pods');
  });

  test('multi-peer-advertisements: each peer has what is for it, out of one table', async () => {
    const scene = await Scene.begin(lab());
    const [web, dns] = ['2001:db8:1:1::80/128', '2001:db8:1:1::53/128'] as const;
    const labelled = (app: string) => services(['LoadBalancerIP'], { selector: { matchLabels: { app } } });
    await scene.apply(
      ciliumNode({ podCIDRs: [first] }),
      clusterConfig(
        instance(
          'main',
          node.asn,
          peer('tor', tor.address, tor.asn, 'up'),
          peer('spare', spare.address, spare.asn, 'side'),
        ),
      ),
      peerConfig('up'),
      peerConfig('side'),
      advertisement('pods', 'up', { advertisementType: 'PodCIDR' }),
      advertisement('web', 'up', labelled('web')),
      advertisement('dns', 'side', labelled('dns')),
      service('web', {}, { ingress: ['2001:db8:1:1::80'], labels: { app: 'web' } }),
      service('dns', {}, { ingress: ['2001:db8:1:1::53'], labels: { app: 'dns' } }),
    );
    await Promise.all([scene.tor.established(node.address), scene.spare.established(node.spare)]);
    await scene.expectRoutes(scene.tor, node.address, [first, web]);
    await scene.expectRoutes(scene.spare, node.spare, [dns]);
    expect((await scene.available()).toSorted()).toEqual([first, web, dns].toSorted());
    await scene.apply(advertisement('web', 'side', labelled('web')));
    await scene.expectRoutes(scene.tor, node.address, [first]);
    await scene.expectRoutes(scene.spare, node.spare, [dns, web]);
    expect((await scene.available()).toSorted()).toEqual([first, web, dns].toSorted());
  });

  test('route-policy-reconciler: insert, nothing, update, delete in part, remove and insert again, in two instances', async () => {
    const scene = await Scene.begin(lab());
    const vip = '2001:db8:1:1::80/128';
    const pods = (community: string) =>
      advertisement('pods', 'peer', {
        advertisementType: 'PodCIDR',
        attributes: { communities: { standard: [community] } },
      });
    const web = advertisement('web', 'peer', services(['LoadBalancerIP']));
    const both = [node.address, node.second];
    await scene.apply(
      ciliumNode({ podCIDRs: [first] }),
      clusterConfig(
        instance('main', node.asn, peer('tor', tor.address, tor.asn)),
        instance('other', 65002, peer('tor', tor.second, tor.asn)),
      ),
      override({ name: 'other', routerID: '10.255.1.2', peers: [{ name: 'tor', localAddress: node.second }] }),
      peerConfig(),
      service('web', {}, { ingress: ['2001:db8:1:1::80'] }),
    );
    await Promise.all(both.map((from) => scene.tor.established(from)));
    const routes = async (...prefixes: readonly string[]) => {
      for (const from of both) await scene.expectRoutes(scene.tor, from, prefixes);
    };
    const communities = async (wanted: string) => {
      const paths = await until(
        () => scene.tor.paths(first),
        (found) => found.length === 2 && found.every(({ community }) => community?.list.join() === wanted),
        { what: `both paths with ${wanted}` },
      );
      expect(paths).toHaveLength(2);
    };
    const updates = async () =>
      Promise.all(both.map(async (from) => (await scene.tor.neighbor(from)).messageStats.updatesRecv));

    await scene.apply(pods('65001:1'), web);
    await routes(first, vip);
    await communities('65001:1');
    const before = await updates();
    await scene.apply(pods('65001:1'), web);
    await scene.apply(pods('65001:2'));
    await communities('65001:2');
    // One each for what changed, and none for what was applied twice.
    expect(await updates()).toEqual(before.map((count) => count + 1));
    await scene.remove(web);
    await routes(first);
    await scene.remove(pods(''));
    await routes();
    await scene.apply(pods('65001:3'), web);
    await routes(first, vip);
    await communities('65001:3');
  });
});
