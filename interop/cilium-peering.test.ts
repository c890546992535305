import { describe, expect, test } from 'vitest';
import {
  lab as addresses,
  advertisement,
  ciliumNode,
  clusterConfig,
  instance,
  internalSession,
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
import { fetchFrom, serve } from './lab/web.ts';

const { node, tor, spare } = addresses;
const pods = '2001:db8:a:1::/64';
const podCIDRs = { podCIDRs: [pods, '10.244.1.0/24'] };
const announcePods = advertisement('pods', 'peer', { advertisementType: 'PodCIDR' });

describe.each(generations)('sessions as Cilium configures them, with FRR %s', (FRR, GOBGP) => {
  const lab = useLab(import.meta.url, 'cilium.clab.yml', { FRR, GOBGP });

  test('peering-ipv6: a session over IPv6 carries the routes of both families', async () => {
    const scene = await Scene.begin(lab());
    await scene.apply(ciliumNode(podCIDRs), oneSession(), peerConfig(), announcePods);
    expect(await scene.tor.established(node.address)).toMatchObject({
      remoteAs: node.asn,
      remoteRouterId: node.ipv4,
      bgpTimerHoldTimeMsecs: 9000,
      bgpTimerKeepAliveIntervalMsecs: 3000,
    });
    await scene.expectRoutes(scene.tor, node.address, [pods]);
    await scene.expectRoutes(scene.tor, node.address, ['10.244.1.0/24'], 'ipv4');
  });

  test('peering-auth: an internal session that is signed with the password of a Secret, and LOCAL_PREF 100', async () => {
    const scene = await Scene.begin(lab());
    const secret = (password: string) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'tor', namespace: 'kube-system' },
      stringData: { password },
    });
    await scene.apply(
      ciliumNode(podCIDRs),
      ...internalSession(node.signed),
      peerConfig('peer', { authSecretRef: 'tor' }),
      announcePods,
    );
    const held = await scene.status('CiliumBGPPeerConfig', 'peer');
    expect(held.conditions).toContainEqual(
      expect.objectContaining({ type: 'cilium.io/MissingAuthSecret', status: 'True' }),
    );

    await scene.apply(secret('correct-horse'));
    await scene.tor.established(node.signed);
    await scene.expectRoutes(scene.tor, node.signed, [pods]);
    await scene.expectRoutes(scene.tor, node.signed, ['10.244.1.0/24'], 'ipv4');
    const [ipv6] = await scene.tor.paths(pods);
    const [ipv4] = await scene.tor.paths('10.244.1.0/24', 'ipv4');
    expect([ipv6?.locPrf, ipv4?.locPrf]).toEqual([100, 100]);
    expect((await scene.herald.peer(tor.address))['tcp-password-enabled']).toBe(true);
  });

  test('peering-changes: another address of the peer, then other timers, make the session again', async () => {
    const scene = await Scene.begin(lab());
    await scene.apply(ciliumNode(podCIDRs), oneSession(), peerConfig(), announcePods);
    await scene.tor.established(node.address);
    const sessionWith = (address: string) =>
      until(
        () => scene.peers(),
        (established) => established.join() === address,
        { what: `a session with ${address} and no other` },
      );
    await sessionWith(tor.address);

    await scene.apply(oneSession(tor.second));
    await sessionWith(tor.second);
    await scene.expectRoutes(scene.tor, node.address, [pods]);

    const timers = { connectRetryTimeSeconds: 1, keepAliveTimeSeconds: 5, holdTimeSeconds: 15 };
    await scene.apply(peerConfig('peer', { timers, gracefulRestart: { enabled: true, restartTimeSeconds: 60 } }));
    const neighbor = await until(
      () => scene.tor.neighbor(node.address),
      ({ bgpState, bgpTimerHoldTimeMsecs }) => bgpState === 'Established' && bgpTimerHoldTimeMsecs === 15_000,
      { what: 'the session with other timers' },
    );
    expect(neighbor.bgpTimerKeepAliveIntervalMsecs).toBe(5000);
    expect(neighbor.gracefulRestartInfo?.timers?.receivedRestartTimer).toBe(60);
    await scene.expectRoutes(scene.tor, node.address, [pods]);
    // What is removed from the configuration is gone at once: a Cease, and no restart that the router would wait for.
    await scene.remove(oneSession());
    await scene.expectRoutes(scene.tor, node.address, []);
  });

  test('peering-multi-instance: three peers of two instances', async () => {
    const scene = await Scene.begin(lab());
    await scene.apply(
      ciliumNode(podCIDRs),
      clusterConfig(
        instance('main', node.asn, peer('tor', tor.address, tor.asn), peer('spare', spare.address, spare.asn)),
        instance('other', 65002, peer('tor', tor.second, tor.asn)),
      ),
      override({ name: 'other', routerID: '10.255.1.2', peers: [{ name: 'tor', localAddress: node.second }] }),
      peerConfig(),
      announcePods,
    );
    const both = await Promise.all([scene.tor.established(node.address), scene.tor.established(node.second)]);
    expect(both.map(({ remoteAs, remoteRouterId }) => [remoteAs, remoteRouterId])).toEqual([
      [node.asn, node.ipv4],
      [65002, '10.255.1.2'],
    ]);
    for (const { bgpTimerHoldTimeMsecs, bgpTimerKeepAliveIntervalMsecs } of both)
      expect([bgpTimerHoldTimeMsecs, bgpTimerKeepAliveIntervalMsecs]).toEqual([9000, 3000]);
    await scene.spare.established(node.spare);
    for (const from of [node.address, node.second]) await scene.expectRoutes(scene.tor, from, [pods]);
    await scene.expectRoutes(scene.spare, node.spare, [pods]);

    await scene.apply(clusterConfig(instance('main', node.asn, peer('tor', tor.address, tor.asn))));
    await scene.expectRoutes(scene.tor, node.second, []);
    await scene.expectRoutes(scene.spare, node.spare, []);
    await scene.expectRoutes(scene.tor, node.address, [pods]);
  });

  test('peering-default-gateway: the peer is where the default route goes, and follows it', async () => {
    const scene = await Scene.begin(lab());
    const gateway = (addressFamily: string) => ({
      name: addressFamily,
      peerASN: 0,
      autoDiscovery: { mode: 'DefaultGateway', defaultGateway: { addressFamily } },
      peerConfigRef: { name: 'peer' },
    });
    const route = (flag: string, ...words: readonly string[]) => scene.node.exec(['ip', flag, 'route', ...words]);
    await route('-6', 'add', 'default', 'via', tor.address, 'dev', 'eth1', 'metric', '100');
    await route('-4', 'add', 'default', 'via', tor.ipv4, 'dev', 'eth1', 'metric', '100');
    await scene.apply(
      ciliumNode(podCIDRs),
      clusterConfig(instance('main', node.asn, gateway('ipv6'), gateway('ipv4'))),
      peerConfig(),
      announcePods,
    );
    await Promise.all([scene.tor.established(node.address), scene.tor.established(node.ipv4)]);
    await scene.expectRoutes(scene.tor, node.address, [pods]);
    await scene.expectRoutes(scene.tor, node.ipv4, ['10.244.1.0/24'], 'ipv4');

    await route('-6', 'add', 'default', 'via', spare.address, 'dev', 'eth2', 'metric', '50');
    await scene.spare.established(node.spare);
    await scene.expectRoutes(scene.spare, node.spare, [pods]);
    await scene.expectRoutes(scene.tor, node.address, []);
    await scene.tor.established(node.ipv4);

    await route('-6', 'del', 'default', 'via', spare.address, 'dev', 'eth2', 'metric', '50');
    await scene.tor.established(node.address);
    await scene.expectRoutes(scene.tor, node.address, [pods]);
    for (const flag of ['-6', '-4']) await route(flag, 'del', 'default', 'dev', 'eth1');
  });

  test.each(['ipv6', 'ipv4'] as const)(
    'bgpv2-advertisements: pods and cluster addresses over %s, and traffic to them',
    async (family) => {
      const scene = await Scene.begin(lab());
      const [from, to, pod, prefixes] =
        family === 'ipv6'
          ? [node.address, tor.address, '2001:db8:a:1::80', [pods, '2001:db8:c::1/128']]
          : [node.ipv4, tor.ipv4, '10.244.1.80', ['10.244.1.0/24', '10.96.0.1/32']];
      await scene.node.exec(['ip', 'addr', 'replace', pod, 'dev', 'lo']);
      await serve(scene.node);
      await scene.apply(
        ciliumNode(podCIDRs),
        clusterConfig(instance('test-instance', node.asn, peer('tor', to, tor.asn))),
        peerConfig('peer', {
          timers: { connectRetryTimeSeconds: 1, keepAliveTimeSeconds: 1, holdTimeSeconds: 3 },
          families: [{ afi: family, safi: 'unicast', advertisements: { matchLabels: { to: 'peer' } } }],
        }),
        advertisement('pods', 'peer', {
          advertisementType: 'PodCIDR',
          attributes: { communities: { standard: ['65001:100'] } },
        }),
        advertisement('services', 'peer', {
          ...services(['ClusterIP'], { attributes: { communities: { standard: ['65001:200'] } } }),
          selector: { matchExpressions: [{ key: 'kind', operator: 'In', values: ['echo'] }] },
        }),
        service(
          'echo',
          { type: 'ClusterIP', clusterIP: '2001:db8:c::1', clusterIPs: ['2001:db8:c::1', '10.96.0.1'] },
          { labels: { kind: 'echo' } },
        ),
        service('other', { type: 'ClusterIP', clusterIP: '2001:db8:c::2' }),
      );
      expect(await scene.tor.established(from)).toMatchObject({
        bgpTimerKeepAliveIntervalMsecs: 1000,
        bgpTimerHoldTimeMsecs: 3000,
      });
      await scene.expectRoutes(scene.tor, from, prefixes, family);
      const communities = await Promise.all(
        prefixes.map(async (prefix) => (await scene.tor.paths(prefix, family))[0]?.community?.list),
      );
      expect(communities).toEqual([['65001:100'], ['65001:200']]);
      const kernel = await until(
        () => scene.tor.kernel(family),
        (routes) => Object.keys(routes).length === 2,
        { what: 'the routes in the kernel' },
      );
      expect(Object.keys(kernel).toSorted()).toEqual([...prefixes].toSorted());
      expect(await fetchFrom(scene.tor.node, pod)).toEqual(['node']);
      await scene.node.process('web').stop('SIGKILL');
    },
  );

  test('commands: what they print of peers, routes and policies is what the router says', async () => {
    const scene = await Scene.begin(lab());
    await scene.apply(
      ciliumNode(podCIDRs),
      oneSession(),
      peerConfig(),
      announcePods,
      service('web', {}, { ingress: ['2001:db8:1:1::80'] }),
      advertisement('services', 'peer', services(['LoadBalancerIP'])),
    );
    await scene.tor.established(node.address);
    await scene.expectRoutes(scene.tor, node.address, [pods, '2001:db8:1:1::80/128']);
    const { families } = await until(
      () => scene.herald.peer(tor.address),
      (state) => state.families.some(({ received }) => received > 0),
      { what: 'the route of the router' },
    );
    expect(families.find(({ afi }) => afi === 'ipv6')).toMatchObject({ received: 1, accepted: 0, advertised: 2 });

    const rows = async (...words: readonly string[]) => {
      const text = await scene.node.text(['herald', ...words]);
      return text
        .trim()
        .split('\n')
        .map((line) => line.trim().split(/\s{2,}/));
    };
    expect(await rows('peers')).toEqual([
      ['Instance', 'Peer', 'Session State', 'Uptime', 'Family', 'Received', 'Accepted', 'Advertised'],
      ['main', 'tor', 'established', expect.any(String), 'ipv6/unicast', '1', '0', '2'],
      ['ipv4/unicast', '0', '0', '1'],
    ]);
    const available = await rows('routes', 'available', 'ipv6', 'unicast', 'vrouter', `${node.asn}`);
    expect(available.slice(1).map(([, prefix]) => prefix)).toEqual(['2001:db8:1:1::80/128', pods]);
    const advertised = await rows('routes', 'advertised', 'ipv6', 'unicast', 'peer', tor.address);
    expect(advertised.slice(1).map((row) => row.find((cell) => cell.includes('/')))).toEqual([
      '2001:db8:1:1::80/128',
      pods,
    ]);
    expect(await scene.herald.received(tor.address)).toEqual(['2001:db8:f::/48']);
    const policies = await scene.node.text(['herald', 'route-policies']);
    expect(policies).toContain('peer-tor-export');
    expect(policies).toContain('Service-web-default-LoadBalancerIP-ipv6');
    expect(policies).toContain('PodCIDR-ipv6');
    const capabilities = await scene.node.text(['herald', 'peers', '-c']);
    for (const words of [`BGP neighbor is ${tor.address}, remote AS ${tor.asn}`, 'advertised and received'])
      expect(capabilities).toContain(words);
  });
});
