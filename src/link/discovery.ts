import { Address } from '../ip/address.ts';
import type { Availability, Clock, Entropy, Timer } from '../session/ports.ts';
import { isSame } from '../session/same.ts';
import type { Icmpv6 } from './icmpv6.ts';
import type { LinkState, RouterSearch } from './links.ts';
import { Routers } from './routers.ts';

/** A raw ICMPv6 socket on one interface; nothing it does throws. */
export interface Icmpv6Port {
  /** Best effort: an interface may have no address yet, or be gone. */
  send(message: Icmpv6, to: Address): void;
  close(): void;
}

export type OpenPort = (
  name: string,
  receive: (message: Icmpv6, from: Address) => void,
) => { readonly ok: true; readonly port: Icmpv6Port } | Exclude<Availability, { readonly ok: true }>;

export interface DiscoveryWorld {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly open: OpenPort;
}

const allNodes = Address.parse('ff02::1');
const allRouters = Address.parse('ff02::2');

/** Milliseconds between the first rounds: an address may take a while until it can be used (RFC 4862, 5.4). Then one is every `interval`. */
const first: readonly number[] = [500, 1000, 1000, 2000, 2000];
/** As routers that FRR knows by their interface have it. */
const interval = 10_000;
/** Milliseconds without a sign after which a router no longer counts against another. */
const remembered = 4 * interval;
/** Milliseconds that a router has to answer when another has turned up. It may take 3 s with it (RFC 4861, 6.2.6). */
const patience = 5000;
/** Milliseconds from the first router heard until one is chosen: as long as another may take to answer too (RFC 4861, 6.2.6). */
const settling = 500;
/** Milliseconds between two advertisements to all, at least; what is asked in between is answered to who asked. */
const quiet = 1000;

/**
 * Finds the one router on a link, and tells it of us: sends advertisements that nobody becomes a default route by (router lifetime 0,
 * RFC 4861, 6.2.5), for routers that know a neighbor by its interface alone learn its address from them; solicits theirs; and, where
 * none comes, asks who of the link answers to being a router (echo to ff02::2).
 */
export class Discovery {
  readonly #name: string;
  readonly #world: DiscoveryWorld;
  readonly #changed: (search: RouterSearch) => void;
  readonly #routers = new Routers();
  #state: LinkState = 'absent';
  #port: Icmpv6Port | undefined;
  #refusal = '';
  #round = 0;
  #timer: Timer | undefined;
  /** Absent: nobody was heard yet. */
  #settled: Timer | true | undefined;
  #advertisedAt = -Infinity;
  #search: RouterSearch;

  /** Does nothing before it is told of the link. `changed` is called with what differs from `search` before. */
  constructor(name: string, world: DiscoveryWorld, changed: (search: RouterSearch) => void) {
    this.#name = name;
    this.#world = world;
    this.#changed = changed;
    this.#search = this.#answer();
  }

  get search(): RouterSearch {
    return this.#search;
  }

  /** The link is up or not any more, or has another address: then all is said again. */
  linkChanged(state: LinkState): void {
    if (state !== this.#state) {
      this.#end();
      this.#state = state;
    }
    this.#begin();
    this.#tell();
  }

  close(): void {
    this.#end();
  }

  #begin(): void {
    if (this.#state !== 'up') return;
    this.#round = 0;
    this.#ask();
  }

  #end(): void {
    this.#timer?.cancel();
    if (this.#settled !== true) this.#settled?.cancel();
    this.#settled = undefined;
    this.#routers.clear();
    this.#port?.close();
    this.#port = undefined;
  }

  /** One round, and then the next. */
  #ask(): void {
    const port = this.#opened();
    if (port !== undefined) {
      this.#advertise(port, allNodes);
      const isFound = this.#search.kind === 'found' && this.#search.others.length === 0;
      if (!isFound || this.#round < first.length) port.send({ type: 'router-solicitation' }, allRouters);
      // Not in the first round, which a router that advertises itself answers.
      if (this.#round > 0 && !isFound)
        port.send({ type: 'echo-request', identifier: 1, sequence: this.#round & 0xffff }, allRouters);
    }
    this.#wait();
    this.#tell();
  }

  #wait(): void {
    const delay = first[this.#round] ?? interval * (0.9 + 0.2 * this.#world.entropy());
    this.#round++;
    this.#timer?.cancel();
    this.#timer = this.#world.clock.timer(delay, () => this.#ask());
  }

  #opened(): Icmpv6Port | undefined {
    if (this.#port !== undefined) return this.#port;
    const opened = this.#world.open(this.#name, (message, from) => this.#receive(message, from));
    if (opened.ok) this.#port = opened.port;
    else this.#refusal = opened.reason;
    return this.#port;
  }

  #advertise(port: Icmpv6Port, to: Address): void {
    if (to === allNodes) this.#advertisedAt = this.#world.clock.now();
    port.send({ type: 'router-advertisement', lifetime: 0 }, to);
  }

  #receive(message: Icmpv6, from: Address): void {
    if (this.#port === undefined) return;
    switch (message.type) {
      case 'router-solicitation':
        if (from.isLinkLocal) this.#advertise(this.#port, from);
        else if (this.#world.clock.now() - this.#advertisedAt >= quiet) this.#advertise(this.#port, allNodes);
        break;
      case 'router-advertisement':
        // RFC 4861, 6.1.2.
        if (from.isLinkLocal) this.#hear(from, message.lifetime === 0 ? 'advertisement' : 'default-router');
        break;
      case 'echo-reply':
        if (from.isLinkLocal) this.#hear(from, 'echo-reply');
        break;
      case 'echo-request':
        break;
    }
  }

  #hear(from: Address, sign: Parameters<Routers['hear']>[1]): void {
    const now = this.#world.clock.now();
    const isNew = this.#routers.hear(from.withZone(this.#name), sign, now, remembered);
    this.#settled ??= this.#world.clock.timer(settling, () => {
      this.#settled = true;
      this.#tell();
    });
    if (isNew && this.#search.kind === 'found') {
      // Is it the one we know, with another address? Then that will not answer any more.
      this.#routers.doubt(now, patience);
      this.#round = 0;
      this.#wait();
    }
    this.#tell();
  }

  #tell(): void {
    const search = this.#answer();
    if (isSame(search, this.#search)) return;
    this.#search = search;
    this.#changed(search);
  }

  #answer(): RouterSearch {
    const reason = this.#obstacle();
    return reason === undefined ? this.#routers.choose(this.#world.clock.now(), this.#name) : { kind: 'none', reason };
  }

  #obstacle(): string | undefined {
    if (this.#state === 'absent') return `there is no interface ${this.#name}`;
    if (this.#state === 'down') return `interface ${this.#name} is down`;
    if (this.#port === undefined) return this.#refusal;
    return this.#settled === true ? undefined : `no router advertisement on ${this.#name} yet`;
  }
}
