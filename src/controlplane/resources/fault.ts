import type * as z from 'zod';
import { nearestField } from './nearest.ts';

/** One thing wrong with what was given. */
export interface Fault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** The fault is the key at the end of the path, not its value. */
  readonly isKey: boolean;
}

/** `known`: what there is beside it and, dotted, below that. */
export function unknownField(path: readonly PropertyKey[], known: readonly string[]): Fault {
  const meant = nearestField(String(path.at(-1)), known);
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  return { path, message: `is not a known field${hint}`, isKey: true };
}

/** What a schema found, in our words. */
export function messageOf(issue: z.core.$ZodIssue): string {
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
