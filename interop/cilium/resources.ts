// Cilium's resources as the scenarios write them: each function fills in what they have in common.

export type Manifest = Readonly<Record<string, unknown>>;
type Fields = Readonly<Record<string, unknown>>;

/** The addresses of `cilium.clab.yml`; which one of the node's the session comes from decides how the router above takes it. */
export const lab = {
  tor: { asn: 65000, address: '2001:db8:0:1::1', second: '2001:db8:0:1::2', ipv4: '10.0.1.1' },
  spare: { asn: 65100, address: '2001:db8:0:2::1', ipv4: '10.0.2.1' },
  node: {
    asn: 65001,
    /** The kernel's choice towards `tor`. */
    address: '2001:db8:0:1::a',
    ipv4: '10.0.1.10',
    /** Another external neighbor. */
    second: '2001:db8:0:1::100b',
    internal: '2001:db8:0:1::1:a',
    /** Internal, with a password. */
    signed: '2001:db8:0:1::2:a',
    /** Towards `spare`. */
    spare: '2001:db8:0:2::a',
    spare4: '10.0.2.10',
  },
} as const;

export const nodeName = 'node';
/** Of peers by default. */
const timers = { connectRetryTimeSeconds: 1, holdTimeSeconds: 9, keepAliveTimeSeconds: 3 };

export function ciliumNode(ipam: Fields = {}, labels: Fields = {}): Manifest {
  const addresses = [{ type: 'InternalIP', ip: lab.node.ipv4 }];
  const metadata = { name: nodeName, labels: { bgp: 'yes', ...labels } };
  return { apiVersion: 'cilium.io/v2', kind: 'CiliumNode', metadata, spec: { addresses, ipam } };
}

export function clusterConfig(...bgpInstances: readonly Fields[]): Manifest {
  const spec = { nodeSelector: { matchLabels: { bgp: 'yes' } }, bgpInstances };
  return { apiVersion: 'cilium.io/v2', kind: 'CiliumBGPClusterConfig', metadata: { name: 'cluster' }, spec };
}

/** An instance of the cluster configuration. */
export function instance(name: string, localASN: number, ...peers: readonly Fields[]): Fields {
  return { name, localASN, peers };
}

/** A peer of an instance; it has the peer configuration `config`. */
export function peer(name: string, peerAddress: string, peerASN: number, config = 'peer'): Fields {
  return { name, peerAddress, peerASN, peerConfigRef: { name: config } };
}

/** One instance with one peer: the router above. */
export function oneSession(peerAddress: string = lab.tor.address): Manifest {
  return clusterConfig(instance('main', lab.node.asn, peer('tor', peerAddress, lab.tor.asn)));
}

/** Families with the advertisements that are labelled `to: name`. */
export function peerConfig(name = 'peer', more: Fields = {}): Manifest {
  const families = ['ipv6', 'ipv4'].map((afi) => ({
    afi,
    safi: 'unicast',
    advertisements: { matchLabels: { to: name } },
  }));
  const spec = { timers, families, ...more };
  return { apiVersion: 'cilium.io/v2', kind: 'CiliumBGPPeerConfig', metadata: { name }, spec };
}

/** Where a peer of the instance `main` and others have their source. */
export function override(...bgpInstances: readonly Fields[]): Manifest {
  const metadata = { name: nodeName };
  return { apiVersion: 'cilium.io/v2', kind: 'CiliumBGPNodeConfigOverride', metadata, spec: { bgpInstances } };
}

export function advertisement(name: string, to: string, ...advertisements: readonly Fields[]): Manifest {
  const metadata = { name, labels: { to } };
  return { apiVersion: 'cilium.io/v2', kind: 'CiliumBGPAdvertisement', metadata, spec: { advertisements } };
}

/** An entry of an advertisement: addresses of the services that are labelled `bgp: yes`. */
export function services(addresses: readonly string[], more: Fields = {}, aggregation: Fields = {}): Fields {
  const selector = { matchLabels: { bgp: 'yes' } };
  return { advertisementType: 'Service', service: { addresses, ...aggregation }, selector, ...more };
}

export interface ServiceOptions {
  readonly labels?: Fields;
  readonly annotations?: Fields;
  /** Addresses that a load balancer has given it. */
  readonly ingress?: readonly string[];
  readonly port?: number;
}

export function service(
  name: string,
  spec: Fields,
  { labels = {}, annotations = {}, ingress = [], port = 80 }: ServiceOptions = {},
): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default', labels: { bgp: 'yes', ...labels }, annotations },
    spec: { type: 'LoadBalancer', ports: [{ port }], ...spec },
    status: { loadBalancer: { ingress: ingress.map((ip) => ({ ip })) } },
  };
}

/** The endpoints of a service, IPv6 and ready: one on each of the nodes. */
export function endpoints(name: string, nodes: readonly string[], conditions: Fields = { ready: true }): Manifest {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-1`, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv6',
    endpoints: nodes.map((node, index) => ({ addresses: [`2001:db8:a::${index + 1}`], nodeName: node, conditions })),
    ports: [{ port: 80 }],
  };
}

/** One instance with one internal session to the router above: the only kind that shows a local preference. */
export function internalSession(from: string = lab.node.internal): readonly Manifest[] {
  return [
    clusterConfig(instance('main', lab.tor.asn, peer('tor', lab.tor.address, lab.tor.asn))),
    override({ name: 'main', peers: [{ name: 'tor', localAddress: from }] }),
  ];
}
