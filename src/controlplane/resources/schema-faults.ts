import type * as z from 'zod';
import { type Fault, messageOf, unknownField } from './fault.ts';
import { isMap } from './rules.ts';

/** What a schema finds in `given`, in our words. */
export function faultsOf({ issues }: z.core.$ZodError, given: unknown): Fault[] {
  return issues.map((issue) => ({
    path: issue.path,
    message: isMissing(issue, given) ? 'is required' : messageOf(issue),
    isKey: issue.code === 'invalid_key',
  }));
}

function isMissing({ code, path }: z.core.$ZodIssue, given: unknown): boolean {
  if (code !== 'invalid_type' && code !== 'invalid_value') return false;
  const last = path.at(-1);
  const around = path.slice(0, -1).reduce<unknown>((value, step) => Reflect.get(Object(value), step), given);
  return last !== undefined && !Object.hasOwn(Object(around), last);
}

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** The fields of a value that a schema, in the form of its JSON schema, does not know. */
export function unknownFields(schema: JsonSchema, value: unknown, path: readonly PropertyKey[] = []): Fault[] {
  if (Array.isArray(value)) {
    const items = schemaIn(schema.items);
    return items === undefined
      ? []
      : value.flatMap((element, index) => unknownFields(items, element, [...path, index]));
  }
  const { properties } = schema;
  if (properties === undefined || !isMap(value)) return [];
  return Object.entries(value).flatMap(([key, field]): Fault[] => {
    const known = Object.hasOwn(properties, key) ? schemaIn(properties[key]) : undefined;
    if (known !== undefined) return unknownFields(known, field, [...path, key]);
    return [unknownField([...path, key], fieldsOf(properties))];
  });
}

function schemaIn(value: unknown): JsonSchema | undefined {
  return isMap(value) ? value : undefined;
}

/** The fields, and those one level below them as `transport.peerPort`. */
function fieldsOf(properties: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(properties).flatMap(([key, field]) => [
    key,
    ...Object.keys(schemaIn(field)?.properties ?? {}).map((below) => `${key}.${below}`),
  ]);
}
