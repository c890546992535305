import type * as z from 'zod';
import { type Fault, messageOf, unknownField } from '../controlplane/resources/fault.ts';

/** A schema's findings, in our words. `keysAt` names the fields that the schema knows at and, dotted, below a path. */
export function faultsOf(
  { issues }: z.core.$ZodError,
  keysAt: (path: readonly PropertyKey[]) => readonly string[],
): Fault[] {
  return issues.flatMap((issue): Fault[] => {
    const { code, path } = issue;
    if (code === 'unrecognized_keys') return issue.keys.map((key) => unknownField([...path, key], keysAt(path)));
    return [{ path, message: isMissing(issue) ? 'is required' : messageOf(issue), isKey: false }];
  });
}

function isMissing({ code, input, message }: z.core.$ZodIssue): boolean {
  return code === 'invalid_type' && input === undefined && message.endsWith('received undefined');
}
