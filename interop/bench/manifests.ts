import { prefixOf } from './routes.ts';

export type Manifest = Readonly<Record<string, unknown>>;

const pool: Manifest = {
  apiVersion: 'cilium.io/v2',
  kind: 'CiliumLoadBalancerIPPool',
  metadata: { name: 'vips' },
  spec: { blocks: [{ cidr: '2001:db8::/32' }] },
};

const node: Manifest = {
  apiVersion: 'cilium.io/v2',
  kind: 'CiliumNode',
  metadata: { name: 'bench' },
  spec: { addresses: [{ type: 'InternalIP', ip: '192.0.2.2' }] },
};

/** What is there before any Service. */
export const ground: readonly Manifest[] = [pool, node];

/** One instance with a session to each of these addresses, and that many advertisements that all cover every Service. */
export function instance(peers: readonly string[], advertisements: number): readonly Manifest[] {
  return [
    {
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumBGPClusterConfig',
      metadata: { name: 'bench' },
      spec: {
        bgpInstances: [
          {
            name: 'bench',
            localASN: 65001,
            peers: peers.map((peerAddress, index) => ({
              name: `sink-${index}`,
              peerAddress,
              peerASN: 65000,
              peerConfigRef: { name: 'sink' },
            })),
          },
        ],
      },
    },
    {
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumBGPPeerConfig',
      metadata: { name: 'sink' },
      spec: {
        timers: { connectRetryTimeSeconds: 1, holdTimeSeconds: 240, keepAliveTimeSeconds: 80 },
        families: [{ afi: 'ipv6', safi: 'unicast', advertisements: { matchLabels: { to: 'sink' } } }],
      },
    },
    ...Array.from({ length: advertisements }, (_, index) => ({
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumBGPAdvertisement',
      metadata: { name: `services-${index}`, labels: { to: 'sink' } },
      spec: {
        advertisements: [
          {
            advertisementType: 'Service',
            service: { addresses: ['LoadBalancerIP'] },
            selector: { matchLabels: { app: 'web' } },
            attributes: { communities: { standard: [`65001:${index}`] } },
          },
        ],
      },
    })),
  ];
}

/** A Service that asks for one address: the first of the route of that number. */
export function service(index: number, route: number): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: `web-${index}`,
      namespace: 'default',
      labels: { app: 'web' },
      annotations: { 'lbipam.cilium.io/ips': prefixOf(route) },
    },
    spec: {
      type: 'LoadBalancer',
      selector: { app: `web-${index}` },
      ipFamilies: ['IPv6'],
      ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
    },
  };
}
