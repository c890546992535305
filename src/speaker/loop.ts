import { isLoopedSet } from '../wire/plain-update.ts';
import type { Update } from '../wire/update.ts';

/** The routes have been here before: RFC 4271, 9.1.2, and on internal sessions also RFC 4456, 8. */
export function isLooped(update: Update, asn: number, routerId: number): boolean {
  if (update.encoded !== undefined) return isLoopedSet(update.encoded, asn, routerId);
  // Not before: a plain UPDATE decodes its attributes when they are looked at.
  const { asPath = [], originatorId } = update.attributes;
  return originatorId === routerId || asPath.some(({ asns }) => asns.includes(asn));
}
