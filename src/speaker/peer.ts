import type { Address } from '../ip/address.ts';
import type { LinkChange } from '../link/links.ts';
import type { PolicyChain } from '../policy/chain.ts';
import type { RoutePolicy } from '../policy/types.ts';
import type { Connection } from '../session/ports.ts';
import { isSame } from '../session/same.ts';
import type { DownReason, Negotiated, SessionHandler, SessionState } from '../session/types.ts';
import { endOfRibMessage } from '../wire/codec.ts';
import type { Family } from '../wire/family.ts';
import type { RouteRefresh } from '../wire/message.ts';
import { cease } from '../wire/notification.ts';
import type { Update } from '../wire/update.ts';
import { expectedLocal, expectedOf } from './expectation.ts';
import type { Outbound } from './family-rib.ts';
import type { Inbound } from './inbound.ts';
import { InboundFamilies } from './inbound-families.ts';
import { refusalOf } from './listen-range.ts';
import { EXHAUSTED_TIME, exhaustedText } from './memory.ts';
import { type SelfNextHop, selfNextHop } from './next-hop.ts';
import { type Changeable, type Ours, OutboundFamilies } from './outbound-families.ts';
import type { PeerOwner } from './peer-owner.ts';
import { limitData, limitText } from './prefix-limit.ts';
import { Refresher } from './refresher.ts';
import { type Farewell, SessionKeeper } from './session-keeper.ts';
import type { MaximumPrefixes, Neighbor, PeerFamilyState, PeerState } from './types.ts';

/** One peer: its configuration, its session, what it sends us (Adj-RIBs-In) and what it is sent (Adj-RIBs-Out). */
export class Peer implements SessionHandler {
  #neighbor: Neighbor;
  readonly #owner: PeerOwner;
  readonly #keeper: SessionKeeper;
  readonly #inbound: InboundFamilies;
  readonly #outbound: OutboundFamilies;
  readonly #policies: Record<RoutePolicy['type'], PolicyChain>;
  /** Present while the session is up. */
  #refresher: Refresher | undefined;
  #self: SelfNextHop = { ipv4: undefined, ipv6: undefined };
  /** The session whose initial routing update (RFC 4724, 2) has still to begin. */
  #initialUpdateOf: Negotiated | undefined;
  /** That of its last session, whose routes may still be here; 0: there was none. */
  #lastAsn = 0;

  constructor(neighbor: Neighbor, owner: PeerOwner) {
    this.#neighbor = neighbor;
    this.#owner = owner;
    this.#policies = { import: owner.policy('import', neighbor), export: owner.policy('export', neighbor) };
    this.#keeper = new SessionKeeper(this, owner);
    const rib = (family: Family) => owner.rib(family);
    this.#inbound = new InboundFamilies(
      {
        rib,
        clock: owner.world.clock,
        store: owner.store,
        policy: () => this.#policies.import,
        seconds: () => owner.seconds(),
        watcher: () => owner.routeChanged(this),
        warn: (message, fields) => owner.warn(this, message, fields),
        received: (octets) => owner.received(octets),
        exceeded: (limit) => this.#exceeded(limit),
      },
      neighbor.maximumPrefixes,
    );
    this.#outbound = new OutboundFamilies(rib, this.#keeper, (family) => this.#keeper.send(endOfRibMessage(family), 1));
  }

  get neighbor(): Neighbor {
    return this.#neighbor;
  }

  get state(): SessionState {
    return this.#keeper.session.state;
  }

  /** While the session is up. */
  get negotiated(): Negotiated | undefined {
    return this.#keeper.negotiated;
  }

  /** 0: it is not known yet. */
  get peerAsn(): number {
    return this.#keeper.negotiated?.peerAsn ?? (this.#neighbor.asn || this.#lastAsn);
  }

  /** The peer keeps our routes when the connection just closes (RFC 4724, 4.2). */
  get isHelped(): boolean {
    return this.#keeper.negotiated?.gracefulRestart !== undefined;
  }

  /** Where the peer is; of one known by its interface, `neighbor.address` while no router was found there. */
  get remote(): Address {
    return this.#keeper.remote;
  }

  /** It has a connection, or routes that wait for it to come back, or may not come back yet. */
  get isPresent(): boolean {
    return this.#keeper.session.isConnected || this.#inbound.isWaiting || this.#keeper.isResting;
  }

  start(): void {
    this.#keeper.start();
  }

  /** Forgets what the peer sent, too. */
  stop(how: Farewell): void {
    this.#keeper.stop(how);
    this.#inbound.forget();
    this.#outbound.forget();
  }

  accept(connection: Connection): void {
    this.#keeper.accept(connection);
  }

  /** Also tries again what was held. */
  reset(text: string, isHard: boolean): void {
    this.#keeper.reset(text, isHard);
  }

  /** What it lacked may be there now. */
  retry(): void {
    this.#keeper.retry();
  }

  linkChanged(change: LinkChange): void {
    this.#keeper.linkChanged(change);
  }

  /** It can be asked to send everything again (RFC 2918). */
  get canRefresh(): boolean {
    return this.#keeper.negotiated?.routeRefresh === true;
  }

  refreshIn(): void {
    this.#refresher?.ask();
  }

  /** Sends everything again. */
  refreshOut(): void {
    this.#beginInitialUpdate();
    this.#refresher?.answer();
  }

  /** Takes another configuration: only what changed has an effect, and the session is reset only where OPEN or TCP must be done again. */
  reconfigure(neighbor: Neighbor): void {
    const before = this.#neighbor;
    this.#neighbor = neighbor;
    if (this.#keeper.renew(before, endOf(neighbor))) {
      this.#inbound.forget(neighbor.gracefulRestart === undefined ? [] : neighbor.families);
      if (this.#owner.running()) this.start();
    } else if (neighbor.adminDown !== before.adminDown) {
      if (neighbor.adminDown !== undefined) this.stop(endOf(neighbor));
      if (this.#owner.running()) this.start();
    } else if (!isSame(neighbor.bfd, before.bfd)) this.#keeper.bfdChanged();
    if (!isSame(neighbor.maximumPrefixes, before.maximumPrefixes)) this.#limitsChanged();
    // An initial update that has still to begin chooses its own.
    if (this.#initialUpdateOf === undefined) this.#chooseNextHop();
    if (this.#outbound.isReady && this.#keeper.negotiated === undefined) this.#prepare();
    this.choosePolicies();
  }

  policy(type: RoutePolicy['type']): PolicyChain {
    return this.#policies[type];
  }

  /** The import policy says something else than before. */
  evaluateAgain(): void {
    this.#inbound.evaluateAgain();
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
    this.#beginInitialUpdate();
    this.#outbound.change(this.#changeable);
  }

  get peerState(): PeerState {
    const { session, negotiated, lastDown, bfd } = this.#keeper;
    const drain = this.#owner.drain(this.#neighbor.address);
    return {
      neighbor: this.#neighbor,
      sessionState: session.state,
      families: this.#neighbor.families.map((family) => this.#familyState(family)),
      localCapabilities: negotiated?.localOpen.capabilities ?? this.#keeper.capabilities,
      remoteCapabilities: negotiated?.remoteOpen.capabilities ?? [],
      counters: session.counters,
      timers: { ...session.timers, ...this.#inbound.timers },
      pending: this.#keeper.pending,
      receivedOctets: this.receivedOctets,
      ...(this.#keeper.isFound && { remoteAddress: this.remote }),
      ...(negotiated && { negotiated }),
      ...(bfd && { bfd }),
      ...(session.establishedAt && { establishedAt: session.establishedAt }),
      ...(session.uptime !== undefined && { uptime: session.uptime }),
      ...(lastDown && { lastDown }),
      ...(drain && { drain }),
    };
  }

  /** The family is not configured, or not negotiated in the session that is up. */
  hasNot(family: Family): boolean {
    return !(this.#keeper.negotiated?.families ?? this.#neighbor.families).includes(family);
  }

  inbound(family: Family): Inbound | undefined {
    return this.#inbound.of(family);
  }

  outbound(family: Family): Outbound | undefined {
    return this.#outbound.of(family);
  }

  /** See `PeerState`. */
  get receivedOctets(): number {
    return this.#inbound.octets;
  }

  /** See `InboundFamilies`. */
  get columns(): number {
    return this.#inbound.columns;
  }

  /** What it sent takes too much of the memory that there is for received routes: it goes, and with it its routes. */
  exhausted(limit: number): void {
    const text = exhaustedText(this.receivedOctets, limit);
    this.stop({ subcode: cease.outOfResources, text });
    this.#keeper.rest(text, EXHAUSTED_TIME);
  }

  /** TCP took all that there is to send. */
  get isCurrent(): boolean {
    return this.#initialUpdateOf === undefined && this.#outbound.isCurrent;
  }

  // What the session tells.

  refusal(asn: number): string | undefined {
    const { range } = this.#neighbor;
    return range && refusalOf(range, asn);
  }

  stateChanged(from: SessionState, to: SessionState): void {
    // One that appears by itself is there already, and its handshake goes before.
    if (from === 'idle' && !this.#outbound.isReady && this.#neighbor.range === undefined) this.#prepare();
    this.#owner.stateChanged(this, from, to);
  }

  established(negotiated: Negotiated): void {
    const { global } = this.#owner;
    this.#lastAsn = negotiated.peerAsn;
    this.#keeper.established(negotiated);
    this.#refresher = new Refresher(this.#keeper.session, negotiated, this.#inbound, this.#outbound);
    this.#inbound.established(negotiated, global.asn, this.#neighbor.role);
    this.#initialUpdateOf = negotiated;
    this.#owner.whenCalm(() => {
      if (this.#initialUpdateOf === negotiated) this.#beginInitialUpdate();
    });
  }

  down(reason: DownReason): void {
    const negotiated = this.#keeper.down();
    // A failed attempt: what waits for the peer goes on waiting.
    if (negotiated !== undefined) {
      this.#refresher = undefined;
      this.#initialUpdateOf = undefined;
      this.#outbound.leave();
      this.#inbound.down(negotiated, this.#neighbor, reason);
    }
    this.#owner.down(this, reason);
    this.#keeper.lookElsewhere();
  }

  drained(): void {
    this.#outbound.resume();
  }

  routeRefresh(message: RouteRefresh): void {
    this.#beginInitialUpdate();
    this.#refresher?.received(message);
  }

  update(update: Update): void {
    this.#inbound.update(update);
  }

  /** Nothing when it has begun already. */
  #beginInitialUpdate(): void {
    const negotiated = this.#initialUpdateOf;
    if (negotiated === undefined) return;
    this.#initialUpdateOf = undefined;
    this.#chooseNextHop();
    this.#outbound.join(negotiated, this.#ours);
    this.#owner.initialUpdateBegan(this);
  }

  /** Has the table ready that its session will most likely ask for. */
  #prepare(): void {
    const { global } = this.#owner;
    const { config } = this.#keeper.session;
    const agreed = expectedOf(this.#neighbor, global);
    const interfaces = this.#owner.interfaces();
    const local = expectedLocal(config, interfaces);
    if (agreed === undefined || local === undefined) {
      this.#outbound.forget();
      return;
    }
    this.#self = selfNextHop(local, config.remote.address, interfaces, this.#neighbor.nextHop);
    this.#outbound.prepare(agreed, this.#ours);
  }

  #exceeded(limit: MaximumPrefixes): void {
    const text = limitText(limit);
    this.stop({ subcode: cease.maximumPrefixes, text, data: limitData(limit) });
    this.#keeper.rest(text, limit.restartSeconds);
  }

  #limitsChanged(): void {
    this.#inbound.setLimits(this.#neighbor.maximumPrefixes);
    // What a limit keeps down may fit now.
    if (this.#keeper.isHeld) this.start();
    else this.#inbound.checkLimits();
  }

  /** Looks at the interfaces, so not for every change of a policy. */
  #chooseNextHop(): void {
    const { negotiated } = this.#keeper;
    if (negotiated === undefined) return;
    const { local, remote } = negotiated;
    const { nextHop = { kind: 'auto' } } = this.#neighbor;
    this.#self = selfNextHop(local.address, remote.address, this.#owner.interfaces(), nextHop);
    if (this.#self.ipv6 === undefined)
      this.#owner.warn(
        this,
        `nextHop is ${nextHop.kind}, and ${local.address} has no such address: its routes are not sent`,
        {},
      );
  }

  get #ours(): Ours {
    return { localAsn: this.#owner.global.asn, role: this.#neighbor.role, ...this.#changeable };
  }

  get #changeable(): Changeable {
    return {
      self: this.#self,
      policy: this.#policies.export,
      drain: this.#owner.drain(this.#neighbor.address)?.phase,
    };
  }

  #familyState(family: Family): PeerFamilyState {
    const adjRibIn = this.#inbound.of(family)?.adjRibIn;
    return {
      family,
      received: adjRibIn?.size ?? 0,
      accepted: adjRibIn?.accepted ?? 0,
      looped: adjRibIn?.looped ?? 0,
      stale: adjRibIn?.stale ?? 0,
      leaked: adjRibIn?.leaked ?? 0,
      advertised: this.#outbound.sent(family),
      unsent: this.#outbound.unsent(family),
    };
  }
}

/** How a session ends that another configuration ends. */
function endOf({ adminDown }: Neighbor): { readonly subcode: number; readonly text: string } {
  return adminDown === undefined
    ? { subcode: cease.configurationChange, text: 'Peer configuration changed' }
    : { subcode: cease.administrativeShutdown, text: adminDown };
}
