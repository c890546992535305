/** Seconds of `90`, `90s`, `1m30s`; undefined for what is no such thing. */
export function parseSeconds(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  const [whole, hours = '0', minutes = '0', seconds = '0'] = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text) ?? [];
  return whole === undefined || whole === ''
    ? undefined
    : Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

/** As Go prints a duration, rounded to the second: `0s`, `1m5s`, `26h3m0s`. */
export function formatDuration(nanoseconds: bigint): string {
  const total = Number((nanoseconds + 500_000_000n) / 1_000_000_000n);
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor(total / 60) % 60;
  const seconds = total % 60;
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
