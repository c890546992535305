import { describe, expect, test } from 'vitest';
import { type Role, roleMismatch, roles } from '../../src/session/role.ts';
import type { Open } from '../../src/wire/message.ts';

const open = (...claimed: readonly number[]): Open => ({
  type: 'open',
  version: 4,
  myAs: 65001,
  holdTime: 90,
  routerId: 1,
  capabilities: claimed.map((role) => ({ name: 'role', role })),
});
const of = (role: Role) => roles.indexOf(role);

/** RFC 9234, 4.2, table 2. */
const allowed: readonly (readonly [Role, Role])[] = [
  ['provider', 'customer'],
  ['customer', 'provider'],
  ['rs', 'rs-client'],
  ['rs-client', 'rs'],
  ['peer', 'peer'],
];

describe('roles (RFC 9234, 4.2)', () => {
  test.each(roles.flatMap((ours) => roles.map((theirs) => [ours, theirs] as const)))('%s and %s', (ours, theirs) => {
    const isAllowed = allowed.some(([one, other]) => one === ours && other === theirs);
    const mismatch = roleMismatch(open(of(ours)), open(of(theirs)), true);
    expect(mismatch && [mismatch.code, mismatch.subcode]).toEqual(isAllowed ? undefined : [2, 11]);
  });

  test('a peer without one is taken, unless roleStrict wants one', () => {
    expect(roleMismatch(open(of('customer')), open(), false)).toBeUndefined();
    expect(roleMismatch(open(of('customer')), open(), true)).toMatchObject({ code: 2, subcode: 11 });
    expect(roleMismatch(open(), open(of('customer')), false)).toBeUndefined();
  });

  test('several that are the same are one, and several that differ are a mismatch', () => {
    expect(roleMismatch(open(of('peer')), open(4, 4), true)).toBeUndefined();
    expect(roleMismatch(open(of('peer')), open(4, 0), false)).toMatchObject({ code: 2, subcode: 11 });
    expect(roleMismatch(open(), open(4, 0), false)).toMatchObject({ code: 2, subcode: 11 });
  });

  test('one that nobody has defined is a mismatch', () => {
    expect(roleMismatch(open(of('peer')), open(9), false)?.message).toContain('it is 9');
  });
});
