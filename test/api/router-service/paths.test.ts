import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { call, rpc, type UnaryMethod } from '../../../src/api/client.ts';
import { AdvertisePathRequest } from '../../../src/gen/herald/v1/router_service.ts';
import { Origin, TableType } from '../../../src/gen/herald/v1/types.ts';
import { type Rig, rig } from '../rig.ts';
import { refusal, routesOf, violations } from './support.ts';

let at: Rig;
beforeEach(async () => {
  at = await rig();
});
afterEach(() => at.close());

function ask<Request, Response>(method: UnaryMethod<Request, Response>, request: Request): Promise<Response> {
  return call(at.client, method, request);
}

const advertise = (prefix: string, more: Parameters<typeof AdvertisePathRequest.fromPartial>[0] = {}) =>
  call(at.client, rpc.advertisePath, AdvertisePathRequest.fromPartial({ prefix, ...more }));

const routes = (request: Parameters<typeof routesOf>[1] = {}) => routesOf(at, request);

describe('paths', () => {
  test('are advertised with all they can have, and read back as text and as wire bytes', async () => {
    const { uuid } = await advertise('2001:db8:a::/64', {
      nextHop: '2001:db8::9,fe80::9',
      attributes: {
        origin: Origin.INCOMPLETE,
        asPathPrepend: [65001, 4200000000],
        med: 0,
        localPreference: 200,
        communities: ['65001:100', 'no-export', '1'],
        largeCommunities: ['65001:1:2'],
        extendedCommunities: [Buffer.from('0002fde900000064', 'hex')],
      },
    });
    expect(uuid).toHaveLength(16);
    at.clock.advance(5000);
    expect(await routes()).toEqual([
      {
        prefix: '2001:db8:a::/64',
        paths: [
          {
            family: { afi: 'ipv6', safi: 'unicast' },
            nlri: Buffer.from('4020010db8000a0000', 'hex'),
            pathAttributes: [
              '800e2500020120' + '20010db8000000000000000000000009' + 'fe800000000000000000000000000009' + '00',
              '40010102',
              '40020a0202' + '0000fde9' + 'fa56ea00',
              '80040400000000',
              '400504000000c8',
              'c0080c' + 'fde90064' + 'ffffff01' + '00000001',
              'c010080002fde900000064',
              'c0200c' + '0000fde9' + '00000001' + '00000002',
            ].map((hex) => Buffer.from(hex, 'hex')),
            ageNanoseconds: 5_000_000_000n,
            best: true,
            uuid,
            sourceAsn: 65001,
            pathId: 0,
            nextHops: ['2001:db8::9', 'fe80::9'],
            origin: Origin.INCOMPLETE,
            asPath: '65001 4200000000',
            med: 0,
            localPreference: 200,
            communities: ['65001:100', 'no-export', '0:1'],
            largeCommunities: ['65001:1:2'],
            extendedCommunities: [Buffer.from('0002fde900000064', 'hex')],
          },
        ],
      },
    ]);
  });

  test('of IPv4 have their next hop in NEXT_HOP', async () => {
    await advertise('10.0.0.0/8', { nextHop: '192.0.2.1' });
    const [route] = await routes({ family: { afi: 'ipv4', safi: 'unicast' } });
    expect(route?.paths[0]?.pathAttributes.map((attribute) => attribute.toString('hex'))).toEqual([
      '40010100',
      '400200',
      '400304c0000201',
    ]);
  });

  test('reach the router, whose tables tell what came', async () => {
    at.establish();
    await advertise('2001:db8:a::/64');
    at.clock.advance(100);
    const table = { instance: 'router', tableType: TableType.ADJ_RIB_IN, neighbor: '2001:db8::1' };
    expect(await routes(table)).toMatchObject([
      { prefix: '2001:db8:a::/64', paths: [{ asPath: '65001', nextHops: ['2001:db8::1'], sourceAsn: 65001 }] },
    ]);
    const { peers } = await ask(rpc.getPeerState, { instance: 'router' });
    expect(peers[0]?.families[0]).toMatchObject({ received: 1n, accepted: 1n });
    expect(await routes({ tableType: TableType.ADJ_RIB_OUT, neighbor: '2001:db8::ff' })).toMatchObject([
      { prefix: '2001:db8:a::/64' },
    ]);
  });

  test('are withdrawn by uuid and by prefix', async () => {
    const { uuid } = await advertise('2001:db8:a::/64');
    await advertise('2001:db8:b::/64');
    await ask(rpc.withdrawPath, { instance: '', path: { $case: 'uuid', value: uuid } });
    const key = { $case: 'key' as const, value: { prefix: '2001:db8:b::/64' } };
    await ask(rpc.withdrawPath, { instance: '', path: key });
    expect(await routes()).toEqual([]);
    expect((await refusal(ask(rpc.withdrawPath, { instance: '', path: key }))).code).toBe(status.NOT_FOUND);
    expect((await refusal(ask(rpc.withdrawPath, { instance: '', path: { $case: 'uuid', value: uuid } }))).code).toBe(
      status.NOT_FOUND,
    );
    expect(await violations(ask(rpc.withdrawPath, { instance: '', path: undefined }))).toEqual([
      'path: uuid or key is required',
    ]);
  });

  test.each<[Parameters<typeof AdvertisePathRequest.fromPartial>[0], string]>([
    [{ prefix: '' }, 'prefix: '],
    [{ prefix: '2001:db8::1/64' }, 'prefix: 2001:db8::1/64 has host bits set; the prefix is 2001:db8::/64'],
    [{ prefix: '::/0', nextHop: 'fe80::1,::1' }, 'next_hop: '],
    [{ prefix: '::/0', attributes: { communities: ['70000:1'] } }, 'attributes.communities[0]: '],
    [{ prefix: '::/0', attributes: { asPathPrepend: [0] } }, 'attributes.as_path_prepend[0]: must be at least 1'],
    [
      { prefix: '::/0', attributes: { extendedCommunities: [Buffer.alloc(7)] } },
      'attributes.extended_communities[0]: must be eight octets',
    ],
  ])('%j is refused', async (request, expected) => {
    const [violation, ...more] = await violations(ask(rpc.advertisePath, AdvertisePathRequest.fromPartial(request)));
    expect(violation?.startsWith(expected)).toBe(true);
    expect(more).toEqual([]);
  });

  test('of a table are asked for with a neighbor just where one belongs', async () => {
    expect(await violations(routes({ tableType: TableType.ADJ_RIB_IN }))).toEqual([
      'neighbor: table adj-rib-in requires neighbor parameter',
    ]);
    expect(await violations(routes({ neighbor: '::1' }))).toEqual([
      'neighbor: neighbor is unnecessary for loc-rib table type',
    ]);
    expect((await refusal(routes({ tableType: TableType.ADJ_RIB_IN, neighbor: '2001:db8::9' }))).code).toBe(
      status.NOT_FOUND,
    );
  });
});
