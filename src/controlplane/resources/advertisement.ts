import * as z from 'zod';
import {
  parseCommunity,
  parseExtendedCommunity,
  parseLargeCommunity,
  wellKnownCommunities,
} from '../../wire/community.ts';
import type { Definition } from './definition.ts';
import * as fields from './fields.ts';
import { labelSelector } from './labels.ts';
import { type Loose, type Report, rules } from './rules.ts';
import {
  type BGPAdvertisement,
  type CiliumBGPAdvertisement,
  type LabelSelector,
  serviceAddressTypes,
} from './types.ts';

const standard = fields.text(
  'a community: A:B with both in 0-65535, or a number up to 4294967295, without leading zeros',
  (given) => {
    if (!/^[\d:]+$/.test(given)) return undefined;
    try {
      parseCommunity(given);
      return given;
    } catch {
      return undefined;
    }
  },
);

const large = fields.text('a large community', (given) => {
  parseLargeCommunity(given);
  return given;
});

const extended = fields.text('an extended community', (given) => {
  parseExtendedCommunity(given);
  return given;
});

export const communities = z.object({
  standard: z.exactOptional(z.array(standard)),
  wellKnown: z.exactOptional(z.array(z.enum([...wellKnownCommunities.keys()]))),
  large: z.exactOptional(z.array(large)),
});

const attributes = {
  communities: z.exactOptional(communities),
  localPreference: z.exactOptional(fields.unsigned32),
};

const ownAttributes = {
  med: z.exactOptional(fields.unsigned32),
  asPathPrepend: z.exactOptional(z.array(fields.asn).max(255)),
  extendedCommunities: z.exactOptional(z.array(extended)),
  origin: z.exactOptional(z.enum(['igp', 'egp', 'incomplete'])),
};

const service = z.object({
  addresses: z.array(z.enum(serviceAddressTypes)).min(1),
  aggregationLengthIPv4: z.exactOptional(fields.aggregationLengthIPv4),
  aggregationLengthIPv6: z.exactOptional(fields.aggregationLengthIPv6),
});

const types = ['PodCIDR', 'CiliumPodIPPool', 'Service'] as const;
const allTypes = [...types, 'Interface', 'Prefixes'] as const;

function neededIf(type: string, field: string, given: Loose, report: Report): void {
  const { advertisementType, [field]: value } = given;
  if (advertisementType === type) {
    if (value === undefined) report([field], `${field} field is required for the '${type}' advertisementType`);
  } else if (value !== undefined) {
    report([field], `${field} field is not allowed for non-'${type}' advertisementType`);
  }
}

function noSelectorIf(type: string, { advertisementType, selector }: Loose, report: Report): void {
  if (advertisementType !== type || selector === undefined) return;
  report(['selector'], `selector field is not allowed for the '${type}' advertisementType`);
}

const advertisement = z
  .object({
    advertisementType: z.enum(allTypes),
    service: z.exactOptional(service),
    interface: z.exactOptional(z.object({ name: z.string().min(1) })),
    prefixes: z.exactOptional(z.array(fields.prefix).min(1)),
    nextHop: z.exactOptional(fields.nextHop),
    selector: z.exactOptional(labelSelector),
    attributes: z.exactOptional(z.object({ ...attributes, ...ownAttributes })),
  })
  .superRefine(
    ...rules((given, report) => {
      neededIf('Service', 'service', given, report);
      neededIf('Interface', 'interface', given, report);
      neededIf('Prefixes', 'prefixes', given, report);
      if (given['advertisementType'] !== 'Prefixes' && given['nextHop'] !== undefined) {
        report(['nextHop'], "nextHop field is not allowed for non-'Prefixes' advertisementType");
      }
      noSelectorIf('PodCIDR', given, report);
      noSelectorIf('Prefixes', given, report);
    }),
  )
  .transform(union);

const advertisementV2alpha1 = z
  .object({
    advertisementType: z.enum(types),
    service: z.exactOptional(service),
    selector: z.exactOptional(labelSelector),
    attributes: z.exactOptional(z.object(attributes)),
  })
  .superRefine(
    ...rules((given, report) => {
      if (given['advertisementType'] === 'Service') neededIf('Service', 'service', given, report);
      noSelectorIf('PodCIDR', given, report);
    }),
  )
  .transform(union);

/** What the rules let through is one of these; the fields of other types are left out. */
function union(given: {
  advertisementType: (typeof allTypes)[number];
  service?: z.output<typeof service>;
  interface?: { name: string };
  prefixes?: string[];
  nextHop?: string;
  selector?: LabelSelector;
  attributes?: NonNullable<BGPAdvertisement['attributes']>;
}): BGPAdvertisement {
  const { advertisementType, service, prefixes = [], nextHop } = given;
  const attributes = given.attributes && { attributes: given.attributes };
  const selector = given.selector && { selector: given.selector };
  switch (advertisementType) {
    case 'PodCIDR':
      return { advertisementType, ...attributes };
    case 'CiliumPodIPPool':
      return { advertisementType, ...selector, ...attributes };
    case 'Service':
      return { advertisementType, service: service ?? { addresses: [] }, ...selector, ...attributes };
    case 'Interface':
      return { advertisementType, interface: given.interface ?? { name: '' }, ...selector, ...attributes };
    case 'Prefixes':
      return { advertisementType, prefixes, ...(nextHop !== undefined && { nextHop }), ...attributes };
  }
}

function schema<A extends typeof advertisement | typeof advertisementV2alpha1>(advertisement: A) {
  return z.object({
    apiVersion: fields.stored('cilium.io/v2'),
    kind: z.literal('CiliumBGPAdvertisement'),
    metadata: fields.metadata,
    spec: z.object({ advertisements: z.array(advertisement) }),
  });
}

export const advertisementKind: Definition<CiliumBGPAdvertisement> = {
  kind: 'CiliumBGPAdvertisement',
  plural: 'ciliumbgpadvertisements',
  shortNames: ['cbgpadvert'],
  namespaced: false,
  versions: new Map<string, z.ZodType<CiliumBGPAdvertisement>>([
    ['cilium.io/v2', schema(advertisement)],
    ['cilium.io/v2alpha1', schema(advertisementV2alpha1)],
  ]),
  unknownFields: 'refused',
  statusIsOurs: false,
  notesOn: () => [],
};
