import { describe, expect, test } from 'vitest';
import { convertPeeringPolicy } from '../../../src/controlplane/resources/legacy.ts';
import type { CiliumBGPPeeringPolicy, Metadata, VirtualRouter } from '../../../src/controlplane/resources/types.ts';
import { validate } from '../../../src/controlplane/resources/validate.ts';
import { good } from './good.ts';

const neighbor = { peerAddress: '2001:db8:ffff::1/128', peerASN: 65000 };

function policyOf(...virtualRouters: VirtualRouter[]): CiliumBGPPeeringPolicy {
  return {
    apiVersion: 'cilium.io/v2alpha1',
    kind: 'CiliumBGPPeeringPolicy',
    metadata: { name: 'edge-router-peer' },
    spec: { nodeSelector: { matchLabels: { 'kubernetes.io/os': 'linux' } }, virtualRouters },
  };
}

function convert(policy: CiliumBGPPeeringPolicy, metadata: Partial<Metadata> = {}) {
  return convertPeeringPolicy(policy, { metadata: { name: 'n1', ...metadata } });
}

function advertisements(router: Partial<VirtualRouter>, metadata: Partial<Metadata> = {}) {
  const policy = policyOf({ localASN: 65001, neighbors: [neighbor], ...router });
  return convert(policy, metadata).advertisements.flatMap(({ spec }) => spec.advertisements);
}

test('a policy with pod prefixes', () => {
  const timers = { connectRetryTimeSeconds: 10, holdTimeSeconds: 90, keepAliveTimeSeconds: 30 };
  const policy = policyOf({ localASN: 65001, exportPodCIDR: true, neighbors: [{ ...neighbor, ...timers }] });
  const name = 'edge-router-peer-65001-2001-db8-ffff--1';
  const labels = { 'edge-router-peer/neighbor': '65001-2001-db8-ffff--1' };
  const selector = { matchLabels: labels };
  expect(convert(policy)).toEqual({
    clusterConfig: {
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumBGPClusterConfig',
      metadata: { name: 'edge-router-peer' },
      spec: {
        nodeSelector: { matchLabels: { 'kubernetes.io/os': 'linux' } },
        bgpInstances: [
          {
            name: 'virtual-router-65001',
            localASN: 65001,
            peers: [
              {
                name: '2001:db8:ffff::1',
                peerAddress: '2001:db8:ffff::1',
                peerASN: 65000,
                peerConfigRef: { name },
              },
            ],
          },
        ],
      },
    },
    peerConfigs: [
      {
        apiVersion: 'cilium.io/v2',
        kind: 'CiliumBGPPeerConfig',
        metadata: { name },
        spec: {
          timers,
          families: [
            { afi: 'ipv6', safi: 'unicast', advertisements: selector },
            { afi: 'ipv4', safi: 'unicast', advertisements: selector },
          ],
        },
      },
    ],
    advertisements: [
      {
        apiVersion: 'cilium.io/v2',
        kind: 'CiliumBGPAdvertisement',
        metadata: { name, labels },
        spec: { advertisements: [{ advertisementType: 'PodCIDR' }] },
      },
    ],
    warnings: [],
  });
});

test('everything that a policy can say comes to resources that are right', () => {
  const { clusterConfig, peerConfigs, advertisements, override } = convert(good.CiliumBGPPeeringPolicy, {
    annotations: { 'cilium.io/bgp-virtual-router.65001': 'router-id=192.0.2.1,local-port=179' },
  });
  const all = [clusterConfig, ...peerConfigs, ...advertisements, override];
  expect(all).toHaveLength(4);
  for (const resource of all) expect(validate(resource)).toEqual({ ok: true, resource, warnings: [] });
  expect(peerConfigs[0]?.spec).toMatchObject({
    transport: { peerPort: 1179 },
    timers: { connectRetryTimeSeconds: 5, holdTimeSeconds: 9, keepAliveTimeSeconds: 3 },
    authSecretRef: 'password',
    gracefulRestart: { enabled: false, restartTimeSeconds: 1 },
    ebgpMultihop: 2,
    families: [{ afi: 'ipv4', safi: 'unicast' }],
  });
});

test.each(['fd00::/128', '::1/128', '192.0.2.1/32', '2001:db8:1:2:3:4:5:6/128'])(
  'the names for %s are right',
  (peerAddress) => {
    const policy = policyOf({ localASN: 4294967295, exportPodCIDR: true, neighbors: [{ peerAddress, peerASN: 1 }] });
    const { clusterConfig, peerConfigs, advertisements } = convert(policy);
    for (const resource of [clusterConfig, ...peerConfigs, ...advertisements]) expect(validate(resource).ok).toBe(true);
  },
);

test('without anything to announce nothing is selected', () => {
  const { advertisements, peerConfigs } = convert(policyOf({ localASN: 1, neighbors: [neighbor] }));
  expect(advertisements).toEqual([]);
  expect(peerConfigs[0]?.spec.families).toEqual([
    { afi: 'ipv6', safi: 'unicast' },
    { afi: 'ipv4', safi: 'unicast' },
  ]);
});

test('each neighbor is advertised what its own router has', () => {
  const other = { peerAddress: '192.0.2.1/32', peerASN: 65000 };
  const policy = policyOf(
    { localASN: 1, exportPodCIDR: true, neighbors: [neighbor] },
    { localASN: 2, serviceSelector: {}, neighbors: [neighbor, other] },
  );
  const { clusterConfig, advertisements } = convert(policy);
  expect(clusterConfig.spec.bgpInstances.map(({ name, peers }) => [name, peers?.map((peer) => peer.name)])).toEqual([
    ['virtual-router-1', ['2001:db8:ffff::1']],
    ['virtual-router-2', ['2001:db8:ffff::1', '192.0.2.1']],
  ]);
  expect(new Set(advertisements.map(({ metadata }) => JSON.stringify(metadata.labels))).size).toBe(3);
});

describe('what is advertised', () => {
  test('services: load balancer addresses where nothing else is said', () => {
    expect(advertisements({ serviceSelector: {} })).toEqual([
      { advertisementType: 'Service', selector: {}, service: { addresses: ['LoadBalancerIP'] } },
    ]);
  });

  test('only load balancer addresses have the path attributes of pools', () => {
    const advertisedPathAttributes = [{ selectorType: 'CiliumLoadBalancerIPPool' as const, localPreference: 0 }];
    const router = {
      serviceSelector: { matchLabels: { a: 'b' } },
      serviceAdvertisements: ['ClusterIP', 'LoadBalancerIP'] as const,
      neighbors: [{ ...neighbor, advertisedPathAttributes }],
    };
    const selector = { matchLabels: { a: 'b' } };
    expect(advertisements(router)).toEqual([
      {
        advertisementType: 'Service',
        selector,
        service: { addresses: ['LoadBalancerIP'] },
        attributes: { localPreference: 0 },
      },
      { advertisementType: 'Service', selector, service: { addresses: ['ClusterIP'] } },
    ]);
  });

  test('pod prefixes have the first path attributes whose selector fits the node', () => {
    const advertisedPathAttributes = [
      { selectorType: 'PodCIDR' as const, selector: { matchLabels: { rack: 'r2' } }, localPreference: 2 },
      { selectorType: 'PodCIDR' as const, communities: { wellKnown: ['no-export'] } },
    ];
    const router = { exportPodCIDR: true, neighbors: [{ ...neighbor, advertisedPathAttributes }] };
    expect(advertisements(router, { labels: { rack: 'r2' } })).toEqual([
      { advertisementType: 'PodCIDR', attributes: { localPreference: 2 } },
    ]);
    expect(advertisements(router)).toEqual([
      { advertisementType: 'PodCIDR', attributes: { communities: { wellKnown: ['no-export'] } } },
    ]);
  });

  test('pod pools: path attributes for those that both selectors fit, then the others', () => {
    const selector = { matchLabels: { a: '1' }, matchExpressions: [{ key: 'b', operator: 'Exists' as const }] };
    const advertisedPathAttributes = [{ selectorType: 'CiliumPodIPPool' as const, selector, localPreference: 7 }];
    const podIPPoolSelector = { matchLabels: { a: '2' } };
    expect(advertisements({ podIPPoolSelector, neighbors: [{ ...neighbor, advertisedPathAttributes }] })).toEqual([
      {
        advertisementType: 'CiliumPodIPPool',
        selector: {
          matchLabels: { a: '2' },
          matchExpressions: [
            { key: 'a', operator: 'In', values: ['1'] },
            { key: 'b', operator: 'Exists' },
          ],
        },
        attributes: { localPreference: 7 },
      },
      { advertisementType: 'CiliumPodIPPool', selector: podIPPoolSelector },
    ]);
    expect(advertisements({ podIPPoolSelector })).toEqual([
      { advertisementType: 'CiliumPodIPPool', selector: podIPPoolSelector },
    ]);
  });
});

describe('annotations of the node', () => {
  const policy = policyOf({ localASN: 65001, neighbors: [neighbor] });
  const annotated = (text: string) => convert(policy, { annotations: { 'cilium.io/bgp-virtual-router.65001': text } });

  test('become an override', () => {
    expect(annotated('router-id=192.0.2.1, local-port=1179').override).toEqual({
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumBGPNodeConfigOverride',
      metadata: { name: 'n1' },
      spec: { bgpInstances: [{ name: 'virtual-router-65001', routerID: '192.0.2.1', localPort: 1179 }] },
    });
  });

  test.each(['', 'router-id=::1', 'router-id=0.0.0.0', 'local-port=0', 'local-port=65536', 'localport=5'])(
    '%j is left out with a warning',
    (text) => {
      const { override, warnings } = annotated(text);
      expect(override).toBeUndefined();
      expect(warnings).toEqual([
        `node n1: annotation cilium.io/bgp-virtual-router.65001: '${text}' is neither router-id=IPV4 nor local-port=PORT`,
      ]);
    },
  );

  test('of another router is none of this one', () => {
    const other = convert(policy, { annotations: { 'cilium.io/bgp-virtual-router.65002': 'local-port=1' } });
    expect(other).toMatchObject({ warnings: [] });
    expect(other.override).toBeUndefined();
  });
});
