/**
 * Orders prefix ids by attribute set, each set's ids together and in the order they came: what the packer needs. Linear; sets that
 * repeat, as in a bulk add, cost no look-up.
 */
export function bucketed(ids: Uint32Array, length: number, sets: Uint32Array): Uint32Array<ArrayBuffer> {
  const ordered = new Uint32Array(length);
  const buckets = new Map<number, number>();
  const bucketOf = new Uint32Array(length);
  const sizes: number[] = [];
  let lastSet = -1;
  let bucket = 0;
  for (let i = 0; i < length; i++) {
    const set = sets[ids[i] as number] ?? 0;
    if (set !== lastSet) {
      lastSet = set;
      const known = buckets.get(set);
      bucket = known ?? sizes.length;
      if (known === undefined) {
        buckets.set(set, bucket);
        sizes.push(0);
      }
    }
    bucketOf[i] = bucket;
    sizes[bucket] = (sizes[bucket] as number) + 1;
  }
  if (sizes.length === 1) {
    ordered.set(ids.subarray(0, length));
    return ordered;
  }
  let start = 0;
  for (let i = 0; i < sizes.length; i++) {
    const size = sizes[i] as number;
    sizes[i] = start;
    start += size;
  }
  for (let i = 0; i < length; i++) {
    const of = bucketOf[i] as number;
    const at = sizes[of] as number;
    ordered[at] = ids[i] as number;
    sizes[of] = at + 1;
  }
  return ordered;
}
