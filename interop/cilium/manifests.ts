import { rack } from '../rack/addresses.ts';

// The resources of a small cluster on `rack.clab.yml`: two nodes, their pod prefixes from one pool, two services.

const { worker1, worker2 } = rack;

const node = (name: string, address: string) => `
apiVersion: cilium.io/v2
kind: CiliumNode
metadata: { name: ${name}, labels: { rack: rack1, kubernetes.io/hostname: ${name} } }
spec:
  addresses: [{ type: InternalIP, ip: "${address}" }]
  ipam: { pools: { requested: [{ pool: default, needed: { ipv6-addrs: 16 } }] } }
---`;

const clusterConfig = (name: string, asn: number, tor: string) => `
apiVersion: cilium.io/v2
kind: CiliumBGPClusterConfig
metadata: { name: ${name} }
spec:
  nodeSelector: { matchLabels: { kubernetes.io/hostname: ${name} } }
  bgpInstances:
    - name: rack
      localASN: ${asn}
      peers: [{ name: tor, peerAddress: "${tor}", peerASN: ${rack.asn}, peerConfigRef: { name: tor } }]
---`;

const service = (name: string, vip: string, policy: 'Cluster' | 'Local') => `
apiVersion: v1
kind: Service
metadata:
  name: ${name}
  namespace: default
  labels: { expose: bgp }
  annotations: { lbipam.cilium.io/ips: "${vip}" }
spec: { type: LoadBalancer, externalTrafficPolicy: ${policy}, ipFamilies: [IPv6], ports: [{ port: 80 }] }
---`;

/** Where the one endpoint of a service is. */
export const endpoint = (name: string, node: string): string => `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ${name}-1, namespace: default, labels: { kubernetes.io/service-name: ${name} } }
addressType: IPv6
endpoints: [{ addresses: ["2001:db8:a::80"], nodeName: ${node}, conditions: { ready: true } }]
ports: [{ port: 80 }]
---`;

export const vips = { shared: rack.vip, local: '2001:db8:1:1::53' } as const;

export const manifests = `
${clusterConfig('worker1', worker1.asn, worker1.tor)}
${clusterConfig('worker2', worker2.asn, worker2.tor)}
apiVersion: cilium.io/v2
kind: CiliumBGPPeerConfig
metadata: { name: tor }
spec:
  timers: { connectRetryTimeSeconds: 1, holdTimeSeconds: 9, keepAliveTimeSeconds: 3 }
  families: [{ afi: ipv6, safi: unicast, advertisements: { matchLabels: { advertise: bgp } } }]
---
apiVersion: cilium.io/v2
kind: CiliumBGPAdvertisement
metadata: { name: rack, labels: { advertise: bgp } }
spec:
  advertisements:
    - advertisementType: CiliumPodIPPool
      selector: { matchLabels: { pool: default } }
      attributes: { communities: { standard: ["65001:100"] } }
    - advertisementType: Service
      service: { addresses: [LoadBalancerIP] }
      selector: { matchLabels: { expose: bgp } }
      attributes: { communities: { standard: ["65001:200"] } }
---
apiVersion: cilium.io/v2alpha1
kind: CiliumPodIPPool
metadata: { name: default, labels: { pool: default } }
spec: { ipv6: { cidrs: ["2001:db8:a::/56"], maskSize: 64 } }
---
apiVersion: cilium.io/v2
kind: CiliumLoadBalancerIPPool
metadata: { name: vips }
spec: { blocks: [{ cidr: "2001:db8:1:1::/112" }] }
---
${node('worker1', worker1.address)}
${node('worker2', worker2.address)}
${service('web', vips.shared, 'Cluster')}
${service('dns', vips.local, 'Local')}
${endpoint('web', 'worker1')}
${endpoint('dns', 'worker1')}
`;
