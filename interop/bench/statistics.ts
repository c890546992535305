/** The smallest value that a share `q` (0 to 1) of all values do not exceed. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)];
  if (value === undefined) throw new Error('no values');
  return value;
}

/** Of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const negative = values.map((value) => -value);
  return (quantile(values, 0.5) - quantile(negative, 0.5)) / 2;
}
