// What peers send is bounded in memory, whatever each of them may send by its own limits: a leaked table must not end the process and with it
// the sessions of all others.

/** Octets that a prefix costs beside its attributes: its address, its place in the index, its entry in the columns. */
const PER_ROUTE = 40;

/** Octets that may come until it is looked at again: a look costs something, and what comes meanwhile is little. */
const INTERVAL = 1 << 20;

/** Seconds that a peer stays away whose routes took too much. */
export const EXHAUSTED_TIME = 300;

/** Who holds received routes. */
export interface Holder {
  /** Octets of what it sent, near enough; attributes that routes share count for each. */
  readonly receivedOctets: number;
}

/** Looks at how much memory received routes take, now and then while more come. */
export class MemoryWatch {
  /** Octets that received routes may take. */
  readonly limit: number;
  #since = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** So many octets came; true when it is time to look. */
  add(octets: number): boolean {
    this.#since += octets;
    if (this.#since < INTERVAL) return false;
    this.#since = 0;
    return true;
  }

  /** Who has to go, when all tables take `used`: the one with the most. Undefined while there is room, or when it is our own routes that take it. */
  judge<H extends Holder>(used: number, holders: Iterable<H>): H | undefined {
    if (used <= this.limit) return undefined;
    let most: H | undefined;
    let sum = 0;
    for (const holder of holders) {
      sum += holder.receivedOctets;
      if (most === undefined || holder.receivedOctets > most.receivedOctets) most = holder;
    }
    return 2 * sum >= this.limit ? most : undefined;
  }
}

/** Why the session ended, and what comes next. */
export function exhaustedText(octets: number, limit: number): string {
  const megabytes = (of: number) => `${Math.round(of / 1e6)} MB`;
  const room = `${megabytes(limit)} are there for all peers`;
  return `the peer sent ${megabytes(octets)} of routes, and ${room}: begins again after ${EXHAUSTED_TIME} s`;
}

/** What so many routes take, when each has its own attributes. */
export function octetsOf(routes: number, setOctets: number): number {
  return PER_ROUTE * routes + setOctets;
}
