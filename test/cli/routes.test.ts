import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Found, printRoutes } from '../../src/cli/routes.ts';
import { Path } from '../../src/gen/herald/v1/types.ts';
import { type Rig, rig } from '../api/rig.ts';
import { neighbor } from '../speaker/support.ts';
import { captured, herald } from './herald.ts';

let at: Rig;
beforeEach(async () => {
  at = await rig();
});
afterEach(() => at.close());

describe('routes', () => {
  test('of all peers come by the peer’s address, not as peers were added', async () => {
    for (const host of [10, 9]) at.node.addNeighbor(neighbor(host));
    const asked = vi.spyOn(at.node, 'routes');
    await herald('--server', at.target, 'routes', 'advertised');
    const neighbors = asked.mock.calls.map(([request]) => String(request.neighbor));
    expect(neighbors).toEqual(['2001:db8::9', '2001:db8::10', '2001:db8::ff']);
  });

  test('without a next hop that is an address have Cilium’s stand-in for one', async () => {
    const path = Path.fromPartial({ ageNanoseconds: 1_500_000_000n, best: true });
    const found: Found = {
      source: { instance: 'node', asn: 65001, neighbor: undefined },
      route: { prefix: '2001:db8::/32', paths: [path] },
    };
    const query = { table: 'available', family: { afi: 'ipv6', safi: 'unicast' }, peer: undefined } as const;
    const { out } = await captured(() => printRoutes(query, [found], { output: 'table' }));
    expect(out.split('\n')[1]).toMatch(/^node {7}2001:db8::\/32 {3}0\.0\.0\.0 {3}true {3}2s /);
  });
});
