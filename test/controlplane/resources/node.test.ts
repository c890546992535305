import { expect, test } from 'vitest';
import { faultsIn, ofKind } from './validated.ts';

test.each<[unknown, string]>([
  [ofKind.node('spec.ipam.podCIDRs', 'x'), 'spec.ipam.podCIDRs: must be a list'],
  [
    ofKind.node('spec.ipam.pools.allocated.0.pool', ''),
    'spec.ipam.pools.allocated[0].pool: must be at least 1 character long',
  ],
])('CiliumNode: %#', (given, fault) => {
  expect(faultsIn(given)).toEqual([fault]);
});
