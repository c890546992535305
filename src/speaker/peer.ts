import type { Address } from '../ip/address.ts';
import type { Bfd } from '../link/bfd/ports.ts';
import type { InterfaceAddress } from '../link/interfaces.ts';
import type { LinkChange, RouterSearch } from '../link/links.ts';
import type { PolicyChain } from '../policy/chain.ts';
import type { RoutePolicy } from '../policy/types.ts';
import type { AttributeStore } from '../rib/attribute-store.ts';
import type { Subscriber } from '../rib/update-group.ts';
import type { Availability, Connection, SocketOptions, Timer, World } from '../session/ports.ts';
import type { Role } from '../session/role.ts';
import { isSame } from '../session/same.ts';
import { cease, Session } from '../session/session.ts';
import type { DownReason, Negotiated, SessionHandler, SessionState } from '../session/types.ts';
import type { Capability } from '../wire/capability.ts';
import { encodeMessage } from '../wire/codec.ts';
import { type Family, familyName } from '../wire/family.ts';
import { severityOf, withdrawals } from '../wire/fault.ts';
import type { RouteRefresh } from '../wire/message.ts';
import { isLoopedSet } from '../wire/plain-update.ts';
import type { AsSegment, Nlri, Reach, Update } from '../wire/update.ts';
import { endOfRib, isEndOfRib } from '../wire/update-codec.ts';
import type { DrainPhase, DrainState } from './drain.ts';
import { keyOf, type Treatment } from './export.ts';
import type { FamilyRib, Outbound } from './family-rib.ts';
import { isPreserved, StaleFamilies, staleTimesOf } from './graceful-restart.ts';
import { Inbound } from './inbound.ts';
import { Liveness } from './liveness.ts';
import { attachLlgrStale } from './long-lived.ts';
import { type SelfNextHop, selfNextHop } from './next-hop.ts';
import { isProtected, received } from './only-to-customer.ts';
import { limitData, limitText, PrefixLimits } from './prefix-limit.ts';
import { capabilitiesOf, sessionConfigOf } from './session-config.ts';
import { linkOf } from './single-hop.ts';
import { configuredSource } from './source.ts';
import { targetOf } from './target.ts';
import type { BgpGlobal, Neighbor, PeerFamilyState, PeerState } from './types.ts';

const REFRESH = 0;
const BEGIN_REFRESH = 1;
const END_REFRESH = 2;

/** What a peer needs of its speaker. */
export interface PeerOwner {
  readonly global: BgpGlobal;
  readonly world: World;
  readonly store: AttributeStore;
  readonly bfd: Bfd | undefined;
  rib(family: Family): FamilyRib;
  /** What all policies of one direction make of this neighbor's routes: the same object for all that are treated alike. */
  policy(type: RoutePolicy['type'], neighbor: Neighbor): PolicyChain;
  drain(address: Address): DrainState | undefined;
  interfaces(): readonly InterfaceAddress[];
  /** Sees to it that connections with this address have these options, whoever dials. */
  protect(address: Address, options: SocketOptions | undefined): Availability;
  /** Sessions may begin. */
  running(): boolean;
  /** Looks for the router on an interface; see `Links`. */
  findRouter(name: string, listener: (search: RouterSearch) => void): () => void;
  /** Since the speaker started. */
  seconds(): number;
  /** It goes on where another left off a moment ago. */
  restarted(): boolean;
  stateChanged(peer: Peer, from: SessionState, to: SessionState): void;
  /** Something else about it that is to be seen. */
  changed(peer: Peer): void;
  down(peer: Peer, reason: DownReason): void;
  /** Something worth a line in the log. */
  warn(peer: Peer, message: string, fields: Record<string, unknown>): void;
  /** Absent while nobody watches what this peer sends. */
  routeChanged(peer: Peer): ((type: 'announced' | 'withdrawn', inbound: Inbound, id: number) => void) | undefined;
}

/** One peer: its session, what it sent (Adj-RIB-In), and which update groups it is in (Adj-RIB-Out). */
export class Peer implements SessionHandler {
  #neighbor: Neighbor;
  readonly #owner: PeerOwner;
  #session: Session;
  /** Present while the session may not run. */
  #held: { readonly reason: DownReason; readonly at: Date; readonly timer?: Timer } | undefined;
  /** Of a peer known by its interface, while it runs. */
  #search: { result: RouterSearch; end(): void } | undefined;
  /** Runs while the link says that the router is not where the session is. */
  #listening: Timer | undefined;
  /** The interface that the session lives and dies with, and the one that the last session died with. */
  #link: string | undefined;
  #lostLink: string | undefined;
  #negotiated: Negotiated | undefined;
  #wasEstablished = false;
  /** Of a session that ended, while its routes stay in `#inbound`. */
  readonly #stale: StaleFamilies;
  readonly #inbound = new Map<Family, Inbound>();
  readonly #outbound = new Map<Family, { readonly outbound: Outbound; readonly subscriber: Subscriber }>();
  readonly #policies: Record<RoutePolicy['type'], PolicyChain>;
  readonly #liveness: Liveness;
  /** Why it is held. */
  #waitsForBfd = false;
  #self: SelfNextHop = { ipv4: undefined, ipv6: undefined };
  #limits: PrefixLimits;

  constructor(neighbor: Neighbor, owner: PeerOwner) {
    this.#neighbor = neighbor;
    this.#owner = owner;
    this.#policies = { import: owner.policy('import', neighbor), export: owner.policy('export', neighbor) };
    this.#limits = new PrefixLimits(neighbor.maximumPrefixes ?? []);
    this.#stale = new StaleFamilies(owner.world.clock, {
      expired: (family) => this.#expired(family),
      longLived: (family) => this.#attachLlgrStale(family),
    });
    this.#session = this.#newSession(neighbor.address);
    this.#liveness = new Liveness(owner.bfd, owner.world.clock, {
      changed: () => this.#owner.changed(this),
      up: () => {
        if (this.#waitsForBfd) this.start();
      },
      lost: (text) => this.#lost(text),
    });
  }

  get neighbor(): Neighbor {
    return this.#neighbor;
  }

  get state(): SessionState {
    return this.#session.state;
  }

  get peerAsn(): number {
    return this.#negotiated?.peerAsn ?? this.#neighbor.asn;
  }

  /** The peer keeps our routes when the connection just closes (RFC 4724, 4.2). */
  get isHelped(): boolean {
    return this.#negotiated?.gracefulRestart !== undefined;
  }

  /** Where the peer is; of one known by its interface, `neighbor.address` while no router was found there. */
  get remote(): Address {
    return this.#session.config.remote.address;
  }

  get #isFound(): boolean {
    return targetOf(this.#neighbor).kind === 'address' || !this.remote.equals(this.#neighbor.address);
  }

  start(): void {
    this.#release();
    const target = targetOf(this.#neighbor);
    if (target.kind === 'address') {
      this.#begin();
      return;
    }
    this.#endSearch();
    const search = { result: { kind: 'none', reason: '' } as RouterSearch, end: () => {} };
    this.#search = search;
    search.end = this.#owner.findRouter(target.interface, (result) => {
      search.result = result;
      this.#searched(result);
    });
  }

  /** Ends the session with a Cease of this subcode and text, or without a word. */
  stop(how: { readonly subcode: number; readonly text: string; readonly data?: Uint8Array } | 'silently'): void {
    this.#release();
    this.#endSearch();
    if (how === 'silently') this.#session.stopWithoutNotification();
    else this.#session.stop(how.text, how.subcode, how.data);
    this.#liveness.close();
    for (const family of this.#inbound.keys()) this.#forget(family);
  }

  accept(connection: Connection): void {
    const { adminDown } = this.#neighbor;
    if (this.#held?.reason.kind === 'held') connection.abort();
    else if (adminDown !== undefined) this.#session.refuse(connection, adminDown, cease.administrativeShutdown);
    else this.#session.accept(connection);
  }

  /** Also tries again what was held. */
  reset(text: string): void {
    if (this.#held === undefined) this.#session.reset(text);
    else this.start();
  }

  /** A session that lives on this link ends with it, and is tried again at once when it is back. */
  linkChanged({ interface: name, state }: LinkChange): void {
    if (state === 'up') {
      if (this.#lostLink === name) this.#session.hurry();
    } else if (this.#link === name) {
      this.#session.linkLost(`interface ${name} is ${state === 'down' ? 'down' : 'gone'}`);
      this.#lostLink = name;
    }
  }

  /** Asks the peer to send everything again (RFC 2918). False when it cannot. */
  refreshIn(): boolean {
    if (this.#negotiated?.routeRefresh !== true) return false;
    for (const family of this.#negotiated.families)
      this.#session.sendMessage({ type: 'route-refresh', family, subtype: REFRESH });
    return true;
  }

  /** Sends everything again. */
  refreshOut(): void {
    for (const family of this.#outbound.keys()) this.#resend(family);
  }

  /** Takes another configuration: only what changed has an effect, and the session is reset only where OPEN or TCP must be done again. */
  reconfigure(neighbor: Neighbor): void {
    const before = this.#neighbor;
    this.#neighbor = neighbor;
    const config = sessionConfigOf(neighbor, this.#owner.global, this.remote);
    if (!isSame(config, sessionConfigOf(before, this.#owner.global, this.remote))) {
      const { subcode, text } = endOf(neighbor);
      this.#release();
      this.#session.stop(text, subcode);
      for (const family of this.#inbound.keys())
        if (neighbor.gracefulRestart === undefined || !neighbor.families.includes(family)) this.#forget(family);
      const previous = this.#session;
      this.#session = this.#newSession(this.remote);
      this.#session.succeed(previous);
      if (this.#owner.running()) this.start();
    } else if (neighbor.adminDown !== before.adminDown) {
      if (neighbor.adminDown !== undefined) this.stop(endOf(neighbor));
      if (this.#owner.running()) this.start();
    } else if (!isSame(neighbor.bfd, before.bfd)) this.#bfdChanged();
    if (!isSame(neighbor.maximumPrefixes, before.maximumPrefixes)) this.#limitsChanged();
    this.#chooseNextHop();
    this.choosePolicies();
  }

  policy(type: RoutePolicy['type']): PolicyChain {
    return this.#policies[type];
  }

  /** The import policy says something else than before. */
  evaluateAgain(): void {
    for (const inbound of this.#inbound.values()) inbound.evaluate(this.#policies.import);
  }

  /** Takes the policies that are for it; sends what comes out differently. Nothing when they say the same of this peer as before. */
  choosePolicies(): void {
    const before = this.#policies.import;
    this.#policies.import = this.#owner.policy('import', this.#neighbor);
    this.#policies.export = this.#owner.policy('export', this.#neighbor);
    if (this.#policies.import !== before) this.evaluateAgain();
    this.exportChanged();
  }

  /** It has another export policy, or the drain says something else: sends what comes out differently. */
  exportChanged(): void {
    const policy = this.#policies.export;
    const drain = this.#drain;
    for (const [family, { outbound, subscriber }] of this.#outbound) {
      const rib = this.#owner.rib(family);
      const treatment = { ...outbound.treatment, policy, self: this.#self, drain };
      if (keyOf(treatment) === outbound.key) continue;
      if (outbound.group.members === 1 && rib.retarget(outbound, treatment)) continue;
      const next = rib.outbound(treatment);
      this.#outbound.set(family, { outbound: next, subscriber });
      next.group.adopt(subscriber, outbound.group);
      rib.drop(outbound);
    }
  }

  get peerState(): PeerState {
    const session = this.#session;
    const negotiated = this.#negotiated;
    const lastDown = this.#held ?? session.lastDown;
    const drain = this.#owner.drain(this.#neighbor.address);
    const bfd = this.#liveness.state;
    return {
      neighbor: this.#neighbor,
      sessionState: session.state,
      families: this.#neighbor.families.map((family) => this.#familyState(family)),
      localCapabilities: negotiated?.localOpen.capabilities ?? this.#capabilities(),
      remoteCapabilities: negotiated?.remoteOpen.capabilities ?? [],
      counters: session.counters,
      timers: { ...session.timers, ...this.#stale.timers },
      pending: session.pending,
      ...(this.#isFound && { remoteAddress: this.remote }),
      ...(negotiated && { negotiated }),
      ...(bfd && { bfd }),
      ...(session.establishedAt && { establishedAt: session.establishedAt }),
      ...(lastDown && { lastDown }),
      ...(drain && { drain }),
    };
  }

  /** The family is not configured, or not negotiated in the session that is up. */
  hasNot(family: Family): boolean {
    return !(this.#negotiated?.families ?? this.#neighbor.families).includes(family);
  }

  inbound(family: Family): Inbound | undefined {
    return this.#inbound.get(family);
  }

  outbound(family: Family): Outbound | undefined {
    return this.#outbound.get(family)?.outbound;
  }

  /** TCP took all that there is to send. */
  get isCurrent(): boolean {
    return [...this.#outbound.values()].every(({ outbound, subscriber }) => outbound.group.isCurrent(subscriber));
  }

  // What the session tells.

  stateChanged(from: SessionState, to: SessionState): void {
    this.#owner.stateChanged(this, from, to);
  }

  established(negotiated: Negotiated): void {
    this.#negotiated = negotiated;
    this.#wasEstablished = true;
    this.#takeBack(negotiated);
    this.#chooseNextHop();
    this.#link = linkOf(this.#neighbor, negotiated, this.#owner.interfaces());
    this.#lostLink = undefined;
    this.#watch();
    for (const family of negotiated.families) {
      const rib = this.#owner.rib(family);
      const addPath = negotiated.receive.addPath.has(family);
      if (!this.#inbound.has(family)) this.#inbound.set(family, new Inbound(rib, this.#owner.store, addPath));
      const outbound = rib.outbound(this.#treatment(negotiated, family));
      const subscriber: Subscriber = { send: (bytes, updates) => this.#session.send(bytes, updates) };
      this.#outbound.set(family, { outbound, subscriber });
      outbound.group.join(subscriber, { bytes: encodeMessage(endOfRib(family), negotiated.send), updates: 1 });
    }
  }

  down(reason: DownReason): void {
    this.#leave(reason);
    this.#owner.down(this, reason);
    this.#lookElsewhere();
  }

  drained(): void {
    for (const { outbound, subscriber } of this.#outbound.values()) outbound.group.resume(subscriber);
  }

  routeRefresh({ family, subtype }: RouteRefresh): void {
    const inbound = this.#inbound.get(family);
    if (inbound === undefined) return;
    if (subtype === REFRESH) this.#resend(family);
    else if (subtype === BEGIN_REFRESH) inbound.adjRibIn.markStale();
    else if (subtype === END_REFRESH) this.#removeStale(family);
  }

  update(update: Update): void {
    if (severityOf(update.faults) === 'treat-as-withdraw') {
      this.#warnOf(update);
      for (const nlri of withdrawals(update)) this.#withdraw(nlri);
      return;
    }
    if (update.faults.length > 0) this.#warnOf(update);
    const { withdrawn, unreach, nlri, reach } = update;
    if (withdrawn !== undefined) this.#withdraw(withdrawn);
    if (unreach !== undefined) this.#withdraw(unreach);
    if (nlri !== undefined) this.#announce(nlri, update, undefined);
    if (reach !== undefined) this.#announce(reach.nlri, update, reach);
    if (nlri !== undefined || reach !== undefined) return;
    const ended = isEndOfRib(update);
    const inbound = ended && this.#inbound.get(ended);
    if (inbound === undefined) return;
    inbound.endOfRib = true;
    if (!this.#stale.has(inbound.rib.family)) return;
    this.#stale.forget(inbound.rib.family);
    this.#removeStale(inbound.rib.family);
  }

  /** Does not begin what cannot be as configured: a session without its password would be open to anybody. */
  #begin(): void {
    const able = this.#owner.protect(this.remote, this.#session.config.options);
    const { adminDown } = this.#neighbor;
    if (adminDown === undefined) this.#watch();
    if (!able.ok) {
      this.#hold(able.reason);
      return;
    }
    if (this.#liveness.holds) {
      this.#waitForBfd('the session waits until BFD is up, for BFD is strict');
      return;
    }
    this.#release();
    if (adminDown === undefined) this.#session.start();
    else this.#hold(adminDown === '' ? 'administratively down' : `administratively down: ${adminDown}`, 'stopped');
  }

  /** From the address that the session has, or will have: the peer knows us by no other. */
  #watch(): void {
    const { localAddress = configuredSource(this.remote, this.#owner.interfaces()) } = this.#neighbor.transport;
    const local = this.remote.isLinkLocal ? localAddress : (this.#negotiated?.local.address ?? localAddress);
    this.#liveness.apply(this.#neighbor, this.remote, local);
  }

  #bfdChanged(): void {
    if (!this.#owner.running() || !this.#isFound || (this.#held !== undefined && !this.#waitsForBfd)) return;
    this.#watch();
    if (this.#waitsForBfd) this.start();
    this.#owner.changed(this);
  }

  #lost(text: string): void {
    if (!this.#liveness.holds) {
      this.#session.fail(text, cease.bfdDown);
      return;
    }
    this.#session.stop(text, cease.bfdDown);
    this.#waitForBfd(`${text}; the session waits until it is up, for BFD is strict`);
  }

  #waitForBfd(text: string): void {
    this.#hold(text);
    this.#waitsForBfd = true;
  }

  #hold(text: string, kind: 'held' | 'stopped' = 'held'): void {
    this.#waitsForBfd = false;
    const reason: DownReason = { kind, text };
    this.#held = { reason, at: this.#owner.world.clock.date() };
    this.#owner.down(this, reason);
  }

  #searched(result: RouterSearch): void {
    if (result.kind === 'none') {
      this.#session.linkLost(result.reason);
      this.#session.stopWithoutNotification();
      this.#hold(result.reason);
      return;
    }
    const { address, others } = result;
    if (others.length > 0)
      this.#owner.warn(this, 'another router on the link is not the peer', { routers: others.map(String) });
    if (this.#negotiated !== undefined) {
      this.#listenFor(this.#negotiated);
      return;
    }
    if (!this.remote.equals(address)) {
      this.#session.stopWithoutNotification();
      this.#owner.protect(this.remote, undefined);
      this.#session = this.#newSession(address);
    }
    this.#begin();
  }

  /** The session is down, and the router may have another address by now. Later, for the session is still busy with its end. */
  #lookElsewhere(): void {
    const search = this.#search;
    if (search?.result.kind !== 'found' || search.result.address.equals(this.remote)) return;
    this.#owner.world.clock.timer(0, () => {
      if (this.#search === search) this.#searched(search.result);
    });
  }

  /**
   * Whoever talks to us is there, whatever the link says. But one who is silent for half the hold time, while another answers as the
   * router, has another address by now: the carrier may have been away too shortly for the kernel to tell.
   */
  #listenFor(negotiated: Negotiated): void {
    const heard = messagesFrom(this.#session);
    this.#listening ??= this.#owner.world.clock.timer(500 * negotiated.holdTime, () => {
      this.#listening = undefined;
      const result = this.#search?.result;
      if (negotiated.holdTime === 0 || this.#negotiated !== negotiated) return;
      if (result?.kind !== 'found' || result.address.equals(this.remote)) return;
      if (messagesFrom(this.#session) > heard) this.#listenFor(negotiated);
      else this.#session.linkLost(`nothing from ${this.remote}, and the router on the link is ${result.address} now`);
    });
  }

  #endSearch(): void {
    this.#listening?.cancel();
    this.#listening = undefined;
    this.#search?.end();
    this.#search = undefined;
  }

  #announce(nlri: Nlri, update: Update, reach: Reach | undefined): void {
    const inbound = this.#inbound.get(nlri.family);
    // RFC 4760, 7: what was not negotiated is ignored.
    if (inbound === undefined) return;
    const changed = this.#owner.routeChanged(this);
    const role = this.#roleFor(nlri.family);
    const otc = role && received(role, update.attributes.onlyToCustomer, this.peerAsn);
    const dropped = this.#isLooped(update) ? 'looped' : otc === 'leak' ? 'leaked' : undefined;
    inbound.announce(
      nlri,
      typeof otc === 'number' ? withOnlyToCustomer(update, otc) : update,
      reach,
      this.#policies.import,
      dropped,
      this.#owner.seconds(),
      changed && ((id) => changed('announced', inbound, id)),
    );
    this.#checkLimit(inbound);
  }

  #checkLimit({ rib: { family }, adjRibIn }: Inbound): void {
    const count = adjRibIn.size + adjRibIn.looped + adjRibIn.leaked;
    const verdict = this.#limits.judge(family, count);
    if (verdict === 'within') return;
    const limit = this.#limits.of(family);
    if (verdict === 'near') {
      this.#owner.warn(
        this,
        `the peer sent ${count} prefixes of ${familyName(family)}, and ${limit.limit} are the most`,
        {},
      );
      return;
    }
    const text = limitText(limit);
    this.stop({ subcode: cease.maximumPrefixes, text, data: limitData(limit) });
    const { clock } = this.#owner.world;
    const { restartSeconds } = limit;
    this.#held = {
      reason: { kind: 'stopped', text },
      at: clock.date(),
      ...(restartSeconds !== undefined && { timer: clock.timer(restartSeconds * 1000, () => this.start()) }),
    };
  }

  #limitsChanged(): void {
    this.#limits = new PrefixLimits(this.#neighbor.maximumPrefixes ?? []);
    // What a limit keeps down may fit now.
    if (this.#held !== undefined) this.start();
    else for (const inbound of this.#inbound.values()) this.#checkLimit(inbound);
  }

  /** What may be tried again by itself is no longer. */
  #release(): void {
    this.#held?.timer?.cancel();
    this.#held = undefined;
    this.#waitsForBfd = false;
  }

  #roleFor(family: Family): Role | undefined {
    return this.#negotiated?.external === true && isProtected(family) ? this.#neighbor.role : undefined;
  }

  #withdraw(nlri: Nlri): void {
    const inbound = this.#inbound.get(nlri.family);
    if (inbound === undefined) return;
    const changed = this.#owner.routeChanged(this);
    inbound.withdraw(nlri, changed && ((id) => changed('withdrawn', inbound, id)));
  }

  /** RFC 4271, 9.1.2; on internal sessions also RFC 4456, 8. */
  #isLooped(update: Update): boolean {
    const { asn } = this.#owner.global;
    if (update.encoded !== undefined) return isLoopedSet(update.encoded, asn, this.#session.config.routerId);
    const { asPath = [], originatorId } = update.attributes;
    if (originatorId !== undefined && originatorId === this.#session.config.routerId) return true;
    return asPath.some((segment: AsSegment) => segment.asns.includes(asn));
  }

  #resend(family: Family): void {
    const membership = this.#outbound.get(family);
    const negotiated = this.#negotiated;
    if (membership === undefined || negotiated === undefined) return;
    const { outbound, subscriber } = membership;
    if (!negotiated.enhancedRouteRefresh) {
      outbound.group.refresh(subscriber);
      return;
    }
    this.#session.sendMessage({ type: 'route-refresh', family, subtype: BEGIN_REFRESH });
    const end = encodeMessage({ type: 'route-refresh', family, subtype: END_REFRESH }, negotiated.send);
    outbound.group.refresh(subscriber, { bytes: end, updates: 0 });
  }

  #newSession(remote: Address): Session {
    const { global, world } = this.#owner;
    return new Session(sessionConfigOf(this.#neighbor, global, remote), this, world, () => this.#capabilities());
  }

  /** What an OPEN claims that is sent now. */
  #capabilities(): readonly Capability[] {
    const { gracefulRestart } = this.#neighbor;
    const restarted = this.#owner.restarted();
    // Later nobody has routes of before any more.
    const isRestarting = !this.#wasEstablished && this.#owner.seconds() < (gracefulRestart?.restartTime ?? 0);
    return capabilitiesOf(this.#neighbor, this.#owner.global, {
      restarted: restarted && isRestarting,
      forwarding: restarted || this.#wasEstablished,
    });
  }

  /** Leaves the update groups, and keeps of the routes that came what may stay. */
  #leave(reason: DownReason): void {
    const negotiated = this.#negotiated;
    // A failed attempt: what waits for the peer goes on waiting.
    if (negotiated === undefined) return;
    this.#negotiated = undefined;
    this.#link = undefined;
    for (const [family, { outbound, subscriber }] of this.#outbound) {
      outbound.group.leave(subscriber);
      this.#owner.rib(family).drop(outbound);
    }
    this.#outbound.clear();
    const { gracefulRestart: ours } = this.#neighbor;
    const { gracefulRestart: theirs } = negotiated;
    for (const [family, inbound] of this.#inbound) {
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
      inbound.endOfRib = false;
      inbound.adjRibIn.markStale();
      if (this.#stale.isLongLived(family)) this.#attachLlgrStale(family);
    }
    if (theirs !== undefined) this.#stale.waitFor(theirs.restartTime);
  }

  /** It did not come back, or did not send them again, in time. */
  #expired(family: Family): void {
    this.#removeStale(family);
    if (this.#negotiated === undefined && this.#inbound.get(family)?.adjRibIn.size === 0) this.#inbound.delete(family);
  }

  #attachLlgrStale(family: Family): void {
    const inbound = this.#inbound.get(family);
    if (inbound === undefined) return;
    const changed = this.#owner.routeChanged(this);
    attachLlgrStale(inbound.adjRibIn, this.#owner.store, {
      removed: (id) => changed?.('withdrawn', inbound, id),
      changed: (id) => changed?.('announced', inbound, id),
    });
  }

  /**
   * The peer is back: what it did not preserve, or no longer restarts gracefully, goes at once (RFC 4724, 4.2). So does what it would not replace, for it
   * has path identifiers now and had none, or the reverse.
   */
  #takeBack({ gracefulRestart, receive }: Negotiated): void {
    this.#stale.back();
    for (const [family, { addPath }] of this.#inbound) {
      const isKept = isPreserved(gracefulRestart, family, this.#stale.isLongLived(family));
      if (!isKept || addPath !== receive.addPath.has(family)) this.#forget(family);
    }
  }

  /** Removes all that the peer sent for a family. */
  #forget(family: Family): void {
    const inbound = this.#inbound.get(family);
    if (inbound === undefined) return;
    this.#stale.forget(family);
    inbound.adjRibIn.markStale();
    this.#removeStale(family);
    this.#inbound.delete(family);
  }

  #removeStale(family: Family): void {
    const inbound = this.#inbound.get(family);
    if (inbound === undefined) return;
    const changed = this.#owner.routeChanged(this);
    inbound.removeStale(changed && ((id) => changed('withdrawn', inbound, id)));
  }

  /** Looks at the interfaces, so not for every change of a policy. */
  #chooseNextHop(): void {
    if (this.#negotiated === undefined) return;
    const { local, remote } = this.#negotiated;
    const { nextHop = { kind: 'auto' } } = this.#neighbor;
    this.#self = selfNextHop(local.address, remote.address, this.#owner.interfaces(), nextHop);
    if (this.#self.ipv6 === undefined)
      this.#owner.warn(
        this,
        `nextHop is ${nextHop.kind}, and ${local.address} has no such address: its routes are not sent`,
        {},
      );
  }

  #treatment(negotiated: Negotiated, family: Family): Treatment {
    const { external, send } = negotiated;
    return {
      external,
      localAsn: this.#owner.global.asn,
      fourOctetAs: send.fourOctetAs,
      maxMessage: send.extendedMessage ? 65535 : 4096,
      extendedNextHop: send.extendedNextHop.has(family),
      addPath: send.addPath.has(family),
      self: this.#self,
      policy: this.#policies.export,
      drain: this.#drain,
      role: external ? this.#neighbor.role : undefined,
    };
  }

  get #drain(): DrainPhase | undefined {
    return this.#owner.drain(this.#neighbor.address)?.phase;
  }

  #familyState(family: Family): PeerFamilyState {
    const adjRibIn = this.#inbound.get(family)?.adjRibIn;
    const membership = this.#outbound.get(family);
    return {
      family,
      received: adjRibIn?.size ?? 0,
      accepted: adjRibIn?.accepted ?? 0,
      looped: adjRibIn?.looped ?? 0,
      stale: adjRibIn?.stale ?? 0,
      leaked: adjRibIn?.leaked ?? 0,
      advertised: membership?.outbound.group.sentTo(membership.subscriber) ?? 0,
    };
  }

  #warnOf({ faults }: Update): void {
    for (const { action, attribute, message } of faults)
      this.#owner.warn(this, `malformed UPDATE: ${message}`, { action, attribute });
  }
}

/** How a session ends that another configuration ends. */
function endOf({ adminDown }: Neighbor): { readonly subcode: number; readonly text: string } {
  return adminDown === undefined
    ? { subcode: cease.configurationChange, text: 'Peer configuration changed' }
    : { subcode: cease.administrativeShutdown, text: adminDown };
}

/** RFC 9234, 5: what comes from above or from beside may only go down. */
function withOnlyToCustomer({ attributes, faults }: Update, onlyToCustomer: number): Update {
  return { type: 'update', faults, attributes: { ...attributes, onlyToCustomer } };
}

function messagesFrom({ counters }: Session): number {
  return counters.keepalivesReceived + counters.updatesReceived + counters.routeRefreshesReceived;
}
