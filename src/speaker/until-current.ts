import type { Clock } from '../session/ports.ts';
import type { Peer } from './peer.ts';

/** Milliseconds that a peer has to take our withdrawals before the Cease. */
const WITHDRAW_TIME = 2000;

/** Until these peers have taken what there is for them, but not for ever. */
export function untilCurrent(peers: readonly Peer[], clock: Clock): Promise<void> {
  const end = clock.now() + WITHDRAW_TIME;
  return new Promise((resolve) => {
    const look = () => {
      if (clock.now() >= end || peers.every((peer) => peer.isCurrent)) resolve();
      else clock.timer(20, look);
    };
    look();
  });
}
