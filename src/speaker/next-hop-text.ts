import { Address } from '../ip/address.ts';
import type { NextHop } from '../wire/update.ts';
import type { NextHopMode } from './next-hop.ts';

// Next hops as people write them, in a configuration and in a request.

export const nextHopForm = 'an address, or a global and a link-local address with a comma between';
export const nextHopModeForm =
  'auto, global, linkLocal, both, an IPv6 address, or a global and a link-local address with a comma between';

/** One address, or `global,link-local`; undefined for what is neither. No zones: they mean nothing elsewhere. Throws AddressError. */
export function parseNextHop(text: string): NextHop | undefined {
  const [first = '', second, ...more] = text.split(',');
  if (more.length > 0) return undefined;
  const address = Address.parse(first.trim());
  if (address.isUnspecified || address.isMulticast || address.zone !== undefined) return undefined;
  if (second === undefined) return { kind: 'single', address };
  const linkLocal = Address.parse(second.trim());
  if (!address.isIPv6 || address.isLinkLocal || !linkLocal.isIPv6 || !linkLocal.isLinkLocal) return undefined;
  return linkLocal.zone === undefined ? { kind: 'global-and-link-local', global: address, linkLocal } : undefined;
}

export function formatNextHop(nextHop: NextHop): string {
  switch (nextHop.kind) {
    case 'single':
      return nextHop.address.toString();
    case 'global-and-link-local':
      return `${nextHop.global},${nextHop.linkLocal}`;
    case 'opaque':
      return '';
  }
}

/** Undefined for what is none. Throws AddressError. */
export function parseNextHopMode(text: string): NextHopMode | undefined {
  if (text === 'auto' || text === 'global' || text === 'linkLocal' || text === 'both') return { kind: text };
  const nextHop = parseNextHop(text);
  const isIPv4 = nextHop?.kind === 'single' && nextHop.address.isIPv4;
  return nextHop === undefined || isIPv4 ? undefined : { kind: 'explicit', nextHop };
}

export function formatNextHopMode(mode: NextHopMode): string {
  return mode.kind === 'explicit' ? formatNextHop(mode.nextHop) : mode.kind;
}
