import type { PolicyChain } from '../policy/chain.ts';
import { AdjRibIn } from '../rib/adj-rib-in.ts';
import type { AttributeStore } from '../rib/attribute-store.ts';
import type { Nlri, Reach, Update } from '../wire/update.ts';
import type { FamilyRib } from './family-rib.ts';
import { acquireUpdate } from './sets.ts';

/** What a peer sends us for one family. It is kept, counted and shown, and never announced to anybody. */
export class Inbound {
  readonly rib: FamilyRib;
  readonly adjRibIn: AdjRibIn;
  /** The peer sent End-of-RIB. */
  endOfRib = false;
  readonly #store: AttributeStore;

  constructor(rib: FamilyRib, store: AttributeStore) {
    this.rib = rib;
    this.#store = store;
    this.adjRibIn = new AdjRibIn(rib.table, store);
  }

  /** `visit` gets each prefix that was stored. */
  announce(
    nlri: Nlri,
    update: Update,
    reach: Reach | undefined,
    policy: PolicyChain,
    looped: boolean,
    seconds: number,
    visit?: (prefix: number) => void,
  ): void {
    const { bytes } = nlri;
    const { table } = this.rib;
    const subject = { address: new Uint8Array(table.octets), length: 0 };
    const set = looped ? 0 : acquireUpdate(this.#store, update, reach);
    let accepted = policy.isConstant && policy.decide(nlri.family, subject).accept;
    for (let at = 0; at < bytes.length; at += 1 + (((bytes[at] as number) + 7) >> 3)) {
      if (nlri.addPath) at += 4;
      const prefix = table.acquire(bytes, at);
      if (looped) {
        this.adjRibIn.setLooped(prefix, seconds);
        continue;
      }
      if (!policy.isConstant) {
        table.writeAddress(prefix, subject.address, 0);
        subject.length = table.lengthOf(prefix);
        accepted = policy.decide(nlri.family, subject).accept;
      }
      this.#store.hold(set);
      this.adjRibIn.set(prefix, set, accepted, seconds);
      if (visit !== undefined) visit(prefix);
    }
    if (set !== 0) this.#store.release(set);
  }

  /** `visit` gets each prefix that was there, just before it goes. */
  withdraw({ bytes, addPath }: Nlri, visit?: (prefix: number) => void): void {
    for (let at = 0; at < bytes.length; at += 1 + (((bytes[at] as number) + 7) >> 3)) {
      if (addPath) at += 4;
      const prefix = this.rib.table.lookup(bytes, at);
      if (prefix === -1) continue;
      if (visit !== undefined && this.adjRibIn.attributesOf(prefix) !== 0) visit(prefix);
      this.adjRibIn.remove(prefix);
    }
  }

  /** Removes what the peer did not send again: between BoRR and EoRR (RFC 7313, 4), or since its session was lost (RFC 4724, 4.2). */
  removeStale(visit?: (prefix: number) => void): void {
    for (const prefix of this.adjRibIn.prefixes()) {
      if (!this.adjRibIn.isStale(prefix)) continue;
      if (visit !== undefined && this.adjRibIn.attributesOf(prefix) !== 0) visit(prefix);
      this.adjRibIn.remove(prefix);
    }
  }

  /** Import policy changed. */
  evaluate(policy: PolicyChain): void {
    const { table, family } = this.rib;
    const subject = { address: new Uint8Array(table.octets), length: 0 };
    for (const prefix of this.adjRibIn.prefixes()) {
      table.writeAddress(prefix, subject.address, 0);
      subject.length = table.lengthOf(prefix);
      this.adjRibIn.setAccepted(prefix, policy.decide(family, subject).accept);
    }
  }
}
