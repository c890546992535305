import { fc, test as law } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { keyOf, keyText, sameResource } from '../../../src/controlplane/resources/key.ts';
import { definitions, parseKind } from '../../../src/controlplane/resources/kinds.ts';
import type { Kind } from '../../../src/controlplane/resources/types.ts';
import { validate } from '../../../src/controlplane/resources/validate.ts';
import { runs } from '../../runs.ts';
import { change } from './change.ts';
import { good } from './good.ts';
import { faultsIn, ofKind, resourceOf, warningsOn } from './validated.ts';

type PlainKind = keyof typeof good;
const plainKinds = Object.keys(good) as PlainKind[];

describe('what is right', () => {
  test.each(plainKinds)('%s: every field is kept, and nothing is warned of', (kind) => {
    const given = good[kind];
    expect(validate(given)).toMatchObject({ ok: true, resource: given });
    expect(warningsOn(given).filter((text) => !text.includes('is deprecated'))).toEqual([]);
  });

  test('there is a manifest here of each kind', () => {
    expect([...plainKinds, 'Secret'].toSorted()).toEqual(definitions.map(({ kind }) => kind as string).toSorted());
  });

  test('a field that is null is as if it were absent', () => {
    const given = ofKind.cluster('spec.bgpInstances.0.peers.0.peerConfigRef', null);
    expect(resourceOf(given)).toEqual(ofKind.cluster('spec.bgpInstances.0.peers.0.peerConfigRef', undefined));
  });

  test.each([
    ['an absent selector', undefined],
    ['an empty selector', {}],
  ])('%s stays what it is', (_, selector) => {
    const given = ofKind.peer('spec.families.0.advertisements', selector);
    expect(resourceOf(given)).toEqual(given);
  });

  test('the status of a manifest is not looked at where a control plane writes it', () => {
    const given = { ...good.CiliumBGPPeerConfig, status: { conditions: 'whatever' } };
    expect(validate(given)).toEqual({ ok: true, resource: good.CiliumBGPPeerConfig, warnings: [] });
  });

  test('what a cluster adds to metadata is dropped', () => {
    const more = { uid: 'a', resourceVersion: '1', generation: 1, managedFields: [{}], finalizers: ['x'] };
    const given = { ...good.Service, metadata: { ...good.Service.metadata, ...more } };
    expect(resourceOf(given)).toEqual(good.Service);
  });

  test.each(['CiliumNode', 'Service', 'EndpointSlice'] as const)(
    '%s: fields that do not matter here are dropped',
    (kind) => {
      const given = {
        ...good[kind],
        spec: { ...Reflect.get(good[kind], 'spec'), sessionAffinity: { a: [1] } },
        other: 1,
      };
      const expected = kind === 'EndpointSlice' ? good[kind] : { ...good[kind] };
      expect(resourceOf(given)).toEqual(expected);
    },
  );

  test('an EndpointSlice without endpoints has none', () => {
    expect(resourceOf(ofKind.slice('endpoints', null))).toEqual({ ...good.EndpointSlice, endpoints: [] });
  });

  test('a namespaced kind is in default where it names no namespace', () => {
    const resource = resourceOf(ofKind.service('metadata.namespace', undefined));
    expect(keyText(keyOf(resource))).toBe('Service default/one.of-these');
  });

  test.each([
    ['spec.bgpInstances.0.peers.0.peerAddress', ' 2001:DB8:0::1\t', '2001:db8::1'],
    ['spec.bgpInstances.0.peers.0.peerAddress', '::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['spec.bgpInstances.0.peers.1.peerAddress', 'FE80::1%eth0', 'fe80::1%eth0'],
  ])('%s: %j is kept as %j', (path, text, kept) => {
    expect(resourceOf(ofKind.cluster(path, text))).toEqual(ofKind.cluster(path, kept));
  });

  test('the host bits of a pool’s or a node’s CIDR are cleared', () => {
    expect(resourceOf(ofKind.lbPool('spec.blocks.0.cidr', '2001:DB8:1::5/112'))).toEqual(good.CiliumLoadBalancerIPPool);
    expect(resourceOf(ofKind.node('spec.ipam.podCIDRs.1', '10.1.0.7/24'))).toEqual(good.CiliumNode);
  });

  test.each(['', 'None'])('the clusterIP %j is no address and right', (text) => {
    expect(resourceOf(ofKind.service('spec.clusterIP', text))).toEqual(ofKind.service('spec.clusterIP', text));
  });
});

describe('v2alpha1', () => {
  const alpha = (given: object) => ({ ...given, apiVersion: 'cilium.io/v2alpha1' });
  const deprecated = 'apiVersion: cilium.io/v2alpha1 is deprecated: use cilium.io/v2';

  test('becomes v2, and what it has beyond that is ignored with a warning', () => {
    const peer = { name: 'tor', peerAddress: '192.0.2.1' };
    const spec = (ref: object) => ({ bgpInstances: [{ name: 'main', peers: [{ ...peer, peerConfigRef: ref }] }] });
    const given = alpha({
      ...good.CiliumBGPClusterConfig,
      spec: spec({ group: 'cilium.io', kind: 'CiliumBGPPeerConfig', name: 'tor' }),
    });
    expect(resourceOf(given)).toEqual({ ...good.CiliumBGPClusterConfig, spec: spec({ name: 'tor' }) });
    expect(warningsOn(given)).toEqual([
      deprecated,
      'spec.bgpInstances[0].peers[0].peerConfigRef.group: is deprecated and ignored',
      'spec.bgpInstances[0].peers[0].peerConfigRef.kind: is deprecated and ignored',
    ]);
  });

  test('transport.localPort is ignored with a warning', () => {
    const given = alpha({ ...good.CiliumBGPPeerConfig, spec: { transport: { localPort: 179, peerPort: 1 } } });
    expect(resourceOf(given)).toEqual({ ...good.CiliumBGPPeerConfig, spec: { transport: { peerPort: 1 } } });
    expect(warningsOn(given)).toEqual([
      deprecated,
      "spec.transport.localPort: is deprecated and ignored: the port to listen on is the instance's localPort",
    ]);
  });

  test.each([
    [{ ...good.CiliumBGPClusterConfig }, ['spec.bgpInstances[0].peers[2].autoDiscovery: is not a known field']],
    [
      { ...good.CiliumBGPPeerConfig },
      ['spec.transport.sourceInterface: is not a known field', 'spec.bfd: is not a known field'],
    ],
    [
      {
        ...good.CiliumBGPAdvertisement,
        spec: { advertisements: [{ advertisementType: 'Interface', interface: { name: 'lo' } }] },
      },
      [
        'spec.advertisements[0].interface: is not a known field',
        'spec.advertisements[0].advertisementType: must be one of PodCIDR, CiliumPodIPPool, Service',
      ],
    ],
  ])('what came with v2 is not in it: %#', (given, faults) => {
    expect(faultsIn(alpha(given))).toEqual(faults);
  });

  test('has two of the rules on advertisements', () => {
    const of = (advertisement: object) =>
      faultsIn(alpha({ ...good.CiliumBGPAdvertisement, spec: { advertisements: [advertisement] } }));
    expect(of({ advertisementType: 'Service' })).toEqual([
      "spec.advertisements[0].service: service field is required for the 'Service' advertisementType",
    ]);
    expect(of({ advertisementType: 'PodCIDR', selector: {} })).toEqual([
      "spec.advertisements[0].selector: selector field is not allowed for the 'PodCIDR' advertisementType",
    ]);
    expect(of({ advertisementType: 'PodCIDR', service: { addresses: ['ClusterIP'] } })).toEqual([]);
  });
});

describe('what is wrong', () => {
  test.each<[unknown, ...string[]]>([
    ['text', ': must be a map of fields'],
    [null, ': must be a map of fields'],
    [[], ': must be a map of fields'],
    [{}, 'kind: is required'],
    [{ kind: 5 }, 'kind: must be text'],
    [{ kind: 'CiliumBGPPeerconfg' }, 'kind: is not a known kind; did you mean CiliumBGPPeerConfig?'],
    [{ kind: 'toString' }, `kind: is not a known kind: it is one of ${definitions.map(({ kind }) => kind).join(', ')}`],
    [
      { kind: 'CiliumBGPNodeConfig' },
      'kind: CiliumBGPNodeConfig can only be read: it follows from CiliumBGPClusterConfig and CiliumBGPNodeConfigOverride',
    ],
    [{ kind: 'Service' }, 'apiVersion: is required', 'metadata: is required'],
    [ofKind.service('apiVersion', 1), 'apiVersion: must be text'],
    [ofKind.service('apiVersion', 'v2'), 'apiVersion: must be v1 for Service'],
    [ofKind.podPool('apiVersion', 'cilium.io/v2'), 'apiVersion: must be cilium.io/v2alpha1 for CiliumPodIPPool'],
    [
      change(ofKind.peer('apiVersion', 'cilium.io/v1'), 'spec.ebgpMultihop', 0),
      'apiVersion: must be cilium.io/v2 or cilium.io/v2alpha1 for CiliumBGPPeerConfig',
      'spec.ebgpMultihop: must be at least 1',
    ],
  ])('no resource: %#', (given, ...faults) => {
    expect(faultsIn(given)).toEqual(faults);
  });

  test('a resource over the bounds is refused unread', () => {
    let deep: unknown = {};
    for (let level = 0; level < 100_000; level++) deep = { deep };
    expect(faultsIn({ ...good.Service, spec: deep })).toEqual([': is nested more than 32 levels deep']);
    const wide = { ...good.Service, spec: Array.from({ length: 1001 }, () => Array.from({ length: 1000 }, () => 0)) };
    expect(faultsIn(wide)).toEqual([': has more than 1000000 values']);
    const cyclic: Record<string, unknown> = { ...good.Service };
    cyclic['spec'] = cyclic;
    expect(faultsIn(cyclic)).toEqual([': is nested more than 32 levels deep']);
  });

  test('of very many faults the first thousand are told', () => {
    const faults = faultsIn(
      ofKind.advert(
        'spec.advertisements',
        Array.from({ length: 2000 }, () => ({})),
      ),
    );
    expect(faults).toHaveLength(1001);
    expect(faults.at(-1)).toBe(': has 1000 more faults');
    const beyond = faultsIn(
      ofKind.advert(
        'spec.advertisements',
        Array.from({ length: 300_000 }, () => 1),
      ),
    );
    expect(beyond.length).toBeGreaterThan(0);
    expect(beyond.length).toBeLessThanOrEqual(1001);
  });
});

describe('what is warned of', () => {
  test.each<[unknown, string]>([
    [
      ofKind.cluster('spec.bgpInstances.0.peers.0.peerAddress', undefined),
      'spec.bgpInstances[0].peers[0]: has neither peerAddress nor autoDiscovery: it is skipped',
    ],
    [
      ofKind.cluster('spec.bgpInstances.0.peers.2.peerAddress', '192.0.2.1'),
      'spec.bgpInstances[0].peers[2].autoDiscovery: is ignored, as there is a peerAddress',
    ],
    [
      ofKind.peer('metadata.namespace', 'kube-system'),
      'metadata.namespace: is ignored: a CiliumBGPPeerConfig is in no namespace',
    ],
    [
      ofKind.policy(
        'spec.virtualRouters.0.neighbors.0.advertisedPathAttributes.0.selectorType',
        'CiliumLoadBalancerIPPool',
      ),
      'spec.virtualRouters[0].neighbors[0].advertisedPathAttributes[0].selector: is not acted upon: path attributes cannot depend on the pool of an address',
    ],
    [
      ofKind.policy('spec.virtualRouters.0.neighbors.0.ebgpMultihop', 2),
      'spec.virtualRouters[0].neighbors[0].ebgpMultihop: is not a known field; did you mean eBGPMultihopTTL? (ignored)',
    ],
    [
      ofKind.secret('data.password', 'czNjcmV0Cg=='),
      'data.password: ends with a line feed, which is part of the password',
    ],
  ])('%#', (given, warning) => {
    expect(warningsOn(given).filter((text) => !text.includes('is deprecated'))).toEqual([warning]);
  });
});

describe('laws', () => {
  law.prop([fc.jsonValue({ maxDepth: 6 })], { numRuns: runs })('any JSON is a resource or has faults', (value) => {
    const result = validate(value);
    expect(result.ok || result.faults.length > 0).toBe(true);
  });

  /** A good manifest with anything at all in one place of it. */
  const places = plainKinds.flatMap((kind) => placesIn(good[kind]).map((place) => ({ kind, place })));
  const damaged = fc
    .record({ at: fc.constantFrom(...places), to: fc.jsonValue({ maxDepth: 3 }) })
    .map(({ at, to }) => change(good[at.kind], at.place, to));

  law.prop([damaged], { numRuns: runs })('what is let through is let through again, unchanged', (value) => {
    const result = validate(value);
    if (!result.ok) {
      expect(result.faults.length).toBeGreaterThan(0);
      return;
    }
    const again = validate(result.resource);
    expect(again.ok && again.resource).toEqual(result.resource);
    expect(again.ok && sameResource(again.resource, result.resource)).toBe(true);
  });

  law.prop([damaged], { numRuns: runs / 10 })('a fault is at a place that is there, or one step from it', (value) => {
    const result = validate(value);
    for (const { path } of result.ok ? [] : result.faults) {
      const around = path.slice(0, -1).reduce<unknown>((place, step) => Reflect.get(Object(place), step), value);
      expect(path.length === 0 || (typeof around === 'object' && around !== null)).toBe(true);
    }
  });
});

function placesIn(value: unknown, at: readonly string[] = []): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, below]) =>
    key.includes('.') ? [] : [[...at, key].join('.'), ...placesIn(below, [...at, key])],
  );
}

test.each<[string, Kind | 'CiliumBGPNodeConfig' | undefined]>([
  ['svc', 'Service'],
  ['Services', 'Service'],
  ['cbgppeer', 'CiliumBGPPeerConfig'],
  ['ciliumbgppeerconfig', 'CiliumBGPPeerConfig'],
  ['CBGPNODE', 'CiliumBGPNodeConfig'],
  ['pods', undefined],
])('the kind %s is %s', (text, kind) => {
  expect(parseKind(text)).toBe(kind);
});
