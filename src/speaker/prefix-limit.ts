import { afiOf, type Family, familyName, safiOf } from '../wire/family.ts';
import type { MaximumPrefixes } from './types.ts';

/** For a family without a limit of its own: what memory holds, not what a peer should send. */
export const MAX_PREFIXES = 4_000_000;
const WARNING_PERCENT = 75;

/** How many prefixes a peer may send of each family, before any policy. */
export class PrefixLimits {
  readonly #limits: ReadonlyMap<Family, MaximumPrefixes>;
  /** Families above their warning threshold. */
  readonly #near = new Set<Family>();

  constructor(limits: readonly MaximumPrefixes[]) {
    this.#limits = new Map(limits.map((limit) => [limit.family, limit]));
  }

  of(family: Family): MaximumPrefixes {
    return this.#limits.get(family) ?? { family, limit: MAX_PREFIXES };
  }

  /** `near`: it just went above the warning threshold. */
  judge(family: Family, count: number): 'within' | 'near' | 'over' {
    const { limit, warningThreshold = WARNING_PERCENT } = this.of(family);
    if (count > limit) return 'over';
    if (count * 100 <= limit * warningThreshold) {
      this.#near.delete(family);
      return 'within';
    }
    if (this.#near.has(family)) return 'within';
    this.#near.add(family);
    return 'near';
  }
}

/** Why the session ended, and what comes next. */
export function limitText({ family, limit, restartSeconds }: MaximumPrefixes): string {
  const next = restartSeconds === undefined ? 'stays down until a reset' : `begins again after ${restartSeconds} s`;
  return `the peer sent more than ${limit} prefixes of ${familyName(family)}: ${next}`;
}

/** RFC 4486, 4: AFI, SAFI and the upper bound. */
export function limitData({ family, limit }: MaximumPrefixes): Uint8Array {
  const data = new DataView(new ArrayBuffer(7));
  data.setUint16(0, afiOf(family));
  data.setUint8(2, safiOf(family));
  data.setUint32(3, limit);
  return new Uint8Array(data.buffer);
}
