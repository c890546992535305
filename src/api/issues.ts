import type * as z from 'zod';

/** One thing wrong with what was given. */
export interface Fault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** The fault is the key at the end of the path, not its value. */
  readonly isKey: boolean;
}

/** A schema's findings, in our words. `keysAt` names the fields that the schema knows at and, dotted, below a path. */
export function faultsOf(
  error: z.core.$ZodError,
  keysAt: (path: readonly PropertyKey[]) => readonly string[],
): Fault[] {
  return error.issues.flatMap((issue) => faultsOfIssue(issue, keysAt));
}

function faultsOfIssue(issue: z.core.$ZodIssue, keysAt: (path: readonly PropertyKey[]) => readonly string[]): Fault[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: messageOf(issue), isKey: false }];
  return issue.keys.map((key) => {
    const meant = suggestion(key, keysAt(issue.path));
    const message = `is not a known field${meant === undefined ? '' : `; did you mean ${meant}?`}`;
    return { path: [...issue.path, key], message, isKey: true };
  });
}

function messageOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_big':
      return bound('most', Number(issue.maximum), issue.origin);
    case 'too_small':
      return bound('least', Number(issue.minimum), issue.origin);
    case 'invalid_type':
      if (issue.input === undefined && issue.message.endsWith('received undefined')) return 'is required';
      return `must be ${typeNames.get(issue.expected) ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${oneOf(issue.values.map(String))}`;
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
]);

function bound(which: 'least' | 'most', count: number, of: string): string {
  if (of === 'array') return `must have at ${which} ${count} ${count === 1 ? 'entry' : 'entries'}`;
  return `must be at ${which} ${count}${of === 'string' ? ' characters long' : ''}`;
}

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? `${values[0]}` : `one of ${values.join(', ')}`;
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
