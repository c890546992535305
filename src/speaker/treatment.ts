import type { PolicyChain } from '../policy/chain.ts';
import type { Role } from '../session/role.ts';
import { encodeNextHop } from '../wire/next-hop.ts';
import type { DrainPhase } from './drain.ts';
import type { SelfNextHop } from './next-hop.ts';

/** All that decides how a route looks to a peer: peers with equal treatments share an update group. */
export interface Treatment {
  readonly external: boolean;
  readonly localAsn: number;
  readonly fourOctetAs: boolean;
  /** Octets. */
  readonly maxMessage: number;
  /** IPv4 routes may have an IPv6 next hop (RFC 8950). */
  readonly extendedNextHop: boolean;
  /** Every path of a prefix goes out, with its identifier (RFC 7911); else the best one. */
  readonly addPath: boolean;
  readonly self: SelfNextHop;
  readonly policy: PolicyChain;
  readonly drain: DrainPhase | undefined;
  /** What we are to an external peer (RFC 9234). */
  readonly role: Role | undefined;
}

export function keyOf(treatment: Treatment): string {
  const { policy, self, ...rest } = treatment;
  const ipv6 = self.ipv6 && [...encodeNextHop(self.ipv6)];
  return JSON.stringify([rest, String(self.ipv4), ipv6, policy.id]);
}
