import { expect, test } from 'vitest';
import { faultsIn, ofKind } from './validated.ts';

test.each<[unknown, string]>([
  [ofKind.service('spec.type', 'LB'), 'spec.type: must be one of ClusterIP, NodePort, LoadBalancer, ExternalName'],
  [ofKind.service('spec.clusterIP', 'none'), "spec.clusterIP: 'none' is not an IP address"],
  [ofKind.service('spec.externalTrafficPolicy', 'local'), 'spec.externalTrafficPolicy: must be one of Cluster, Local'],
  [ofKind.service('spec.ports.0.port', 0), 'spec.ports[0].port: must be at least 1'],
  [ofKind.service('spec.ports.0.targetPort', true), 'spec.ports[0].targetPort: must be a number or a name'],
  [ofKind.service('spec.selector', { a: 1 }), 'spec.selector.a: must be text'],
  [
    ofKind.service('status.loadBalancer.ingress.0.ip', '1.2.3'),
    "status.loadBalancer.ingress[0].ip: '1.2.3' is not an IPv4 address",
  ],
  [
    ofKind.service('metadata.namespace', 'a.b'),
    "metadata.namespace: must be a namespace: at most 63 lower case letters, digits and '-', starting and ending with one of the first two",
  ],
  [ofKind.slice('addressType', 'ipv4'), 'addressType: must be one of IPv4, IPv6, FQDN'],
  [ofKind.slice('endpoints.0.addresses', []), 'endpoints[0].addresses: must have at least 1 entry'],
  [ofKind.slice('endpoints.0.addresses.0', '10.0.0.1'), 'endpoints[0].addresses[0]: must be an IPv6 address'],
  [ofKind.slice('endpoints.0.conditions.ready', 'True'), 'endpoints[0].conditions.ready: must be true or false'],
  [ofKind.secret('data.password', 'not base64!'), 'data.password: must be text in UTF-8, encoded with base64'],
  [ofKind.secret('data.password', '/w=='), 'data.password: must be text in UTF-8, encoded with base64'],
  [ofKind.secret('data.password', 5), 'data.password: must be text'],
  [ofKind.secret('stringData.other', 5), 'stringData.other: must be text'],
])('Service, EndpointSlice and Secret: %#', (given, fault) => {
  expect(faultsIn(given)).toEqual([fault]);
});
