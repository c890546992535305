/** Seconds: a router that still starts up refuses or closes the first connections, and is ready soon after. */
const first = 0.5;
/** Waits grow so that the next one is about a fifth of all the time spent trying: a peer is met soon after it comes, however late. */
const growth = 1.25;
/** Seconds: enough for the first three SYNs of a connection. */
const shortestConnect = 5;

/** Seconds to wait before the next try, after so many failed ones. */
export function retryDelay(failures: number, connectRetryTime: number): number {
  return Math.min(first * growth ** Math.max(0, failures - 1), connectRetryTime);
}

/** Seconds that a connection may take to come up. */
export function connectTimeout(failures: number, connectRetryTime: number): number {
  return Math.min(Math.max(shortestConnect, retryDelay(failures, connectRetryTime)), connectRetryTime);
}
