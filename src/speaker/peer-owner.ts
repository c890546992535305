import type { Address } from '../ip/address.ts';
import type { Bfd } from '../link/bfd/ports.ts';
import type { InterfaceAddress } from '../link/interfaces.ts';
import type { RouterSearch } from '../link/links.ts';
import type { PolicyChain } from '../policy/chain.ts';
import type { RoutePolicy } from '../policy/types.ts';
import type { AttributeStore } from '../rib/attribute-store.ts';
import type { Availability, SocketOptions, World } from '../session/ports.ts';
import type { DownReason, SessionState } from '../session/types.ts';
import type { Family } from '../wire/family.ts';
import type { DrainState } from './drain.ts';
import type { FamilyRib } from './family-rib.ts';
import type { RouteWatcher } from './inbound-families.ts';
import type { Peer } from './peer.ts';
import type { BgpGlobal, Neighbor } from './types.ts';

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
  /** Sees to it that the peer's connections have these options, whoever dials. */
  protect(peer: Peer, options: SocketOptions | undefined): Availability;
  /** The peer is no longer at this address. */
  unprotect(address: Address): void;
  /** Sessions may begin. */
  running(): boolean;
  /** Looks for the router on an interface; see `Links`. */
  findRouter(name: string, listener: (search: RouterSearch) => void): () => void;
  /** Since the speaker started. */
  seconds(): number;
  /** It goes on where another left off a moment ago. */
  restarted(): boolean;
  stateChanged(peer: Peer, from: SessionState, to: SessionState): void;
  /** Calls `work` once no session is on its way up; see `Calm`. */
  whenCalm(work: () => void): void;
  /** It was sent all that there is, or as much as TCP took at once. */
  initialUpdateBegan(peer: Peer): void;
  /** Something else about it that is to be seen. */
  changed(peer: Peer): void;
  /** So many octets of routes came. */
  received(octets: number): void;
  down(peer: Peer, reason: DownReason): void;
  /** Something worth a line in the log. */
  warn(peer: Peer, message: string, fields: Record<string, unknown>): void;
  /** Absent while nobody watches what this peer sends. */
  routeChanged(peer: Peer): RouteWatcher | undefined;
}
