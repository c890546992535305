import { SpeakerError } from './error.ts';
import type { Peer } from './peer.ts';
import type { ResetOptions } from './types.ts';

/** Nothing is reset when one of them cannot be. */
export function reset(peers: readonly Peer[], { soft, communication = '', hard = false }: ResetOptions): void {
  if (soft === 'none') {
    for (const peer of peers) peer.reset(communication, hard);
    return;
  }
  const up = peers.filter(({ state }) => state === 'established');
  const deaf =
    soft === 'out' ? [] : up.filter(({ canRefresh }) => !canRefresh).map(({ neighbor }) => `peer ${neighbor.address}`);
  if (deaf.length > 0)
    throw new SpeakerError('failed-precondition', `${deaf.join(', ')} did not negotiate route refresh`);
  for (const peer of up) {
    if (soft !== 'out') peer.refreshIn();
    if (soft !== 'in') peer.refreshOut();
  }
}
