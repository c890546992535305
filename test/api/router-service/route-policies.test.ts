import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { call, rpc, type UnaryMethod } from '../../../src/api/client.ts';
import { AddRoutePolicyRequest } from '../../../src/gen/herald/v1/router_service.ts';
import { RouteAction, RoutePolicyType } from '../../../src/gen/herald/v1/types.ts';
import { type Rig, rig } from '../rig.ts';
import { refusal, violations } from './support.ts';

let at: Rig;
beforeEach(async () => {
  at = await rig();
});
afterEach(() => at.close());

function ask<Request, Response>(method: UnaryMethod<Request, Response>, request: Request): Promise<Response> {
  return call(at.client, method, request);
}

describe('route policies', () => {
  const policy = {
    name: 'p',
    type: RoutePolicyType.EXPORT,
    statements: [
      {
        name: 's',
        conditions: {
          matchNeighbors: { type: 3 as const, neighbors: ['2001:db8::1'] },
          matchPrefixes: {
            type: 1 as const,
            prefixes: [{ cidr: '2001:db8::/32', prefixLenMin: 32, prefixLenMax: 64 }],
          },
          matchFamilies: [{ afi: 'ipv6', safi: 'unicast' }],
        },
        actions: {
          routeAction: RouteAction.ACCEPT,
          addCommunities: ['no-peer'],
          addLargeCommunities: ['1:2:3'],
          setLocalPreference: 0,
          nextHop: { self: false, unchanged: true },
        },
      },
    ],
  };

  test('are added, read back as they are, and removed', async () => {
    await ask(rpc.addRoutePolicy, AddRoutePolicyRequest.fromPartial({ policy }));
    expect((await ask(rpc.getRoutePolicies, { instance: '' })).policies).toEqual([policy]);
    expect((await refusal(ask(rpc.addRoutePolicy, AddRoutePolicyRequest.fromPartial({ policy })))).code).toBe(
      status.ALREADY_EXISTS,
    );
    await ask(rpc.removeRoutePolicy, { instance: '', name: 'p', type: RoutePolicyType.UNSPECIFIED });
    expect((await ask(rpc.getRoutePolicies, { instance: '' })).policies).toEqual([]);
  });

  test('are refused with every fault named', async () => {
    const wrong = AddRoutePolicyRequest.fromPartial({
      policy: {
        name: 'p',
        statements: [
          { conditions: { matchPrefixes: { prefixes: [{ cidr: '10.0.0.0/8', prefixLenMax: 33 }] } } },
          { actions: { addCommunities: ['x'], nextHop: { self: true, unchanged: true } } },
        ],
      },
    });
    expect((await violations(ask(rpc.addRoutePolicy, wrong))).map((text) => text.split(':')[0])).toEqual([
      'policy.statements[0].conditions.match_prefixes.prefixes[0]',
      'policy.statements[1].actions.add_communities[0]',
      'policy.statements[1].actions.next_hop',
    ]);
  });
});
