import { CliError, exitCode } from './exit.ts';

/** Takes Cilium's `vrouter ASN` off the front of the arguments: the instances with that AS number; undefined when it is not there. */
export function takeVrouter(words: string[]): number | undefined {
  if (words[0] !== 'vrouter') return undefined;
  const [, text] = words.splice(0, 2);
  if (text === undefined) throw new CliError(exitCode.usage, 'missing vrouter ASN value');
  const asn = Number(text);
  if (/^\d+$/.test(text) && asn > 0 && asn <= 0xffffffff) return asn;
  throw new CliError(exitCode.usage, `invalid vrouter ASN: ${text}, expected 1 to 4294967295`);
}
