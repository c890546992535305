import type * as z from 'zod';
import { isMap } from './rules.ts';

/** One thing wrong with what was given. */
export interface Fault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** The fault is the key at the end of the path, not its value. */
  readonly isKey: boolean;
}

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

function messageOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_big':
      return bound('most', Number(issue.maximum), issue.origin);
    case 'too_small':
      return bound('least', Number(issue.minimum), issue.origin);
    case 'invalid_type':
      return `must be ${typeNames.get(issue.expected) ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${oneOf(issue.values.map(String))}`;
    case 'invalid_key':
      return issue.issues[0]?.message ?? issue.message;
    default:
      return issue.message;
  }
}

const typeNames = new Map<string, string>([
  ['int', 'a whole number'],
  ['number', 'a number'],
  ['string', 'text'],
  ['boolean', 'true or false'],
  ['array', 'a list'],
  ['object', 'a map of fields'],
  ['record', 'a map of fields'],
]);

function bound(which: 'least' | 'most', count: number, of: string): string {
  if (of === 'array') return `must have at ${which} ${count} ${count === 1 ? 'entry' : 'entries'}`;
  if (of === 'string') return `must be at ${which} ${count} ${count === 1 ? 'character' : 'characters'} long`;
  return `must be at ${which} ${count}`;
}

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? `${values[0]}` : `one of ${values.join(', ')}`;
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
    const meant = suggestion(key, fieldsOf(properties));
    const message = `is not a known field${meant === undefined ? '' : `; did you mean ${meant}?`}`;
    return [{ path: [...path, key], message, isKey: true }];
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

function suggestion(key: string, known: readonly string[]): string | undefined {
  const here = known.filter((name) => !name.includes('.'));
  return nearest(key, here) ?? known.find((name) => name.endsWith(`.${key}`));
}

/** The candidate that a typing error away from `word` was likely meant; undefined when none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > limit) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance <= limit && (best === undefined || distance < best.distance)) best = { candidate, distance };
  }
  return best?.candidate;
}

/** Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, at(beforeLast, j - 2) + 1);
      row.push(least);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
