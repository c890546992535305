/** What a neighbor has that nothing else was said of, at every door: Cilium's. Seconds where it is a time, of BFD milliseconds. */
export const defaults = {
  peerPort: 179,
  connectRetryTime: 120,
  holdTime: 90,
  keepAliveTime: 30,
  delayOpenTime: 0,
  bfdInterval: 300,
  detectionMultiplier: 3,
} as const;

/** The keepalive interval where none is given: Cilium's, or a third of a hold time too short for it (RFC 4271, 4.4). */
export function keepAliveTimeFor(holdTime: number): number {
  if (holdTime === 0) return defaults.keepAliveTime;
  return Math.max(1, Math.min(defaults.keepAliveTime, Math.floor(holdTime / 3)));
}
