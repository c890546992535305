import type { Negotiated } from './types.ts';

/** Which end dialled a connection. */
export type Initiator = 'local' | 'remote';

/**
 * Whose connection stays when both ends dialled (RFC 4271, 6.8): that of the higher BGP identifier, or, of equal ones, of the
 * larger AS number (RFC 6286, 2.3). Both ends come to the same answer, whichever OPEN came first.
 */
export function survivor({ localOpen, remoteOpen, peerAsn }: Negotiated, localAsn: number): Initiator {
  const [ours, theirs] =
    localOpen.routerId === remoteOpen.routerId ? [localAsn, peerAsn] : [localOpen.routerId, remoteOpen.routerId];
  return ours > theirs ? 'local' : 'remote';
}
