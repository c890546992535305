import type { Address } from '../ip/address.ts';
import type { LinkChange, RouterSearch } from '../link/links.ts';
import type { Subscriber } from '../rib/member.ts';
import type { Connection, Timer } from '../session/ports.ts';
import { isSame } from '../session/same.ts';
import { Session } from '../session/session.ts';
import type { DownReason, Negotiated, SessionConfig } from '../session/types.ts';
import type { Capability } from '../wire/capability.ts';
import { cease } from '../wire/notification.ts';
import { Liveness } from './liveness.ts';
import type { Peer } from './peer.ts';
import type { PeerOwner } from './peer-owner.ts';
import { RouterFinder } from './router-finder.ts';
import { capabilitiesOf, sessionConfigOf } from './session-config.ts';
import { linkOf } from './single-hop.ts';
import { configuredSource, type Source, sourceOn } from './source.ts';
import { targetOf } from './target.ts';
import type { Neighbor, PeerBfdState } from './types.ts';

/** Why a session may not run. */
interface Hold {
  readonly reason: DownReason;
  readonly at: Date;
  readonly isForBfd: boolean;
  /** Ends it. */
  readonly timer: Timer | undefined;
}

/** How a session is ended: a Cease of this subcode and text, or without a word. */
export type Farewell = { readonly subcode: number; readonly text: string; readonly data?: Uint8Array } | 'silently';

/** Keeps the session of one peer: when it may run, where the peer is, and what under it (BFD, the link) it lives and dies with. What is sent to the peer goes to whichever session is up. */
export class SessionKeeper implements Subscriber {
  readonly #peer: Peer;
  readonly #owner: PeerOwner;
  readonly #finder: RouterFinder;
  readonly #liveness: Liveness;
  #session: Session;
  #held: Hold | undefined;
  #negotiated: Negotiated | undefined;
  #wasEstablished = false;
  /** The interface that the session lives and dies with, and the one that the last session died with. */
  #link: string | undefined;
  #lostLink: string | undefined;
  /** Runs from the end of a session until it is looked whether our own address moved. */
  #looking: Timer | undefined;

  constructor(peer: Peer, owner: PeerOwner) {
    this.#peer = peer;
    this.#owner = owner;
    const { clock } = owner.world;
    this.#finder = new RouterFinder(
      clock,
      (name, listener) => owner.findRouter(name, listener),
      (search) => this.#searched(search),
    );
    this.#liveness = new Liveness(owner.bfd, clock, {
      changed: () => owner.changed(peer),
      up: () => {
        if (this.#isHeldForBfd) this.start();
      },
      lost: (text) => this.#lost(text),
    });
    this.#session = this.#newSession(peer.neighbor.address);
  }

  get session(): Session {
    return this.#session;
  }

  send(bytes: Uint8Array, updates: number): boolean {
    return this.#session.send(bytes, updates);
  }

  get pending(): number {
    return this.#session.pending;
  }

  /** Where the peer is; of one known by its interface, its own address while no router was found there. */
  get remote(): Address {
    return this.#session.config.remote.address;
  }

  get isFound(): boolean {
    const { neighbor } = this.#peer;
    return targetOf(neighbor).kind === 'address' || !this.remote.equals(neighbor.address);
  }

  /** What keeps it from running, or else what ended it last. */
  get lastDown(): { readonly reason: DownReason; readonly at: Date } | undefined {
    return this.#held ?? this.#session.lastDown;
  }

  /** While the session is up; already, and no longer, when its state is told. */
  get negotiated(): Negotiated | undefined {
    return this.#session.negotiated;
  }

  /** It was too much, and is not to come back yet. */
  get isResting(): boolean {
    return this.#held?.reason.kind === 'stopped';
  }

  get isHeld(): boolean {
    return this.#held !== undefined;
  }

  /** Undefined where BFD is not configured. */
  get bfd(): PeerBfdState | undefined {
    return this.#liveness.state;
  }

  /** What an OPEN claims that is sent now. */
  get capabilities(): readonly Capability[] {
    const { neighbor } = this.#peer;
    const { gracefulRestart } = neighbor;
    // Nothing else in them is of the moment.
    if (gracefulRestart === undefined) return this.#session.config.capabilities;
    const restarted = this.#owner.restarted();
    // Later nobody has routes of before any more.
    const isRestarting = !this.#wasEstablished && this.#owner.seconds() < gracefulRestart.restartTime;
    return capabilitiesOf(neighbor, this.#owner.global, {
      restarted: restarted && isRestarting,
      forwarding: restarted || this.#wasEstablished,
    });
  }

  start(): void {
    this.#release();
    const target = targetOf(this.#peer.neighbor);
    if (target.kind === 'address') this.#begin();
    else this.#finder.begin(target.interface);
  }

  stop(how: Farewell): void {
    this.#release();
    this.#finder.end();
    if (how === 'silently') this.#session.stopWithoutNotification();
    else this.#session.stop(how.text, how.subcode, how.data);
    // What the end of the session set going: it would begin again.
    this.#looking?.cancel();
    this.#liveness.close();
  }

  /** Is not to run for so many seconds after `stop`; undefined: until a reset, or until something of its configuration changes. */
  rest(text: string, seconds: number | undefined): void {
    const { clock } = this.#owner.world;
    this.#held = {
      reason: { kind: 'stopped', text },
      at: clock.date(),
      isForBfd: false,
      timer: seconds === undefined ? undefined : clock.timer(seconds * 1000, () => this.start()),
    };
  }

  accept(connection: Connection): void {
    const { adminDown } = this.#peer.neighbor;
    if (this.#held?.reason.kind === 'held') connection.abort();
    else if (adminDown !== undefined) this.#session.refuse(connection, adminDown, cease.administrativeShutdown);
    else this.#session.accept(connection);
  }

  /** Also tries again what was held. */
  reset(text: string, isHard: boolean): void {
    if (this.#held === undefined) this.#session.reset(text, isHard);
    else this.start();
  }

  /** Tries again what was held. */
  retry(): void {
    if (this.#held?.reason.kind === 'held') this.start();
  }

  /** Ends the session, and has another to start, where a changed configuration asks for another OPEN or TCP connection; else returns false. */
  renew(before: Neighbor, how: Exclude<Farewell, 'silently'>): boolean {
    if (isSame(this.#configOf(this.#peer.neighbor), this.#configOf(before))) return false;
    this.#release();
    const previous = this.#session;
    previous.stop(how.text, how.subcode);
    this.#session = this.#newSession(this.remote);
    this.#session.succeed(previous);
    return true;
  }

  bfdChanged(): void {
    if (!this.#owner.running() || !this.isFound || (this.#held !== undefined && !this.#isHeldForBfd)) return;
    this.#watch();
    if (this.#isHeldForBfd) this.start();
    this.#owner.changed(this.#peer);
  }

  /** A session that lives on this link ends with it, and is tried again at once when it is back. */
  linkChanged({ interface: name, state }: LinkChange): void {
    if (this.#peer.neighbor.transport.sourceInterface === name) this.#sourceChanged();
    if (state === 'up') {
      if (this.#lostLink === name) this.#session.hurry();
    } else if (this.#link === name) {
      this.#session.linkLost(`interface ${name} is ${state === 'down' ? 'down' : 'gone'}`);
      this.#lostLink = name;
    }
  }

  established(negotiated: Negotiated): void {
    this.#negotiated = negotiated;
    this.#wasEstablished = true;
    this.#link = linkOf(this.#peer.neighbor, negotiated, this.#owner.interfaces());
    this.#lostLink = undefined;
    this.#watch();
  }

  /** A session is over, and what it had negotiated is returned; or an attempt, that had come to nothing. */
  down(): Negotiated | undefined {
    const negotiated = this.#negotiated;
    this.#negotiated = undefined;
    this.#link = undefined;
    return negotiated;
  }

  /** The session is over, and the peer known by its interface may have moved; or we have. Later, for the session is still busy with its end. */
  lookElsewhere(): void {
    this.#finder.lookElsewhere(this.remote);
    const session = this.#session;
    if (this.#peer.neighbor.transport.sourceInterface === undefined) return;
    this.#looking?.cancel();
    this.#looking = this.#owner.world.clock.timer(0, () => {
      if (this.#session === session) this.#sourceChanged();
    });
  }

  /** Does not begin what cannot be as configured: a session without its password would be open to anybody. */
  #begin(): void {
    const source = this.#sourceOf(this.#peer.neighbor);
    if (source?.kind === 'none') {
      this.#hold({ kind: 'held', text: source.reason });
      return;
    }
    if (!this.#isFrom(source)) {
      this.#session.stopWithoutNotification();
      this.#session = this.#newSession(this.remote);
    }
    const able = this.#owner.protect(this.#peer, this.#session.config.options);
    const { adminDown } = this.#peer.neighbor;
    if (adminDown === undefined) this.#watch();
    if (!able.ok) {
      this.#hold({ kind: 'held', text: able.reason });
      return;
    }
    if (this.#liveness.holds) {
      this.#hold({ kind: 'held', text: 'the session waits until BFD is up, for BFD is strict' }, true);
      return;
    }
    this.#release();
    if (adminDown === undefined) this.#session.start();
    else {
      const text = adminDown === '' ? 'administratively down' : `administratively down: ${adminDown}`;
      this.#hold({ kind: 'stopped', text });
    }
  }

  /** From the address that the session has, or will have: the peer knows us by no other. */
  #watch(): void {
    const { bfd } = this.#peer.neighbor;
    if (bfd === undefined) {
      this.#liveness.close();
      return;
    }
    const { localAddress = configuredSource(this.remote, this.#owner.interfaces()) } = this.#session.config;
    const local = this.remote.isLinkLocal ? localAddress : (this.#negotiated?.local.address ?? localAddress);
    this.#liveness.apply(bfd, this.remote, local);
  }

  #lost(text: string): void {
    if (!this.#liveness.holds) {
      this.#session.fail(text, cease.bfdDown);
      return;
    }
    this.#session.stop(text, cease.bfdDown);
    this.#hold({ kind: 'held', text: `${text}; the session waits until it is up, for BFD is strict` }, true);
  }

  get #isHeldForBfd(): boolean {
    return this.#held?.isForBfd === true;
  }

  #hold(reason: DownReason, isForBfd = false): void {
    this.#held = { reason, at: this.#owner.world.clock.date(), isForBfd, timer: undefined };
    this.#owner.down(this.#peer, reason);
  }

  /** What may be tried again by itself is no longer. */
  #release(): void {
    this.#held?.timer?.cancel();
    this.#held = undefined;
  }

  #searched(result: RouterSearch): void {
    if (result.kind === 'none') {
      this.#session.linkLost(result.reason);
      this.#session.stopWithoutNotification();
      this.#hold({ kind: 'held', text: result.reason });
      return;
    }
    const { address, others } = result;
    if (others.length > 0)
      this.#owner.warn(this.#peer, 'another router on the link is not the peer', { routers: others.map(String) });
    if (this.#negotiated !== undefined) {
      this.#listenFor(this.#negotiated);
      return;
    }
    if (!this.remote.equals(address)) {
      this.#session.stopWithoutNotification();
      this.#owner.unprotect(this.remote);
      this.#session = this.#newSession(address);
    }
    this.#begin();
  }

  #listenFor(negotiated: Negotiated): void {
    const session = this.#session;
    const { address: remote } = session.config.remote;
    this.#finder.listenFor({
      remote,
      holdTime: negotiated.holdTime,
      messages: () => messagesFrom(session),
      isUp: () => this.#negotiated === negotiated,
      moved: (address) => session.linkLost(`nothing from ${remote}, and the router on the link is ${address} now`),
    });
  }

  /** The address that the peer knows us by came, went or changed; a session goes on for as long as that one is there. */
  #sourceChanged(): void {
    const { neighbor } = this.#peer;
    if (!this.#owner.running() || !this.isFound || neighbor.adminDown !== undefined || this.isResting) return;
    const source = this.#sourceOf(neighbor);
    if (source?.kind === 'none') {
      if (this.#held?.reason.text === source.reason) return;
      this.#session.linkLost(source.reason);
      this.#session.stopWithoutNotification();
      this.#hold({ kind: 'held', text: source.reason });
    } else if (this.#held !== undefined) {
      // To wait for BFD once more would only hide why it went down.
      if (!this.#isHeldForBfd || !this.#isFrom(source)) this.retry();
    } else if (this.#negotiated === undefined) this.#begin();
  }

  /** The session has this source, or no interface was named for it. */
  #isFrom(source: Extract<Source, { readonly kind: 'found' }> | undefined): boolean {
    return source === undefined || this.#session.config.localAddress?.equals(source.address) === true;
  }

  /** Undefined where no interface was named for it. */
  #sourceOf({ transport: { sourceInterface } }: Neighbor, remote = this.remote): Source | undefined {
    return sourceInterface === undefined ? undefined : sourceOn(sourceInterface, remote, this.#owner.interfaces());
  }

  #configOf(neighbor: Neighbor, remote = this.remote): SessionConfig {
    const source = this.#sourceOf(neighbor, remote);
    return sessionConfigOf(neighbor, this.#owner.global, remote, source?.kind === 'found' ? source.address : undefined);
  }

  #newSession(remote: Address): Session {
    const config = this.#configOf(this.#peer.neighbor, remote);
    return new Session(config, this.#peer, this.#owner.world, () => this.capabilities);
  }
}

function messagesFrom({ counters }: Session): number {
  return counters.keepalivesReceived + counters.updatesReceived + counters.routeRefreshesReceived;
}
