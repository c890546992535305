import * as z from 'zod';
import { Address } from '../../ip/address.ts';
import { SecretText } from '../../session/secret-text.ts';
import type { Definition } from './definition.ts';
import { address, condition, namespacedMetadata, port, stored, text } from './fields.ts';
import { placesOf } from './places.ts';
import { rules } from './rules.ts';
import type { EndpointSlice, Secret, Service } from './types.ts';

// Kubernetes' own kinds. Its API server has checked them already; here it is what is read from them that has to be right.

const protocol = z.exactOptional(z.enum(['TCP', 'UDP', 'SCTP']));
const trafficPolicy = z.exactOptional(z.enum(['Cluster', 'Local']));
const ipFamily = z.enum(['IPv4', 'IPv6']);

const clusterIP = text('an address, empty or None', (given) =>
  given === '' || given === 'None' ? given : Address.parse(given).toString(),
);

const servicePort = z.object({
  name: z.exactOptional(z.string()),
  protocol,
  port,
  targetPort: z.exactOptional(z.union([z.int(), z.string()], { error: 'must be a number or a name' })),
  nodePort: z.exactOptional(z.int()),
});

const ingress = z.object({
  ip: z.exactOptional(address),
  hostname: z.exactOptional(z.string()),
  ipMode: z.exactOptional(z.enum(['VIP', 'Proxy'])),
});

const serviceSchema = z.object({
  apiVersion: stored('v1'),
  kind: z.literal('Service'),
  metadata: namespacedMetadata,
  spec: z
    .object({
      type: z.exactOptional(z.enum(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'])),
      clusterIP: z.exactOptional(clusterIP),
      clusterIPs: z.exactOptional(z.array(clusterIP)),
      externalIPs: z.exactOptional(z.array(address)),
      loadBalancerClass: z.exactOptional(z.string()),
      loadBalancerIP: z.exactOptional(address),
      externalTrafficPolicy: trafficPolicy,
      internalTrafficPolicy: trafficPolicy,
      ipFamilies: z.exactOptional(z.array(ipFamily)),
      ipFamilyPolicy: z.exactOptional(z.enum(['SingleStack', 'PreferDualStack', 'RequireDualStack'])),
      publishNotReadyAddresses: z.exactOptional(z.boolean()),
      healthCheckNodePort: z.exactOptional(z.int()),
      ports: z.exactOptional(z.array(servicePort)),
      selector: z.exactOptional(z.record(z.string(), z.string())),
    })
    .default({}),
  status: z.exactOptional(
    z.object({
      loadBalancer: z.exactOptional(z.object({ ingress: z.exactOptional(z.array(ingress)) })),
      conditions: z.exactOptional(z.array(condition)),
    }),
  ),
});

export const service: Definition<Service> = {
  kind: 'Service',
  plural: 'services',
  shortNames: ['svc'],
  namespaced: true,
  versions: new Map([['v1', serviceSchema]]),
  unknownFields: 'dropped',
  statusIsOurs: false,
  notesOn: () => [],
};

const endpoint = z.object({
  addresses: z.array(z.string()).min(1),
  conditions: z.exactOptional(
    z.object({
      ready: z.exactOptional(z.boolean()),
      serving: z.exactOptional(z.boolean()),
      terminating: z.exactOptional(z.boolean()),
    }),
  ),
  nodeName: z.exactOptional(z.string()),
  hostname: z.exactOptional(z.string()),
  zone: z.exactOptional(z.string()),
});

const endpointSliceSchema = z
  .object({
    apiVersion: stored('discovery.k8s.io/v1'),
    kind: z.literal('EndpointSlice'),
    metadata: namespacedMetadata,
    addressType: z.enum(['IPv4', 'IPv6', 'FQDN']),
    endpoints: z.array(endpoint).default([]),
    ports: z.exactOptional(
      z.array(z.object({ name: z.exactOptional(z.string()), protocol, port: z.exactOptional(port) })),
    ),
  })
  .superRefine(
    ...rules((given, report) => {
      const { addressType } = given;
      if (addressType !== 'IPv4' && addressType !== 'IPv6') return;
      for (const { path, value } of placesOf(given, 'endpoints[].addresses[]')) {
        if (typeof value === 'string' && !isOf(addressType, value)) report(path, `must be an ${addressType} address`);
      }
    }),
  );

function isOf(family: 'IPv4' | 'IPv6', text: string): boolean {
  try {
    return Address.parse(text).isIPv4 === (family === 'IPv4');
  } catch {
    return false;
  }
}

export const endpointSlice: Definition<EndpointSlice> = {
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  shortNames: [],
  namespaced: true,
  versions: new Map([['discovery.k8s.io/v1', endpointSliceSchema]]),
  unknownFields: 'dropped',
  statusIsOurs: false,
  notesOn: () => [],
};

/** No message here may show what was given. */
const encoded = z.string().transform((given, context): SecretText => {
  try {
    const bytes = Uint8Array.from(atob(given), (character) => character.charCodeAt(0));
    return new SecretText(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    context.issues.push({ code: 'custom', message: 'must be text in UTF-8, encoded with base64', input: undefined });
    return z.NEVER;
  }
});

const secretSchema = z
  .object({
    apiVersion: stored('v1'),
    kind: z.literal('Secret'),
    metadata: namespacedMetadata,
    type: z.exactOptional(z.string()),
    data: z.record(z.string(), encoded).default({}),
    stringData: z.exactOptional(
      z.record(
        z.string(),
        z.string().transform((given) => new SecretText(given)),
      ),
    ),
  })
  .transform(({ stringData, data, ...rest }): Secret => ({ ...rest, data: { ...data, ...stringData } }));

export const secret: Definition<Secret> = {
  kind: 'Secret',
  plural: 'secrets',
  shortNames: [],
  namespaced: true,
  versions: new Map([['v1', secretSchema]]),
  unknownFields: 'dropped',
  statusIsOurs: false,
  notesOn: (given) =>
    [...placesOf(given, 'data.password'), ...placesOf(given, 'stringData.password')]
      .filter(({ path: [field], value }) => endsWithLineFeed(field === 'data' ? decoded(value) : value))
      .map(({ path }) => ({ path, message: 'ends with a line feed, which is part of the password' })),
};

/** What the schema has let through. */
function decoded(value: unknown): string {
  return atob(String(value));
}

function endsWithLineFeed(value: unknown): boolean {
  return typeof value === 'string' && value.endsWith('\n');
}
