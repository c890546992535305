import type { PolicyChain } from '../policy/chain.ts';
import { AdjRibIn, type Dropped } from '../rib/adj-rib-in.ts';
import type { AttributeStore } from '../rib/attribute-store.ts';
import { IdList } from '../rib/column.ts';
import type { RouteKeys } from '../rib/route-keys.ts';
import type { Nlri, Reach, Update } from '../wire/update.ts';
import type { FamilyRib } from './family-rib.ts';
import { acquireUpdate } from './sets.ts';

/** What a peer sends us for one family. It is kept, counted and shown, and never announced to anybody. */
export class Inbound {
  readonly rib: FamilyRib;
  readonly adjRibIn: AdjRibIn;
  /** What the ids of the Adj-RIB-In mean: prefixes, or paths when the peer sends several of each (RFC 7911). */
  readonly keys: RouteKeys;
  /** The peer sent End-of-RIB. */
  endOfRib = false;
  /** Between BoRR and EoRR (RFC 7313, 4). */
  #isRefreshing = false;
  readonly #store: AttributeStore;
  /** Of the NLRI that is dealt with. */
  readonly #ids = new IdList();
  readonly #subject: { readonly address: Uint8Array; length: number };

  /** The peer may send several paths of a prefix, each with an identifier (RFC 7911). */
  get addPath(): boolean {
    return this.keys === this.rib.paths;
  }

  constructor(rib: FamilyRib, store: AttributeStore, addPath: boolean) {
    this.rib = rib;
    this.keys = addPath ? rib.paths : rib.table;
    this.#store = store;
    this.adjRibIn = new AdjRibIn(this.keys, store);
    this.#subject = { address: new Uint8Array(rib.table.octets), length: 0 };
  }

  /** `visit` gets the id of each route that was stored. */
  announce(
    nlri: Nlri,
    update: Update,
    reach: Reach | undefined,
    policy: PolicyChain,
    dropped: Dropped | undefined,
    seconds: number,
    visit?: (id: number) => void,
  ): void {
    const { ids, length } = this.#idsOf(nlri);
    if (dropped !== undefined) {
      for (let i = 0; i < length; i++) this.adjRibIn.setDropped(ids[i] as number, dropped, seconds);
      return;
    }
    const set = acquireUpdate(this.#store, update, reach);
    this.#store.hold(set, length);
    const subject = this.#subject;
    if (policy.isConstant) this.adjRibIn.setAll(ids, length, set, policy.decide(nlri.family, subject).accept, seconds);
    else
      for (let i = 0; i < length; i++) {
        const id = ids[i] as number;
        this.#describe(id);
        this.adjRibIn.set(id, set, policy.decide(nlri.family, subject).accept, seconds);
      }
    this.#store.release(set);
    if (visit !== undefined) for (let i = 0; i < length; i++) visit(ids[i] as number);
  }

  /** `visit` gets the id of each route that was there, just before it goes. */
  withdraw({ bytes, addPath }: Nlri, visit?: (id: number) => void): void {
    const skip = addPath ? 4 : 0;
    for (let at = 0; at < bytes.length; at += skip + 1 + (((bytes[at + skip] as number) + 7) >> 3)) {
      const id = this.keys.lookup(bytes, at);
      if (id === -1) continue;
      if (visit !== undefined && this.adjRibIn.attributesOf(id) !== 0) visit(id);
      this.adjRibIn.remove(id);
    }
  }

  /** BoRR. */
  beginRefresh(): void {
    this.#isRefreshing = true;
    this.adjRibIn.markStale();
  }

  /** EoRR; nothing without a BoRR before it. `visit` as of `removeStale`. */
  endRefresh(visit?: (id: number) => void): void {
    if (!this.#isRefreshing) return;
    this.#isRefreshing = false;
    this.removeStale(visit);
  }

  /** The session ended: what is here is to be sent again. */
  lost(): void {
    this.endOfRib = false;
    this.#isRefreshing = false;
    this.adjRibIn.markStale();
  }

  /** Removes what the peer did not send again: between BoRR and EoRR (RFC 7313, 4), or since its session was lost (RFC 4724, 4.2). */
  removeStale(visit?: (id: number) => void): void {
    for (const id of this.adjRibIn.ids()) {
      if (!this.adjRibIn.isStale(id)) continue;
      if (visit !== undefined && this.adjRibIn.attributesOf(id) !== 0) visit(id);
      this.adjRibIn.remove(id);
    }
  }

  /** Import policy changed. */
  evaluate(policy: PolicyChain): void {
    const { family } = this.rib;
    for (const id of this.adjRibIn.ids()) {
      this.#describe(id);
      this.adjRibIn.setAccepted(id, policy.decide(family, this.#subject).accept);
    }
  }

  /** One holder more for each. Good until the next call. */
  #idsOf({ bytes }: Nlri): IdList {
    const ids = this.#ids;
    ids.clear();
    this.keys.acquireAll(bytes, ids);
    return ids;
  }

  /** To an import policy. */
  #describe(id: number): void {
    const { table } = this.rib;
    const prefix = this.keys.prefixOf(id);
    table.writeAddress(prefix, this.#subject.address, 0);
    this.#subject.length = table.lengthOf(prefix);
  }
}
