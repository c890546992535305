import * as z from 'zod';
import { SoftResetDirection } from '../../gen/herald/v1/router_service.ts';
import { TableType } from '../../gen/herald/v1/types.ts';
import type { Address } from '../../ip/address.ts';
import type { DrainTarget } from '../../speaker/drain.ts';
import type { ResetOptions, TableType as Table } from '../../speaker/types.ts';
import { type Family, ipv6Unicast } from '../../wire/family.ts';
import { defined } from '../build.ts';
import * as fields from '../fields.ts';
import { check, choice, family, unlessEmpty } from './check.ts';

// What is asked of a router that runs.

const communication = z
  .string()
  .refine((text) => new TextEncoder().encode(text).length <= 255, { error: 'must be at most 255 octets of UTF-8' });

const reset = z
  .object({
    soft: z.boolean(),
    softResetDirection: choice({
      [SoftResetDirection.IN]: 'in',
      [SoftResetDirection.OUT]: 'out',
      [SoftResetDirection.BOTH]: 'both',
    }),
    adminCommunication: unlessEmpty(communication),
    hard: z.boolean(),
  })
  .refine(({ soft, hard }) => !(soft && hard), { error: 'not of a soft reset', path: ['hard'] })
  .transform(
    ({ soft, softResetDirection, adminCommunication, hard }): ResetOptions =>
      defined<{ soft: ResetOptions['soft']; communication: string | undefined; hard: boolean }>({
        soft: soft ? (softResetDirection ?? 'both') : 'none',
        communication: adminCommunication,
        hard,
      }),
  );

const drain = z
  .object({ peerAddress: unlessEmpty(fields.address), waitSeconds: fields.drainWait.optional() })
  .transform(({ peerAddress, waitSeconds }) => defined({ address: peerAddress, wait: waitSeconds }));

const tableType = choice({
  [TableType.LOC_RIB]: 'loc-rib',
  [TableType.ADJ_RIB_IN]: 'adj-rib-in',
  [TableType.ADJ_RIB_OUT]: 'adj-rib-out',
}).transform((table) => table ?? 'loc-rib');

const table = z
  .object({ tableType, family: family.optional(), neighbor: unlessEmpty(fields.address) })
  .transform(({ tableType, family, neighbor }, context): TableRequest => {
    const request = { table: tableType, family: family ?? ipv6Unicast };
    if (tableType === 'loc-rib') {
      if (neighbor === undefined) return request;
      context.issues.push({ code: 'custom', message: unneeded, path: ['neighbor'], input: neighbor });
      return z.NEVER;
    }
    if (neighbor !== undefined) return { ...request, neighbor };
    const message = `table ${tableType} requires neighbor parameter`;
    context.issues.push({ code: 'custom', message, path: ['neighbor'], input: neighbor });
    return z.NEVER;
  });

const unneeded = 'neighbor is unnecessary for loc-rib table type';

export interface TableRequest {
  readonly table: Table;
  readonly family: Family;
  readonly neighbor?: Address;
}

// Each throws InvalidRequest.

export function toReset(message: z.input<typeof reset>): ResetOptions {
  return check(reset, message, '');
}

export function toDrain(message: z.input<typeof drain>): DrainTarget & { readonly wait?: number } {
  return check(drain, message, '');
}

export function toTable(message: z.input<typeof table>): TableRequest {
  return check(table, message, '');
}
