import type { PolicyChain } from '../policy/chain.ts';
import type { AttributeStore } from '../rib/attribute-store.ts';
import type { Clock } from '../session/ports.ts';
import type { Role } from '../session/role.ts';
import type { DownReason, Negotiated } from '../session/types.ts';
import { type Family, familyName } from '../wire/family.ts';
import { severityOf, withdrawals } from '../wire/fault.ts';
import { capabilityOf } from '../wire/open.ts';
import type { Nlri, Reach, Update } from '../wire/update.ts';
import { isEndOfRib } from '../wire/update-codec.ts';
import type { FamilyRib } from './family-rib.ts';
import { isPreserved, type RestartTimerName, StaleFamilies, staleTimesOf } from './graceful-restart.ts';
import { Inbound } from './inbound.ts';
import { LogQuota } from './log-quota.ts';
import { attachLlgrStale } from './long-lived.ts';
import { isLooped } from './loop.ts';
import { octetsOf } from './memory.ts';
import { isProtected, received } from './only-to-customer.ts';
import { PrefixLimits } from './prefix-limit.ts';
import type { MaximumPrefixes, Neighbor } from './types.ts';

/** Hears of each route of an Adj-RIB-In, by its id there: after it was stored, and just before it goes. */
export type RouteWatcher = (type: 'announced' | 'withdrawn', inbound: Inbound, id: number) => void;

/** What received routes need of their peer and its speaker. */
export interface InboundOwner {
  readonly clock: Clock;
  readonly store: AttributeStore;
  rib(family: Family): FamilyRib;
  policy(): PolicyChain;
  /** Since the speaker started. */
  seconds(): number;
  /** Absent while nobody watches. */
  watcher(): RouteWatcher | undefined;
  warn(message: string, fields: Record<string, unknown>): void;
  /** So many octets of routes came. */
  received(octets: number): void;
  /** The peer sent more than this; its session has to end. */
  exceeded(limit: MaximumPrefixes): void;
}

/** Whose routes they are, while the session is up. */
interface Origin {
  readonly localAsn: number;
  readonly routerId: number;
  readonly peerAsn: number;
  /** What we are to the peer (RFC 9234), where it is external. */
  readonly role: Role | undefined;
  /** It sends End-of-RIB (RFC 4724, 2). */
  readonly endsRib: boolean;
  readonly families: readonly Family[];
  /** Those of which it may send several paths for a prefix (RFC 7911). */
  readonly addPath: ReadonlySet<Family>;
}

/** Octets of attributes that nobody has encoded yet: far more than most have. */
const unencoded = 4096;

/** What a peer sends us (its Adj-RIBs-In): how it gets there, how much may, and how long it outlives the session. */
export class InboundFamilies {
  readonly #owner: InboundOwner;
  readonly #families = new Map<Family, Inbound>();
  /** Those with routes of a session that ended. */
  readonly #stale: StaleFamilies;
  readonly #complaints: LogQuota;
  #limits: PrefixLimits;
  #origin: Origin | undefined;

  constructor(owner: InboundOwner, limits: Neighbor['maximumPrefixes']) {
    this.#owner = owner;
    this.#limits = new PrefixLimits(limits ?? []);
    this.#complaints = new LogQuota(owner.clock);
    this.#stale = new StaleFamilies(owner.clock, {
      expired: (family) => this.#expired(family),
      longLived: (family) => this.#attachLlgrStale(family),
    });
  }

  of(family: Family): Inbound | undefined {
    return this.#families.get(family);
  }

  /** There are routes of a session that ended. */
  get isWaiting(): boolean {
    return this.#stale.size > 0;
  }

  get timers(): Partial<Record<RestartTimerName, number>> {
    return this.#stale.timers;
  }

  /** What they take, near enough; attributes that routes share count for each. */
  get octets(): number {
    let octets = 0;
    for (const { adjRibIn } of this.#families.values()) octets += octetsOf(adjRibIn.size, adjRibIn.setOctets);
    return octets;
  }

  /** Octets of the columns alone; prefixes and attribute sets are shared with others. */
  get columns(): number {
    let octets = 0;
    for (const { adjRibIn } of this.#families.values()) octets += adjRibIn.memory;
    return octets;
  }

  /** A session is up: takes back what stayed of the one before, and is ready for what it negotiated. */
  established(negotiated: Negotiated, localAsn: number, role: Role | undefined): void {
    const { peerAsn, external, localOpen, remoteOpen, families, receive } = negotiated;
    this.#origin = {
      localAsn,
      routerId: localOpen.routerId,
      peerAsn,
      role: external ? role : undefined,
      endsRib: capabilityOf(remoteOpen, 'graceful-restart') !== undefined,
      families,
      addPath: receive.addPath,
    };
    this.#takeBack(negotiated);
  }

  /** The session is down: keeps of the routes what may stay. */
  down({ gracefulRestart: theirs }: Negotiated, { gracefulRestart: ours }: Neighbor, reason: DownReason): void {
    this.#origin = undefined;
    for (const [family, inbound] of this.#families) {
      const times = ours && theirs && staleTimesOf(family, ours, theirs, reason);
      if (times === undefined) {
        this.#forget(family);
        continue;
      }
      // It restarts again before it sent everything: what is stale from before goes (RFC 4724, 4.2), but where RFC 8538, 4.1 or
      // RFC 9494, 4.2 let it stay.
      if (this.#stale.has(family) && theirs?.notification !== true && times.longLived === 0) {
        this.#stale.forget(family);
        this.#removeStale(family);
      }
      this.#stale.lost(family, times);
      inbound.lost();
      if (this.#stale.isLongLived(family)) this.#attachLlgrStale(family);
    }
    if (theirs !== undefined) this.#stale.waitFor(theirs.restartTime);
  }

  /** Removes all routes of all families, but of those in `kept`. */
  forget(kept: readonly Family[] = []): void {
    for (const family of this.#families.keys()) if (!kept.includes(family)) this.#forget(family);
  }

  update(update: Update): void {
    for (const { action, attribute, message } of update.faults)
      this.#complain(`malformed UPDATE: ${message}`, { action, attribute });
    if (severityOf(update.faults) === 'treat-as-withdraw') {
      for (const nlri of withdrawals(update)) this.#withdraw(nlri);
      return;
    }
    const { withdrawn, unreach, nlri, reach } = update;
    if (withdrawn !== undefined) this.#withdraw(withdrawn);
    if (unreach !== undefined) this.#withdraw(unreach);
    if (nlri !== undefined) this.#announce(nlri, update, undefined);
    if (reach !== undefined) this.#announce(reach.nlri, update, reach);
    if (nlri !== undefined || reach !== undefined) return;
    const ended = isEndOfRib(update);
    if (ended) this.#ended(ended);
  }

  /** BoRR: whatever the peer does not send again until EoRR is gone (RFC 7313, 4). */
  refreshBegins(family: Family): void {
    const inbound = this.#inboundFor(family);
    if (inbound === undefined) return;
    // A peer that sends End-of-RIB sends none before it, and one that does is not heeded.
    if (inbound.endOfRib || this.#origin?.endsRib !== true) inbound.beginRefresh();
    else this.#complain(`BoRR of ${familyName(family)} before End-of-RIB is ignored`);
  }

  refreshEnds(family: Family): void {
    const inbound = this.#families.get(family);
    if (inbound !== undefined) inbound.endRefresh(this.#leaving(inbound));
  }

  /** The import policy says something else than before. */
  evaluateAgain(): void {
    for (const inbound of this.#families.values()) inbound.evaluate(this.#owner.policy());
  }

  setLimits(limits: Neighbor['maximumPrefixes']): void {
    this.#limits = new PrefixLimits(limits ?? []);
  }

  checkLimits(): void {
    for (const inbound of this.#families.values()) this.#checkLimit(inbound);
  }

  /** Made with the first that comes for it, and not while other sessions wait to come up. Undefined for what was not negotiated. */
  #inboundFor(family: Family): Inbound | undefined {
    const known = this.#families.get(family);
    if (known !== undefined || this.#origin?.families.includes(family) !== true) return known;
    const inbound = new Inbound(this.#owner.rib(family), this.#owner.store, this.#origin.addPath.has(family));
    this.#families.set(family, inbound);
    return inbound;
  }

  #announce(nlri: Nlri, update: Update, reach: Reach | undefined): void {
    const inbound = this.#inboundFor(nlri.family);
    // RFC 4760, 7: what was not negotiated is ignored.
    if (inbound === undefined || this.#origin === undefined) return;
    const watcher = this.#owner.watcher();
    const { localAsn, routerId, peerAsn, role } = this.#origin;
    const otc =
      role !== undefined && isProtected(nlri.family)
        ? received(role, update.attributes.onlyToCustomer, peerAsn)
        : undefined;
    const dropped = isLooped(update, localAsn, routerId) ? 'looped' : otc === 'leak' ? 'leaked' : undefined;
    inbound.announce(
      nlri,
      typeof otc === 'number' ? withOnlyToCustomer(update, otc) : update,
      reach,
      this.#owner.policy(),
      dropped,
      this.#owner.seconds(),
      watcher && ((id) => watcher('announced', inbound, id)),
    );
    this.#checkLimit(inbound);
    this.#owner.received(nlri.bytes.length + (update.encoded?.length ?? unencoded));
  }

  #withdraw(nlri: Nlri): void {
    const inbound = this.#families.get(nlri.family);
    if (inbound === undefined) return;
    inbound.withdraw(nlri, this.#leaving(inbound));
  }

  #ended(family: Family): void {
    const inbound = this.#inboundFor(family);
    if (inbound === undefined) return;
    inbound.endOfRib = true;
    if (!this.#stale.has(family)) return;
    this.#stale.forget(family);
    this.#removeStale(family);
  }

  #checkLimit({ rib: { family }, adjRibIn }: Inbound): void {
    const count = adjRibIn.size + adjRibIn.looped + adjRibIn.leaked;
    const verdict = this.#limits.judge(family, count);
    if (verdict === 'within') return;
    const limit = this.#limits.of(family);
    if (verdict === 'over') this.#owner.exceeded(limit);
    else this.#complain(`the peer sent ${count} prefixes of ${familyName(family)}, and ${limit.limit} are the most`);
  }

  /**
   * The peer is back: what it did not preserve, or no longer restarts gracefully, goes at once (RFC 4724, 4.2). So does what it would not replace, for it
   * has path identifiers now and had none, or the reverse.
   */
  #takeBack({ gracefulRestart, receive }: Negotiated): void {
    this.#stale.back();
    for (const [family, { addPath }] of this.#families) {
      const isKept = isPreserved(gracefulRestart, family, this.#stale.isLongLived(family));
      if (!isKept || addPath !== receive.addPath.has(family)) this.#forget(family);
    }
  }

  /** It did not come back, or did not send them again, in time. */
  #expired(family: Family): void {
    this.#removeStale(family);
    if (this.#origin === undefined && this.#families.get(family)?.adjRibIn.size === 0) this.#families.delete(family);
  }

  #attachLlgrStale(family: Family): void {
    const inbound = this.#families.get(family);
    if (inbound === undefined) return;
    const watcher = this.#owner.watcher();
    attachLlgrStale(inbound.adjRibIn, this.#owner.store, {
      removed: (id) => watcher?.('withdrawn', inbound, id),
      changed: (id) => watcher?.('announced', inbound, id),
    });
  }

  /** Removes all that the peer sent for a family. */
  #forget(family: Family): void {
    const inbound = this.#families.get(family);
    if (inbound === undefined) return;
    this.#stale.forget(family);
    inbound.adjRibIn.markStale();
    this.#removeStale(family);
    this.#families.delete(family);
  }

  #removeStale(family: Family): void {
    const inbound = this.#families.get(family);
    if (inbound !== undefined) inbound.removeStale(this.#leaving(inbound));
  }

  /** Logs what the peer does wrong, which it may do as often as it likes. */
  #complain(message: string, fields: Record<string, unknown> = {}): void {
    const line = this.#complaints.next();
    if (line !== undefined) this.#owner.warn(message, { ...fields, ...line });
  }

  /** Tells who watches of each route that goes. */
  #leaving(inbound: Inbound): ((id: number) => void) | undefined {
    const watcher = this.#owner.watcher();
    return watcher && ((id) => watcher('withdrawn', inbound, id));
  }
}

/** RFC 9234, 5: what comes from above or from beside may only go down. */
function withOnlyToCustomer({ attributes, faults }: Update, onlyToCustomer: number): Update {
  return { type: 'update', faults, attributes: { ...attributes, onlyToCustomer } };
}
