import type { Family } from '../gen/herald/v1/types.ts';
import { familyName, parseFamily } from '../wire/family.ts';
import { CliError, exitCode } from './exit.ts';

/** Takes a family off the front of the arguments: `ipv6/unicast`, or Cilium's two words; undefined when none is there. */
export function takeFamily(words: string[]): Family | undefined {
  const [first = '', second] = words;
  const whole = parseFamily(first);
  if (whole !== undefined) {
    words.shift();
    const [afi = '', safi = ''] = familyName(whole).split('/');
    return { afi, safi };
  }
  if (parseFamily(`${first}/unicast`) === undefined) return undefined;
  if (second === undefined) throw new CliError(exitCode.usage, `missing SAFI value after ${first} (e.g. unicast)`);
  if (parseFamily(`${first}/${second}`) === undefined) throw new CliError(exitCode.usage, `unknown SAFI ${second}`);
  words.splice(0, 2);
  return { afi: first, safi: second };
}
