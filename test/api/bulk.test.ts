import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { call, messages, rpc, violationsOf } from '../../src/api/client.ts';
import {
  AdvertisePathRequest,
  AdvertisePathsRequest,
  GetRoutesRequest,
  GetRoutesResponse,
  RouteEventType,
  WatchRoutesRequest,
  type WatchRoutesResponse,
  WithdrawPathsRequest,
} from '../../src/gen/herald/v1/router_service.ts';
import { type Rig, rig } from './rig.ts';
import { refusal, routesOf, violations } from './router-service/support.ts';

let at: Rig;
beforeEach(async () => {
  at = await rig();
});
afterEach(() => at.close());

const advertise = (prefix: string, more: Parameters<typeof AdvertisePathRequest.fromPartial>[0] = {}) =>
  call(at.client, rpc.advertisePath, AdvertisePathRequest.fromPartial({ prefix, ...more }));

const routes = (request: Parameters<typeof routesOf>[1] = {}) => routesOf(at, request);

/** Sends all messages of a client stream. */
function bulk(requests: Parameters<typeof AdvertisePathsRequest.fromPartial>[0][]) {
  return new Promise<{ advertised: bigint; messages: bigint }>((resolve, reject) => {
    const stream = at.client.advertisePaths((error, answer) => (error === null ? resolve(answer) : reject(error)));
    for (const request of requests) stream.write(AdvertisePathsRequest.fromPartial(request));
    stream.end();
  });
}

describe('many paths', () => {
  const nlri = (count: number) =>
    Buffer.concat(
      Array.from({ length: count }, (_, i) => Buffer.from([64, 0x20, 1, 0xd, 0xb8, 1, i >> 16, i >> 8, i])),
    );
  const family = { afi: 'ipv6', safi: 'unicast' };

  test('come as text and as wire bytes, and are read in batches', async () => {
    const answer = await bulk([
      { prefixes: ['2001:db8:a::/64', '10.0.0.0/8'], attributes: { communities: ['65001:1'] } },
      { family, nlri: nlri(10_000) },
    ]);
    expect(answer).toEqual({ advertised: 10_002n, messages: 2n });
    const prefixes: string[] = [];
    const sizes: number[] = [];
    for await (const answer of messages(at.client.getRoutes(GetRoutesRequest.fromPartial({})))) {
      for (const { prefix } of answer.routes) prefixes.push(prefix);
      sizes.push(GetRoutesResponse.encode(answer).finish().length);
    }
    expect(new Set(prefixes).size).toBe(10_001);
    expect(prefixes.length).toBe(10_001);
    expect(sizes.length).toBeGreaterThan(10);
    expect(Math.max(...sizes)).toBeLessThan(70_000);
  });

  test('are withdrawn, and those that were there are counted', async () => {
    await bulk([{ family, nlri: nlri(100) }]);
    const withdrawn = await new Promise((resolve, reject) => {
      const stream = at.client.withdrawPaths((error, answer) => (error === null ? resolve(answer) : reject(error)));
      stream.write(WithdrawPathsRequest.fromPartial({ family, nlri: nlri(60), prefixes: ['::/0'] }));
      stream.end();
    });
    expect(withdrawn).toEqual({ withdrawn: 60n, messages: 1n });
    expect(await routes()).toHaveLength(40);
  });

  test('are refused message by message: what came before stays', async () => {
    const wrong = bulk([{ prefixes: ['2001:db8:a::/64'] }, { prefixes: ['2001:db8:b::/64', 'x', '::1/64'] }]);
    const error = await refusal(wrong);
    expect(error.details).toMatch(/^message 2: prefixes\[1\]: /);
    expect(violationsOf(error.metadata).map((each) => each.field)).toEqual(['prefixes[1]', 'prefixes[2]']);
    expect(await routes()).toMatchObject([{ prefix: '2001:db8:a::/64' }]);
  });

  test.each<[string, Parameters<typeof AdvertisePathsRequest.fromPartial>[0], string]>([
    [
      'a length out of range',
      { family, nlri: Buffer.from([129]) },
      'nlri: a prefix length of 129 where 128 is the most',
    ],
    ['a prefix cut short', { family, nlri: Buffer.from([64, 1]) }, 'nlri: the last prefix is cut short'],
    ['no family', { nlri: Buffer.from([0]) }, 'family: is required'],
    [
      'a family without prefixes',
      { family: { afi: 'l2vpn', safi: 'evpn' }, nlri: Buffer.from([0]) },
      'family: only families of prefixes can be originated',
    ],
    ['too many octets', { family, nlri: Buffer.alloc((1 << 20) + 1) }, 'nlri: must be at most 1048576 octets'],
  ])('with %s are refused', async (_name, request, expected) => {
    expect(await violations(bulk([request]))).toEqual([expected]);
    expect(await routes()).toEqual([]);
  });

  test('belong to one instance', async () => {
    expect(
      await violations(
        bulk([{ instance: 'router', prefixes: ['::/0'] }, { prefixes: ['::/1'] }, { instance: 'node' }]),
      ),
    ).toEqual(['instance: the stream is for instance router; it cannot change']);
    expect(await routes({ instance: 'router' })).toHaveLength(2);
  });

  test('of a stream that is cut stay as far as they came', async () => {
    const arrived = new Promise<void>((resolve) => {
      const stop = at.node.watchRoutes({ table: 'loc-rib' }, () => {
        stop();
        resolve();
      });
    });
    const cut = new Promise((resolve) => {
      const stream = at.client.advertisePaths((error) => resolve(error?.code));
      stream.write(AdvertisePathsRequest.fromPartial({ prefixes: ['2001:db8:a::/64'] }));
      void arrived.then(() => stream.cancel());
    });
    expect(await cut).toBe(status.CANCELLED);
    expect(await routes()).toMatchObject([{ prefix: '2001:db8:a::/64' }]);
  });

  test('are watched: what is there, a marker, what happens', async () => {
    await bulk([{ family, nlri: nlri(100) }]);
    const seen: WatchRoutesResponse[] = [];
    for await (const message of messages(at.client.watchRoutes(WatchRoutesRequest.fromPartial({})))) {
      seen.push(message);
      if (message.snapshotEnd !== undefined) await advertise('2001:db8:a::/64');
      if (message.events[0]?.type === RouteEventType.ANNOUNCED) break;
    }
    expect(seen.map(({ events, snapshotEnd }) => (snapshotEnd === undefined ? events.length : 'end'))).toEqual([
      64,
      36,
      'end',
      1,
    ]);
    expect(seen[0]?.events[0]?.type).toBe(RouteEventType.PRESENT);
    expect(seen[3]?.events[0]?.route?.prefix).toBe('2001:db8:a::/64');
  });
});
