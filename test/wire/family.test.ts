import { test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { afiOf, family, familyName, ipv6Unicast, parseFamily, safiOf } from '../../src/wire/family.ts';
import { anyFamily, numRuns } from './bytes.ts';

test.each([
  [1, 1, 'ipv4/unicast'],
  [1, 2, 'ipv4/multicast'],
  [2, 1, 'ipv6/unicast'],
  [2, 4, 'ipv6/mpls_label'],
  [2, 7, 'ipv6/encapsulation'],
  [25, 65, 'l2vpn/vpls'],
  [25, 70, 'l2vpn/evpn'],
  [16388, 71, 'ls/ls'],
  [2, 73, 'ipv6/sr_policy'],
  [1, 85, 'ipv4/mup'],
  [2, 128, 'ipv6/mpls_vpn'],
  [2, 129, 'ipv6/mpls_vpn_multicast'],
  [1, 132, 'ipv4/route_target_constraints'],
  [1, 133, 'ipv4/flowspec_unicast'],
  [1, 134, 'ipv4/flowspec_vpn'],
  [16397, 241, 'opaque/key_value'],
  [99, 1, 'afi-99/unicast'],
  [2, 5, 'ipv6/safi-5'],
  [65535, 255, 'afi-65535/safi-255'],
])('AFI %d SAFI %d is %s', (afi, safi, name) => {
  expect(familyName(family(afi, safi))).toBe(name);
  expect(parseFamily(name)).toBe(family(afi, safi));
});

test.each(['ipv6-unicast', 'IPv6/Unicast', 'afi-2/safi-1', 'afi-2-safi-1', 'ipv6-safi-1'])(
  '%s is ipv6/unicast',
  (text) => {
    expect(parseFamily(text)).toBe(ipv6Unicast);
  },
);

test.each([
  '',
  'ipv6',
  'ipv6/',
  '/unicast',
  'ipv6/unicast/',
  'ipv7/unicast',
  'ipv6/anycast',
  'ipv6 unicast',
  'afi-65536/unicast',
  'ipv6/safi-256',
  'ipv6//unicast',
])('%j is no family', (text) => {
  expect(parseFamily(text)).toBeUndefined();
});

property.prop([anyFamily], { numRuns })('every family has a name that is read back, and its two numbers', (of) => {
  expect(parseFamily(familyName(of))).toBe(of);
  expect(parseFamily(familyName(of).replace('/', '-'))).toBe(of);
  expect(family(afiOf(of), safiOf(of))).toBe(of);
});
