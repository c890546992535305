import type { RefreshMarks, Subscriber } from '../rib/member.ts';
import type { Negotiated } from '../session/types.ts';
import type { Family } from '../wire/family.ts';
import type { FamilyRib, Outbound } from './family-rib.ts';
import { keyOf, type Treatment } from './treatment.ts';

/** What may change of a treatment while the session stays. */
export type Changeable = Pick<Treatment, 'self' | 'policy' | 'drain'>;

/** What we are in a session. */
export type Ours = Pick<Treatment, 'localAsn' | 'role'> & Changeable;

/** What a peer is sent (its Adj-RIBs-Out): the update groups that it is in while its session is up, one for each family. */
export class OutboundFamilies {
  readonly #rib: (family: Family) => FamilyRib;
  readonly #send: Subscriber['send'];
  readonly #sendEndOfRib: (family: Family) => boolean;
  readonly #families = new Map<Family, { readonly outbound: Outbound; readonly subscriber: Subscriber }>();

  /** `send`, `sendEndOfRib`: see `Subscriber` and `Mark`. */
  constructor(rib: (family: Family) => FamilyRib, send: Subscriber['send'], sendEndOfRib: (family: Family) => boolean) {
    this.#rib = rib;
    this.#send = send;
    this.#sendEndOfRib = sendEndOfRib;
  }

  of(family: Family): Outbound | undefined {
    return this.#families.get(family)?.outbound;
  }

  families(): Iterable<Family> {
    return this.#families.keys();
  }

  /** Prefixes, or paths, that the peer has of us. */
  sent(family: Family): number {
    const membership = this.#families.get(family);
    return membership?.outbound.group.sentTo(membership.subscriber) ?? 0;
  }

  /** Changes that wait for the peer to read. */
  unsent(family: Family): number {
    const membership = this.#families.get(family);
    return membership?.outbound.group.unsentTo(membership.subscriber) ?? 0;
  }

  /** TCP took all that there is to send. */
  get isCurrent(): boolean {
    return [...this.#families.values()].every(({ outbound, subscriber }) => outbound.group.isCurrent(subscriber));
  }

  /** Sends everything that there is, and End-of-RIB. */
  join(negotiated: Negotiated, ours: Ours): void {
    for (const family of negotiated.families) {
      const outbound = this.#rib(family).outbound(treatmentOf(negotiated, family, ours));
      const subscriber: Subscriber = { send: this.#send };
      this.#families.set(family, { outbound, subscriber });
      outbound.group.join(subscriber, () => this.#sendEndOfRib(family));
    }
  }

  leave(): void {
    for (const [family, { outbound, subscriber }] of this.#families) {
      outbound.group.leave(subscriber);
      this.#rib(family).drop(outbound);
    }
    this.#families.clear();
  }

  /** Sends what comes out differently from now on. */
  change(changed: Changeable): void {
    for (const [family, { outbound, subscriber }] of this.#families) {
      const rib = this.#rib(family);
      const treatment = { ...outbound.treatment, ...changed };
      if (keyOf(treatment) === outbound.key) continue;
      if (outbound.group.members === 1 && rib.retarget(outbound, treatment)) continue;
      const next = rib.outbound(treatment);
      this.#families.set(family, { outbound: next, subscriber });
      next.group.adopt(subscriber, outbound.group);
      rib.drop(outbound);
    }
  }

  /** Sends everything of a family again, between the marks. */
  refresh(family: Family, marks?: RefreshMarks): void {
    const membership = this.#families.get(family);
    membership?.outbound.group.refresh(membership.subscriber, marks);
  }

  /** TCP takes more again. */
  resume(): void {
    for (const { outbound, subscriber } of this.#families.values()) outbound.group.resume(subscriber);
  }
}

function treatmentOf({ external, send }: Negotiated, family: Family, ours: Ours): Treatment {
  const { localAsn, self, policy, drain, role } = ours;
  return {
    external,
    localAsn,
    fourOctetAs: send.fourOctetAs,
    maxMessage: send.extendedMessage ? 65535 : 4096,
    extendedNextHop: send.extendedNextHop.has(family),
    addPath: send.addPath.has(family),
    self,
    policy,
    drain,
    role: external ? role : undefined,
  };
}
