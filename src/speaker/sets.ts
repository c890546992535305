import { Address } from '../ip/address.ts';
import type { AttributeStore } from '../rib/attribute-store.ts';
import { decodeAttributes, encodeAttributes } from '../wire/attribute.ts';
import { attributeSet, attributesOf, nextHopOf } from '../wire/attribute-set.ts';
import { afiOf, type Family } from '../wire/family.ts';
import { encodeNextHop } from '../wire/next-hop.ts';
import type { Attributes, NextHop, Reach, Update } from '../wire/update.ts';

/** How the store's attributes are encoded. */
export const stored = { fourOctetAs: true };

const empty = new Uint8Array(0);

/** Interns attributes and a next hop, with one hold. */
export function acquireSet(store: AttributeStore, attributes: Attributes, nextHop: NextHop | undefined): number {
  const bytes = nextHop === undefined ? empty : encodeNextHop(nextHop);
  return store.acquire(attributeSet(bytes, encodeAttributes(attributes, stored)));
}

/** Interns what an UPDATE announces, in its NLRI field or in `reach`, with one hold: as it came where that is the form the store has. */
export function acquireUpdate(store: AttributeStore, update: Update, reach: Reach | undefined): number {
  if (update.encoded === undefined) return acquireSet(store, update.attributes, reach?.nextHop);
  return store.acquire(update.encoded);
}

/**
 * What a set says. A set without a next hop has the placeholder `::` or `0.0.0.0`, or the NEXT_HOP among its attributes. Only what goes to a
 * two-octet peer is not in four octets.
 */
export function readSet(
  store: AttributeStore,
  set: number,
  family: Family,
  fourOctetAs = true,
): { readonly attributes: Attributes; readonly nextHop: NextHop } {
  const bytes = store.bytesOf(set);
  const { attributes } = decodeAttributes(attributesOf(bytes), { fourOctetAs });
  return { attributes, nextHop: nextHopFrom(nextHopOf(bytes), family, attributes) };
}

function nextHopFrom(bytes: Uint8Array, family: Family, { nextHop }: Attributes): NextHop {
  if (bytes.length === 32)
    return {
      kind: 'global-and-link-local',
      global: new Address(bytes.slice(0, 16)),
      linkLocal: new Address(bytes.slice(16)),
    };
  if (bytes.length === 4 || bytes.length === 16) return { kind: 'single', address: new Address(bytes.slice()) };
  if (bytes.length > 0) return { kind: 'opaque', bytes: bytes.slice() };
  return { kind: 'single', address: nextHop ?? new Address(new Uint8Array(afiOf(family) === 1 ? 4 : 16)) };
}

/** Reads sets for a listing, in which neighbours mostly share one: the last is remembered, and held so that its id stays its own. */
export class SetReader {
  readonly #store: AttributeStore;
  readonly #family: Family;
  readonly #fourOctetAs: boolean;
  #last = 0;
  #value: ReturnType<typeof readSet> | undefined;

  constructor(store: AttributeStore, family: Family, fourOctetAs = true) {
    this.#store = store;
    this.#family = family;
    this.#fourOctetAs = fourOctetAs;
  }

  read(set: number): ReturnType<typeof readSet> {
    if (this.#value !== undefined && set === this.#last) return this.#value;
    this.close();
    this.#store.hold(set);
    this.#last = set;
    this.#value = readSet(this.#store, set, this.#family, this.#fourOctetAs);
    return this.#value;
  }

  /** Lets go of what it holds. */
  close(): void {
    if (this.#last !== 0) this.#store.release(this.#last);
    this.#last = 0;
    this.#value = undefined;
  }
}
