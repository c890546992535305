import type { Session } from '../session/session.ts';
import type { Negotiated } from '../session/types.ts';
import type { Family } from '../wire/family.ts';
import type { RouteRefresh } from '../wire/message.ts';
import { refreshSubtype } from '../wire/refresh.ts';
import type { InboundFamilies } from './inbound-families.ts';
import type { OutboundFamilies } from './outbound-families.ts';

/** Route refresh in one session that is up (RFC 2918, RFC 7313). */
export class Refresher {
  readonly #session: Session;
  readonly #negotiated: Negotiated;
  readonly #inbound: InboundFamilies;
  readonly #outbound: OutboundFamilies;

  constructor(session: Session, negotiated: Negotiated, inbound: InboundFamilies, outbound: OutboundFamilies) {
    this.#session = session;
    this.#negotiated = negotiated;
    this.#inbound = inbound;
    this.#outbound = outbound;
  }

  /** Asks the peer, which can do that, to send everything again. */
  ask(): void {
    for (const family of this.#negotiated.families) this.#say(family, refreshSubtype.request);
  }

  /** Sends everything again, asked or not. */
  answer(): void {
    for (const family of this.#outbound.families()) this.#resend(family);
  }

  received({ family, subtype }: RouteRefresh): void {
    if (subtype === refreshSubtype.request) this.#resend(family);
    else if (subtype === refreshSubtype.beginning) this.#inbound.refreshBegins(family);
    else if (subtype === refreshSubtype.end) this.#inbound.refreshEnds(family);
  }

  #resend(family: Family): void {
    const mark = (subtype: number) => () => this.#say(family, subtype);
    const marks = { begin: mark(refreshSubtype.beginning), end: mark(refreshSubtype.end) };
    this.#outbound.refresh(family, this.#negotiated.enhancedRouteRefresh ? marks : undefined);
  }

  #say(family: Family, subtype: number): boolean {
    return this.#session.sendRouteRefresh({ type: 'route-refresh', family, subtype });
  }
}
