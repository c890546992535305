import type { Address } from '../ip/address.ts';
import type { RouterSearch } from '../link/links.ts';
import type { Clock, Timer } from '../session/ports.ts';
import type { PeerOwner } from './peer-owner.ts';

/** A session that is up, as the finder sees it. */
export interface Heard {
  readonly remote: Address;
  /** Seconds; 0: nobody has to say anything. */
  readonly holdTime: number;
  /** How many messages came so far. */
  messages(): number;
  /** It is still up. */
  isUp(): boolean;
  /** Nothing came from it, and another answers as the router. */
  moved(address: Address): void;
}

/** Looks for the one router on an interface, for the peer that is known by that alone: its address may change at any time. */
export class RouterFinder {
  readonly #clock: Clock;
  readonly #find: PeerOwner['findRouter'];
  readonly #found: (result: RouterSearch) => void;
  #search: { result: RouterSearch; end(): void } | undefined;
  /** Runs while the link says that the router is not where the session is. */
  #listening: Timer | undefined;

  /** `found` hears of each result; also once more of the same, where it is asked to look elsewhere. */
  constructor(clock: Clock, find: PeerOwner['findRouter'], found: (result: RouterSearch) => void) {
    this.#clock = clock;
    this.#find = find;
    this.#found = found;
  }

  begin(name: string): void {
    this.end();
    const search = { result: { kind: 'none', reason: '' } as RouterSearch, end: () => {} };
    this.#search = search;
    search.end = this.#find(name, (result) => {
      search.result = result;
      this.#found(result);
    });
  }

  end(): void {
    this.#listening?.cancel();
    this.#listening = undefined;
    this.#search?.end();
    this.#search = undefined;
  }

  /** The session is down, and the router may have another address by now. Later, for the session is still busy with its end. */
  lookElsewhere(remote: Address): void {
    const search = this.#search;
    if (search === undefined || this.#elsewhere(remote) === undefined) return;
    this.#clock.timer(0, () => {
      if (this.#search === search) this.#found(search.result);
    });
  }

  /**
   * Whoever talks to us is there, whatever the link says. But one who is silent for half the hold time, while another answers as the
   * router, has another address by now: the carrier may have been away too shortly for the kernel to tell.
   */
  listenFor(session: Heard): void {
    const heard = session.messages();
    this.#listening ??= this.#clock.timer(500 * session.holdTime, () => {
      this.#listening = undefined;
      if (session.holdTime === 0 || !session.isUp()) return;
      const address = this.#elsewhere(session.remote);
      if (address === undefined) return;
      if (session.messages() > heard) this.listenFor(session);
      else session.moved(address);
    });
  }

  /** Where the router is, when not at `remote`. */
  #elsewhere(remote: Address): Address | undefined {
    const result = this.#search?.result;
    return result?.kind === 'found' && !result.address.equals(remote) ? result.address : undefined;
  }
}
