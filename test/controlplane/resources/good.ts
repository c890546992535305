import type { LabelSelector } from '../../../src/controlplane/resources/types.ts';

// One manifest of each kind that uses every field there is, and is already as a resource is kept.

const selector: LabelSelector = {
  matchLabels: { 'bgp.example/peer': 'yes', plain: '' },
  matchExpressions: [
    { key: 'rack', operator: 'In', values: ['r1', 'r2'] },
    { key: 'zone', operator: 'NotIn', values: ['edge'] },
    { key: 'spare', operator: 'Exists' },
    { key: 'retired', operator: 'DoesNotExist' },
  ],
};

const metadata = {
  name: 'one.of-these',
  labels: { app: 'web', 'example.com/tier': 'Front_1.x' },
  annotations: { note: 'anything at all: é' },
  creationTimestamp: '2026-01-01T00:00:00Z',
};

const namespaced = { ...metadata, namespace: 'prod' };

export const good = {
  CiliumBGPClusterConfig: {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumBGPClusterConfig',
    metadata,
    spec: {
      nodeSelector: selector,
      bgpInstances: [
        {
          name: 'main',
          localASN: 4294967295,
          localPort: 179,
          peers: [
            { name: 'tor', peerAddress: '2001:db8::1', peerASN: 0, peerConfigRef: { name: 'tor' } },
            { name: 'link', peerAddress: 'fe80::1%eth0', peerASN: 65000 },
            {
              name: 'gateway',
              peerASN: 65000,
              autoDiscovery: { mode: 'DefaultGateway', defaultGateway: { addressFamily: 'ipv6' } },
            },
          ],
        },
        { name: 'second' },
      ],
    },
  },
  CiliumBGPPeerConfig: {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumBGPPeerConfig',
    metadata,
    spec: {
      transport: { peerPort: 1790, sourceInterface: 'lo' },
      timers: { connectRetryTimeSeconds: 1, holdTimeSeconds: 3, keepAliveTimeSeconds: 3 },
      authSecretRef: 'bgp-password',
      gracefulRestart: { enabled: false, restartTimeSeconds: 4095 },
      bfd: {
        enabled: false,
        transmitIntervalMilliseconds: 50,
        receiveIntervalMilliseconds: 60000,
        detectionMultiplier: 255,
        strict: true,
      },
      ebgpMultihop: 255,
      families: [
        { afi: 'ipv6', safi: 'unicast', advertisements: selector },
        { afi: 'l2vpn', safi: 'evpn' },
      ],
    },
  },
  CiliumBGPAdvertisement: {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumBGPAdvertisement',
    metadata,
    spec: {
      advertisements: [
        {
          advertisementType: 'PodCIDR',
          attributes: {
            communities: {
              standard: ['65000:1', '0', '4294967295'],
              wellKnown: ['no-export'],
              large: ['1:0:4294967295'],
            },
            localPreference: 0,
            med: 10,
            asPathPrepend: [65001, 65001],
            extendedCommunities: ['rt:65001:100', '0x0123456789abcdef'],
            origin: 'incomplete',
          },
        },
        { advertisementType: 'CiliumPodIPPool', selector: {} },
        {
          advertisementType: 'Service',
          service: {
            addresses: ['LoadBalancerIP', 'ClusterIP', 'ExternalIP'],
            aggregationLengthIPv4: 31,
            aggregationLengthIPv6: 0,
          },
          selector,
        },
        { advertisementType: 'Interface', interface: { name: 'lo' } },
        { advertisementType: 'Prefixes', prefixes: ['2001:db8::/32', '192.0.2.0/24'], nextHop: '2001:db8::1,fe80::1' },
      ],
    },
  },
  CiliumBGPNodeConfigOverride: {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumBGPNodeConfigOverride',
    metadata,
    spec: {
      bgpInstances: [
        {
          name: 'main',
          routerID: '192.0.2.1',
          localPort: 1179,
          localASN: 65001,
          peers: [{ name: 'tor', localAddress: '2001:db8::2', localPort: 50000 }],
        },
      ],
    },
  },
  CiliumLoadBalancerIPPool: {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumLoadBalancerIPPool',
    metadata,
    spec: {
      serviceSelector: selector,
      allowFirstLastIPs: 'No',
      blocks: [{ cidr: '2001:db8:1::/112' }, { start: '192.0.2.1', stop: '192.0.2.9' }, { start: '192.0.2.20' }],
      disabled: false,
    },
  },
  CiliumPodIPPool: {
    apiVersion: 'cilium.io/v2alpha1',
    kind: 'CiliumPodIPPool',
    metadata,
    spec: {
      ipv4: { cidrs: ['10.0.0.0/8'], maskSize: 24 },
      ipv6: { cidrs: ['2001:db8::/48', '2001:db8:1::/64'], maskSize: 64 },
      allowFirstIP: true,
      allowLastIP: false,
      podSelector: {},
      namespaceSelector: selector,
    },
  },
  CiliumNode: {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumNode',
    metadata,
    spec: {
      addresses: [{ type: 'InternalIP', ip: '2001:db8::2' }],
      ipam: {
        podCIDRs: ['2001:db8:2::/64', '10.1.0.0/24'],
        pools: {
          allocated: [{ pool: 'default', cidrs: ['2001:db8:3::/64'], allowFirstIP: true, allowLastIP: true }],
          requested: [{ pool: 'default', needed: { 'ipv4-addrs': 0, 'ipv6-addrs': 8 } }],
        },
      },
    },
  },
  Service: {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: namespaced,
    spec: {
      type: 'LoadBalancer',
      clusterIP: 'fd00::10',
      clusterIPs: ['fd00::10', '10.96.0.10'],
      externalIPs: ['192.0.2.50'],
      loadBalancerClass: 'io.cilium/bgp-control-plane',
      loadBalancerIP: '192.0.2.51',
      externalTrafficPolicy: 'Local',
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv6', 'IPv4'],
      ipFamilyPolicy: 'PreferDualStack',
      publishNotReadyAddresses: false,
      healthCheckNodePort: 30000,
      ports: [
        { name: 'http', protocol: 'TCP', port: 80, targetPort: 'web', nodePort: 30080 },
        { name: 'dns', protocol: 'UDP', port: 53, targetPort: 5353 },
      ],
      selector: { app: 'web' },
    },
    status: {
      loadBalancer: { ingress: [{ ip: '192.0.2.51', ipMode: 'VIP' }, { hostname: 'lb.example' }] },
      conditions: [
        { type: 'a', status: 'True', reason: 'b', message: 'c', lastTransitionTime: '', observedGeneration: 1 },
      ],
    },
  },
  EndpointSlice: {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...namespaced, labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv6',
    endpoints: [
      {
        addresses: ['2001:db8:2::5'],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: 'n1',
        hostname: 'web-0',
        zone: 'a',
      },
      { addresses: ['2001:db8:2::6'] },
    ],
    ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
  },
  CiliumBGPPeeringPolicy: {
    apiVersion: 'cilium.io/v2alpha1',
    kind: 'CiliumBGPPeeringPolicy',
    metadata,
    spec: {
      nodeSelector: selector,
      virtualRouters: [
        {
          localASN: 65001,
          exportPodCIDR: true,
          podIPPoolSelector: {},
          serviceSelector: selector,
          serviceAdvertisements: ['ClusterIP'],
          neighbors: [
            {
              peerAddress: '192.0.2.1/32',
              peerPort: 1179,
              peerASN: 0,
              authSecretRef: 'password',
              eBGPMultihopTTL: 2,
              connectRetryTimeSeconds: 5,
              holdTimeSeconds: 9,
              keepAliveTimeSeconds: 3,
              gracefulRestart: { enabled: false, restartTimeSeconds: 1 },
              families: [{ afi: 'ipv4', safi: 'unicast' }],
              advertisedPathAttributes: [
                {
                  selectorType: 'PodCIDR',
                  selector,
                  communities: { standard: ['1:1'] },
                  localPreference: 4294967295,
                },
              ],
            },
          ],
        },
      ],
    },
  },
} as const;

export const secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: namespaced,
  type: 'Opaque',
  data: { password: 'czNjcmV0', other: 'w6k=' },
  stringData: { other: 'plain' },
};
