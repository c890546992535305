import type { Address } from '../ip/address.ts';
import type { Prefix } from '../ip/prefix.ts';
import type { BfdCounters, BfdStatus } from '../link/bfd/ports.ts';
import type { Owner } from '../rib/loc-rib.ts';
import type { TimerName } from '../session/event.ts';
import type { Role } from '../session/role.ts';
import type { SecretText } from '../session/secret-text.ts';
import type { DownReason, Negotiated, SessionCounters, SessionState } from '../session/types.ts';
import type { AddPathFamily, Capability } from '../wire/capability.ts';
import type { Family } from '../wire/family.ts';
import type { Attributes, NextHop, Nlri } from '../wire/update.ts';
import type { DrainState } from './drain.ts';
import type { RestartTimerName } from './graceful-restart.ts';
import type { NextHopMode } from './next-hop.ts';

// The names are those of Cilium's internal Router interface.

export interface BgpGlobal {
  readonly asn: number;
  /** IPv4 text. */
  readonly routerId: string;
  /** -1: no listener. */
  readonly listenPort: number;
  /** Absent: one listener on 0.0.0.0 and one, IPv6 only, on ::. */
  readonly listenAddresses?: readonly Address[];
  /** What the FQDN capability says. */
  readonly hostname?: string;
}

/** One configured peer. Times are in seconds. What is absent takes Cilium's default. */
export interface Neighbor {
  readonly name: string;
  /** What it is known by. fe80::%eth0, the address of a link's routers, stands for whichever router is on that interface; see `targetOf`. */
  readonly address: Address;
  /** 0: whatever its OPEN says. */
  readonly asn: number;
  readonly timers: {
    readonly connectRetry: number;
    readonly holdTime: number;
    readonly keepaliveInterval: number;
    readonly delayOpen: number;
  };
  readonly transport: {
    readonly localAddress?: Address;
    readonly localPort?: number;
    readonly remotePort: number;
    readonly passive: boolean;
    /** TCP MD5 (RFC 2385): 1 to 80 octets of UTF-8. */
    readonly password?: SecretText;
    /** GTSM (RFC 5082): the peer is on the same link, and sends with TTL 255 as we do. */
    readonly ttlSecurity?: boolean;
    /** The TTL to send with, 1 to 255; not together with `ttlSecurity`. Absent: 1 to an external peer, the kernel's default to others. */
    readonly ebgpMultihop?: number;
    /** The interface that the session goes through, whatever the routes say. */
    readonly bindToDevice?: string;
    /** The source address is the one that this interface has; not together with `localAddress`. No session while it has none or several. */
    readonly sourceInterface?: string;
    /** Milliseconds: see `SocketOptions.userTimeout`. */
    readonly userTimeout?: number;
  };
  readonly families: readonly Family[];
  /** Families whose routes may have several paths, each with an identifier (RFC 7911). Absent: none. */
  readonly addPaths?: readonly AddPathFamily[];
  /** Absent: off. */
  readonly gracefulRestart?: GracefulRestart;
  /** What it is told for each session's own address. Absent: `auto`. */
  readonly nextHop?: NextHopMode;
  /** Absent: no BFD. */
  readonly bfd?: BfdOptions;
  /** What happens to a path that no export policy statement decides: `accept` for a peer added by hand, `reject` in Cilium's control plane. */
  readonly defaultExportAction: 'accept' | 'reject';
  readonly defaultImportAction: 'accept' | 'reject';
  /** Shut down by its administrator: no session; the text, at most 128 octets of UTF-8, is told to the peer (RFC 9003). */
  readonly adminDown?: string;
  /** For each family at most once; where there is none, a bound that keeps memory safe. */
  readonly maximumPrefixes?: readonly MaximumPrefixes[];
  /** What we are to an external peer: negotiated, and then no route leaks (RFC 9234). Absent: neither. */
  readonly role?: Role;
  /** No session with a peer that claims no role. Only with a role. */
  readonly roleStrict?: boolean;
  /** The listen range that it appeared in. Absent: it is configured. */
  readonly range?: ListenRange;
}

/**
 * Peers that may appear by themselves: whoever connects from the prefix becomes one, unless its address is that of a configured peer. Of several ranges
 * that an address is in, the longest counts.
 */
export interface ListenRange {
  /** For people, unique in the instance. */
  readonly name: string;
  /** Unique in the instance. */
  readonly prefix: Prefix;
  /** How many peers of it there may be at once: 1 to 65535. */
  readonly limit: number;
  /** Where they may be; anything else in an OPEN is answered with Bad Peer AS. Empty: anywhere. */
  readonly asns: readonly AsnRange[];
  /** What each of them is; none is ever dialled. */
  readonly template: Omit<Neighbor, 'name' | 'address' | 'asn' | 'adminDown' | 'range'>;
}

/** AS numbers from `first` to `last`. */
export interface AsnRange {
  readonly first: number;
  readonly last: number;
}

export interface ListenRangeState {
  readonly range: ListenRange;
  /** Its peers that have a connection, or routes that wait for them (RFC 4724), or may not come back yet. */
  readonly peers: number;
  /** Connections that were refused, for there were as many as may be, or for `problem`. */
  readonly refused: number;
  /** Why nobody may come: something that it asks for cannot be had. */
  readonly problem?: string;
}

/** How many prefixes of a family a peer may send, before any policy. */
export interface MaximumPrefixes {
  readonly family: Family;
  /** One more ends the session with Cease, Maximum Number of Prefixes Reached. */
  readonly limit: number;
  /** Per cent of `limit` above which a line is logged; 75 when absent. */
  readonly warningThreshold?: number;
  /** Begin again after so many seconds. Absent: stay down until a reset. */
  readonly restartSeconds?: number;
}

/** Routes that outlive the session, both ways (RFC 4724, RFC 8538). Times are in seconds. */
export interface GracefulRestart {
  /** How long the peer is asked to keep our routes without a session: 1 to 4095. */
  readonly restartTime: number;
  /** How long the peer's routes stay at most until it has sent them again: 1 to 65535. */
  readonly stalePathTime: number;
  /** Families whose routes stay beyond the restart time, marked with LLGR_STALE (RFC 9494). Absent: none. */
  readonly longLived?: readonly LongLivedRestart[];
}

export interface LongLivedRestart {
  readonly family: Family;
  /** How long the peer is asked to keep our routes so, and its own stay at most: 1 to 16777215. */
  readonly staleTime: number;
}

/** BFD with a neighbor on the link (RFC 5881). */
export interface BfdOptions {
  /** Milliseconds, 1 to 60000: how often we would send. */
  readonly transmitInterval: number;
  /** Milliseconds, 1 to 60000: how often the neighbor may send. */
  readonly receiveInterval: number;
  /** 1 to 255: so many of our packets lost in a row, and the neighbor takes us for dead. */
  readonly detectionMultiplier: number;
  /** The BGP session waits until BFD is up, and again whenever it is not. */
  readonly strict: boolean;
}

/** Paths to originate. The next hop of `attributes` is not looked at. */
export interface PathSpec {
  readonly family: Family;
  readonly nlri: Nlri;
  readonly attributes: Attributes;
  /** Absent: each session's own local address (Cilium's placeholder `::`). */
  readonly nextHop?: NextHop;
  /** Who puts it in; `api` when absent. The same prefix, path id and owner again is a change of the same path. */
  readonly owner?: Owner;
}

export type TableType = 'loc-rib' | 'adj-rib-in' | 'adj-rib-out';

export interface Route {
  readonly prefix: Prefix;
  readonly paths: readonly Path[];
}

export interface Path {
  readonly family: Family;
  readonly pathId: number;
  readonly attributes: Attributes;
  /** The placeholder `::` or `0.0.0.0` in the Loc-RIB when each session puts in its own. */
  readonly nextHop: NextHop;
  readonly best: boolean;
  readonly createdAt: Date;
  /** 16 bytes; only of a path that we originate. */
  readonly uuid?: Uint8Array;
  /** The AS of the speaker that it came from: ours for a path that we originate. */
  readonly sourceAsn: number;
}

export interface GetRoutesRequest {
  readonly table: TableType;
  readonly family: Family;
  /** Needed for adj-rib-in and adj-rib-out. */
  readonly neighbor?: Address;
}

export interface PeerFamilyState {
  readonly family: Family;
  readonly received: number;
  readonly accepted: number;
  /** Routes dropped because our own AS is in the path (RFC 4271, 9). */
  readonly looped: number;
  /** Routes dropped because they were not for us to have (RFC 9234, 5). */
  readonly leaked: number;
  readonly advertised: number;
  /** Changes that wait for the peer to read, at most: what a later one supersedes may be among them. */
  readonly unsent: number;
  /** Of the received, those that the peer still has to send again, or that wait for it to come back. */
  readonly stale: number;
}

export interface PeerState {
  readonly neighbor: Neighbor;
  readonly sessionState: SessionState;
  /** Where the peer is; of one known by its interface, absent while no router was found there. */
  readonly remoteAddress?: Address;
  /** Present while established. */
  readonly negotiated?: Negotiated;
  readonly establishedAt?: Date;
  /** Milliseconds that it has been established. */
  readonly uptime?: number;
  readonly families: readonly PeerFamilyState[];
  readonly localCapabilities: readonly Capability[];
  readonly remoteCapabilities: readonly Capability[];
  readonly counters: SessionCounters;
  /** Absent where BFD is not configured. */
  readonly bfd?: PeerBfdState;
  readonly lastDown?: { readonly reason: DownReason; readonly at: Date };
  /** Milliseconds that each running timer has left. */
  readonly timers: Readonly<Partial<Record<TimerName | RestartTimerName, number>>>;
  /** Octets for the peer that TCP has not taken. */
  readonly pending: number;
  /** Octets that the routes it sent take, near enough; attributes that routes share count for each. */
  readonly receivedOctets: number;
  /** Present while the peer is drained, by itself or with the instance. */
  readonly drain?: DrainState;
}

export interface PeerBfdState extends BfdStatus, BfdCounters {
  /** How often it was up and went down. */
  readonly downs: number;
  /** When the state last changed. */
  readonly since?: Date;
}

export interface ResetOptions {
  /** `none` resets the session; the others send or ask for everything again without touching it. */
  readonly soft: 'none' | 'in' | 'out' | 'both';
  /** Goes into the Cease that resets the session (RFC 9003). */
  readonly communication?: string;
  /** A peer that helps with graceful restart forgets our routes at once, and we its (Hard Reset, RFC 8538). Only where the session is reset. */
  readonly hard?: boolean;
}

/** Which route events a watcher wants; what is absent matches all. */
export interface RouteFilter {
  readonly table: 'loc-rib' | 'adj-rib-in';
  readonly family?: Family;
  readonly neighbor?: Address;
}

export type PeerEvent =
  | { readonly type: 'added' | 'removed' | 'state-changed'; readonly at: Date; readonly peer: PeerState }
  | { readonly type: 'down'; readonly at: Date; readonly peer: PeerState; readonly reason: DownReason };

export interface RouteEvent {
  readonly type: 'announced' | 'withdrawn';
  readonly table: 'loc-rib' | 'adj-rib-in';
  readonly at: Date;
  /** Absent for the Loc-RIB. */
  readonly neighbor?: Address;
  readonly route: Route;
}
