import { expect, test } from 'vitest';
import type { CiliumLoadBalancerIPPool, CiliumPodIPPool, Service } from '../../../src/controlplane/resources/types.ts';
import {
  endpointConditions,
  loadBalancerIPPoolWithDefaults,
  peerConfigWithDefaults,
  podIPPoolWithDefaults,
  serviceWithDefaults,
} from '../../../src/controlplane/resources/with-defaults.ts';
import { good } from './good.ts';

const defaults = {
  transport: { peerPort: 179 },
  timers: { connectRetryTimeSeconds: 120, holdTimeSeconds: 90, keepAliveTimeSeconds: 30 },
  gracefulRestart: { enabled: false, restartTimeSeconds: 120 },
  bfd: {
    enabled: false,
    transmitIntervalMilliseconds: 300,
    receiveIntervalMilliseconds: 300,
    detectionMultiplier: 3,
    strict: false,
  },
  ebgpMultihop: 1,
  families: [
    { afi: 'ipv6', safi: 'unicast' },
    { afi: 'ipv4', safi: 'unicast' },
  ],
};

test('a peer without a CiliumBGPPeerConfig has Cilium’s defaults', () => {
  expect(peerConfigWithDefaults({})).toEqual(defaults);
  expect(peerConfigWithDefaults({ families: [] })).toEqual(defaults);
});

test('what is given stays', () => {
  expect(peerConfigWithDefaults(good.CiliumBGPPeerConfig.spec)).toEqual(good.CiliumBGPPeerConfig.spec);
});

test.each([
  [90, 30],
  [3, 1],
  [9, 3],
  [65535, 30],
])('with a hold time of %i s and no other, a keepalive every %i s', (holdTimeSeconds, keepAliveTimeSeconds) => {
  expect(peerConfigWithDefaults({ timers: { holdTimeSeconds } }).timers).toEqual({
    connectRetryTimeSeconds: 120,
    holdTimeSeconds,
    keepAliveTimeSeconds,
  });
});

test('a service', () => {
  const service: Service = { ...good.Service, spec: { ports: [{ port: 80 }, { port: 53, protocol: 'UDP' }] } };
  expect(serviceWithDefaults(service)).toEqual({
    type: 'ClusterIP',
    externalTrafficPolicy: 'Cluster',
    internalTrafficPolicy: 'Cluster',
    ports: [
      { port: 80, protocol: 'TCP' },
      { port: 53, protocol: 'UDP' },
    ],
  });
});

test.each([
  [undefined, { ready: true, serving: true, terminating: false }],
  [{}, { ready: true, serving: true, terminating: false }],
  [{ ready: false }, { ready: false, serving: false, terminating: false }],
  [
    { ready: false, serving: true, terminating: true },
    { ready: false, serving: true, terminating: true },
  ],
])('an endpoint with the conditions %j', (conditions, expected) => {
  const endpoint = { addresses: ['::1'], ...(conditions && { conditions }) };
  expect(endpointConditions(endpoint)).toEqual(expected);
});

test('pools', () => {
  const pool: CiliumLoadBalancerIPPool = { ...good.CiliumLoadBalancerIPPool, spec: {} };
  expect(loadBalancerIPPoolWithDefaults(pool)).toEqual({ allowFirstLastIPs: true, disabled: false });
  expect(loadBalancerIPPoolWithDefaults({ ...pool, spec: { allowFirstLastIPs: 'No' } }).allowFirstLastIPs).toBe(false);
  const pods: CiliumPodIPPool = { ...good.CiliumPodIPPool, spec: {} };
  expect(podIPPoolWithDefaults(pods)).toEqual({ allowFirstIP: false, allowLastIP: false });
});
