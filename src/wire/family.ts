declare const brand: unique symbol;

/** An address family: AFI * 256 + SAFI, so that it is one small number that a Map or Set can key on. */
export type Family = number & { readonly [brand]: 'Family' };

export function family(afi: number, safi: number): Family {
  return (afi * 256 + safi) as Family;
}

export function afiOf(of: Family): number {
  return Math.floor(of / 256);
}

export function safiOf(of: Family): number {
  return of % 256;
}

export const ipv4Unicast: Family = family(1, 1);
export const ipv4Multicast: Family = family(1, 2);
export const ipv6Unicast: Family = family(2, 1);
export const ipv6Multicast: Family = family(2, 2);
