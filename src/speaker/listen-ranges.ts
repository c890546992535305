import type { Address } from '../ip/address.ts';
import { Prefix } from '../ip/prefix.ts';
import { refuse } from '../session/cease.ts';
import type { Availability, Clock, Connection, SocketOptions } from '../session/ports.ts';
import { RestartableTimer } from '../session/timer.ts';
import { cease } from '../wire/notification.ts';
import { SpeakerError } from './error.ts';
import type { Gate } from './gate.ts';
import { type Inside, isAllExternal, neighborIn, refusalOf, unprotectedIn } from './listen-range.ts';
import type { Peer } from './peer.ts';
import { isExternal, socketOptionsOf } from './session-config.ts';
import type { Farewell } from './session-keeper.ts';
import { targetOf } from './target.ts';
import type { BgpGlobal, ListenRange, ListenRangeState, Neighbor } from './types.ts';

/** Milliseconds that a peer stays without a session, so that its last error is seen. */
const GRACE = 60_000;

const unknown: Availability = { ok: false, reason: 'its listen range is gone' };

/** What listen ranges need of their speaker. */
export interface RangeOwner {
  readonly clock: Clock;
  readonly global: BgpGlobal;
  readonly gate: Gate;
  /** All, in the order in which they came. */
  peers(): readonly Peer[];
  running(): boolean;
  add(neighbor: Neighbor): Peer;
  remove(peer: Peer, how: Farewell): void;
  refused(address: Address, range: ListenRange, reason: string): void;
}

interface Entry {
  range: ListenRange;
  able: Availability;
  refused: number;
}

/** The listen ranges of one speaker, and the peers that come and go in them. */
export class ListenRanges {
  readonly #owner: RangeOwner;
  /** By prefix. */
  readonly #entries = new Map<string, Entry>();
  readonly #leaving = new Map<Peer, RestartableTimer>();

  constructor(owner: RangeOwner) {
    this.#owner = owner;
  }

  get states(): readonly ListenRangeState[] {
    return [...this.#entries.values()].map(({ range, able, refused }) => ({
      range,
      peers: this.#peersOf(range).filter(({ isPresent }) => isPresent).length,
      refused,
      ...(!able.ok && { problem: able.reason }),
    }));
  }

  /** Those whose sessions may begin now. */
  start(): void {
    for (const entry of this.#entries.values()) entry.able = this.#protectRange(entry.range);
  }

  stop(): void {
    for (const timer of this.#leaving.values()) timer.stop();
  }

  /** See `Speaker.addListenRange`. */
  add(range: ListenRange): void {
    const known = this.#entries.get(range.prefix.toString());
    if (known !== undefined) {
      const text = `listen range "${range.name}": ${range.prefix} is already the prefix of listen range "${known.range.name}"`;
      throw new SpeakerError('already-exists', text);
    }
    this.#check(range);
    this.#entries.set(range.prefix.toString(), { range, able: { ok: true }, refused: 0 });
    this.#settle(range);
  }

  /** See `Speaker.updateListenRange`. */
  update(range: ListenRange): void {
    const entry = this.#entryAt(range.prefix);
    this.#check(range);
    entry.range = range;
    this.#settle(range);
    for (const peer of this.#peersOf(range)) {
      if (peer.isPresent && peer.peerAsn !== 0 && refusalOf(range, peer.peerAsn) !== undefined)
        this.#owner.remove(peer, { subcode: cease.configurationChange, text: 'Listen range changed' });
      else peer.reconfigure(neighborIn(range, peer.neighbor.address));
    }
  }

  /** See `Speaker.removeListenRange`. */
  remove(prefix: Prefix): void {
    const { range } = this.#entryAt(prefix);
    for (const peer of this.#peersOf(range))
      this.#owner.remove(peer, { subcode: cease.peerDeconfigured, text: 'Listen range removed' });
    this.#entries.delete(prefix.toString());
    this.#owner.gate.protect(prefix, undefined);
    this.#retryHeld(prefix);
  }

  /** Takes a connection from an address that is no peer's, or refuses it; false when it is in no range. */
  accept(connection: Connection): boolean {
    const { address } = connection.remote;
    const entry = this.#longest(address);
    // On that link there is one router, and it is not found yet.
    if (entry === undefined || this.#owner.peers().some((peer) => isKnownByLink(peer.neighbor, address))) return false;
    const { range, able } = entry;
    if (!able.ok) {
      connection.abort();
      this.#refused(entry, address, able.reason);
      // For the next; this one may be without what it needs.
      entry.able = this.#protectRange(range);
    } else if (!this.#makeRoom(range)) {
      refuse(connection, 'too many peers', cease.connectionRejected);
      this.#refused(entry, address, `it has ${range.limit} peers, and may have no more`);
    } else {
      const peer = this.#owner.add(neighborIn(range, address));
      const timer = new RestartableTimer(this.#owner.clock, () => this.#look(peer));
      timer.start(GRACE);
      this.#leaving.set(peer, timer);
      peer.accept(connection);
    }
    return true;
  }

  /** Its session ended, or never came up. */
  down(peer: Peer): void {
    if (this.#owner.running()) this.#leaving.get(peer)?.start(GRACE);
  }

  /** It is no more. */
  forget(peer: Peer): void {
    this.#leaving.get(peer)?.stop();
    this.#leaving.delete(peer);
  }

  /** A configured peer wins: who came by itself from its address leaves, and comes back as that. */
  makeWayFor(neighbor: Neighbor): void {
    const target = targetOf(neighbor);
    for (const peer of this.#owner.peers()) {
      if (peer.neighbor.range === undefined) continue;
      const isIt =
        target.kind === 'address' ? peer.remote.equals(target.address) : isKnownByLink(neighbor, peer.remote);
      if (isIt) this.#owner.remove(peer, { subcode: cease.configurationChange, text: 'Peer is configured now' });
    }
  }

  /** What a peer's connections have from now on; those of a range have what the range has. */
  protect({ neighbor, remote }: Peer, options: SocketOptions | undefined): Availability {
    if (neighbor.range !== undefined) return this.#entries.get(neighbor.range.prefix.toString())?.able ?? unknown;
    const outer = this.#longest(remote);
    const able = this.#owner.gate.protect(remote, options ?? (outer && {}));
    if (!able.ok || outer === undefined) return able;
    const fault = unprotectedIn(outer.range, [insideOf(neighbor, remote)]);
    return fault === undefined ? able : { ok: false, reason: `"password": ${fault}` };
  }

  /** What stands beside others changed: options, and who is in which range. */
  #settle(range: ListenRange): void {
    const entry = this.#entryAt(range.prefix);
    if (this.#owner.running()) entry.able = this.#protectRange(range);
    for (const peer of this.#owner.peers()) {
      const { neighbor, remote } = peer;
      if (!range.prefix.contains(remote)) continue;
      if (neighbor.range === undefined)
        this.protect(peer, socketOptionsOf(neighbor, isExternal(neighbor, this.#owner.global)));
      else if (this.#longest(remote)?.range.prefix.equals(neighbor.range.prefix) !== true)
        this.#owner.remove(peer, { subcode: cease.configurationChange, text: 'Listen range changed' });
    }
    this.#retryHeld(range.prefix);
  }

  #check(range: ListenRange): void {
    const others = [...this.#entries.values()]
      .map((each) => each.range)
      .filter(({ prefix }) => !prefix.equals(range.prefix));
    const twin = others.find(({ name }) => name === range.name);
    if (twin !== undefined)
      throw new SpeakerError('already-exists', `listen range name "${range.name}" is already that of ${twin.prefix}`);
    const configured = this.#owner.peers().filter(({ neighbor }) => neighbor.range === undefined);
    const inside = [
      ...others.map(rangeInside),
      ...configured.map(({ neighbor, remote }) => insideOf(neighbor, remote)),
    ];
    const faults = [unprotectedIn(range, inside), ...others.map((other) => unprotectedIn(other, [rangeInside(range)]))];
    const fault = faults.find((each) => each !== undefined);
    if (fault !== undefined) throw new SpeakerError('failed-precondition', fault);
  }

  #protectRange(range: ListenRange): Availability {
    return this.#owner.gate.protect(
      range.prefix,
      socketOptionsOf(range.template, isAllExternal(range, this.#owner.global)),
    );
  }

  /** What a range kept from running may do so now. */
  #retryHeld(prefix: Prefix): void {
    for (const peer of this.#owner.peers()) if (prefix.contains(peer.remote)) peer.retry();
  }

  /** Whether one more may come; one that is only shown for its last error is in nobody's way. */
  #makeRoom(range: ListenRange): boolean {
    const peers = this.#peersOf(range);
    if (peers.length < range.limit) return true;
    const absent = peers.find(({ isPresent }) => !isPresent);
    if (absent !== undefined) this.#owner.remove(absent, 'silently');
    return absent !== undefined;
  }

  #look(peer: Peer): void {
    if (peer.isPresent) this.#leaving.get(peer)?.start(GRACE);
    else this.#owner.remove(peer, 'silently');
  }

  #refused(entry: Entry, address: Address, reason: string): void {
    entry.refused++;
    this.#owner.refused(address, entry.range, reason);
  }

  #longest(address: Address): Entry | undefined {
    let longest: Entry | undefined;
    for (const entry of this.#entries.values())
      if (entry.range.prefix.contains(address) && entry.range.prefix.length > (longest?.range.prefix.length ?? -1))
        longest = entry;
    return longest;
  }

  #entryAt(prefix: Prefix): Entry {
    const entry = this.#entries.get(prefix.toString());
    if (entry === undefined) throw new SpeakerError('not-found', `there is no listen range ${prefix}`);
    return entry;
  }

  #peersOf({ prefix }: ListenRange): readonly Peer[] {
    return this.#owner.peers().filter(({ neighbor }) => neighbor.range?.prefix.equals(prefix) === true);
  }
}

/** The peer is whichever router is on the link that the address is on. */
function isKnownByLink(neighbor: Neighbor, { zone }: Address): boolean {
  const target = targetOf(neighbor);
  return target.kind === 'interface' && target.interface === zone;
}

function insideOf({ name, transport }: Neighbor, remote: Address): Inside {
  return { prefix: Prefix.host(remote), what: `peer "${name}"`, hasPassword: transport.password !== undefined };
}

function rangeInside({ name, prefix, template }: ListenRange): Inside {
  return { prefix, what: `listen range "${name}"`, hasPassword: template.transport.password !== undefined };
}
