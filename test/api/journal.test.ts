import { type ServiceError, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { call, rpc } from '../../src/api/client.ts';
import { Journal } from '../../src/api/journal.ts';
import { AdvertisePathsRequest } from '../../src/gen/herald/v1/router_service.ts';
import { MatchType, Neighbor, PathAttributes, RoutePolicy, RoutePolicyType } from '../../src/gen/herald/v1/types.ts';
import { Speaker } from '../../src/speaker/speaker.ts';
import { ipv4Unicast, ipv6Unicast } from '../../src/wire/family.ts';
import { VirtualClock } from '../simulation/clock.ts';
import { SimulatedNetwork } from '../simulation/network.ts';
import { seeded } from '../simulation/random.ts';
import { nodeAddress, type Rig, rig } from './rig.ts';

let at: Rig;
beforeEach(async () => {
  at = await rig();
});
afterEach(() => at.close());

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const instance = 'node';

/** A speaker of another process, with nothing but what was kept. */
function restored(): Speaker {
  const clock = new VirtualClock();
  const world = {
    clock,
    entropy: seeded(1),
    network: new SimulatedNetwork(clock, seeded(1)).host(nodeAddress),
    interfaces: () => [],
  };
  const speaker = new Speaker({ asn: 65001, routerId: '10.0.0.1', listenPort: -1 }, world, silent);
  const journal = new Journal(at.vault, (message) => at.reports.push(message));
  journal.restoreRoutes(instance, speaker);
  journal.restoreNeighbors(instance, speaker);
  return speaker;
}

function state(speaker: Pick<Speaker, 'routes' | 'peers' | 'routePolicies'>) {
  const routes = [ipv6Unicast, ipv4Unicast].flatMap((family) => [...speaker.routes({ table: 'loc-rib', family })]);
  return {
    paths: routes
      .flatMap(({ prefix, paths }) =>
        paths.map(({ pathId, attributes, nextHop }) => JSON.stringify([prefix, pathId, attributes, nextHop])),
      )
      .toSorted(),
    peers: speaker
      .peers()
      .map(({ neighbor }) => JSON.stringify(neighbor))
      .filter((text) => !text.includes('2001:db8::ff')),
    policies: speaker.routePolicies().map((policy) => JSON.stringify(policy)),
  };
}

const advertise = (prefix: string, pathId?: number, attributes: Partial<PathAttributes> = {}) =>
  call(at.client, rpc.advertisePath, {
    instance,
    prefix,
    pathId,
    nextHop: '',
    attributes: PathAttributes.fromPartial(attributes),
  });

function bulk(...batches: readonly Partial<AdvertisePathsRequest>[]): Promise<bigint> {
  return new Promise((resolve, reject) => {
    const stream = at.client.advertisePaths((error, answer) =>
      error === null ? resolve(answer.advertised) : reject(error),
    );
    for (const batch of batches) stream.write(AdvertisePathsRequest.fromPartial({ instance, ...batch }));
    stream.end();
  });
}

const neighbor = (name: string, address: string, hold = 90) =>
  Neighbor.fromPartial({ name, address, asn: 65000, timers: { holdTime: hold } });
const policy = (name: string) =>
  RoutePolicy.fromPartial({
    name,
    type: RoutePolicyType.EXPORT,
    statements: [{ name: '0', conditions: { matchNeighbors: { type: MatchType.ANY, neighbors: ['2001:db8::2'] } } }],
  });

/** All that can be done through the API, done. */
async function everything(): Promise<void> {
  const { uuid } = await advertise('2001:db8:1::/64');
  await advertise('2001:db8:2::/64', 7, { med: 5, communities: ['65001:1'] });
  await advertise('2001:db8:3::/64');
  await advertise('2001:db8:3::/64', undefined, { med: 9 });
  await advertise('10.1.0.0/16');
  await advertise('2001:db8:4::/64');
  await call(at.client, rpc.withdrawPath, { instance, path: { $case: 'uuid', value: uuid } });
  const key = { prefix: '2001:db8:4::/64', pathId: undefined };
  await call(at.client, rpc.withdrawPath, { instance, path: { $case: 'key', value: key } });
  await bulk(
    { prefixes: ['2001:db8:5::/64', '10.2.0.0/16'], nextHop: '2001:db8::5' },
    { prefixes: ['2001:db8:6::/65'] },
  );
  for (const name of ['z', 'a', 'm']) await call(at.client, rpc.addRoutePolicy, { instance, policy: policy(name) });
  await call(at.client, rpc.removeRoutePolicy, { instance, name: 'a', type: RoutePolicyType.EXPORT });
  for (const [name, address] of [
    ['b', '2001:db8::2'],
    ['c', '2001:db8::3'],
  ] as const)
    await call(at.client, rpc.addNeighbor, { instance, neighbor: neighbor(name, address) });
  await call(at.client, rpc.updateNeighbor, { instance, neighbor: neighbor('b', '2001:db8::2', 30) });
  await call(at.client, rpc.removeNeighbor, { instance, peerAddress: '2001:db8::3' });
}

describe('what requests put into an instance', () => {
  test('is there again after a restart, to the last attribute', async () => {
    await everything();
    const is = state(restored());
    expect(is).toEqual(state(at.node));
    expect(is.paths).toHaveLength(6);
    expect(is.policies.map((text) => (JSON.parse(text) as { name: string }).name)).toEqual(['z', 'm']);
    expect(is.peers).toHaveLength(1);
    expect(at.reports).toEqual([]);
  });

  test('is gone after a restart when a peer known by its interface was removed by where it was found', async () => {
    at.links.router('eth1', 'fe80::2%eth1');
    const tor = Neighbor.fromPartial({ name: 'tor', interface: 'eth1', asn: 65000 });
    await call(at.client, rpc.addNeighbor, { instance, neighbor: tor });
    expect(state(restored()).peers).toHaveLength(1);
    await call(at.client, rpc.removeNeighbor, { instance, peerAddress: 'fe80::2%eth1' });
    expect(state(at.node).peers).toEqual([]);
    expect(state(restored()).peers).toEqual([]);
  });

  test('is as it was when there is no room to keep a change', async () => {
    await everything();
    const before = state(at.node);
    at.vault.isFull = true;
    const refused = [
      advertise('2001:db8:9::/64'),
      advertise('2001:db8:3::/64', undefined, { med: 1 }),
      bulk({ prefixes: ['2001:db8:5::/64', '2001:db8:8::/64'] }),
      call(at.client, rpc.withdrawPath, {
        instance,
        path: { $case: 'key', value: { prefix: '2001:db8:3::/64', pathId: undefined } },
      }),
      call(at.client, rpc.addRoutePolicy, { instance, policy: policy('new') }),
      call(at.client, rpc.addNeighbor, { instance, neighbor: neighbor('d', '2001:db8::4') }),
      call(at.client, rpc.updateNeighbor, { instance, neighbor: neighbor('b', '2001:db8::2', 60) }),
      call(at.client, rpc.removeNeighbor, { instance, peerAddress: '2001:db8::2' }),
      call(at.client, rpc.removeRoutePolicy, { instance, name: 'z', type: RoutePolicyType.EXPORT }),
      call(at.client, rpc.stopInstance, { instance: 'router', fullDestroy: true }),
      call(at.client, rpc.startInstance, {
        instance: 'more',
        global: { asn: 1, routerId: '10.0.0.9', listenAddresses: [], listenPort: undefined },
      }),
    ];
    for (const result of await Promise.allSettled(refused)) {
      expect(result.status === 'rejected' && (result.reason as ServiceError).code).toBe(status.RESOURCE_EXHAUSTED);
    }
    expect(state(at.node)).toEqual(before);
    at.vault.isFull = false;
    expect(state(restored())).toEqual(before);
    expect([...at.instances.keys()]).toEqual(['node', 'router']);
  });

  describe('a uuid from before a restart', () => {
    const prefix = '2001:db8:1::/64';
    const withdraw = (value: Buffer) => call(at.client, rpc.withdrawPath, { instance, path: { $case: 'uuid', value } });
    const prefixes = () =>
      [...at.node.routes({ table: 'loc-rib', family: ipv6Unicast })].map((route) => route.prefix.toString());

    /** The path is another one for the speaker, as after a restart, and nothing is known of the uuid but what was kept. */
    async function advertisedBefore(): Promise<Buffer> {
      const { uuid } = await advertise(prefix, 7);
      await advertise('2001:db8:2::/64');
      at.node.withdraw(uuid);
      new Journal(at.vault, (message) => at.reports.push(message)).restoreRoutes(instance, at.node);
      expect(() => at.node.withdraw(uuid)).toThrow('no path has uuid');
      return uuid;
    }

    test('withdraws its path, once', async () => {
      const uuid = await advertisedBefore();
      await withdraw(uuid);
      expect(prefixes()).toEqual(['2001:db8:2::/64']);
      expect(state(restored()).paths).toHaveLength(1);
      await expect(withdraw(uuid)).rejects.toThrow('no path has uuid');
      await advertise(prefix, 7);
      await expect(withdraw(uuid)).rejects.toThrow('no path has uuid');
    });

    test('names nothing once the path was advertised again, for it has another then', async () => {
      const uuid = await advertisedBefore();
      const again = await advertise(prefix, 7);
      await expect(withdraw(uuid)).rejects.toThrow('no path has uuid');
      await withdraw(again.uuid);
      expect(prefixes()).toEqual(['2001:db8:2::/64']);
    });

    test('names nothing once the path was withdrawn, though the uuid was just being kept', async () => {
      const advertised = advertise(prefix);
      const key = { prefix, pathId: undefined };
      const withdrawn = call(at.client, rpc.withdrawPath, { instance, path: { $case: 'key', value: key } });
      const [{ uuid }] = await Promise.all([advertised, withdrawn]);
      await bulk({ prefixes: [prefix] });
      await expect(withdraw(uuid)).rejects.toThrow('no path has uuid');
    });

    test('goes with the instance', async () => {
      await advertisedBefore();
      await call(at.client, rpc.stopInstance, { instance, fullDestroy: true });
      expect(at.vault.entries('uuids')).toEqual([]);
    });
  });

  test('goes with the instance when that is stopped', async () => {
    await everything();
    await call(at.client, rpc.stopInstance, { instance, fullDestroy: true });
    expect(state(restored())).toEqual({ paths: [], peers: [], policies: [] });
  });

  test('starts with the instances that requests started', async () => {
    const global = { asn: 65009, routerId: '10.0.0.9', listenAddresses: [], listenPort: undefined };
    await call(at.client, rpc.startInstance, { instance: 'more', global });
    await call(at.client, rpc.startInstance, { instance: 'gone', global });
    await call(at.client, rpc.stopInstance, { instance: 'gone', fullDestroy: true });
    const started: string[] = [];
    await new Journal(at.vault, () => undefined).restoreInstances({
      list: () => [],
      start: async (name, { asn, routerId }) => void started.push(`${name} ${asn} ${routerId}`),
      stop: async () => undefined,
    });
    expect(started).toEqual(['more 65009 10.0.0.9']);
  });

  test('is written together when much comes at once', async () => {
    const { commits } = at.vault;
    await Promise.all(Array.from({ length: 100 }, (_, i) => advertise(`2001:db8:${i}::/64`)));
    expect(at.vault.commits - commits).toBeLessThan(100);
    expect(state(restored()).paths).toHaveLength(100);
  });
});
