import type { Address } from '../ip/address.ts';
import type { Prefix } from '../ip/prefix.ts';
import { type InterfaceAddress, interfaceAddresses } from '../link/interfaces.ts';
import type { RouterSearch } from '../link/links.ts';
import type { RoutePolicy } from '../policy/types.ts';
import type { Connection } from '../session/ports.ts';
import type { SessionState } from '../session/types.ts';
import { type Family, familyName } from '../wire/family.ts';
import { cease } from '../wire/notification.ts';
import type { Nlri } from '../wire/update.ts';
import { Calm } from './calm.ts';
import { DRAIN_WAIT, type DrainState, Drains, type DrainTarget } from './drain.ts';
import { SpeakerError } from './error.ts';
import { Gate } from './gate.ts';
import { checkGlobal } from './global.ts';
import { ListenRanges } from './listen-ranges.ts';
import type { SpeakerLog } from './log.ts';
import { LogQuota } from './log-quota.ts';
import { MemoryWatch } from './memory.ts';
import { Peer } from './peer.ts';
import { fieldsOf, PeerNews } from './peer-news.ts';
import type { PeerOwner } from './peer-owner.ts';
import { Peers } from './peers.ts';
import { Policies, type PolicyEdits } from './policies.ts';
import { reset } from './reset.ts';
import type { RouteRow } from './route-row.ts';
import { adjRibInRows, adjRibOutRows, routesOf } from './routes.ts';
import type { Farewell } from './session-keeper.ts';
import { withSource } from './source.ts';
import { Tables } from './tables.ts';
import type {
  BgpGlobal,
  GetRoutesRequest,
  ListenRange,
  ListenRangeState,
  Neighbor,
  PathSpec,
  PeerEvent,
  PeerState,
  ResetOptions,
  Route,
  RouteEvent,
  RouteFilter,
} from './types.ts';
import { untilCurrent } from './until-current.ts';
import type { SpeakerWorld, StartOptions } from './world.ts';

const greeting: ReadonlySet<SessionState> = new Set(['connect', 'open_sent', 'open_confirm']);

/**
 * One BGP instance: peers, tables and policies. Its methods take effect before they return; bytes go to the sockets that take them in the same turn.
 * All throw SpeakerError for what cannot be done, and then nothing has changed.
 */
export class Speaker {
  readonly global: BgpGlobal;
  readonly #world: SpeakerWorld;
  readonly #log: SpeakerLog;
  readonly #tables: Tables;
  readonly #peers = new Peers();
  readonly #policies: Policies;
  readonly #gate: Gate;
  readonly #ranges: ListenRanges;
  readonly #news: PeerNews;
  readonly #calm: Calm;
  readonly #drains: Drains;
  readonly #memory: MemoryWatch;
  readonly #strangers: LogQuota;
  #unwatchLinks: () => void = () => {};
  #running = false;
  #restarted = false;
  /** Nothing is announced any more, and the sessions are about to end. */
  #leaving: DrainState | undefined;
  #refused = 0;

  /** Throws SpeakerError for a router id or ASN out of range. */
  constructor(global: BgpGlobal, world: SpeakerWorld, log: SpeakerLog) {
    checkGlobal(global);
    this.global = global;
    this.#world = world;
    this.#log = log;
    this.#tables = new Tables(global.asn, world);
    this.#policies = new Policies({ peers: () => [...this.#peers], ribs: () => this.#tables.ribs });
    this.#memory = new MemoryWatch(world.memory ?? Number.POSITIVE_INFINITY);
    this.#strangers = new LogQuota(world.clock);
    this.#gate = new Gate(world.network);
    this.#ranges = new ListenRanges({
      clock: world.clock,
      global,
      gate: this.#gate,
      peers: () => [...this.#peers],
      running: () => this.#running,
      add: (neighbor) => this.#add(neighbor),
      remove: (peer, how) => this.#remove(peer, how),
      refused: (address, { name }, reason) =>
        this.#warnOfStranger(address, `connection refused: ${reason}`, { listen_range: name }),
    });
    this.#news = new PeerNews(world.clock, log);
    this.#calm = new Calm(world.clock);
    this.#drains = new Drains(world.clock, (target) => this.#drainChanged(target));
  }

  /** Connections from addresses that are no peer's. */
  get refusedConnections(): number {
    return this.#refused;
  }

  /** What the tables take, received routes and our own; room to grow is not counted. */
  get tableOctets(): number {
    let octets = this.#tables.memory;
    for (const peer of this.#peers) octets += peer.columns;
    return octets;
  }

  /** Binds the listeners, then starts the peers. Rejects with the operating system's error, and nothing is left bound. */
  async start({ restarted = false, peersWait = false }: StartOptions = {}): Promise<void> {
    this.#restarted = restarted;
    await this.#gate.open(this.global, (connection) => this.#accept(connection));
    if (!peersWait) this.startPeers();
  }

  /** Begins the sessions; later peers begin theirs when they are added. */
  startPeers(): void {
    this.#running = true;
    const unwatch = this.#world.links?.watch((change) => {
      for (const peer of this.#peers) peer.linkChanged(change);
    });
    if (unwatch !== undefined) this.#unwatchLinks = unwatch;
    this.#leaving = undefined;
    this.#ranges.start();
    for (const peer of this.#peers) peer.start();
  }

  /**
   * Every peer gets withdrawals, as far as it takes them within two seconds, and a Cease with `text`; without `fullDestroy` the connections
   * of those that help with graceful restart close with no word, so that these keep our routes. Resolves when nothing listens any more; what
   * is queued is still sent.
   */
  async stop({ fullDestroy, text = '' }: { readonly fullDestroy: boolean; readonly text?: string }): Promise<void> {
    this.#running = false;
    this.#unwatchLinks();
    this.#ranges.stop();
    this.#drains.stop();
    const leaving: Peer[] = [];
    for (const peer of this.#peers)
      if (fullDestroy || !peer.isHelped) leaving.push(peer);
      else peer.stop('silently');
    const now = this.#world.clock.date();
    this.#leaving = { phase: 'drained', since: now, withdrawAt: now };
    for (const peer of leaving) peer.exportChanged();
    if (!leaving.every((peer) => peer.isCurrent)) await untilCurrent(leaving, this.#world.clock);
    for (const peer of leaving) peer.stop({ subcode: cease.administrativeShutdown, text });
    await this.#gate.close();
  }

  // Peers.

  /** Takes the place of one that appeared in a listen range at its address. */
  addNeighbor(neighbor: Neighbor): void {
    const { address } = neighbor;
    const known = this.#peers.known(address);
    if (known !== undefined && known.neighbor.range === undefined)
      throw new SpeakerError('already-exists', `peer ${address} is already configured, as "${known.neighbor.name}"`);
    this.#checkNeighbor(neighbor);
    this.#ranges.makeWayFor(neighbor);
    this.#add(neighbor);
  }

  /** Changes a peer, found by what it is known by. */
  updateNeighbor(neighbor: Neighbor): void {
    const peer = this.#peers.configured(neighbor.address);
    this.#checkNeighbor(neighbor);
    peer.reconfigure(neighbor);
  }

  /** Returns what it was. */
  removeNeighbor(address: Address): Neighbor {
    const peer = this.#peers.configuredAt(address);
    this.#remove(peer, { subcode: cease.peerDeconfigured, text: '' });
    return peer.neighbor;
  }

  /** Lets peers appear by themselves; see `ListenRange`. */
  addListenRange(range: ListenRange): void {
    this.#checkRange(range);
    this.#ranges.add(range);
  }

  /** Changes a range, found by its prefix: its peers take what changed, and those that may no longer be leave; all stay that are above a lower limit. */
  updateListenRange(range: ListenRange): void {
    this.#checkRange(range);
    this.#ranges.update(range);
  }

  /** Its peers leave. */
  removeListenRange(prefix: Prefix): void {
    this.#ranges.remove(prefix);
  }

  listenRanges(): readonly ListenRangeState[] {
    return this.#ranges.states;
  }

  resetNeighbor(address: Address, options: ResetOptions): void {
    reset([this.#peers.at(address)], options);
  }

  resetAllNeighbors(options: ResetOptions): void {
    reset([...this.#peers], options);
  }

  peers(): readonly PeerState[] {
    return [...this.#peers].map((peer) => peer.peerState);
  }

  /** Whether some session is on its way up. */
  get isGreeting(): boolean {
    return [...this.#peers].some(({ state }) => greeting.has(state));
  }

  /** Whether some peer is still to be sent something. */
  get isSending(): boolean {
    return [...this.#peers].some(({ isCurrent }) => !isCurrent);
  }

  peer(address: Address): PeerState | undefined {
    return this.#peers.known(address)?.peerState;
  }

  // Drain (RFC 8326).

  /** That of the whole instance. */
  get drainState(): DrainState | undefined {
    return this.#drains.all;
  }

  /**
   * Makes our routes the last resort of a peer or of all, and withdraws them after `wait` seconds, 15 when absent. Sessions stay up. While it drains, asking
   * again begins a new wait. Returns how far it is.
   */
  drain({ wait = DRAIN_WAIT, ...target }: DrainTarget & { readonly wait?: number } = {}): DrainState | undefined {
    const known = this.#known(target);
    this.#drains.begin(known, wait);
    return known.address === undefined ? this.#drains.all : this.#drains.of(known.address);
  }

  /** Announces again as before. Nothing where nothing is drained. */
  undrain(target: DrainTarget = {}): void {
    this.#drains.end(this.#known(target));
  }

  // Paths.

  /** Originates a path for each prefix; returns a uuid (16 bytes) for each, in order. */
  advertise(spec: PathSpec): Uint8Array[] {
    return this.#tables.advertise(spec);
  }

  /** As `advertise`, for many: returns how many. */
  advertiseBulk(spec: PathSpec): number {
    return this.#tables.advertiseBulk(spec);
  }

  /** Withdraws the path with this uuid. */
  withdraw(uuid: Uint8Array): void {
    this.#tables.withdraw(uuid);
  }

  /** Withdraws the paths of these prefixes that `owner` put in; returns how many there were. */
  withdrawPrefixes(family: Family, nlri: Nlri, owner?: PathSpec['owner']): number {
    return this.#tables.withdrawPrefixes(family, nlri, owner);
  }

  // Policies.

  /** Adds a policy behind those there are. */
  addRoutePolicy(policy: RoutePolicy): void {
    this.#policies.edit({ add: [policy] });
  }

  removeRoutePolicy(name: string, type: RoutePolicy['type']): void {
    this.#policies.remove({ name, type });
  }

  /**
   * Changes policies, and peers as `updateNeighbor` does, all in one step: what is sent are the routes that come out differently in the end. Where statements
   * are a map that shares with the one before, the cost is that of the statements that differ.
   */
  editRoutePolicies(edits: PolicyEdits, neighbors: readonly Neighbor[] = []): void {
    const changes = neighbors.map((neighbor) => {
      const peer = this.#peers.configured(neighbor.address);
      this.#checkNeighbor(neighbor, neighbors);
      return () => peer.reconfigure(neighbor);
    });
    this.#policies.edit(edits, () => {
      for (const change of changes) change();
    });
  }

  routePolicies(): readonly RoutePolicy[] {
    return this.#policies.list;
  }

  // Tables.

  /** Walks a table as it is at each step: a caller may take its time, and sees each prefix at most once. */
  routes(request: GetRoutesRequest): Iterable<Route> {
    return routesOf(this.routeRows(request));
  }

  /** As `routes`, without an object for each: what is given is one row, which the next step changes. */
  routeRows({ table, family, neighbor }: GetRoutesRequest): Iterable<RouteRow> {
    const rib = this.#tables.rib(family);
    if (table === 'loc-rib') {
      if (neighbor !== undefined)
        throw new SpeakerError('invalid-argument', 'neighbor is unnecessary for loc-rib table type');
      return this.#tables.locRib(family);
    }
    if (neighbor === undefined)
      throw new SpeakerError('invalid-argument', `table ${table} requires neighbor parameter`);
    const peer = this.#peers.at(neighbor);
    if (peer.hasNot(family))
      throw new SpeakerError('failed-precondition', `${familyName(family)} is not negotiated with peer ${neighbor}`);
    if (table === 'adj-rib-in') return adjRibInRows(peer.inbound(family), this.#tables.listing(family, peer.peerAsn));
    return adjRibOutRows(rib, peer.outbound(family), this.#tables.listing(family));
  }

  /** Calls the listener for each event from now on; returns how to stop. */
  watchPeers(listener: (event: PeerEvent) => void): () => void {
    return this.#news.watch(listener);
  }

  watchRoutes(filter: RouteFilter, listener: (events: readonly RouteEvent[]) => void): () => void {
    return this.#tables.watch(filter, listener);
  }

  get #owner(): PeerOwner {
    return {
      global: this.global,
      world: { ...this.#world, network: withSource(this.#world.network, () => this.#interfaces()) },
      store: this.#tables.store,
      bfd: this.#world.bfd,
      rib: (family) => this.#tables.rib(family),
      policy: (type, neighbor) => this.#policies.chainFor(type, neighbor),
      drain: (address) => this.#leaving ?? this.#drains.of(address),
      interfaces: () => this.#interfaces(),
      protect: (peer, options) => this.#ranges.protect(peer, options),
      unprotect: (address) => void this.#gate.protect(address, undefined),
      running: () => this.#running,
      findRouter: (name, listener) => this.#findRouter(name, listener),
      seconds: () => this.#tables.seconds,
      restarted: () => this.#restarted,
      stateChanged: (peer, from, to) => {
        this.#calm.stir();
        this.#news.stateChanged(peer, from, to);
      },
      whenCalm: (work) => this.#calm.wait(work),
      initialUpdateBegan: (peer) => this.#news.writeUp(peer),
      changed: (peer) => this.#news.changed(peer),
      received: (octets) => this.#received(octets),
      down: (peer, reason) => {
        this.#ranges.down(peer);
        this.#news.down(peer, reason);
      },
      warn: (peer, message, fields) => this.#news.warn(peer, message, fields),
      routeChanged: (peer) => this.#tables.inboundWatcher(peer.neighbor.address, peer.peerAsn),
    };
  }

  /** One peer that sends too much must not take the memory that all live in. */
  #received(octets: number): void {
    if (!this.#memory.add(octets)) return;
    this.#memory.judge(this.tableOctets, this.#peers)?.exhausted(this.#memory.limit);
  }

  #add(neighbor: Neighbor): Peer {
    const peer = new Peer(neighbor, this.#owner);
    this.#peers.add(peer);
    this.#news.tell({ type: 'added', peer });
    if (this.#running) peer.start();
    return peer;
  }

  #remove(peer: Peer, how: Farewell): void {
    const { address, range } = peer.neighbor;
    peer.stop(how);
    if (range === undefined) this.#gate.protect(peer.remote, undefined);
    this.#ranges.forget(peer);
    this.#drains.forget(address);
    this.#peers.delete(peer);
    this.#news.tell({ type: 'removed', peer });
  }

  #accept(connection: Connection): void {
    const { address } = connection.remote;
    const peer = this.#peers.find(address);
    if (!this.#running) {
      // One that waits for its session will try again.
      connection.abort();
      if (peer === undefined) this.#refused++;
    } else if (peer !== undefined) peer.accept(connection);
    else if (!this.#ranges.accept(connection)) {
      connection.abort();
      this.#refused++;
      this.#warnOfStranger(address, 'connection from an address that is no peer');
    }
  }

  #warnOfStranger(address: Address, message: string, fields: Record<string, unknown> = {}): void {
    const line = this.#strangers.next();
    if (line !== undefined) this.#log.warn({ remote: address.toString(), ...fields, ...line }, message);
  }

  /** By what the peer is known by, which stays when it is found elsewhere. */
  #known({ address }: DrainTarget): DrainTarget {
    return address === undefined ? {} : { address: this.#peers.at(address).neighbor.address };
  }

  #drainChanged({ address }: DrainTarget): void {
    const concerned = address === undefined ? [...this.#peers] : [this.#peers.at(address)];
    const phase = (address === undefined ? this.#drains.all : this.#drains.of(address))?.phase ?? 'undrained';
    this.#log.info(address === undefined ? {} : fieldsOf(this.#peers.at(address)), `${phase}: ${drainWords[phase]}`);
    for (const peer of concerned) {
      peer.exportChanged();
      this.#news.tell({ type: 'state-changed', peer });
    }
  }

  #findRouter(name: string, listener: (search: RouterSearch) => void): () => void {
    const { links } = this.#world;
    if (links !== undefined) return links.findRouter(name, listener);
    listener({ kind: 'none', reason: `no router is looked for on ${name}: links are not watched here` });
    return () => {};
  }

  #checkRange({ name, template }: ListenRange): void {
    for (const family of template.families) this.#tables.rib(family);
    if (this.global.listenPort === -1)
      throw new SpeakerError('failed-precondition', `listen range "${name}": the instance does not listen`);
  }

  /** `changing`: peers that change with it, whose names are free. */
  #checkNeighbor(neighbor: Neighbor, changing: readonly Neighbor[] = []): void {
    const { families, address, asn, role } = neighbor;
    for (const family of families) this.#tables.rib(family);
    if (role !== undefined && asn === this.global.asn)
      throw new SpeakerError('invalid-argument', `peer ${address}: a role is of external peers alone (RFC 9234)`);
    this.#peers.checkName(neighbor, changing);
  }

  #interfaces(): readonly InterfaceAddress[] {
    return this.#world.interfaces?.() ?? interfaceAddresses();
  }
}

const drainWords = {
  draining: 'routes are announced as the last resort',
  drained: 'routes are withdrawn',
  undrained: 'routes are announced as before',
} as const;
