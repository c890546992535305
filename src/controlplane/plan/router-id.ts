import { Address } from '../../ip/address.ts';
import { carve } from '../../ip/pool.ts';
import type { Prefix } from '../../ip/prefix.ts';
import type { CiliumNode } from '../resources/types.ts';
import type { RouterIds } from './types.ts';

/** An instance that needs a router id. */
export interface Claim {
  /** `node/instance`. */
  readonly key: string;
  /** The id that an override gives it: it takes none from the pool, and nobody else is given it. */
  readonly given?: string;
}

/**
 * Gives each claim an id of the pool that no other has: the one it had, else the lowest that is free, from the pool's first address on. Claims that the pool
 * has nothing left for are absent from the result.
 */
export function allocateRouterIds(pool: Prefix, claims: readonly Claim[], previous: RouterIds): RouterIds {
  const taken = new Set(claims.flatMap(({ given }) => given ?? []));
  const ids = new Map<string, string>();
  const open = claims.filter(({ given }) => given === undefined).toSorted((a, b) => (a.key < b.key ? -1 : 1));
  for (const { key } of open) {
    const kept = previous.get(key);
    if (kept === undefined || taken.has(kept) || !pool.contains(Address.parse(kept))) continue;
    taken.add(kept);
    ids.set(key, kept);
  }
  const free = carve(pool, 32)[Symbol.iterator]();
  for (const { key } of open) {
    if (ids.has(key)) continue;
    const id = nextFree(free, taken);
    if (id === undefined) break;
    ids.set(key, id);
  }
  return new Map([...ids].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function nextFree(pool: Iterator<Prefix>, taken: ReadonlySet<string>): string | undefined {
  for (let next = pool.next(); next.done !== true; next = pool.next()) {
    const { address } = next.value;
    // RFC 6286, 2.1: not 0.
    if (!address.isUnspecified && !taken.has(address.toString())) return address.toString();
  }
  return undefined;
}

/** The router id where nothing says which: the node's IPv4 address; without one, a number that follows from its name alone. */
export function defaultRouterId(name: string, node: CiliumNode | undefined): string {
  const addresses = node?.spec.addresses ?? [];
  const isIPv4 = (text: string | undefined): text is string => text !== undefined && /^[\d.]+$/.test(text);
  const internal = addresses.find(({ type, ip }) => type === 'InternalIP' && isIPv4(ip))?.ip;
  return internal ?? derived(name);
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a. RFC 6286, 2.1: any number but 0 will do, as long as it is another one on each speaker. */
function derived(name: string): string {
  let hash = FNV_OFFSET;
  for (const octet of new TextEncoder().encode(name)) hash = Math.imul(hash ^ octet, FNV_PRIME);
  const id = hash >>> 0 === 0 ? 1 : hash >>> 0;
  return new Address(Uint8Array.of(id >>> 24, id >>> 16, id >>> 8, id)).toString();
}
