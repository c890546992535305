import type { Address } from '../ip/address.ts';

// What lies under sessions, as a speaker sees it. The daemon gives it the machine's links, tests simulated ones.

/** `up`: it can carry packets (RFC 2863's operational state, and an address). */
export type LinkState = 'up' | 'down' | 'absent';

export interface LinkChange {
  /** Its name. */
  readonly interface: string;
  readonly state: LinkState;
}

export interface Links {
  stateOf(name: string): LinkState;
  /** Calls when the state of an interface changes, or an address comes to one that is up; returns how to stop. */
  watch(listener: (change: LinkChange) => void): () => void;
  /**
   * Looks for the router on an interface, and lets it find us. Calls at once, and whenever the answer changes; returns how to stop.
   * Nothing that is on the link, or is not, makes it throw.
   */
  findRouter(name: string, listener: (search: RouterSearch) => void): () => void;
}

/** What the search for the one router on a link came to. */
export type RouterSearch =
  /** With its interface as zone; `others` have turned up since, and are not it. */
  | { readonly kind: 'found'; readonly address: Address; readonly others: readonly Address[] }
  /** In words for people, with what to do about it. */
  | { readonly kind: 'none'; readonly reason: string };
