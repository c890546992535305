import { describe, expect, test } from 'vitest';
import { plan } from '../../../src/controlplane/plan/planner.ts';
import type { NodeFacts, Plan, RouterIds } from '../../../src/controlplane/plan/types.ts';
import type {
  CiliumBGPClusterConfig,
  CiliumBGPPeeringPolicy,
  LabelSelector,
  Resource,
} from '../../../src/controlplane/resources/types.ts';
import { Prefix } from '../../../src/ip/prefix.ts';
import { statementsOf } from '../../../src/policy/types.ts';
import {
  BLUE,
  ciliumNode,
  clusterConfig,
  facts,
  NODE,
  override,
  peer,
  peerConfig,
  problemsOf,
  RED,
  secret,
  service,
  World,
} from './support.ts';

const nodesOf = (of: Plan) => [...of.nodeConfigs.keys()];
const conflict = (names: string) =>
  `cilium.io/ConflictingClusterConfig ConflictingClusterConfigs: Selecting the same node(s) with ClusterConfig(s): [${names}]`;

function config(name: string, nodeSelector?: LabelSelector, peers = [peer('red', RED)]): CiliumBGPClusterConfig {
  const made = clusterConfig(peers, {}, name);
  return { ...made, spec: { ...made.spec, ...(nodeSelector && { nodeSelector }) } };
}

const rack = (name: string) => ({ matchLabels: { rack: name } });

describe('Test_NodeLabels', () => {
  test.each<[string, Record<string, string>, LabelSelector | undefined, boolean]>([
    ['no labels', {}, rack('a'), false],
    ['MatchLabels', { rack: 'a' }, rack('a'), true],
    [
      'MatchExpression',
      { rack: 'a' },
      { matchExpressions: [{ key: 'rack', operator: 'In', values: ['a', 'b'] }] },
      true,
    ],
    ['nil selector', {}, undefined, true],
    ['empty selector', {}, {}, true],
  ])('%s', (_, labels, selector, expected) => {
    const planned = plan([ciliumNode({}, NODE, labels), config('c', selector)], facts());
    expect(nodesOf(planned)).toEqual(expected ? [NODE] : []);
    expect(planned.instances.size).toBe(expected ? 1 : 0);
  });
});

test('Test_ClusterConfigSteps', async () => {
  const lab = new World();
  // initial node setup
  lab.set(ciliumNode(undefined, NODE, { rack: 'a' }));
  await lab.step();
  expect(nodesOf(lab.plan)).toEqual([]);

  // initial config
  lab.set(config('c', rack('a')));
  await lab.step();
  expect(lab.plan.nodeConfigs.get(NODE)).toMatchObject({
    kind: 'CiliumBGPNodeConfig',
    metadata: { name: NODE },
    owner: 'c',
    spec: { bgpInstances: [{ name: 'instance', localASN: 65001, peers: [{ name: 'red', peerAddress: RED }] }] },
  });
  expect(lab.instances.get('instance')?.global).toEqual({ asn: 65001, routerId: '192.0.2.1', listenPort: -1 });

  // override1
  lab.set(override({ bgpInstances: [{ name: 'instance', routerID: '10.0.0.9', localPort: 1790, localASN: 65099 }] }));
  const { operations } = await lab.step();
  expect(operations.map(({ type }) => type)).toEqual(['stop-instance', 'start-instance', 'add-peer']);
  expect(lab.instances.get('instance')?.global).toEqual({ asn: 65099, routerId: '10.0.0.9', listenPort: 1790 });

  // override2: of another instance
  lab.set(override({ bgpInstances: [{ name: 'other', localASN: 65098 }] }));
  await lab.step();
  expect(lab.instances.get('instance')?.global.asn).toBe(65001);

  // add node
  lab.set(ciliumNode({}, 'node-2', { rack: 'a' }));
  await lab.step();
  expect(nodesOf(lab.plan)).toEqual([NODE, 'node-2']);

  // remove node labels
  lab.set(ciliumNode({}), ciliumNode({}, 'node-2'));
  await lab.step();
  expect(nodesOf(lab.plan)).toEqual([]);
  expect(lab.instances.running.size).toBe(0);
  expect(problemsOf(lab.plan, 'CiliumBGPClusterConfig', 'c')).toEqual([
    'cilium.io/NoMatchingNode NoMatchingNode: No node matches spec.nodeSelector',
  ]);
});

describe('TestClusterConfigConditions', () => {
  const node = ciliumNode({}, NODE, { rack: 'a' });
  test.each<[string, readonly Resource[], readonly string[]]>([
    ['NoMatchingNode False', [node, config('c', rack('a'))], []],
    ['NoMatchingNode False Nil Selector', [node, config('c')], []],
    [
      'NoMatchingNode True',
      [node, config('c', rack('b'))],
      ['cilium.io/NoMatchingNode NoMatchingNode: No node matches spec.nodeSelector'],
    ],
    ['MissingPeerConfig False', [node, config('c', undefined, [peer('red', RED, 'red')]), peerConfig('red')], []],
    ['MissingPeerConfig False nil PeerConfigRef', [node, config('c')], []],
    [
      'MissingPeerConfig True',
      [node, config('c', undefined, [peer('red', RED, 'y'), peer('blue', BLUE, 'x'), peer('more', '::5', 'x')])],
      ['cilium.io/MissingPeerConfigs MissingPeerConfigs: Referenced CiliumBGPPeerConfig(s) are missing: [x y]'],
    ],
  ])('%s', (_, resources, expected) => {
    expect(problemsOf(plan(resources, facts()), 'CiliumBGPClusterConfig', 'c')).toEqual(expected);
  });

  test('when all is well every condition is there, False, with a reason that says so', () => {
    const planned = plan([node, config('c', undefined, [peer('red', RED, 'red')]), peerConfig('red')], facts());
    const all = planned.statuses.flatMap(({ conditions }) => conditions);
    expect(all.map(({ type, status, reason, message }) => [type, status, reason, message])).toEqual([
      ['cilium.io/NoMatchingNode', 'False', 'NodeMatched', ''],
      ['cilium.io/MissingPeerConfigs', 'False', 'PeerConfigsFound', ''],
      ['cilium.io/ConflictingClusterConfig', 'False', 'NoConflict', ''],
      ['cilium.io/MissingAuthSecret', 'False', 'AuthSecretNotConfigured', ''],
      ['cilium.io/UnsupportedFamilies', 'False', 'FamiliesSupported', ''],
      ['cilium.io/BGPReconcileError', 'False', 'Reconciled', ''],
      ['cilium.io/BGPPeersHeld', 'False', 'NoPeerHeld', ''],
    ]);
  });
});

describe('TestConflictingClusterConfigCondition', () => {
  const nodes = ['a', 'b', 'c'].map((name) => ciliumNode({}, `node-${name}`, { rack: name }));
  const racks = (...names: readonly string[]): LabelSelector => ({
    matchExpressions: [{ key: 'rack', operator: 'In', values: names }],
  });
  test.each<[string, readonly CiliumBGPClusterConfig[], Record<string, readonly string[]>]>([
    ['False', [config('one', rack('a')), config('two', rack('b'))], { one: [], two: [] }],
    [
      'True complete overlap',
      [config('one', rack('a')), config('two', rack('a'))],
      { one: [], two: [conflict('one')] },
    ],
    ['complete overlap with nil', [config('one'), config('two')], { one: [], two: [conflict('one')] }],
    ['partial overlap', [config('one', racks('a', 'b')), config('two', racks('b', 'c'))], { two: [conflict('one')] }],
    [
      'partial overlap of four configs',
      [config('1', rack('a')), config('2', rack('b')), config('3', rack('c')), config('4')],
      { '1': [], '2': [], '3': [], '4': [conflict('1 2 3')] },
    ],
  ])('%s', (_, configs, expected) => {
    for (const order of [configs, configs.toReversed()]) {
      const planned = plan([...nodes, ...order], facts());
      for (const [name, problems] of Object.entries(expected))
        expect(problemsOf(planned, 'CiliumBGPClusterConfig', name)).toEqual(problems);
    }
  });

  test('the older one wins', () => {
    const aged = (name: string, creationTimestamp: string) => {
      const made = config(name);
      return { ...made, metadata: { ...made.metadata, creationTimestamp } };
    };
    const planned = plan([ciliumNode(), aged('a', '2026-02-01T00:00:00Z'), aged('b', '2026-01-01T00:00:00Z')], facts());
    expect(planned.nodeConfigs.get(NODE)?.owner).toBe('b');
  });
});

describe('TestRouterIDAllocation', () => {
  const pool = facts({ routerId: { mode: 'ip-pool', pool: Prefix.parse('10.0.0.0/24') } });
  const entries = (ids: RouterIds) => Object.fromEntries(ids);
  const withSecond = (made: CiliumBGPClusterConfig): CiliumBGPClusterConfig => ({
    ...made,
    spec: { ...made.spec, bgpInstances: [...made.spec.bgpInstances, { name: 'second', localASN: 65002 }] },
  });

  test('single node and cleanup', async () => {
    const lab = new World(pool);
    const made = config('c');
    lab.set(ciliumNode(), made);
    await lab.step();
    expect(entries(lab.plan.routerIds)).toEqual({ 'node-1/instance': '10.0.0.0' });
    expect(lab.instances.get('instance')?.global.routerId).toBe('10.0.0.0');
    lab.delete(made);
    await lab.step();
    expect(entries(lab.plan.routerIds)).toEqual({});
  });

  test('multiple nodes × instances, and who has an id keeps it', async () => {
    const lab = new World(pool);
    lab.set(ciliumNode({}, 'node-2'), withSecond(config('c')));
    await lab.step();
    expect(entries(lab.plan.routerIds)).toEqual({ 'node-2/instance': '10.0.0.0', 'node-2/second': '10.0.0.1' });
    lab.set(ciliumNode());
    await lab.step();
    expect(entries(lab.plan.routerIds)).toEqual({
      'node-1/instance': '10.0.0.2',
      'node-1/second': '10.0.0.3',
      'node-2/instance': '10.0.0.0',
      'node-2/second': '10.0.0.1',
    });
    lab.delete(ciliumNode({}, 'node-2'));
    lab.set(ciliumNode({}, 'node-0'));
    await lab.step();
    expect(entries(lab.plan.routerIds)).toMatchObject({ 'node-0/instance': '10.0.0.0', 'node-1/instance': '10.0.0.2' });
  });

  test('ids of an earlier run are kept', () => {
    const earlier = new Map([['node-1/instance', '10.0.0.77']]);
    expect(entries(plan([ciliumNode(), config('c')], pool, earlier).routerIds)).toEqual(Object.fromEntries(earlier));
    const foreign = new Map([['node-1/instance', '10.1.0.77']]);
    expect(entries(plan([ciliumNode(), config('c')], pool, foreign).routerIds)).toEqual({
      'node-1/instance': '10.0.0.0',
    });
  });

  test('multiple cluster configs', () => {
    const planned = plan(
      [
        ciliumNode({}, 'node-1', { rack: 'a' }),
        ciliumNode({}, 'node-2', { rack: 'b' }),
        config('one', rack('a')),
        config('two', rack('b')),
      ],
      pool,
    );
    expect(new Set(planned.routerIds.values())).toEqual(new Set(['10.0.0.0', '10.0.0.1']));
  });

  test('override within and outside the pool', async () => {
    const lab = new World(pool);
    lab.set(ciliumNode(), ciliumNode({}, 'node-2'), config('c'));
    await lab.step();
    expect(entries(lab.plan.routerIds)).toEqual({ 'node-1/instance': '10.0.0.0', 'node-2/instance': '10.0.0.1' });
    // Within the pool nobody else is given it, even who had it.
    lab.set(override({ bgpInstances: [{ name: 'instance', routerID: '10.0.0.1' }] }));
    await lab.step();
    expect(entries(lab.plan.routerIds)).toEqual({ 'node-2/instance': '10.0.0.0' });
    expect(lab.instances.get('instance')?.global.routerId).toBe('10.0.0.1');
    lab.set(override({ bgpInstances: [{ name: 'instance', routerID: '172.16.0.1' }] }));
    await lab.step();
    expect(entries(lab.plan.routerIds)).toEqual({ 'node-2/instance': '10.0.0.0' });
    expect(lab.instances.get('instance')?.global.routerId).toBe('172.16.0.1');
  });

  test('a pool that is too small leaves an instance out, and says so', () => {
    const small = facts({ routerId: { mode: 'ip-pool', pool: Prefix.parse('0.0.0.0/31') } });
    const planned = plan([ciliumNode(), withSecond(config('c'))], small);
    expect([...planned.instances.values()].map(({ global }) => global.routerId)).toEqual(['0.0.0.1']);
    expect(planned.errors).toEqual([{ instance: 'second', message: 'no router ID is left in 0.0.0.0/31' }]);
  });
});

describe('router id without a pool', () => {
  const idOf = (resource: Resource, node: NodeFacts = facts()) =>
    plan([resource, config('c')], node).instances.get('instance')?.global.routerId;

  test('is the internal IPv4 address of the node', () => {
    const addresses = [
      { type: 'ExternalIP', ip: '198.51.100.1' },
      { type: 'InternalIP', ip: '2001:db8::1' },
      { type: 'InternalIP', ip: '192.0.2.7' },
    ];
    expect(idOf(ciliumNode({ addresses }))).toBe('192.0.2.7');
  });

  test('of a node with IPv6 only follows from its name', () => {
    const addresses = [{ type: 'InternalIP', ip: '2001:db8::1' }];
    const first = idOf(ciliumNode({ addresses }));
    expect(first).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    expect(idOf(ciliumNode({}))).toBe(first);
    expect(idOf(ciliumNode({ addresses }, 'node-2'), facts({ name: 'node-2' }))).not.toBe(first);
  });
});

describe('TestMissingAuthSecretCondition', () => {
  const nil = peerConfig('red');
  const referring = peerConfig('red', { authSecretRef: 'bgp' });
  test.each<[string, readonly Resource[], string, string]>([
    ['False nil AuthSecretRef', [nil], 'False', 'AuthSecretNotConfigured'],
    ['False', [referring, secret('bgp', { password: 'hush' })], 'False', 'AuthSecretValidated'],
    ['True', [referring], 'True', 'AuthSecretMissing'],
  ])('%s', (_, resources, status, reason) => {
    const [found] = plan(resources, facts()).statuses;
    expect(found?.conditions[0]).toMatchObject({ type: 'cilium.io/MissingAuthSecret', status, reason });
  });
});

describe('what keeps an instance from running', () => {
  test('no localASN anywhere', async () => {
    const lab = new World();
    const [instance] = config('c').spec.bgpInstances;
    const { localASN: _, ...rest } = instance ?? { name: 'instance' };
    lab.set(ciliumNode(), { ...config('c'), spec: { bgpInstances: [rest] } });
    await lab.step();
    expect(problemsOf(lab.plan, 'CiliumBGPNodeConfig', NODE)[0]).toMatch(
      /^cilium.io\/BGPReconcileError BGPReconcileError: instance: localASN is missing/,
    );
    lab.set(override({ bgpInstances: [{ name: 'instance', localASN: 65007 }] }));
    await lab.step();
    expect(problemsOf(lab.plan, 'CiliumBGPNodeConfig', NODE)).toEqual([]);
  });

  test('nothing is planned before the CiliumNode is there, unless the machine has labels of its own', () => {
    expect(plan([config('c')], facts()).instances.size).toBe(0);
    expect(plan([config('c', rack('a'))], facts({ labels: { rack: 'a' } })).instances.size).toBe(1);
    expect(plan([config('c', rack('a')), ciliumNode()], facts({ labels: { rack: 'a' } })).instances.size).toBe(0);
  });
});

describe('CiliumBGPPeeringPolicy', () => {
  const neighbor = { peerAddress: `${RED}/128`, peerASN: 65000 };
  const policy = (
    name: string,
    router: Partial<CiliumBGPPeeringPolicy['spec']['virtualRouters'][number]> = {},
  ): CiliumBGPPeeringPolicy => ({
    apiVersion: 'cilium.io/v2alpha1',
    kind: 'CiliumBGPPeeringPolicy',
    metadata: { name },
    spec: { virtualRouters: [{ localASN: 65001, exportPodCIDR: true, neighbors: [neighbor], ...router }] },
  });
  const pods = ciliumNode({ ipam: { podCIDRs: ['2001:db8:0:1::/64'] } });

  test('runs as the kinds that came after it, which nobody is told of', async () => {
    const lab = new World();
    lab.set(pods, policy('rack0'));
    await lab.step();
    expect(lab.paths('virtual-router-65001')).toEqual(['2001:db8:0:1::/64']);
    expect(lab.plan.statuses.map(({ key }) => key.kind)).toEqual(['CiliumBGPNodeConfig']);
  });

  test.each([
    ['Test_LBEgressAdvertisementWithLoadBalancerIP', 'LoadBalancerIP', '192.0.2.80/32'],
    ['Test_LBEgressAdvertisementWithExternalIP', 'ExternalIP', '192.0.2.81/32'],
  ] as const)('%s', async (_, type, expected) => {
    const lab = new World();
    const announcing = {
      exportPodCIDR: false,
      serviceSelector: { matchLabels: { egress: 'yes' } },
      serviceAdvertisements: [type],
    };
    lab.set(pods, policy('rack0', announcing), service('other', {}, ['192.0.2.90']));
    await lab.step();
    expect(lab.paths('virtual-router-65001')).toEqual([]);
    const web = service('web', { externalIPs: ['192.0.2.81'] }, ['192.0.2.80'], { labels: { egress: 'yes' } });
    lab.set(web);
    await lab.step();
    expect(lab.paths('virtual-router-65001')).toEqual([expected]);
    lab.delete(web);
    await lab.step();
    expect(lab.paths('virtual-router-65001')).toEqual([]);
  });

  test('Test_AdvertisedPathAttributes', async () => {
    const advertisedPathAttributes = [
      { selectorType: 'PodCIDR', communities: { standard: ['65001:100'], large: ['65001:1:2'] }, localPreference: 150 },
    ] as const;
    const lab = new World();
    lab.set(pods, policy('rack0', { neighbors: [{ ...neighbor, advertisedPathAttributes }] }));
    await lab.step();
    const policies = lab.plan.instances.get('virtual-router-65001')?.policies.values() ?? [];
    const [statement] = [...policies].flatMap(statementsOf);
    expect(statement?.actions).toMatchObject({
      addCommunities: [65001 * 65536 + 100],
      addLargeCommunities: [[65001, 1, 2]],
      setLocalPreference: 150,
    });
  });

  test('annotations of the node set its router id and port, beside an override for other instances', async () => {
    const annotated = {
      ...pods.metadata,
      annotations: { 'cilium.io/bgp-virtual-router.65001': 'router-id=10.0.0.5,local-port=1790' },
    };
    const lab = new World();
    lab.set({ ...pods, metadata: annotated }, policy('rack0'));
    await lab.step();
    expect(lab.instances.get('virtual-router-65001')?.global).toMatchObject({ routerId: '10.0.0.5', listenPort: 1790 });
    lab.set(override({ bgpInstances: [{ name: 'other', localASN: 1 }] }));
    await lab.step();
    expect(lab.instances.get('virtual-router-65001')?.global).toMatchObject({ routerId: '10.0.0.5', listenPort: 1790 });
  });

  test('two on one node: neither runs; beside a CiliumBGPClusterConfig it is not looked at', async () => {
    const lab = new World();
    lab.set(pods, policy('rack0'), policy('rack1'));
    await lab.step();
    expect(lab.instances.running.size).toBe(0);
    expect(lab.plan.errors).toHaveLength(1);
    lab.set(config('c'));
    await lab.step();
    expect([...lab.instances.running.keys()]).toEqual(['instance']);
    expect(lab.plan.errors).toEqual([]);
  });
});
