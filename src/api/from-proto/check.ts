import * as z from 'zod';
import type { Fault } from '../../controlplane/resources/fault.ts';
import type * as proto from '../../gen/herald/v1/types.ts';
import type { Address } from '../../ip/address.ts';
import type { Prefix } from '../../ip/prefix.ts';
import { type Family, parseFamily } from '../../wire/family.ts';
import { InvalidRequest } from '../errors.ts';
import * as fields from '../fields.ts';
import { faultsOf } from '../issues.ts';

// Requests to domain values. What is wrong with one is told all at once, in the request's own field names.

/** Checks part of a request, the one called `at`, and gives what the schema makes of it. Throws InvalidRequest. */
export function check<T>(schema: z.ZodType<T>, part: unknown, at: string): T {
  const result = schema.safeParse(part);
  if (result.success) return result.data;
  throw new InvalidRequest(faultsOf(result.error, () => []).map((fault) => violationOf(fault, at)));
}

function violationOf({ path, message }: Fault, at: string): { field: string; description: string } {
  const steps = path.map((step) => (typeof step === 'string' ? snakeCase(step) : step));
  return { field: z.core.toDotPath([...(at === '' ? [] : at.split('.')), ...steps]), description: message };
}

function snakeCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** A string field: empty when it was not set. */
export function unlessEmpty<T extends z.ZodType>(schema: T) {
  return z.preprocess((value) => (value === '' ? undefined : value), schema.optional());
}

export function required<T extends z.ZodType>(schema: T) {
  return z.preprocess((value) => (value === '' ? undefined : value), schema);
}

/** One of a protobuf enumeration, as a name; what was not set is undefined. */
export function choice<const T extends Readonly<Record<number, string>>>(names: T) {
  return z.number().transform((value, context): T[keyof T] | undefined => {
    if (value === 0) return undefined;
    const name = names[value] as T[keyof T] | undefined;
    if (name === undefined) context.issues.push({ code: 'custom', message: `has no value ${value}`, input: value });
    return name;
  });
}

const isThere = (value: unknown) => value !== undefined;

export const family = z
  .custom<proto.Family>(isThere, { error: 'is required', abort: true })
  .transform(({ afi, safi }, context): Family => {
    const found = parseFamily(`${afi}/${safi}`);
    if (found !== undefined) return found;
    context.issues.push({ code: 'custom', message: `there is no family ${afi}/${safi}`, input: afi });
    return z.NEVER;
  });

export function toAddress(text: string, field: string): Address {
  return check(required(fields.address), text, field);
}

export function toPrefix(text: string, field: string): Prefix {
  return check(required(fields.prefix), text, field);
}

export function toFamily(message: proto.Family | undefined): Family {
  return check(family, message, 'family');
}
