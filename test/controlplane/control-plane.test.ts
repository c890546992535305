import { describe, expect, test } from 'vitest';
import { concernsAddresses } from '../../src/controlplane/allocation.ts';
import { ControlPlane } from '../../src/controlplane/control-plane.ts';
import { manifestOf } from '../../src/controlplane/plain.ts';
import type { NodeFacts } from '../../src/controlplane/plan/types.ts';
import { keyOf } from '../../src/controlplane/resources/key.ts';
import type { Resource, ResourceKey } from '../../src/controlplane/resources/types.ts';
import { validate } from '../../src/controlplane/resources/validate.ts';
import { view } from '../../src/controlplane/store.ts';
import { VaultError } from '../../src/controlplane/vault.ts';
import { FakeInstances } from './fake.ts';
import { MemoryVault } from './memory-vault.ts';
import {
  advertisement,
  ciliumNode,
  clusterConfig,
  endpoints,
  facts,
  peer,
  peerConfig,
  RED,
  secret,
  service,
  serviceAdvertisement,
} from './plan/support.ts';

async function setUp(vault = new MemoryVault(), node: NodeFacts = facts(), statusReport = true) {
  const instances = new FakeInstances();
  const complaints: string[] = [];
  const runs: string[] = [];
  let milliseconds = 0;
  const log = {
    info() {},
    warn: (_: object, text: string) => complaints.push(text),
    error: (_: object, text: string) => complaints.push(text),
  };
  const controlPlane = new ControlPlane(node, {
    instances,
    sessions: { peers: () => [], watch: () => () => undefined },
    vault,
    statusReport,
    now: () => new Date(Date.UTC(2026, 0, 1)),
    elapsed: () => milliseconds++,
    reconciled: (instance, seconds, failed) => runs.push(`${instance} ${seconds}${failed ? ' failed' : ''}`),
    log,
  });
  await controlPlane.start(node);
  return {
    instances,
    controlPlane,
    complaints,
    runs,
    vault,
    put: (...resources: Resource[]) =>
      controlPlane.change(() => ({
        put: resources.map((resource) => ({ resource, holder: { kind: 'api' } })),
        remove: [],
      })),
    remove: (...remove: ResourceKey[]) => controlPlane.change(() => ({ put: [], remove })),
    paths: () => [...(instances.get('instance')?.paths.keys() ?? [])].toSorted(),
    shown: (key: ResourceKey) => {
      const stored = controlPlane.store.get(key);
      return stored && view(stored);
    },
  };
}

const pool = (cidr: string): Resource => {
  const result = validate({
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumLoadBalancerIPPool',
    metadata: { name: 'vips' },
    spec: { blocks: [{ cidr }] },
  });
  if (!result.ok) throw new Error(result.faults.map(({ message }) => message).join());
  return result.resource;
};

const podPool: Resource = {
  apiVersion: 'cilium.io/v2alpha1',
  kind: 'CiliumPodIPPool',
  metadata: { name: 'default' },
  spec: { ipv6: { cidrs: ['2001:db8:a::/56'], maskSize: 64 } },
};

const rack = [ciliumNode(), clusterConfig([peer('red', RED, 'red')]), peerConfig('red')];
const announced = advertisement('vips', [serviceAdvertisement(['LoadBalancerIP'])]);
const web = (name: string) => [service(name, { type: 'LoadBalancer' }), ...endpoints(name, [{}])];

describe('the control plane', () => {
  test('gives services addresses out of a pool, writes them back and announces them', async () => {
    const { put, paths, shown, remove } = await setUp();
    await put(...rack, announced, ...web('web'), pool('2001:db8:1::/120'));
    expect(paths()).toEqual(['2001:db8:1::/128']);
    expect(shown({ kind: 'Service', namespace: 'default', name: 'web' })).toMatchObject({
      status: {
        loadBalancer: { ingress: [{ ip: '2001:db8:1::' }] },
        conditions: [{ type: 'io.cilium/lb-ipam-request-satisfied', status: 'True', reason: 'satisfied' }],
      },
    });
    expect(shown({ kind: 'CiliumLoadBalancerIPPool', name: 'vips' })).toMatchObject({
      status: {
        conditions: expect.arrayContaining([expect.objectContaining({ type: 'cilium.io/IPsUsed', message: '1' })]),
      },
    });
    await put(...web('other'));
    expect(paths()).toEqual(['2001:db8:1::/128', '2001:db8:1::1/128']);
    await remove({ kind: 'Service', namespace: 'default', name: 'web' });
    expect(paths()).toEqual(['2001:db8:1::1/128']);
    await remove({ kind: 'CiliumLoadBalancerIPPool', name: 'vips' });
    expect(paths()).toEqual([]);
    expect(shown({ kind: 'Service', namespace: 'default', name: 'other' })).not.toMatchObject({
      status: { loadBalancer: { ingress: [{ ip: '2001:db8:1::1' }] } },
    });
  });

  test('carves prefixes for nodes that ask, and writes them back', async () => {
    const { put, shown } = await setUp();
    const asking = ciliumNode({ ipam: { pools: { requested: [{ pool: 'default', needed: { 'ipv6-addrs': 1 } }] } } });
    await put(podPool, asking);
    const key = { kind: 'CiliumNode', name: 'node-1' } as const;
    expect(shown(key)).toMatchObject({
      spec: { ipam: { pools: { allocated: [{ pool: 'default', cidrs: ['2001:db8:a::/64'] }] } } },
    });
    await put(ciliumNode({ ipam: { pools: { requested: [{ pool: 'none', needed: { 'ipv6-addrs': 1 } }] } } }));
    expect(shown(key)).toMatchObject({
      spec: { ipam: { pools: { allocated: [{ pool: 'default', cidrs: ['2001:db8:a::/64'] }] } } },
      status: { ipam: { 'operator-status': { error: 'pool "none" does not exist' } } },
    });
  });

  test('shows the node what follows for it, and takes that away again', async () => {
    const { put, shown, remove, controlPlane } = await setUp();
    await put(...rack);
    const key = { kind: 'CiliumBGPNodeConfig', name: 'node-1' } as const;
    expect(shown(key)).toMatchObject({
      metadata: { ownerReferences: [{ name: 'cluster' }] },
      spec: { bgpInstances: [{ name: 'instance', localASN: 65001 }] },
      status: {
        conditions: [{ type: 'cilium.io/BGPReconcileError', status: 'False' }, { type: 'cilium.io/BGPPeersHeld' }],
        bgpInstances: [{ name: 'instance', peers: [{ name: 'red', peerAddress: RED }] }],
      },
    });
    expect(controlPlane.hasInstance('instance')).toBe(true);
    await remove({ kind: 'CiliumBGPClusterConfig', name: 'cluster' });
    expect(shown(key)).toBeUndefined();
    expect(controlPlane.hasInstance('instance')).toBe(false);
  });

  test('says in conditions what cannot be carried out, and tries again', async () => {
    const { put, shown, instances, complaints, controlPlane } = await setUp();
    instances.failing = (call) => (call === 'start instance' ? 'no room' : undefined);
    await put(...rack);
    await controlPlane.settle();
    const key = { kind: 'CiliumBGPNodeConfig', name: 'node-1' } as const;
    expect(shown(key)).toMatchObject({
      status: {
        conditions: expect.arrayContaining([expect.objectContaining({ message: 'instance: cannot start: no room\n' })]),
      },
    });
    expect(complaints).toEqual(['cannot start: no room']);
    instances.failing = () => undefined;
    await controlPlane.settle();
    expect(instances.get('instance')?.neighbors.size).toBe(1);
  });

  test('tells of each run over an instance how long it took, and whether it failed', async () => {
    const { put, remove, runs, instances, controlPlane } = await setUp();
    expect(runs.splice(0)).toEqual([]);
    instances.failing = (call) => (call === 'start instance' ? 'no room' : undefined);
    await put(...rack);
    // A look at the clock before the plan and one after it, and the same for each operation: one that fails, then two that do not.
    expect(runs.splice(0)).toEqual(['instance 0.002 failed']);
    instances.failing = () => undefined;
    await controlPlane.settle();
    expect(runs.splice(0)).toEqual(['instance 0.003']);
    await controlPlane.settle();
    expect(runs.splice(0)).toEqual(['instance 0.001']);
    await remove({ kind: 'CiliumBGPClusterConfig', name: 'cluster' });
    expect(runs.splice(0)).toEqual(['instance 0.002']);
    await controlPlane.settle();
    expect(runs).toEqual([]);
  });

  test('changes nothing when it cannot be kept', async () => {
    const { put, vault, controlPlane, paths } = await setUp();
    await put(...rack, announced, pool('2001:db8:1::/120'));
    const { version } = controlPlane.store;
    vault.isFull = true;
    await expect(put(...web('web'))).rejects.toThrow(VaultError);
    expect(controlPlane.store.version).toBe(version);
    expect(paths()).toEqual([]);
    vault.isFull = false;
    await put(...web('web'));
    expect(paths()).toEqual(['2001:db8:1::/128']);
  });

  test('is the same after a restart: resources, secrets, addresses, prefixes', async () => {
    const first = await setUp();
    const asking = ciliumNode({ ipam: { pools: { requested: [{ pool: 'default', needed: { 'ipv6-addrs': 1 } }] } } });
    await first.put(...rack, asking, podPool, announced, pool('2001:db8:1::/120'), ...web('a'), ...web('b'));
    await first.put(secret('s', { password: 'hünter2' }));
    await first.remove({ kind: 'Service', namespace: 'default', name: 'a' });
    const second = await setUp(first.vault);
    expect(second.paths()).toEqual(['2001:db8:1::1/128']);
    const given = (of: typeof first) => of.controlPlane.store.list().map((stored) => stored.current);
    expect(given(second)).toEqual(given(first));
    const kept = second.controlPlane.store.get(keyOf(secret('s', {}, 'kube-system')))?.given;
    expect(kept?.kind === 'Secret' && kept.data['password']?.reveal()).toBe('hünter2');
    expect(second.complaints).toEqual([]);
  });

  test('previews what would be done, and does nothing', async () => {
    const { put, controlPlane, instances } = await setUp();
    await put(...rack, announced);
    const before = instances.calls.length;
    const edits = [...web('web'), pool('2001:db8:1::/120')].map((resource) => ({
      resource,
      holder: { kind: 'api' } as const,
    }));
    const operations = await controlPlane.preview(() => ({ put: edits, remove: [] }));
    expect(operations.map(({ type }) => type)).toEqual(['add-policy', 'advertise']);
    expect(instances.calls).toHaveLength(before);
    await controlPlane.change(() => ({ put: edits, remove: [] }));
    expect(instances.calls.slice(before)).toEqual([
      'editRoutePolicies add peer-red-export',
      'advertise 2001:db8:1::/128',
    ]);
  });
});

describe.each([
  ['TestDisableStatusReport', { kind: 'CiliumBGPNodeConfig', name: 'node-1' }],
  ['TestDisableClusterConfigStatusReport', { kind: 'CiliumBGPClusterConfig', name: 'cluster' }],
  ['TestDisablePeerConfigStatusReport', { kind: 'CiliumBGPPeerConfig', name: 'red' }],
] as const)('%s', (_, key) => {
  test('there is a status, and none where that is not wanted', async () => {
    const reporting = await setUp();
    await reporting.put(...rack);
    expect(reporting.shown(key)).toHaveProperty('status.conditions');
    const silent = await setUp(new MemoryVault(), facts(), false);
    await silent.put(...rack);
    silent.controlPlane.refresh();
    expect(silent.shown(key)).toHaveProperty('spec');
    expect(silent.shown(key)).not.toHaveProperty('status');
    expect(silent.instances.get('instance')?.neighbors.size).toBe(1);
  });
});

test.each([
  ['other labels', { metadata: { labels: { a: 'b' } } }, true],
  ['another port', { spec: { ports: [{ port: 81 }] } }, true],
  ['another type', { spec: { type: 'ClusterIP' } }, true],
  ['another internal traffic policy', { spec: { internalTrafficPolicy: 'Local' } }, false],
  ['other external addresses', { spec: { externalIPs: ['192.0.2.1'] } }, false],
] as const)('%s of a service: its addresses may change: %j %s', (_, change, isConcerned) => {
  const before = service('web', { type: 'LoadBalancer' });
  const after = {
    ...before,
    metadata: { ...before.metadata, ...('metadata' in change && change.metadata) },
    spec: { ...before.spec, ...('spec' in change && change.spec) },
  };
  expect(concernsAddresses(before, after)).toBe(isConcerned);
});

test('a manifest says the same as the resource that it is made of', () => {
  for (const resource of [...rack, announced, podPool, ...web('web'), secret('s', { password: 'a\u0000ü' })]) {
    const result = validate(manifestOf(resource));
    expect(result.ok && JSON.parse(JSON.stringify(result.resource))).toEqual(JSON.parse(JSON.stringify(resource)));
  }
});
