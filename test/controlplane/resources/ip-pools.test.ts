import { expect, test } from 'vitest';
import { faultsIn, ofKind } from './validated.ts';

test.each<[string, unknown, string, string]>([
  ['spec.allowFirstLastIPs', true, 'spec.allowFirstLastIPs', 'must be one of Yes, No'],
  ['spec.blocks.0', {}, 'spec.blocks[0]', 'cidr or start is required'],
  ['spec.blocks.0', { stop: '192.0.2.1' }, 'spec.blocks[0]', 'stop needs a start'],
  ['spec.blocks.0.start', '::1', 'spec.blocks[0]', 'start and stop are not allowed beside cidr'],
  ['spec.blocks.1.stop', '192.0.2.0', 'spec.blocks[1].stop', 'must not come before start'],
  ['spec.blocks.1.stop', '::1', 'spec.blocks[1].stop', 'must be of the same kind, IPv4 or IPv6, as start'],
  [
    'spec.blocks.0.cidr',
    '10.0.0.0',
    'spec.blocks[0].cidr',
    "'10.0.0.0' is not a prefix: the length is missing, as in 10.0.0.0/32",
  ],
  ['spec.blocks.0.cidr', '10.0.0.0/33', 'spec.blocks[0].cidr', '10.0.0.0/33: the length of an IPv4 prefix is 0 to 32'],
  ['spec.cidrs', [], 'spec.cidrs', 'is not a known field'],
])('CiliumLoadBalancerIPPool: %s = %j', (path, to, where, message) => {
  expect(faultsIn(ofKind.lbPool(path, to))).toEqual([`${where}: ${message}`]);
});

test.each<[string, unknown, string, string]>([
  ['spec.ipv4.maskSize', 7, 'spec.ipv4.cidrs[0]', 'must be at least as large as the /7 of one node'],
  ['spec.ipv4.maskSize', 33, 'spec.ipv4.maskSize', 'must be at most 32'],
  ['spec.ipv6.maskSize', 129, 'spec.ipv6.maskSize', 'must be at most 128'],
  ['spec.ipv6.cidrs', [], 'spec.ipv6.cidrs', 'must have at least 1 entry'],
  ['spec.ipv6.cidrs.1', '10.0.0.0/8', 'spec.ipv6.cidrs[1]', 'must be an IPv6 prefix'],
  ['spec.allowFirstIP', 'No', 'spec.allowFirstIP', 'must be true or false'],
])('CiliumPodIPPool: %s = %j', (path, to, where, message) => {
  expect(faultsIn(ofKind.podPool(path, to))).toEqual([`${where}: ${message}`]);
});
