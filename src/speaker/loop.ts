import { isLoopedSet } from '../wire/plain-update.ts';
import type { Update } from '../wire/update.ts';

/** The routes have been here before: RFC 4271, 9.1.2, and on internal sessions also RFC 4456, 8. */
export function isLooped({ encoded, attributes }: Update, asn: number, routerId: number): boolean {
  if (encoded !== undefined) return isLoopedSet(encoded, asn, routerId);
  const { asPath = [], originatorId } = attributes;
  return originatorId === routerId || asPath.some(({ asns }) => asns.includes(asn));
}
