import { readFileSync } from 'node:fs';
import type { Family } from '../gen/herald/v1/types.ts';
import { AddressError } from '../ip/address.ts';
import { Prefix } from '../ip/prefix.ts';
import { ipv4Unicast, ipv6Unicast } from '../wire/family.ts';
import { packPrefixes } from '../wire/nlri.ts';
import { CliError, exitCode } from './exit.ts';

/** Prefixes in one message: enough to make its cost not matter, few enough to take no time from keepalives. */
const batch = 2048;

/** Packed prefixes of one family. */
export interface Packed {
  readonly family: Family;
  readonly nlri: Buffer;
  readonly addPath: boolean;
}

/** Reads a prefix. Throws CliError. */
export function parsePrefix(text: string): Prefix {
  try {
    return Prefix.parse(text);
  } catch (error) {
    if (error instanceof AddressError) throw new CliError(exitCode.usage, error.message);
    throw error;
  }
}

/** The prefixes of a file, `-` being standard input: one a line or more with blanks between; `#` starts a comment. Throws CliError. */
export function readPrefixes(file: string): Prefix[] {
  const prefixes: Prefix[] = [];
  for (const [index, line] of readText(file).split('\n').entries()) {
    for (const word of (line.split('#')[0] ?? '').split(/\s+/)) {
      if (word === '') continue;
      try {
        prefixes.push(Prefix.parse(word));
      } catch (error) {
        if (!(error instanceof AddressError)) throw error;
        throw new CliError(exitCode.failed, `${file}:${index + 1}: ${error.message}; nothing was sent`);
      }
    }
  }
  return prefixes;
}

function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new CliError(exitCode.failed, `cannot read ${file}: ${(error as Error).message}`);
  }
}

/** Wire form, ten times cheaper to carry than text; each with the path identifier, if there is one. */
export function* pack(prefixes: readonly Prefix[], pathId?: number): Generator<Packed> {
  const families = [
    [{ afi: 'ipv6', safi: 'unicast' }, ipv6Unicast, prefixes.filter(({ isIPv6 }) => isIPv6)],
    [{ afi: 'ipv4', safi: 'unicast' }, ipv4Unicast, prefixes.filter(({ isIPv4 }) => isIPv4)],
  ] as const;
  for (const [names, family, some] of families) {
    for (let at = 0; at < some.length; at += batch) {
      const part = some.slice(at, at + batch);
      const { addPath, bytes } = packPrefixes(family, part, pathId === undefined ? undefined : part.map(() => pathId));
      yield { family: names, nlri: Buffer.from(bytes), addPath };
    }
  }
}
