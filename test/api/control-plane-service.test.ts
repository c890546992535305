import { type ServiceError, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { call, controlPlane, violationsOf } from '../../src/api/client.ts';
import {
  ApplyOutcome,
  type ApplyRequest,
  ResourceEventType,
  type WatchRequest,
  type WatchResponse,
} from '../../src/gen/herald/v1/control_plane_service.ts';
import { Address } from '../../src/ip/address.ts';
import { type Rig, rig } from './rig.ts';

let at: Rig;
beforeEach(async () => {
  at = await rig();
});
afterEach(async () => {
  expect(at.reports).toEqual([]);
  await at.close();
});

type Manifest = Record<string, unknown>;

const peerConfig = (name: string, spec: Manifest = {}, metadata: Manifest = {}): Manifest => ({
  apiVersion: 'cilium.io/v2',
  kind: 'CiliumBGPPeerConfig',
  metadata: { name, ...metadata },
  spec,
});
const cluster: Manifest = {
  apiVersion: 'cilium.io/v2',
  kind: 'CiliumBGPClusterConfig',
  metadata: { name: 'rack' },
  spec: {
    bgpInstances: [
      {
        name: 'rack',
        localASN: 65010,
        peers: [{ name: 'tor', peerAddress: '2001:db8::99', peerASN: 65000, peerConfigRef: { name: 'tor' } }],
      },
    ],
  },
};
const secret: Manifest = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 's', namespace: 'kube-system' },
  stringData: { password: 'hunter2' },
};

function apply(resources: readonly Manifest[], options: Partial<ApplyRequest> = {}) {
  const request = { dryRun: false, pruneSelector: undefined, skipInvalid: false, ...options };
  return call(at.client, controlPlane.apply, { ...request, resources: [...resources] });
}

const outcomesOf = async (resources: readonly Manifest[], options: Partial<ApplyRequest> = {}) =>
  (await apply(resources, options)).results.map(({ kind, name, outcome }) => [`${kind} ${name}`, outcome]);

const get = (kind: string, name: string, namespace = '') =>
  call(at.client, controlPlane.get, { kind, namespace, name }).then(({ resource }) => resource as Manifest);

async function list(kind = '', labelSelector = '', namespace = ''): Promise<string[]> {
  const { resources } = await call(at.client, controlPlane.list, { kind, namespace, labelSelector });
  return resources.map(({ kind, metadata }) => `${kind as string} ${(metadata as { name: string }).name}`);
}

async function failure(work: Promise<unknown>): Promise<{ code: number; details: string; fields: string[] }> {
  const error = (await work.then(
    () => expect.unreachable('it was not refused'),
    (error: unknown) => error,
  )) as ServiceError;
  return {
    code: error.code,
    details: error.details,
    fields: violationsOf(error.metadata).map(({ field, description }) => `${field}: ${description}`),
  };
}

describe('Apply', () => {
  test('says of each resource whether it was created, configured or unchanged', async () => {
    expect(await outcomesOf([cluster, peerConfig('tor')])).toEqual([
      ['CiliumBGPClusterConfig rack', ApplyOutcome.CREATED],
      ['CiliumBGPPeerConfig tor', ApplyOutcome.CREATED],
    ]);
    expect(await outcomesOf([cluster, peerConfig('tor', { ebgpMultihop: 2 })])).toEqual([
      ['CiliumBGPClusterConfig rack', ApplyOutcome.UNCHANGED],
      ['CiliumBGPPeerConfig tor', ApplyOutcome.CONFIGURED],
    ]);
  });

  test('is carried out when it answers', async () => {
    await apply([cluster, peerConfig('tor')]);
    expect(
      at.instances
        .get('rack')
        ?.router.peers()
        .map(({ neighbor }) => neighbor.name),
    ).toEqual(['tor']);
    const { status: told } = await get('cbgpnode', 'node-1');
    expect(told).toMatchObject({ bgpInstances: [{ peers: [{ name: 'tor', peeringState: expect.any(String) }] }] });
  });

  test('takes all or nothing, and names every fault', async () => {
    const refused = await failure(
      apply([
        peerConfig('good'),
        peerConfig('a', { ebgpMultihop: 999, timers: { holdTimeSeconds: 1 } }),
        peerConfig('b', { fanilies: [] }),
        { kind: 'Unknown' },
        {},
      ]),
    );
    expect(refused.code).toBe(status.INVALID_ARGUMENT);
    expect(refused.fields).toEqual(
      expect.arrayContaining([
        'resources[1].spec.ebgpMultihop: must be at most 255',
        'resources[1].spec.timers.holdTimeSeconds: must be at least 3',
        'resources[2].spec.fanilies: is not a known field; did you mean families?',
        expect.stringMatching(/^resources\[3\]\.kind: is not a known kind/),
        'resources[4].kind: is required',
      ]),
    );
    expect(await list()).toEqual([]);
  });

  test('refuses the same resource twice', async () => {
    expect((await failure(apply([peerConfig('a'), peerConfig('b'), peerConfig('a')]))).fields).toEqual([
      'resources[2].metadata.name: CiliumBGPPeerConfig a is already resources[0]',
    ]);
  });

  test('skips what is invalid when asked to, each whole', async () => {
    const { results } = await apply([peerConfig('good'), peerConfig('bad', { ebgpMultihop: 999 })], {
      skipInvalid: true,
    });
    expect(results).toMatchObject([
      { name: 'good', outcome: ApplyOutcome.CREATED, faults: [] },
      {
        kind: 'CiliumBGPPeerConfig',
        name: 'bad',
        outcome: ApplyOutcome.INVALID,
        faults: [{ field: 'spec.ebgpMultihop', message: 'must be at most 255' }],
      },
    ]);
    expect(await list()).toEqual(['CiliumBGPPeerConfig good']);
  });

  test('changes nothing in a dry run, and says what it would do', async () => {
    await apply([peerConfig('tor')]);
    const { results, operations } = await apply([cluster, peerConfig('tor', { ebgpMultihop: 2 })], { dryRun: true });
    expect(results).toMatchObject([
      { outcome: ApplyOutcome.CREATED, before: undefined, after: { kind: 'CiliumBGPClusterConfig' } },
      { outcome: ApplyOutcome.CONFIGURED, before: { spec: {} }, after: { spec: { ebgpMultihop: 2 } } },
    ]);
    expect(operations).toEqual([
      { instance: 'rack', type: 'start-instance', subjects: [expect.stringMatching(/^AS 65010, router ID /)] },
      { instance: 'rack', type: 'add-peer', subjects: ['tor (2001:db8::99)'] },
    ]);
    expect(await list()).toEqual(['CiliumBGPPeerConfig tor']);
  });

  test('prunes what was applied, has the labels and is not given', async () => {
    const labels = { labels: { app: 'x' } };
    await apply([peerConfig('a', {}, labels), peerConfig('b', {}, labels), peerConfig('c')]);
    const dry = await outcomesOf([peerConfig('a', {}, labels)], { pruneSelector: 'app=x', dryRun: true });
    const done = await outcomesOf([peerConfig('a', {}, labels)], { pruneSelector: 'app=x' });
    expect(done).toEqual([
      ['CiliumBGPPeerConfig a', ApplyOutcome.UNCHANGED],
      ['CiliumBGPPeerConfig b', ApplyOutcome.DELETED],
    ]);
    expect(dry).toEqual(done);
    expect(await list()).toEqual(['CiliumBGPPeerConfig a', 'CiliumBGPPeerConfig c']);
  });

  test('prunes nothing that is given with a fault', async () => {
    const labels = { labels: { app: 'x' } };
    await apply([peerConfig('a', {}, labels)]);
    await apply([peerConfig('a', { ebgpMultihop: 999 }, labels)], { pruneSelector: 'app=x', skipInvalid: true });
    expect(await list()).toEqual(['CiliumBGPPeerConfig a']);
  });

  test.each([
    ['', 'prune_selector: must select by labels: without any, everything would go'],
    ['a b', 'prune_selector: a b is no label selector; it is written as app=web,tier in (a, b)'],
  ])('refuses to prune by %j', async (pruneSelector, fault) => {
    expect((await failure(apply([], { pruneSelector }))).fields).toEqual([fault]);
  });

  test('warns of what is deprecated, and says what a legacy policy became', async () => {
    const { results } = await apply([
      {
        apiVersion: 'cilium.io/v2alpha1',
        kind: 'CiliumBGPPeeringPolicy',
        metadata: { name: 'edge' },
        spec: {
          nodeSelector: { matchLabels: { 'kubernetes.io/os': 'linux' } },
          virtualRouters: [
            {
              localASN: 65001,
              exportPodCIDR: true,
              neighbors: [{ peerAddress: '2001:db8:ffff::1/128', peerASN: 65000, eBGPMultihop: false }],
            },
          ],
        },
      },
    ]);
    expect(results).toMatchObject([
      {
        outcome: ApplyOutcome.CREATED,
        warnings: expect.arrayContaining([
          expect.objectContaining({ field: 'spec.virtualRouters[0].neighbors[0].eBGPMultihop' }),
          expect.objectContaining({
            field: 'spec.virtualRouters[0].exportPodCIDR',
            message: 'is deprecated; in its place is advertisementType PodCIDR of a CiliumBGPAdvertisement',
          }),
        ]),
        became: [
          { kind: 'CiliumBGPClusterConfig' },
          { kind: 'CiliumBGPPeerConfig' },
          { kind: 'CiliumBGPAdvertisement' },
        ],
      },
    ]);
    expect(at.instances.has('virtual-router-65001')).toBe(true);
  });

  test('does not touch what a file holds', async () => {
    const resource = {
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumBGPPeerConfig',
      metadata: { name: 'f' },
      spec: {},
    } as const;
    await at.controlPlane.change(() => ({
      put: [{ resource, holder: { kind: 'manifests', where: 'bgp.yaml:3:1' } }],
      remove: [],
    }));
    expect(await outcomesOf([peerConfig('f')])).toEqual([['CiliumBGPPeerConfig f', ApplyOutcome.UNCHANGED]]);
    const held = 'CiliumBGPPeerConfig f is held by bgp.yaml:3:1: change it there';
    expect((await failure(apply([peerConfig('f', { ebgpMultihop: 2 })]))).fields).toEqual([`resources[0]: ${held}`]);
    expect(await failure(call(at.client, controlPlane.delete, { kind: 'cbgppeer', namespace: '', name: 'f' }))).toEqual(
      {
        code: status.FAILED_PRECONDITION,
        details: held,
        fields: [],
      },
    );
  });

  test('is refused, and changes nothing, when it cannot be kept', async () => {
    at.vault.isFull = true;
    expect(await failure(apply([cluster]))).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      details: expect.stringContaining('the disk is full'),
    });
    expect(await list()).toEqual([]);
    expect(at.instances.has('rack')).toBe(false);
  });

  test('refuses what is nested without end, and goes on', async () => {
    let nested: Manifest = {};
    for (let i = 0; i < 5000; i++) nested = { a: nested };
    expect((await failure(apply([nested]))).code).not.toBe(status.OK);
    expect(await list()).toEqual([]);
  });
});

describe('Get, List and Delete', () => {
  test('take kinds as kubectl does, and the default namespace', async () => {
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: {} };
    await apply([service, peerConfig('tor')]);
    for (const kind of ['Service', 'services', 'svc', 'SVC']) {
      expect(await get(kind, 'web')).toMatchObject({
        kind: 'Service',
        metadata: { name: 'web', namespace: 'default', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' },
      });
    }
    expect(await list('cbgppeer')).toEqual(['CiliumBGPPeerConfig tor']);
    expect(await list('', '', 'default')).toEqual(['Service web']);
    await call(at.client, controlPlane.delete, { kind: 'svc', namespace: '', name: 'web' });
    expect(await list()).toEqual(['CiliumBGPPeerConfig tor']);
  });

  test.each([
    ['', 'a', '', status.INVALID_ARGUMENT, 'kind: is required'],
    ['pods', 'a', '', status.INVALID_ARGUMENT, 'kind: pods is not a known kind'],
    ['svc', '', '', status.INVALID_ARGUMENT, 'name: is required'],
    ['cbgppeer', 'a', 'x', status.INVALID_ARGUMENT, 'namespace: a CiliumBGPPeerConfig is in no namespace'],
    ['svc', 'a', '', status.NOT_FOUND, 'there is no Service default/a'],
  ])('refuse kind %j, name %j, namespace %j', async (kind, name, namespace, code, details) => {
    expect(await failure(get(kind, name, namespace))).toMatchObject({ code, details });
  });

  test('select by labels', async () => {
    await apply([peerConfig('a', {}, { labels: { tier: 'a' } }), peerConfig('b', {}, { labels: { tier: 'b' } })]);
    expect(await list('', 'tier in (b, c)')).toEqual(['CiliumBGPPeerConfig b']);
    expect((await failure(list('', 'tier in b'))).code).toBe(status.INVALID_ARGUMENT);
  });

  test('never show a secret', async () => {
    const applied = await apply([secret], { dryRun: true });
    await apply([secret]);
    const { resources } = await call(at.client, controlPlane.list, { kind: '', namespace: '', labelSelector: '' });
    const everything = JSON.stringify([applied.results, resources, await get('secret', 's', 'kube-system')]);
    expect(everything).toContain('[redacted]');
    expect(everything).not.toMatch(/hunter2|aHVudGVyMg/);
  });

  test('a node’s configuration is only read', async () => {
    await apply([cluster]);
    expect(
      (await failure(call(at.client, controlPlane.delete, { kind: 'cbgpnode', namespace: '', name: 'node-1' })))
        .details,
    ).toBe('CiliumBGPNodeConfig node-1 follows from CiliumBGPClusterConfig rack: delete or change that');
    const { spec } = await get('cbgpnode', 'node-1');
    const manifest = { apiVersion: 'cilium.io/v2', kind: 'CiliumBGPNodeConfig', metadata: { name: 'node-1' }, spec };
    expect((await failure(apply([manifest]))).fields).toEqual([expect.stringContaining('can only be read')]);
  });
});

describe('Watch', () => {
  function watch(request: Partial<WatchRequest>) {
    const call = at.client.makeServerStreamRequest(
      controlPlane.watch.path,
      controlPlane.watch.requestSerialize,
      controlPlane.watch.responseDeserialize,
      { kind: '', namespace: '', labelSelector: '', resourceVersion: undefined, ...request },
    );
    call.on('error', () => undefined);
    const iterator = (call as AsyncIterable<WatchResponse>)[Symbol.asyncIterator]();
    const next = async () => {
      const { value } = (await iterator.next()) as { value: WatchResponse };
      if (value.event?.$case !== 'resource') return 'end';
      const { type, resource } = value.event.value;
      const { metadata } = resource as { metadata: { name: string } };
      return `${type} ${metadata.name}`;
    };
    return { next, cancel: () => call.cancel() };
  }

  test('tells what is there, then what happens', async () => {
    await apply([peerConfig('a')]);
    const { next, cancel } = watch({ kind: 'cbgppeer' });
    expect([await next(), await next()]).toEqual([`${ResourceEventType.PRESENT} a`, 'end']);
    await apply([peerConfig('b')]);
    expect(await next()).toBe(`${ResourceEventType.ADDED} b`);
    // Its conditions are written once it is there.
    expect(await next()).toBe(`${ResourceEventType.MODIFIED} b`);
    await call(at.client, controlPlane.delete, { kind: 'cbgppeer', namespace: '', name: 'a' });
    expect(await next()).toBe(`${ResourceEventType.DELETED} a`);
    cancel();
  });

  test('tells of a resource that comes into the selection and leaves it', async () => {
    const service = (labels: Manifest) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', labels },
      spec: {},
    });
    await apply([service({})]);
    const { next, cancel } = watch({ labelSelector: 'app=x' });
    expect(await next()).toBe('end');
    await apply([service({ app: 'x' })]);
    await apply([service({ app: 'y' })]);
    expect([await next(), await next()]).toEqual([
      `${ResourceEventType.ADDED} web`,
      `${ResourceEventType.DELETED} web`,
    ]);
    cancel();
  });

  test('goes on after a resource version', async () => {
    const service = (name: string) => ({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: {} });
    const { resourceVersion } = await apply([service('a')]);
    await apply([service('b')]);
    const { next, cancel } = watch({ resourceVersion });
    expect([await next(), await next()]).toEqual([`${ResourceEventType.ADDED} b`, 'end']);
    cancel();
    await expect(watch({ resourceVersion: 1n }).next()).rejects.toMatchObject({ code: status.OUT_OF_RANGE });
  });

  test('tells of sessions that change', async () => {
    await apply([cluster, peerConfig('tor')]);
    const { next, cancel } = watch({ kind: 'cbgpnode' });
    expect([await next(), await next()]).toEqual([`${ResourceEventType.PRESENT} node-1`, 'end']);
    at.instances.get('rack')?.router.removeNeighbor(Address.parse('2001:db8::99'));
    expect(await next()).toBe(`${ResourceEventType.MODIFIED} node-1`);
    cancel();
  });
});
