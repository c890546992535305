import * as z from 'zod';
import type * as proto from '../../gen/herald/v1/types.ts';
import type { BgpGlobal } from '../../speaker/types.ts';
import { defined } from '../build.ts';
import * as fields from '../fields.ts';
import { check, required } from './check.ts';

const global = z
  .object({
    asn: fields.asn,
    routerId: required(fields.routerId),
    listenPort: fields.port.optional(),
    listenAddresses: z.array(fields.address),
  })
  .transform(
    ({ asn, routerId, listenPort, listenAddresses }): BgpGlobal =>
      defined({
        asn,
        routerId,
        listenPort: listenPort ?? -1,
        listenAddresses: listenAddresses.length === 0 ? undefined : listenAddresses,
      }),
  );

// Each throws InvalidRequest.

export function toInstanceName(name: string): string {
  return check(required(fields.name), name, 'instance');
}

export function toGlobal(message: proto.BgpGlobal | undefined): BgpGlobal {
  return check(global, message, 'global');
}
