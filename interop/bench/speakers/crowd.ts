/** Where the peers of a crowd are, behind the sink. */
export const crowdNetwork = 'fd00:c::/64';

/** A piece of a configuration for each peer of a crowd, with its address and its number, which begins with 1. */
export function crowd(peers: number, piece: (address: string, number: number) => string): string {
  return Array.from({ length: peers }, (_, i) => piece(`fd00:c::${(i + 1).toString(16)}`, i + 1)).join('');
}
