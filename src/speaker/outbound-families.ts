import type { RefreshMarks, Subscriber } from '../rib/member.ts';
import type { UpdateGroup } from '../rib/update-group.ts';
import type { Negotiated } from '../session/types.ts';
import type { Family } from '../wire/family.ts';
import type { FamilyRib, Outbound } from './family-rib.ts';
import { keyOf, type Treatment } from './treatment.ts';

/** What may change of a treatment while the session stays. */
export type Changeable = Pick<Treatment, 'self' | 'policy' | 'drain'>;

/** What we are in a session. */
export type Ours = Pick<Treatment, 'localAsn' | 'role'> & Changeable;

/** What of a session decides how routes look in it. */
export type Agreed = Pick<Negotiated, 'external' | 'families' | 'send'>;

/**
 * What a peer is sent (its Adj-RIBs-Out): the update groups that it is in while its session is up, one for each family. It keeps them while it is away, for it will most
 * likely come back to the same: its table is there then, and has only to be sent.
 */
export class OutboundFamilies {
  readonly #rib: (family: Family) => FamilyRib;
  readonly #subscriber: Subscriber;
  readonly #sendEndOfRib: (family: Family) => boolean;
  readonly #kept = new Map<Family, Outbound>();
  /** Those of the session while it is up. */
  readonly #joined = new Set<Family>();

  /** `subscriber` is the peer; `sendEndOfRib`: see `Mark`. */
  constructor(rib: (family: Family) => FamilyRib, subscriber: Subscriber, sendEndOfRib: (family: Family) => boolean) {
    this.#rib = rib;
    this.#subscriber = subscriber;
    this.#sendEndOfRib = sendEndOfRib;
  }

  of(family: Family): Outbound | undefined {
    return this.#joined.has(family) ? this.#kept.get(family) : undefined;
  }

  families(): Iterable<Family> {
    return this.#joined.keys();
  }

  /** Prefixes, or paths, that the peer has of us. */
  sent(family: Family): number {
    return this.of(family)?.group.sentTo(this.#subscriber) ?? 0;
  }

  /** Changes that wait for the peer to read. */
  unsent(family: Family): number {
    return this.of(family)?.group.unsentTo(this.#subscriber) ?? 0;
  }

  /** TCP took all that there is to send. */
  get isCurrent(): boolean {
    return this.#groups.every((group) => group.isCurrent(this.#subscriber));
  }

  /** Whether there are groups that a session will be sent from, or is. */
  get isReady(): boolean {
    return this.#kept.size > 0;
  }

  /** Keeps the groups of a session that is not up, filled before it is. */
  prepare(agreed: Agreed, ours: Ours): void {
    for (const family of this.#kept.keys()) if (!agreed.families.includes(family)) this.#letGo(family);
    for (const family of agreed.families) this.#keep(family, treatmentOf(agreed, family, ours));
  }

  /** Sends everything that there is, and End-of-RIB. */
  join(negotiated: Negotiated, ours: Ours): void {
    this.prepare(negotiated, ours);
    for (const [family, { group }] of this.#kept) {
      this.#joined.add(family);
      group.join(this.#subscriber, () => this.#sendEndOfRib(family));
    }
  }

  leave(): void {
    for (const group of this.#groups) group.leave(this.#subscriber);
    this.#joined.clear();
  }

  /** No session is up, and none is to be. */
  forget(): void {
    for (const family of this.#kept.keys()) this.#letGo(family);
  }

  /** Sends what comes out differently from now on. */
  change(changed: Changeable): void {
    for (const [family, outbound] of this.#kept) {
      const treatment = { ...outbound.treatment, ...changed };
      if (keyOf(treatment) !== outbound.key && !this.#rib(family).retarget(outbound, treatment))
        this.#keep(family, treatment);
    }
  }

  /** Sends everything of a family again, between the marks. */
  refresh(family: Family, marks?: RefreshMarks): void {
    this.of(family)?.group.refresh(this.#subscriber, marks);
  }

  /** TCP takes more again. */
  resume(): void {
    for (const group of this.#groups) group.resume(this.#subscriber);
  }

  /** Those that the session is sent from. */
  get #groups(): readonly UpdateGroup[] {
    return [...this.#joined].flatMap((family) => this.of(family)?.group ?? []);
  }

  /** In place of the group before, whose member it is sent on in the new one. */
  #keep(family: Family, treatment: Treatment): void {
    const rib = this.#rib(family);
    const before = this.#kept.get(family);
    if (before !== undefined && rib.lengthen(before, treatment)) return;
    const outbound = rib.keep(treatment);
    this.#kept.set(family, outbound);
    if (before === undefined) return;
    if (this.#joined.has(family) && outbound !== before) outbound.group.adopt(this.#subscriber, before.group);
    rib.letGo(before);
  }

  #letGo(family: Family): void {
    const outbound = this.#kept.get(family);
    this.#kept.delete(family);
    if (outbound !== undefined) this.#rib(family).letGo(outbound);
  }
}

function treatmentOf({ external, send }: Agreed, family: Family, ours: Ours): Treatment {
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
