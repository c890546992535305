import type { LabNode } from './node.ts';
import { until } from './until.ts';

// What the scenarios read of GoBGP's JSON. Both generations print these fields.

interface GobgpNeighbor {
  readonly state?: { readonly neighbor_address?: string; readonly session_state?: number | string };
}

export interface GobgpPath {
  /** Of the neighbor that announced it; GoBGP 3 says the latter. */
  readonly 'peer-address'?: string;
  readonly 'neighbor-ip'?: string;
  /** One object per attribute, by its type code. */
  readonly attrs: readonly {
    readonly type: number;
    readonly nexthop?: string;
    readonly communities?: readonly number[];
  }[];
}

const established = [6, 'ESTABLISHED', 'SESSION_STATE_ESTABLISHED'];

/** Asks a node that runs GoBGP. */
export class Gobgp {
  readonly node: LabNode;

  constructor(node: LabNode) {
    this.node = node;
  }

  /** The addresses of neighbors whose session is up. */
  async sessions(): Promise<string[]> {
    const neighbors = await this.node.json<GobgpNeighbor[]>(['gobgp', 'neighbor', '-j']);
    return neighbors.flatMap(({ state }) =>
      state?.neighbor_address !== undefined && established.includes(state.session_state ?? 0)
        ? state.neighbor_address
        : [],
    );
  }

  /** Waits until the session with a neighbor is up. */
  async established(address: string): Promise<void> {
    await until(
      () => this.sessions(),
      (addresses) => addresses.includes(address),
      { what: `${this.node.name} to have an established session with ${address}` },
    );
  }

  /** The table of a family: paths by prefix. */
  rib(family: 'ipv4' | 'ipv6' = 'ipv6'): Promise<Readonly<Record<string, readonly GobgpPath[]>>> {
    return this.node.json(['gobgp', 'global', 'rib', '-a', family, '-j']);
  }

  /** The prefixes that a neighbor announced, sorted as text. */
  async prefixesFrom(address: string, family: 'ipv4' | 'ipv6' = 'ipv6'): Promise<string[]> {
    const routes = await this.rib(family);
    return Object.keys(routes)
      .filter((prefix) => routes[prefix]?.some((path) => (path['peer-address'] ?? path['neighbor-ip']) === address))
      .toSorted();
  }
}
