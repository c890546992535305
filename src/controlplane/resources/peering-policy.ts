import * as z from 'zod';
import { communities } from './advertisement.ts';
import type { Definition, Note } from './definition.ts';
import * as fields from './fields.ts';
import { labelSelector } from './labels.ts';
import { gracefulRestart, keepAliveFits } from './peer-config.ts';
import { placesOf } from './places.ts';
import { differIn, isMap, rules } from './rules.ts';
import { deprecatedIn } from './successors.ts';
import { type CiliumBGPPeeringPolicy, serviceAddressTypes } from './types.ts';

const peerAddress = fields.text('a prefix of one address, /32 or /128', (given) => {
  const { isIPv4, length, address } = fields.readCidr(given);
  if (length !== (isIPv4 ? 32 : 128) || address.isUnspecified || address.isMulticast) return undefined;
  return `${address}/${length}`;
});

const pathAttributes = z.object({
  selectorType: z.enum(['PodCIDR', 'CiliumLoadBalancerIPPool', 'CiliumPodIPPool']),
  selector: z.exactOptional(labelSelector),
  communities: z.exactOptional(communities),
  localPreference: z.exactOptional(fields.unsigned32),
});

const neighbor = z
  .object({
    peerAddress,
    peerPort: z.exactOptional(fields.port),
    peerASN: fields.peerAsn,
    authSecretRef: z.exactOptional(fields.objectName),
    eBGPMultihopTTL: z.exactOptional(fields.ttl),
    connectRetryTimeSeconds: z.exactOptional(fields.connectRetryTime),
    holdTimeSeconds: z.exactOptional(fields.holdTime),
    keepAliveTimeSeconds: z.exactOptional(fields.keepAliveTime),
    gracefulRestart: z.exactOptional(gracefulRestart),
    families: z.exactOptional(z.array(z.object(fields.family))),
    advertisedPathAttributes: z.exactOptional(z.array(pathAttributes)),
  })
  .superRefine(...rules(keepAliveFits));

const virtualRouter = z.object({
  localASN: fields.asn,
  exportPodCIDR: z.exactOptional(z.boolean()),
  podIPPoolSelector: z.exactOptional(labelSelector),
  serviceSelector: z.exactOptional(labelSelector),
  serviceAdvertisements: z.exactOptional(z.array(z.enum(serviceAddressTypes))),
  neighbors: z
    .array(neighbor)
    .min(1)
    .superRefine(...differIn('peerAddress', 'address')),
});

const schema = z.object({
  apiVersion: fields.stored('cilium.io/v2alpha1'),
  kind: z.literal('CiliumBGPPeeringPolicy'),
  metadata: fields.metadata,
  spec: z.object({
    nodeSelector: z.exactOptional(labelSelector),
    virtualRouters: z
      .array(virtualRouter)
      .min(1)
      .superRefine(...differIn('localASN', 'AS number')),
  }),
});

/** Its manifests were written for many versions: a field that this one does not know is no reason to refuse them. */
export const peeringPolicy: Definition<CiliumBGPPeeringPolicy> = {
  kind: 'CiliumBGPPeeringPolicy',
  plural: 'ciliumbgppeeringpolicies',
  shortNames: ['bgpp'],
  namespaced: false,
  versions: new Map([['cilium.io/v2alpha1', schema]]),
  unknownFields: 'warned of',
  statusIsOurs: false,
  notesOn,
};

function notesOn(given: unknown): readonly Note[] {
  return [...deprecatedIn(given), ...withoutMeaning(given)];
}

function withoutMeaning(given: unknown): readonly Note[] {
  return placesOf(given, 'spec.virtualRouters[].neighbors[].advertisedPathAttributes[]').flatMap(({ path, value }) => {
    if (!isMap(value) || value['selectorType'] !== 'CiliumLoadBalancerIPPool') return [];
    if (value['selector'] === undefined) return [];
    return [
      {
        path: [...path, 'selector'],
        message: 'is not acted upon: path attributes cannot depend on the pool of an address',
      },
    ];
  });
}
