import * as z from 'zod';
import type * as proto from '../../gen/herald/v1/types.ts';
import { Origin } from '../../gen/herald/v1/types.ts';
import type { Attributes, NextHop } from '../../wire/update.ts';
import { attributesOf } from '../build.ts';
import * as fields from '../fields.ts';
import { check, choice } from './check.ts';

const origin = choice({ [Origin.IGP]: 'igp', [Origin.EGP]: 'egp', [Origin.INCOMPLETE]: 'incomplete' });

const attributes = z
  .object({
    origin,
    asPathPrepend: fields.asPathPrepend,
    med: fields.unsigned32.optional(),
    localPreference: fields.unsigned32.optional(),
    communities: z.array(fields.community),
    largeCommunities: z.array(fields.largeCommunity),
    extendedCommunities: z.array(
      z.instanceof(Uint8Array).refine((bytes) => bytes.length === 8, { error: 'must be eight octets' }),
    ),
  })
  .transform(
    ({ med, localPreference, ...message }): Attributes =>
      attributesOf({ ...message, med: med, localPreference: localPreference }),
  );

const attributesNotSet: proto.PathAttributes = {
  origin: Origin.UNSPECIFIED,
  asPathPrepend: [],
  communities: [],
  largeCommunities: [],
  extendedCommunities: [],
};

// Each throws InvalidRequest.

export function toAttributes(message: proto.PathAttributes | undefined): Attributes {
  return message === undefined ? defaultAttributes : check(attributes, message, 'attributes');
}

// One route at a time mostly has neither: checking what is not there would be the dearest part of the request.
const defaultAttributes = check(attributes, attributesNotSet, 'attributes');
const self = check(fields.nextHop, 'self', 'next_hop');

export function toNextHop(text: string): NextHop | fields.Self {
  return text === '' ? self : check(fields.nextHop, text, 'next_hop');
}
