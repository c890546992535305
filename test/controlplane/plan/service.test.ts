import { describe, expect, test } from 'vitest';
import type { Resource, Service } from '../../../src/controlplane/resources/types.ts';
import { statementsOf } from '../../../src/policy/types.ts';
import {
  advertisement,
  BLUE,
  ciliumNode,
  clusterConfig,
  endpoints,
  facts,
  NODE,
  peer,
  peerConfig,
  RED,
  service,
  serviceAdvertisement,
  World,
} from './support.ts';

const V4 = '192.168.0.1';
const V6 = '2001:db8:2::1';
const HOSTS = [`${V4}/32`, `${V6}/128`];
const AGGREGATES = ['192.168.0.0/24', '2001:db8:2::/120'];
const lengths = { ipv4: 24, ipv6: 120 };
const labels = { color: 'red' };

type AddressType = 'LoadBalancerIP' | 'ClusterIP' | 'ExternalIP';

function world(options: Parameters<typeof facts>[0] = {}): World {
  const made = new World(facts(options));
  made.set(ciliumNode(), clusterConfig([peer('red', RED, 'red')]), peerConfig('red'));
  return made;
}

function serviceOf(type: AddressType, spec: Service['spec'] = {}, name = 'svc-1'): Service {
  const metadata = { labels };
  if (type === 'LoadBalancerIP') return service(name, spec, [V4, V6], metadata);
  if (type === 'ExternalIP') return service(name, { externalIPs: [V4, V6], ...spec }, [], metadata);
  return service(name, { clusterIP: V4, clusterIPs: [V4, V6], ...spec }, [], metadata);
}

interface Case {
  readonly advert?: readonly Resource[];
  readonly spec?: Service['spec'];
  readonly slices?: readonly Resource[];
  readonly annotations?: Record<string, string>;
  readonly expected: readonly string[];
  /** Of the one statement for IPv4. */
  readonly statement?: string;
}

function cases(type: AddressType, short: string): Record<string, Case> {
  const title = `Service (${short})`;
  const matching = (extra: Parameters<typeof serviceAdvertisement>[1] = {}) => [
    advertisement('a', [serviceAdvertisement([type], { selector: labels, ...extra })]),
  ];
  const local = type === 'ClusterIP' ? 'iTP' : 'eTP';
  const cluster = { externalTrafficPolicy: 'Cluster', internalTrafficPolicy: 'Cluster' } as const;
  const relevantLocal =
    type === 'ClusterIP'
      ? ({ internalTrafficPolicy: 'Local', externalTrafficPolicy: 'Cluster' } as const)
      : ({ externalTrafficPolicy: 'Local', internalTrafficPolicy: 'Cluster' } as const);
  const otherLocal =
    type === 'ClusterIP'
      ? ({ internalTrafficPolicy: 'Cluster', externalTrafficPolicy: 'Local' } as const)
      : ({ externalTrafficPolicy: 'Cluster', internalTrafficPolicy: 'Local' } as const);
  const other = type === 'ClusterIP' ? 'eTP' : 'iTP';
  const onNode = endpoints('svc-1', [{ node: NODE }]);
  return {
    [`${title} with advertisement( empty )`]: { expected: [] },
    [`${title} with advertisement(${short}) - mismatch labels`]: {
      advert: [advertisement('a', [serviceAdvertisement([type], { selector: { color: 'blue' } })])],
      expected: [],
    },
    [`${title} with advertisement(${short}) - no selector`]: {
      advert: [advertisement('a', [serviceAdvertisement([type], { selector: null })])],
      expected: [],
    },
    [`${title} with advertisement(${short}) - matching labels (${local}=cluster)`]: {
      advert: matching(),
      spec: cluster,
      expected: HOSTS,
      statement: `Service-svc-1-default-${type}-ipv4`,
    },
    [`${title} with advertisement(${short}) and routes aggregation - matching labels (${local}=cluster, ${other}=local)`]:
      {
        advert: matching({ lengths }),
        spec: otherLocal,
        slices: onNode,
        expected: AGGREGATES,
        statement: `Service-svc-1-default-${type}-ipv4-agg-24`,
      },
    [`${title} with advertisement(${short}) and routes aggregation - matching labels (${local}=local, ${other}=cluster - no aggregation)`]:
      { advert: matching({ lengths }), spec: relevantLocal, slices: onNode, expected: HOSTS },
    [`${title} with advertisement(${short}) - matching labels (${local}=local, ep on node)`]: {
      advert: matching(),
      spec: relevantLocal,
      slices: onNode,
      expected: HOSTS,
    },
    [`${title} with advertisement(${short}) - matching labels (${local}=local, mixed ep)`]: {
      advert: matching(),
      spec: relevantLocal,
      slices: endpoints('svc-1', [{ node: NODE }, { node: 'node-2' }]),
      expected: HOSTS,
    },
    [`${title} with advertisement(${short}) - matching labels (${local}=local, ep on remote)`]: {
      advert: matching(),
      spec: relevantLocal,
      slices: endpoints('svc-1', [{ node: 'node-2' }]),
      expected: [],
    },
    [`${title} with advertisement(${short}) - matching labels (${local}=local, backends are terminating)`]: {
      advert: matching(),
      spec: relevantLocal,
      slices: endpoints('svc-1', [{ node: NODE, terminating: true }]),
      expected: [],
    },
    [`${title} with advertisement(${short}) - matching labels (${local}=local, backends are not ready)`]: {
      advert: matching(),
      spec: relevantLocal,
      slices: endpoints('svc-1', [{ node: NODE, ready: false }]),
      expected: [],
    },
    [`${title} with advertisement(${short}) - matching labels (${local}=local, no backends, ProxyRedirect set)`]: {
      advert: matching(),
      spec: relevantLocal,
      annotations: { 'service.cilium.io/proxy-redirect': 'true' },
      expected: type === 'ClusterIP' ? [] : HOSTS,
    },
  };
}

function withAnnotations(of: Service, annotations: Record<string, string> | undefined): Service {
  return annotations === undefined ? of : { ...of, metadata: { ...of.metadata, annotations } };
}

function runCases(type: AddressType, short: string): void {
  test.each(Object.entries(cases(type, short)))(
    '%s',
    async (_, { advert = [], spec, slices = [], annotations, expected, statement }) => {
      const lab = world();
      lab.set(...advert, ...slices, withAnnotations(serviceOf(type, spec), annotations));
      await lab.step();
      expect(lab.paths()).toEqual(expected);
      expect(Object.values(lab.statements('red')).toSorted()).toEqual(expected);
      if (statement !== undefined) expect(lab.statements('red')).toHaveProperty([statement]);
    },
  );
}

/** What three adverts that overlap come to. */
function overlapping(type: AddressType): readonly Resource[] {
  const attributes = [
    {
      communities: { standard: ['101:101'], large: ['1111:1111:1111'], wellKnown: ['no-export'] },
      localPreference: 200,
    },
    {
      communities: { standard: ['202:202'], large: ['2222:2222:2222'], wellKnown: ['no-export'] },
      localPreference: 50,
    },
    {
      communities: { standard: ['202:202', '303:303'], large: ['2222:2222:2222', '3333:3333:3333'] },
      localPreference: 50,
    },
  ];
  return attributes.map((given, index) =>
    advertisement(`overlap-${index}`, [serviceAdvertisement([type], { selector: labels, attributes: given })]),
  );
}

const MERGED = ' | 101:101 | 202:202 | 303:303 | no-export | 1111:1111:1111 | 2222:2222:2222 | 3333:3333:3333 | LP 200';

describe('Test_ServiceLBReconciler', () => {
  runCases('LoadBalancerIP', 'LB');

  test('Service (LB) of a foreign class is not announced, and one of ours is', async () => {
    const lab = world();
    lab.set(advertisement('a', [serviceAdvertisement(['LoadBalancerIP'])]));
    lab.set(serviceOf('LoadBalancerIP', { loadBalancerClass: 'io.cilium/bgp-control-plane' }));
    await lab.step();
    expect(lab.paths()).toEqual(HOSTS);
    lab.set(serviceOf('LoadBalancerIP', { loadBalancerClass: 'example.com/other' }));
    await lab.step();
    expect(lab.paths()).toEqual([]);
  });
});

describe('Test_ServiceLBReconcilerWithLegacyOriginAttr', () => {
  test('Service (LB) with advertisement(LB) and legacy origin attr - matching labels (eTP=cluster)', async () => {
    const lab = world({ services: { ready: true, announceWithoutEndpoints: true, legacyOrigin: true } });
    lab.set(
      advertisement('a', [serviceAdvertisement(['LoadBalancerIP', 'ClusterIP'], { selector: labels })]),
      serviceOf('LoadBalancerIP', { clusterIP: '10.2.0.1' }),
    );
    await lab.step();
    const origins = [...(lab.instances.get('instance')?.paths ?? [])].map(([p, { attributes }]) => [
      p,
      attributes.origin,
    ]);
    expect(Object.fromEntries(origins)).toEqual({
      [`${V4}/32`]: 'incomplete',
      [`${V6}/128`]: 'incomplete',
      '10.2.0.1/32': 'igp',
    });
  });
});

describe('Test_ServiceExternalIPReconciler', () => {
  runCases('ExternalIP', 'External');

  test('Service (External) with overlapping advertisement(External) - matching labels (eTP=cluster)', async () => {
    const lab = world();
    lab.set(...overlapping('ExternalIP'), serviceOf('ExternalIP'));
    await lab.step();
    expect(lab.statements('red')).toEqual({
      'Service-svc-1-default-ExternalIP-ipv4': `${V4}/32${MERGED}`,
      'Service-svc-1-default-ExternalIP-ipv6': `${V6}/128${MERGED}`,
    });
  });
});

describe('Test_ServiceClusterIPReconciler', () => {
  runCases('ClusterIP', 'Cluster');

  test('Service (Cluster) with overlapping advertisement(Cluster) - matching labels (iTP=cluster)', async () => {
    const lab = world();
    lab.set(...overlapping('ClusterIP'), serviceOf('ClusterIP'));
    await lab.step();
    expect(Object.values(lab.statements('red'))).toEqual([`${V4}/32${MERGED}`, `${V6}/128${MERGED}`]);
  });

  test('a headless service has nothing to announce', async () => {
    const lab = world();
    lab.set(advertisement('a', [serviceAdvertisement(['ClusterIP'])]));
    lab.set(service('svc-1', { clusterIP: 'None', clusterIPs: ['None'] }));
    await lab.step();
    expect(lab.paths()).toEqual([]);
  });
});

test('Test_ServiceAndAdvertisementModifications', async () => {
  const lab = world();
  // Initial setup - Service (nil) with advertisement( empty )
  lab.set(advertisement('a', []));
  await lab.step();
  expect(lab.paths()).toEqual([]);

  // Add service (Cluster, External) with advertisement(Cluster)
  const both = { clusterIP: '10.2.0.1', clusterIPs: ['10.2.0.1'], externalIPs: ['198.51.100.1'] };
  lab.set(service('svc-1', both), advertisement('a', [serviceAdvertisement(['ClusterIP'])]));
  await lab.step();
  expect(lab.paths()).toEqual(['10.2.0.1/32']);

  // Update advertisement(Cluster, External)
  lab.set(advertisement('a', [serviceAdvertisement(['ClusterIP', 'ExternalIP'])]));
  await lab.step();
  expect(lab.paths()).toEqual(['10.2.0.1/32', '198.51.100.1/32']);

  // Update service traffic policy local: no endpoints
  lab.set(service('svc-1', { ...both, externalTrafficPolicy: 'Local', internalTrafficPolicy: 'Local' }));
  await lab.step();
  expect(lab.paths()).toEqual([]);
  expect(lab.statements('red')).toEqual({});

  // Update local endpoints
  lab.set(...endpoints('svc-1', [{ node: NODE }]));
  await lab.step();
  expect(lab.paths()).toEqual(['10.2.0.1/32', '198.51.100.1/32']);

  // Delete local endpoints
  lab.delete(...endpoints('svc-1', [{ node: NODE }]));
  await lab.step();
  expect(lab.paths()).toEqual([]);
});

test('Test_ServiceVIPSharing', async () => {
  const lab = world();
  const first = service('svc-1', { ports: [{ port: 80 }] }, [V4]);
  const second = service('svc-2', { ports: [{ port: 443 }] }, [V4]);
  const owners = () => lab.plan.instances.get('instance')?.paths.get(`${V4}/32`)?.owners;

  // Add service 1 (port 80)
  lab.set(advertisement('a', [serviceAdvertisement(['LoadBalancerIP'])]), first);
  await lab.step();
  expect(lab.paths()).toEqual([`${V4}/32`]);

  // Add service 2 (port 443), same VIP
  lab.set(second);
  const added = await lab.step();
  expect(added.operations.map(({ type }) => type)).not.toContain('withdraw');
  expect(owners()).toEqual(['Service default/svc-1', 'Service default/svc-2']);
  expect(Object.keys(lab.statements('red'))).toEqual([
    'Service-svc-1-default-LoadBalancerIP-ipv4',
    'Service-svc-2-default-LoadBalancerIP-ipv4',
  ]);

  // Delete service 1: the route stays
  lab.delete(first);
  const deleted = await lab.step();
  expect(deleted.operations.map(({ type }) => type)).not.toContain('withdraw');
  expect(owners()).toEqual(['Service default/svc-2']);

  // Delete service 2
  lab.delete(second);
  await lab.step();
  expect(lab.paths()).toEqual([]);

  // Add service 1 with overlapping advertisements
  lab.set(
    first,
    advertisement('b', [
      serviceAdvertisement(['LoadBalancerIP'], { attributes: { communities: { standard: ['1:1'] } } }),
    ]),
  );
  await lab.step();
  expect(lab.statements('red')).toEqual({ 'Service-svc-1-default-LoadBalancerIP-ipv4': `${V4}/32 | 1:1` });
});

test('Test_ServiceAdvertisementWithPeerIPChange', async () => {
  const lab = world();
  // Add service and advertisement
  lab.set(advertisement('a', [serviceAdvertisement(['LoadBalancerIP'])]), serviceOf('LoadBalancerIP'));
  await lab.step();
  const neighbors = () => {
    const policy = lab.plan.instances.get('instance')?.policies.get('peer-red-export');
    return (policy === undefined ? [] : statementsOf(policy)).map(({ conditions }) =>
      String(conditions.matchNeighbors?.neighbors[0]),
    );
  };
  expect(new Set(neighbors())).toEqual(new Set([RED]));

  // Change peer IP address
  lab.set(clusterConfig([peer('red', BLUE, 'red')]));
  const { operations } = await lab.step();
  expect(new Set(neighbors())).toEqual(new Set([BLUE]));
  expect(operations.map(({ type }) => type)).toEqual(['remove-peer', 'update-policy', 'add-peer']);
  expect(lab.paths()).toEqual(HOSTS);
});

describe('script scenarios', () => {
  test('svc-adverts: LB, External and Cluster IP come and go by selector', async () => {
    const lab = world();
    const every = service('svc-1', { clusterIP: '10.2.0.1', externalIPs: ['198.51.100.1'] }, [V4], { labels });
    lab.set(every, advertisement('a', [serviceAdvertisement(['LoadBalancerIP', 'ExternalIP', 'ClusterIP'])]));
    await lab.step();
    expect(lab.paths()).toEqual(['10.2.0.1/32', `${V4}/32`, '198.51.100.1/32']);
    const selector = { 'io.kubernetes.service.name': 'svc-1', 'io.kubernetes.service.namespace': 'other' };
    lab.set(advertisement('a', [serviceAdvertisement(['LoadBalancerIP'], { selector })]));
    await lab.step();
    expect(lab.paths()).toEqual([]);
    const fitting = { ...selector, 'io.kubernetes.service.namespace': 'default' };
    lab.set(advertisement('a', [serviceAdvertisement(['ExternalIP'], { selector: fitting })]));
    await lab.step();
    expect(lab.paths()).toEqual(['198.51.100.1/32']);
  });

  test('svc-modifications: the VIP changes, then goes', async () => {
    const lab = world();
    lab.set(advertisement('a', [serviceAdvertisement(['LoadBalancerIP'])]), service('svc-1', {}, [V4]));
    await lab.step();
    lab.set(service('svc-1', {}, ['192.168.0.9']));
    await lab.step();
    expect(lab.paths()).toEqual(['192.168.0.9/32']);
    lab.set(service('svc-1', { type: 'LoadBalancer' }));
    await lab.step();
    expect(lab.paths()).toEqual([]);
  });

  test('svc-traffic-policy: endpoints of one family announce the address of that family only', async () => {
    const lab = world();
    lab.set(
      advertisement('a', [serviceAdvertisement(['LoadBalancerIP'])]),
      serviceOf('LoadBalancerIP', { externalTrafficPolicy: 'Local' }),
      ...endpoints('svc-1', [{ node: NODE }]).slice(1),
    );
    await lab.step();
    expect(lab.paths()).toEqual([`${V6}/128`]);
  });

  test('a slice that has none of the ports of the service is no backend', async () => {
    const lab = world();
    const [slice] = endpoints('svc-1', [{ node: NODE }]);
    if (slice === undefined) throw new Error('no slice');
    const ports = [{ name: 'http', port: 80 }];
    const local = service('svc-1', { externalTrafficPolicy: 'Local', ports }, [V4]);
    lab.set(advertisement('a', [serviceAdvertisement(['LoadBalancerIP'])]), local);
    lab.set({ ...slice, ports: [{ name: 'metrics', port: 9090 }] });
    await lab.step();
    expect(lab.paths()).toEqual([]);
    lab.set({ ...slice, ports: [{ name: 'http', port: 8080 }] });
    await lab.step();
    expect(lab.paths()).toEqual([`${V4}/32`]);
  });

  test('svc-no-endpoints: withdrawn without endpoints when these are not routable, kept when a proxy serves', async () => {
    const lab = world({ services: { ready: true, announceWithoutEndpoints: false, legacyOrigin: false } });
    lab.set(advertisement('a', [serviceAdvertisement(['LoadBalancerIP'])]), serviceOf('LoadBalancerIP'));
    await lab.step();
    expect(lab.paths()).toEqual([]);
    lab.set(...endpoints('svc-1', [{ node: 'node-2' }]));
    await lab.step();
    expect(lab.paths()).toEqual(HOSTS);
    lab.set(...endpoints('svc-1', [{ node: 'node-2', terminating: true }]));
    await lab.step();
    expect(lab.paths()).toEqual([]);
    lab.set(withAnnotations(serviceOf('LoadBalancerIP'), { 'service.cilium.io/proxy-redirect': 'true' }));
    await lab.step();
    expect(lab.paths()).toEqual(HOSTS);
    lab.set(serviceOf('LoadBalancerIP'));
    lab.setNode(facts());
    await lab.step();
    expect(lab.paths()).toEqual(HOSTS);
  });

  test('svc-path-attributes: LP 99, then 101, then overlapping 98 and 102', async () => {
    const lab = world();
    const with_ = (localPreference: number, community: string) =>
      serviceAdvertisement(['LoadBalancerIP'], {
        attributes: { localPreference, communities: { standard: [community] } },
      });
    lab.set(service('svc-1', {}, [V4]), advertisement('a', [with_(99, '65000:99')]));
    await lab.step();
    const name = 'Service-svc-1-default-LoadBalancerIP-ipv4';
    expect(lab.statements('red')).toEqual({ [name]: `${V4}/32 | 65000:99 | LP 99` });
    lab.set(advertisement('a', [with_(101, '65000:101')]));
    await lab.step();
    expect(lab.statements('red')).toEqual({ [name]: `${V4}/32 | 65000:101 | LP 101` });
    lab.set(advertisement('a', [with_(98, '65000:98')]), advertisement('b', [with_(102, '65000:102')]));
    await lab.step();
    expect(lab.statements('red')).toEqual({ [name]: `${V4}/32 | 65000:98 | 65000:102 | LP 102` });
  });

  test('svc-aggregation: 24/120, then 16/64, then none; Local stays /32', async () => {
    const lab = world();
    lab.set(serviceOf('LoadBalancerIP'));
    for (const [given, expected] of [
      [lengths, AGGREGATES],
      [{ ipv4: 16, ipv6: 64 }, ['192.168.0.0/16', '2001:db8:2::/64']],
      [{}, HOSTS],
    ] as const) {
      lab.set(advertisement('a', [serviceAdvertisement(['LoadBalancerIP'], { lengths: given })]));
      await lab.step();
      expect(lab.paths()).toEqual(expected);
    }
    lab.set(advertisement('a', [serviceAdvertisement(['LoadBalancerIP'], { lengths })]));
    lab.set(serviceOf('LoadBalancerIP', { externalTrafficPolicy: 'Local' }), ...endpoints('svc-1', [{}]));
    await lab.step();
    expect(lab.paths()).toEqual(HOSTS);
  });

  test('svc-aggregation-priority: the exact statement comes before the aggregate', async () => {
    const lab = world();
    const attributes = (localPreference: number) => ({
      localPreference,
      communities: { standard: [`65000:${localPreference}`] },
    });
    lab.set(
      service('svc-1', {}, [V4]),
      advertisement('a-aggregate', [
        serviceAdvertisement(['LoadBalancerIP'], { attributes: attributes(200), lengths: { ipv4: 24 } }),
      ]),
      advertisement('exact', [serviceAdvertisement(['LoadBalancerIP'], { attributes: attributes(100) })]),
    );
    await lab.step();
    expect(Object.entries(lab.statements('red'))).toEqual([
      ['Service-svc-1-default-LoadBalancerIP-ipv4', `${V4}/32 | 65000:100 | LP 100`],
      ['Service-svc-1-default-LoadBalancerIP-ipv4-agg-24', '192.168.0.0/24 | 65000:200 | LP 200'],
    ]);
  });

  test('svc-gateway-dummy-endpoints, svc-gateway-proxy-redirect: a gateway with eTP=Local is announced', async () => {
    const lab = world();
    const gateway = service('gw', { externalTrafficPolicy: 'Local' }, [V4], {
      labels: { 'io.cilium.gateway/owning-gateway': 'gw' },
    });
    lab.set(advertisement('a', [serviceAdvertisement(['LoadBalancerIP'])]), gateway);
    lab.set(...endpoints('gw', [{ node: 'nowhere' }]));
    await lab.step();
    expect(lab.paths()).toEqual([`${V4}/32`]);
  });

  test('svc-kpr-disabled: a service is announced with nothing but itself, as nothing of the datapath is looked at', async () => {
    const lab = world();
    const adverts = [advertisement('a', [serviceAdvertisement(['LoadBalancerIP', 'ExternalIP', 'ClusterIP'])])];
    lab.set(...adverts, service('svc', { clusterIP: '10.2.0.1', externalIPs: ['192.0.2.80'] }, [V4]));
    await lab.step();
    expect(lab.paths()).toEqual(['10.2.0.1/32', '192.0.2.80/32', `${V4}/32`].toSorted());
  });

  test('svc-lb-init-gating: nothing is announced before the state of services is ready', async () => {
    const lab = world({ services: { ready: false, announceWithoutEndpoints: true, legacyOrigin: false } });
    lab.set(advertisement('a', [serviceAdvertisement(['LoadBalancerIP'])]), serviceOf('LoadBalancerIP'));
    await lab.step();
    expect(lab.paths()).toEqual([]);
    lab.setNode(facts());
    await lab.step();
    expect(lab.paths()).toEqual(HOSTS);
  });
});

test('services whose names make one statement name have two statements', async () => {
  const lab = world();
  lab.set(
    advertisement('a', [serviceAdvertisement(['LoadBalancerIP'])]),
    service('a-b', {}, [V4], { namespace: 'c' }),
    service('a', {}, ['192.168.0.2'], { namespace: 'b-c' }),
  );
  await lab.step();
  expect(Object.keys(lab.statements('red'))).toEqual([
    'Service-a-b-c-LoadBalancerIP-ipv4',
    'Service-a-b-c-LoadBalancerIP-ipv4~1',
  ]);
});

test('a change of one service, or of its endpoints, has that service looked at and no other', async () => {
  const lab = world();
  const count = 50;
  lab.set(advertisement('a', [serviceAdvertisement(['LoadBalancerIP'])]));
  for (let i = 0; i < count; i++) lab.set(service(`svc-${i}`, {}, [`192.168.1.${i}`]));
  await lab.step();
  expect(lab.planner.evaluations).toBe(count);

  lab.set(service('svc-7', {}, ['192.168.2.7']));
  const { operations } = await lab.step();
  expect(lab.planner.evaluations).toBe(count + 1);
  expect(operations.map(({ type }) => type)).toEqual(['withdraw', 'update-policy', 'advertise']);

  lab.set(...endpoints('svc-9', [{ node: NODE }]));
  expect((await lab.step()).operations).toEqual([]);
  expect(lab.planner.evaluations).toBe(count + 2);

  // Another node says nothing about services.
  lab.set(ciliumNode({}, 'node-2'));
  await lab.step();
  expect(lab.planner.evaluations).toBe(count + 2);

  // Another advertisement concerns them all.
  lab.set(advertisement('b', [serviceAdvertisement(['ClusterIP'])]));
  await lab.step();
  expect(lab.planner.evaluations).toBe(2 * count + 2);
});
