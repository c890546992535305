import { expect, onTestFinished, test, vi } from 'vitest';
import { Controller, type Instances } from '../../src/controlplane/controller.ts';
import { Planner } from '../../src/controlplane/plan/planner.ts';
import { keyOf } from '../../src/controlplane/resources/key.ts';
import type { Resource } from '../../src/controlplane/resources/types.ts';
import { PolicyChain } from '../../src/policy/chain.ts';
import { SortedMap } from '../../src/policy/sorted-map.ts';
import { UpdateGroup } from '../../src/rib/update-group.ts';
import type { Speaker } from '../../src/speaker/speaker.ts';
import { addressOf, Lab, neighbor, stateOf, tableOf } from '../speaker/support.ts';
import {
  advertisement,
  ciliumNode,
  clusterConfig,
  endpoints,
  facts,
  NODE,
  peer,
  peerConfig,
  service,
  serviceAdvertisement,
} from './plan/support.ts';

const routers = [2, 3, 4];
const timers = { connectRetryTimeSeconds: 1, holdTimeSeconds: 90, keepAliveTimeSeconds: 30 };
const local = (name: string, index: number) =>
  service(name, { externalTrafficPolicy: 'Local' }, [`2001:db8:2::${index.toString(16)}`]);
const endpoint = (name: string, ready: boolean) => endpoints(name, [{ node: ready ? NODE : 'node-2' }]);
const base: readonly Resource[] = [
  ciliumNode({ addresses: [{ type: 'InternalIP', ip: '192.0.2.1' }] }),
  clusterConfig(
    routers.map((host) => ({ ...peer(`router-${host}`, addressOf(host).toString(), 'red'), peerASN: 65000 + host })),
  ),
  peerConfig('red', { timers }),
  ...[1, 2, 3, 4].map((index) =>
    advertisement(`a-${index}`, [
      serviceAdvertisement(['LoadBalancerIP'], { attributes: { communities: { standard: [`65001:${index}`] } } }),
    ]),
  ),
];

/** A node with that many services and three routers, all sessions up, and how much is done for one change. */
async function nodeWith(count: number) {
  const lab = new Lab(1);
  const speakers = new Map<string, Speaker>();
  const instances: Instances = {
    get: (name) => speakers.get(name),
    start: async (name, global) => void speakers.set(name, await lab.speaker(1, global)),
    stop: async () => undefined,
  };
  const planner = new Planner(facts());
  const controller = new Controller(instances, () => 0);
  const peers = await Promise.all(routers.map((host) => lab.speaker(host)));
  for (const router of peers) router.addNeighbor(neighbor(1, { asn: 0 }));
  const apply = async (...resources: readonly Resource[]) => {
    for (const resource of resources) planner.update(keyOf(resource), resource);
    return controller.run(planner.plan());
  };
  const names = Array.from({ length: count }, (_, index) => `svc-${index}`);
  await apply(...base, ...names.flatMap((name, index) => [local(name, index + 1), ...endpoint(name, true)]));
  expect(lab.until(() => peers.every((router) => stateOf(router, 1) === 'established'))).toBe(true);
  const received = () => {
    lab.clock.advance(1000);
    return peers.map((router) => Object.keys(tableOf(router, { table: 'adj-rib-in', neighbor: addressOf(1) })).length);
  };
  expect(received()).toEqual(routers.map(() => count));
  return { planner, apply, received };
}

function counted<T extends object>(prototype: T, ...methods: readonly (keyof T & string)[]): () => number {
  const spies = methods.map((method) => vi.spyOn(prototype, method as never));
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore();
  });
  return () => spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
}

/** Routes that were put into update groups, in batches of whatever size. */
function putRoutes(): () => number {
  const spy = vi.spyOn(UpdateGroup.prototype, 'putAll');
  onTestFinished(() => spy.mockRestore());
  return () => spy.mock.calls.reduce((sum, [, length]) => sum + length, 0);
}

test('one changed service costs the same among 100 as among 1,000', async () => {
  const work = [];
  for (const count of [100, 1000]) {
    const { planner, apply, received } = await nodeWith(count);
    const counts = {
      planned: () => planner.evaluations,
      nodes: counted(SortedMap.prototype, 'with', 'without'),
      decisions: counted(PolicyChain.prototype, 'decide'),
      puts: putRoutes(),
      joins: counted(UpdateGroup.prototype, 'adopt', 'join'),
    };
    const costOf = async (...resources: readonly Resource[]) => {
      const before = Object.entries(counts).map(([name, value]) => [name, value()] as const);
      const { operations } = await apply(...resources);
      const spent = before.map(([name, value]) => [name, counts[name as keyof typeof counts]() - value]);
      return { ...Object.fromEntries(spent), operations: operations.map(({ type }) => type) };
    };
    const gone = await costOf(...endpoint('svc-7', false));
    expect(received()).toEqual(routers.map(() => count - 1));
    const back = await costOf(...endpoint('svc-7', true));
    const added = await costOf(local('new', 0xffff), ...endpoint('new', true));
    expect(received()).toEqual(routers.map(() => count + 1));
    const moved = await costOf(local('svc-9', 0xfffe));
    expect(received()).toEqual(routers.map(() => count + 1));
    vi.restoreAllMocks();
    work.push({ gone, back, added, moved });
  }
  expect(work[1]).toEqual(work[0]);
  expect(work[0]?.added).toEqual({
    planned: 1,
    nodes: 3,
    decisions: 1,
    puts: 1,
    joins: 0,
    operations: ['update-policy', 'update-policy', 'update-policy', 'advertise'],
  });
});
