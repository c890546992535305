import { describe, expect, test } from 'vitest';
import {
  lab as addresses,
  advertisement,
  ciliumNode,
  endpoints,
  internalSession,
  type Manifest,
  nodeName,
  oneSession,
  peerConfig,
  service,
  services,
} from './cilium/resources.ts';
import { generations, Scene } from './cilium/scene.ts';
import { useLab } from './lab/scenario.ts';
import { until } from './lab/until.ts';

const vip = '2001:db8:1:1::80';
const other = '2001:db8:1:1::81';
const clusterIP = '2001:db8:c::1';
const externalIP = '2001:db8:e::1';
const { node } = addresses;

describe.each(generations)('services as Cilium announces them, to FRR %s', (FRR, GOBGP) => {
  const lab = useLab(import.meta.url, 'cilium.clab.yml', { FRR, GOBGP });

  /** A daemon with one session to the router, and what a scenario starts with. */
  async function begin(resources: readonly Manifest[], settings: Readonly<Record<string, unknown>> = {}) {
    const scene = await Scene.begin(lab(), settings);
    await scene.apply(ciliumNode(), oneSession(), peerConfig(), ...resources);
    await scene.tor.established(node.address);
    const expectRoutes = (...prefixes: string[]) => scene.expectRoutes(scene.tor, node.address, prefixes);
    return { scene, expectRoutes };
  }

  test('svc-adverts: load balancer, external and cluster addresses come and go with the selector', async () => {
    const all = ['LoadBalancerIP', 'ExternalIP', 'ClusterIP'];
    const web = service('web', { clusterIP, externalIPs: [externalIP] }, { ingress: [vip] });
    const { scene, expectRoutes } = await begin([web, advertisement('services', 'peer', services(['LoadBalancerIP']))]);
    await expectRoutes(`${vip}/128`);
    await scene.apply(advertisement('services', 'peer', services(all)));
    await expectRoutes(`${vip}/128`, `${externalIP}/128`, `${clusterIP}/128`);
    await scene.apply(
      service('web', { clusterIP, externalIPs: [externalIP] }, { ingress: [vip], labels: { bgp: 'no' } }),
    );
    await expectRoutes();
    await scene.apply(web, advertisement('services', 'peer', services(['ClusterIP'])));
    await expectRoutes(`${clusterIP}/128`);
    await scene.remove(advertisement('services', 'peer'));
    await expectRoutes();
  });

  test('svc-modifications: another address, and a class of load balancers that is not ours', async () => {
    const { scene, expectRoutes } = await begin([
      service('web', {}, { ingress: [vip] }),
      advertisement('services', 'peer', services(['LoadBalancerIP'])),
    ]);
    await expectRoutes(`${vip}/128`);
    await scene.apply(service('web', {}, { ingress: [other] }));
    await expectRoutes(`${other}/128`);
    await scene.apply(service('web', { loadBalancerClass: 'example.com/other' }, { ingress: [other] }));
    await expectRoutes();
  });

  test('svc-traffic-policy: Local needs an endpoint on this node, inside and outside each by its own policy', async () => {
    const web = (policies: Readonly<Record<string, string>>) =>
      service('web', { clusterIP, externalIPs: [externalIP], ...policies }, { ingress: [vip] });
    const { scene, expectRoutes } = await begin([
      web({}),
      endpoints('web', ['elsewhere']),
      advertisement('services', 'peer', services(['LoadBalancerIP', 'ExternalIP', 'ClusterIP'])),
    ]);
    await expectRoutes(`${vip}/128`, `${externalIP}/128`, `${clusterIP}/128`);
    await scene.apply(web({ externalTrafficPolicy: 'Local' }));
    await expectRoutes(`${clusterIP}/128`);
    await scene.apply(web({ externalTrafficPolicy: 'Local', internalTrafficPolicy: 'Local' }));
    await expectRoutes();
    await scene.apply(endpoints('web', ['elsewhere', nodeName]));
    await expectRoutes(`${vip}/128`, `${externalIP}/128`, `${clusterIP}/128`);
    await scene.apply(endpoints('web', [nodeName], { ready: false, serving: true, terminating: true }));
    await expectRoutes();
  });

  test('svc-no-endpoints: kept by default, withdrawn where that is asked for', async () => {
    const resources = [
      service('web', {}, { ingress: [vip] }),
      endpoints('web', []),
      advertisement('services', 'peer', services(['LoadBalancerIP'])),
    ];
    const kept = await begin(resources);
    await kept.expectRoutes(`${vip}/128`);

    const { scene, expectRoutes } = await begin(
      [...resources, service('dns', {}, { ingress: [other] }), endpoints('dns', ['elsewhere'])],
      {
        announceWithoutEndpoints: false,
      },
    );
    await expectRoutes(`${other}/128`);
    await scene.apply(endpoints('web', ['elsewhere']));
    await expectRoutes(`${vip}/128`, `${other}/128`);
    await scene.apply(endpoints('web', []));
    await expectRoutes(`${other}/128`);
  });

  test('svc-path-attributes: overlapping advertisements give the highest preference and all communities', async () => {
    const scene = await Scene.begin(lab());
    const withPreference = (name: string, localPreference: number, ...standard: string[]) =>
      advertisement(
        name,
        'peer',
        services(['LoadBalancerIP'], { attributes: { localPreference, communities: { standard } } }),
      );
    await scene.apply(
      ciliumNode(),
      ...internalSession(),
      peerConfig(),
      service('web', {}, { ingress: [vip] }),
      withPreference('first', 99, '65000:99'),
    );
    await scene.tor.established(node.internal);
    const attributes = async (locPrf: number, ...communities: string[]) => {
      const [path] = await until(
        () => scene.tor.paths(`${vip}/128`),
        ([found]) => found?.locPrf === locPrf && found.community?.list.length === communities.length,
        { what: `a local preference of ${locPrf}` },
      );
      expect(path?.community?.list).toEqual(communities);
    };
    await attributes(99, '65000:99');
    await scene.apply(withPreference('first', 101, '65000:101'));
    await attributes(101, '65000:101');
    await scene.apply(withPreference('first', 98, '65000:98'), withPreference('second', 102, '65000:102'));
    await attributes(102, '65000:98', '65000:102');
  });

  test('svc-aggregation: a prefix of the length asked for, and single addresses where the policy is Local', async () => {
    const to = (aggregation: Readonly<Record<string, number>>) =>
      advertisement('services', 'peer', services(['LoadBalancerIP', 'ExternalIP'], {}, aggregation));
    const { scene, expectRoutes } = await begin([
      service('web', { externalIPs: ['192.0.2.80'] }, { ingress: [vip] }),
      service('dns', { externalTrafficPolicy: 'Local' }, { ingress: ['2001:db8:1:2::53'] }),
      endpoints('dns', [nodeName]),
      to({ aggregationLengthIPv4: 24, aggregationLengthIPv6: 120 }),
    ]);
    const ipv4 = (...prefixes: string[]) => scene.expectRoutes(scene.tor, node.address, prefixes, 'ipv4');
    await expectRoutes('2001:db8:1:1::/120', '2001:db8:1:2::53/128');
    await ipv4('192.0.2.0/24');
    await scene.apply(to({ aggregationLengthIPv4: 16, aggregationLengthIPv6: 64 }));
    await expectRoutes('2001:db8:1:1::/64', '2001:db8:1:2::53/128');
    await ipv4('192.0.0.0/16');
    await scene.apply(to({}));
    await expectRoutes(`${vip}/128`, '2001:db8:1:2::53/128');
    await ipv4('192.0.2.80/32');
  });

  test('svc-aggregation-priority: what is advertised exactly has its own attributes, not those of the aggregate', async () => {
    const scene = await Scene.begin(lab());
    const attributes = (localPreference: number, community: string) => ({
      attributes: { localPreference, communities: { standard: [community] } },
    });
    await scene.apply(
      ciliumNode(),
      ...internalSession(),
      peerConfig(),
      service('web', { externalTrafficPolicy: 'Local' }, { ingress: [vip] }),
      endpoints('web', [nodeName]),
      service('dns', {}, { ingress: [other] }),
      advertisement(
        'services',
        'peer',
        services(['LoadBalancerIP'], attributes(200, '65000:200'), { aggregationLengthIPv6: 120 }),
        services(['LoadBalancerIP'], attributes(100, '65000:100')),
      ),
    );
    await scene.tor.established(node.internal);
    await scene.expectRoutes(scene.tor, node.internal, ['2001:db8:1:1::/120', `${other}/128`, `${vip}/128`]);
    const [exact] = await scene.tor.paths(`${other}/128`);
    expect(exact).toMatchObject({ locPrf: 100, community: { list: ['65000:100'] } });
    const [aggregate] = await scene.tor.paths('2001:db8:1:1::/120');
    expect(aggregate).toMatchObject({ locPrf: 200, community: { list: ['65000:200'] } });
  });

  test('svc-sharing: an address of two services is there until the second goes', async () => {
    const web = service('web', {}, { ingress: [vip], port: 80 });
    const secure = service('secure', {}, { ingress: [vip], port: 443 });
    const marker = service('marker', {}, { ingress: [other] });
    const { scene, expectRoutes } = await begin([
      web,
      secure,
      advertisement('services', 'peer', services(['LoadBalancerIP'])),
    ]);
    await expectRoutes(`${vip}/128`);
    await scene.apply(marker);
    await scene.remove(web);
    await expectRoutes(`${vip}/128`, `${other}/128`);
    await scene.remove(marker);
    await expectRoutes(`${vip}/128`);
    await scene.remove(secure);
    await expectRoutes();
  });

  test('svc-gateway-dummy-endpoints, svc-gateway-proxy-redirect: what a proxy on the node serves needs no endpoint there', async () => {
    const local = { externalTrafficPolicy: 'Local' };
    const { scene, expectRoutes } = await begin([
      service('gateway', local, { ingress: [vip], labels: { 'io.cilium.gateway/owning-gateway': 'web' } }),
      endpoints('gateway', ['elsewhere']),
      service('redirected', local, { ingress: [other], annotations: { 'service.cilium.io/proxy-redirect': 'true' } }),
      service('plain', local, { ingress: ['2001:db8:1:1::82'] }),
      endpoints('plain', ['elsewhere']),
      advertisement('services', 'peer', services(['LoadBalancerIP'])),
    ]);
    await expectRoutes(`${vip}/128`, `${other}/128`);
    await scene.apply(service('redirected', local, { ingress: [other] }));
    await expectRoutes(`${vip}/128`);
  });
});
