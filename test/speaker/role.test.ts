import { describe, expect, test } from 'vitest';
import type { Role } from '../../src/session/role.ts';
import { announced, isProtected, received } from '../../src/speaker/only-to-customer.ts';
import { family, ipv4Unicast, ipv6Unicast } from '../../src/wire/family.ts';
import { addressOf, advertise, Lab, neighbor, stateOf, tableOf } from './support.ts';

/** One speaker with a role to the other, which has its own; the second announces, with OTC or without. */
async function pair(ours: Role | undefined, theirs: Role | undefined, otc?: number) {
  const lab = new Lab(1);
  const a = await lab.speaker(1);
  const b = await lab.speaker(2);
  a.addNeighbor(neighbor(2, ours && { role: ours }));
  b.addNeighbor(neighbor(1, theirs && { role: theirs }));
  advertise(b, ['2001:db8:b:1::/64'], otc === undefined ? {} : { onlyToCustomer: otc });
  const isUp = lab.until(() => stateOf(a, 2) === 'established' && stateOf(b, 1) === 'established');
  lab.clock.advance(100);
  const { families } = a.peer(addressOf(2)) ?? {};
  const table = tableOf(a, { table: 'adj-rib-in', neighbor: addressOf(2) });
  return { isUp, counts: families?.[0], route: table['2001:db8:b:1::/64'] };
}

const leak = { received: 0, accepted: 0, leaked: 1 };

describe('a route that comes in (RFC 9234, 5)', () => {
  test.each<[we: Role, otc: number | undefined, result: number | 'leak' | undefined]>([
    ['provider', undefined, undefined],
    ['provider', 65009, 'leak'],
    ['rs', undefined, undefined],
    ['rs', 65009, 'leak'],
    ['peer', undefined, 65002],
    ['peer', 65002, 65002],
    ['peer', 65009, 'leak'],
    ['customer', undefined, 65002],
    ['customer', 65009, 65009],
    ['rs-client', undefined, 65002],
    ['rs-client', 65009, 65009],
  ])('when we are %s, with OTC %s: %s', (we, otc, result) => {
    expect(received(we, otc, 65002)).toBe(result);
  });
});

describe('a route that goes out (RFC 9234, 5)', () => {
  test.each<[we: Role, otc: number | undefined, result: number | 'with none' | 'not at all']>([
    ['provider', undefined, 65001],
    ['provider', 65009, 65009],
    ['rs', undefined, 65001],
    ['rs', 65009, 65009],
    ['peer', undefined, 65001],
    ['peer', 65009, 'not at all'],
    ['customer', undefined, 'with none'],
    ['customer', 65009, 'not at all'],
    ['rs-client', undefined, 'with none'],
    ['rs-client', 65009, 'not at all'],
  ])('when we are %s, with OTC %s: %s', (we, otc, result) => {
    const sent = announced(we, otc === undefined ? {} : { onlyToCustomer: otc }, 65001);
    expect(sent === undefined ? 'not at all' : (sent.onlyToCustomer ?? 'with none')).toBe(result);
  });

  test('of no other family than IPv4 and IPv6 unicast is touched', () => {
    expect([ipv4Unicast, ipv6Unicast, family(2, 2), family(1, 2)].map(isProtected)).toEqual([true, true, false, false]);
  });
});

describe('two speakers with roles', () => {
  test('come up when the roles fit, and the customer marks what it gets', async () => {
    const { isUp, counts, route } = await pair('customer', 'provider');
    expect(isUp).toBe(true);
    expect(counts).toMatchObject({ received: 1, accepted: 1, leaked: 0 });
    expect(route).toMatchObject({ attributes: { onlyToCustomer: 65002 } });
  });

  test('do not come up when they do not fit', async () => {
    const { isUp } = await pair('customer', 'customer');
    expect(isUp).toBe(false);
  });

  test('drop and count a route that leaks from a customer that knows no roles', async () => {
    const { isUp, counts, route } = await pair('provider', undefined, 65009);
    expect(isUp).toBe(true);
    expect(counts).toMatchObject(leak);
    expect(route).toBeUndefined();
  });

  test('do not send up what may only go down', async () => {
    const { isUp, counts } = await pair('provider', 'customer', 65009);
    expect(isUp).toBe(true);
    expect(counts).toMatchObject({ received: 0, leaked: 0 });
  });

  test('have no role inside an AS', async () => {
    const lab = new Lab(1);
    const a = await lab.speaker(1);
    expect(() => a.addNeighbor(neighbor(2, { asn: 65001, role: 'peer' }))).toThrow(/external peers alone/);
  });
});
