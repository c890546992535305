import { BgpError } from '../wire/error.ts';
import type { Open } from '../wire/message.ts';

/** What we are to the peer (RFC 9234, 3.1). */
export type Role = 'provider' | 'rs' | 'rs-client' | 'customer' | 'peer';

/** By the number that the capability has for it (RFC 9234, 4.1). */
export const roles = ['provider', 'rs', 'rs-client', 'customer', 'peer'] as const satisfies readonly Role[];

const counterpart: Readonly<Record<Role, Role>> = {
  provider: 'customer',
  customer: 'provider',
  rs: 'rs-client',
  'rs-client': 'rs',
  peer: 'peer',
};

/** What the peer must be for us to be that. */
export function counterpartOf(role: Role): Role {
  return counterpart[role];
}

/** The Role Mismatch to answer an external peer's OPEN with (RFC 9234, 4.2), if there is one. `strict`: the peer must have a role. */
export function roleMismatch(localOpen: Open, remoteOpen: Open, strict: boolean): BgpError | undefined {
  const [ours] = rolesOf(localOpen);
  const theirs = rolesOf(remoteOpen);
  const [first] = theirs;
  if (theirs.some((role) => role !== first)) return mismatch('the peer claims several roles');
  if (ours === undefined) return undefined;
  if (first === undefined) {
    return strict ? mismatch('the peer claims no role, and roleStrict wants one') : undefined;
  }
  const role = roles[ours];
  if (role === undefined || first === roles.indexOf(counterpart[role])) return undefined;
  return mismatch(`we are ${role}, so the peer must be ${counterpart[role]}, but it is ${roles[first] ?? first}`);
}

function mismatch(text: string): BgpError {
  return new BgpError(2, 11, text);
}

function rolesOf({ capabilities }: Open): readonly number[] {
  return capabilities.filter((capability) => capability.name === 'role').map(({ role }) => role);
}
