import type { AdjRibIn } from '../rib/adj-rib-in.ts';
import type { AttributeStore } from '../rib/attribute-store.ts';
import { decodeAttributes, encodeAttributes } from '../wire/attribute.ts';
import { attributeSet, attributesOf, nextHopOf } from '../wire/attribute-set.ts';
import { llgrStale, noLlgr } from '../wire/community.ts';
import { stored } from './sets.ts';

/** What becomes of a stale route when its long-lived stale time begins. */
interface Visitor {
  /** NO_LLGR: it does not stay. Called just before it goes. */
  removed(id: number): void;
  /** It has LLGR_STALE now. */
  changed(id: number): void;
}

/** Attaches LLGR_STALE to all that a peer sent, and removes what has NO_LLGR (RFC 9494, 4.2). */
export function attachLlgrStale(adjRibIn: AdjRibIn, store: AttributeStore, visitor: Visitor): void {
  /** By the set that was there; each is held until the end, so that its id stays its own. 0: has NO_LLGR. */
  const marked = new Map<number, number>();
  for (const id of adjRibIn.ids()) {
    const set = adjRibIn.attributesOf(id);
    if (set === 0) continue;
    let to = marked.get(set);
    if (to === undefined) {
      store.hold(set);
      marked.set(set, (to = acquireMarked(store, set)));
    }
    if (to === 0) {
      visitor.removed(id);
      adjRibIn.remove(id);
    } else if (to !== set) {
      store.hold(to);
      adjRibIn.replace(id, to);
      visitor.changed(id);
    }
  }
  for (const [from, to] of marked) {
    store.release(from);
    if (to !== 0) store.release(to);
  }
}

/** The same set with LLGR_STALE, with one hold; 0 when it has NO_LLGR. */
function acquireMarked(store: AttributeStore, set: number): number {
  const bytes = store.bytesOf(set).slice();
  const { attributes } = decodeAttributes(attributesOf(bytes), stored);
  const { communities = [] } = attributes;
  if (communities.includes(noLlgr)) return 0;
  if (communities.includes(llgrStale)) return store.acquire(bytes);
  const encoded = encodeAttributes({ ...attributes, communities: [...communities, llgrStale] }, stored);
  return store.acquire(attributeSet(nextHopOf(bytes), encoded));
}
