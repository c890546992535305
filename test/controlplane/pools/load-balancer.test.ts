import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type LoadBalancerAllocations, LoadBalancerAllocator } from '../../../src/controlplane/pools/load-balancer.ts';
import { keyOf, keyText } from '../../../src/controlplane/resources/key.ts';
import type {
  CiliumLoadBalancerIPPool,
  LoadBalancerIPBlock,
  Service,
} from '../../../src/controlplane/resources/types.ts';
import { runs as all } from '../../runs.ts';

const runs = all / 20;

function pool(
  name: string,
  blocks: readonly (string | LoadBalancerIPBlock)[],
  spec: Omit<CiliumLoadBalancerIPPool['spec'], 'blocks'> = {},
): CiliumLoadBalancerIPPool {
  return {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumLoadBalancerIPPool',
    metadata: { name },
    spec: { blocks: blocks.map((block) => (typeof block === 'string' ? { cidr: block } : block)), ...spec },
  };
}

function service(
  name: string,
  spec: Service['spec'] = {},
  metadata: Partial<Service['metadata']> = {},
  ips: readonly string[] = [],
): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default', ...metadata },
    spec: { type: 'LoadBalancer', ports: [{ port: 80 }], ...spec },
    ...(ips.length > 0 && { status: { loadBalancer: { ingress: ips.map((ip) => ({ ip })) } } }),
  };
}

interface Allocated {
  readonly of: Record<string, readonly string[]>;
  readonly reasons: Record<string, string>;
  readonly problems: Record<string, readonly string[]>;
  readonly counters: Record<string, string>;
  readonly allocations: LoadBalancerAllocations;
}

function allocate(
  pools: readonly CiliumLoadBalancerIPPool[],
  services: readonly Service[],
  previous?: LoadBalancerAllocations,
): Allocated {
  return shown(new LoadBalancerAllocator(pools, services, previous));
}

function shown(result: LoadBalancerAllocator): Allocated {
  return {
    allocations: new Map(
      result.services
        .filter(({ addresses }) => addresses.length > 0)
        .map(({ key, addresses }) => [keyText(key), addresses]),
    ),
    of: Object.fromEntries(result.services.map(({ key, addresses }) => [key.name, addresses])),
    reasons: Object.fromEntries(result.services.map(({ key, condition }) => [key.name, condition.reason])),
    problems: Object.fromEntries(
      result.pools.map(({ key, conditions }) => [
        key.name,
        conditions.filter(({ status }) => status === 'True').map(({ reason, message }) => `${reason}: ${message}`),
      ]),
    ),
    counters: Object.fromEntries(
      result.pools.map(({ key, conditions }) => [
        key.name,
        conditions
          .slice(1)
          .map(({ message }) => message)
          .join(),
      ]),
    ),
  };
}

describe('which addresses a pool has', () => {
  test.each<[string, CiliumLoadBalancerIPPool, string, string]>([
    ['a prefix', pool('p', ['10.0.0.0/30']), '10.0.0.0', '4,3,1'],
    ['a prefix without its ends', pool('p', ['10.0.0.0/30'], { allowFirstLastIPs: 'No' }), '10.0.0.1', '2,1,1'],
    ['a /31 keeps its ends', pool('p', ['10.0.0.0/31'], { allowFirstLastIPs: 'No' }), '10.0.0.0', '2,1,1'],
    ['a /32 keeps its end', pool('p', ['10.0.0.7/32'], { allowFirstLastIPs: 'No' }), '10.0.0.7', '1,0,1'],
    ['a range', pool('p', [{ start: '10.0.0.5', stop: '10.0.0.6' }]), '10.0.0.5', '2,1,1'],
    ['one address', pool('p', [{ start: '2001:db8::5' }]), '2001:db8::5', '1,0,1'],
    [
      'a /64, which is never walked through',
      pool('p', ['2001:db8::/64']),
      '2001:db8::',
      '18446744073709551616,18446744073709551615,1',
    ],
  ])('%s', (_, of, first, counters) => {
    const allocated = allocate([of], [service('svc')]);
    expect(allocated.of).toEqual({ svc: [first] });
    expect(allocated.counters).toEqual({ p: counters });
    expect(allocated.reasons).toEqual({ svc: 'satisfied' });
  });
});

describe('which services are given addresses', () => {
  const pools = [pool('p', ['10.0.0.0/24'])];
  test.each<[string, Service['spec'], boolean]>([
    ['no class', {}, true],
    ['the class of BGP', { loadBalancerClass: 'io.cilium/bgp-control-plane' }, true],
    ['the class of L2', { loadBalancerClass: 'io.cilium/l2-announcer' }, true],
    ['a foreign class', { loadBalancerClass: 'example.com/lb' }, false],
    ['another type', { type: 'ClusterIP' }, false],
  ])('%s', (_, spec, expected) => {
    expect(allocate(pools, [service('svc', spec)]).of).toEqual(expected ? { svc: ['10.0.0.0'] } : {});
  });

  test('a pool serves those that its selector, or the special labels in it, select', () => {
    const selecting = [
      pool('red', ['10.1.0.0/24'], { serviceSelector: { matchLabels: { color: 'red' } } }),
      pool('named', ['10.2.0.0/24'], {
        serviceSelector: {
          matchLabels: { 'io.kubernetes.service.name': 'b', 'io.kubernetes.service.namespace': 'ns' },
        },
      }),
    ];
    const services = [
      service('a', {}, { labels: { color: 'red' } }),
      service('b', {}, { namespace: 'ns' }),
      service('c'),
    ];
    const { of, reasons } = allocate(selecting, services);
    expect(of).toEqual({ a: ['10.1.0.0'], b: ['10.2.0.0'], c: [] });
    expect(reasons['c']).toBe('no_pool');
  });

  test('each family that the service has', () => {
    const both = [pool('p', ['10.0.0.0/24', '2001:db8::/120'])];
    const families = (spec: Service['spec']) => allocate(both, [service('svc', spec)]).of['svc'];
    expect(families({})).toEqual(['10.0.0.0', '2001:db8::']);
    expect(families({ ipFamilies: ['IPv6'] })).toEqual(['2001:db8::']);
    expect(families({ ipFamilies: ['IPv6', 'IPv4'], ipFamilyPolicy: 'RequireDualStack' })).toEqual([
      '2001:db8::',
      '10.0.0.0',
    ]);
    expect(families({ ipFamilies: ['IPv6', 'IPv4'], ipFamilyPolicy: 'SingleStack' })).toEqual(['2001:db8::']);
    expect(families({ clusterIP: '10.96.0.1' })).toEqual(['10.0.0.0']);
  });
});

describe('addresses asked for by name', () => {
  const pools = [
    pool('p', ['10.0.0.0/24']),
    pool('picky', ['10.1.0.0/24'], { serviceSelector: { matchLabels: { color: 'red' } } }),
    pool('off', ['10.2.0.0/24'], { disabled: true }),
  ];
  const asking = (name: string, ips: string, spec: Service['spec'] = {}) =>
    service(name, spec, { annotations: { 'lbipam.cilium.io/ips': ips } });
  test.each<[string, readonly string[], string]>([
    ['10.0.0.7', ['10.0.0.7'], 'satisfied'],
    ['10.0.0.7, 10.0.0.9', ['10.0.0.7', '10.0.0.9'], 'satisfied'],
    ['192.0.2.1', [], 'no_pool'],
    ['10.1.0.1', [], 'pool_selector_mismatch'],
    ['10.2.0.1', [], 'pool_disabled'],
    ['nonsense', [], 'invalid_request'],
    ['10.0.0.7,192.0.2.1', ['10.0.0.7'], 'no_pool'],
  ])('%s', (ips, expected, reason) => {
    const { of, reasons } = allocate(pools, [asking('svc', ips)]);
    expect(of['svc']).toEqual(expected);
    expect(reasons['svc']).toBe(reason);
  });

  test('one that another service has is refused, and loadBalancerIP asks as well', () => {
    const { of, reasons } = allocate(pools, [asking('a', '10.0.0.7'), service('b', { loadBalancerIP: '10.0.0.7' })]);
    expect(of).toEqual({ a: ['10.0.0.7'], b: [] });
    expect(reasons).toEqual({ a: 'satisfied', b: 'already_allocated' });
  });

  test('a service that asks for another address gives up the one it had', () => {
    const { allocations } = allocate(pools, [service('svc')]);
    expect(allocate(pools, [asking('svc', '10.0.0.9')], allocations).of).toEqual({ svc: ['10.0.0.9'] });
  });
});

describe('sharing', () => {
  const pools = [pool('p', ['10.0.0.0/24'])];
  const sharing = (
    name: string,
    port: number,
    options: {
      readonly key?: string;
      readonly cross?: string;
      readonly namespace?: string;
      readonly spec?: Service['spec'];
    } = {},
  ) => {
    const { key = 'k', cross, namespace = 'default', spec = {} } = options;
    const annotations = {
      'lbipam.cilium.io/sharing-key': key,
      ...(cross !== undefined && { 'lbipam.cilium.io/sharing-cross-namespace': cross }),
    };
    return service(name, { ports: [{ port }], ...spec }, { namespace, annotations });
  };
  const local = (selector: Record<string, string>): Service['spec'] => ({ externalTrafficPolicy: 'Local', selector });
  test.each<[string, readonly Service[], boolean]>([
    ['the same key and other ports', [sharing('a', 80), sharing('b', 443)], true],
    ['the same port', [sharing('a', 80), sharing('b', 80)], false],
    [
      'the same port of another protocol',
      [sharing('a', 53), sharing('b', 53, { spec: { ports: [{ port: 53, protocol: 'UDP' }] } })],
      true,
    ],
    ['another key', [sharing('a', 80), sharing('b', 443, { key: 'other' })], false],
    ['another namespace', [sharing('a', 80), sharing('b', 443, { namespace: 'ns' })], false],
    [
      'another namespace, allowed by both',
      [sharing('a', 80, { cross: 'x, ns' }), sharing('b', 443, { namespace: 'ns', cross: '*' })],
      true,
    ],
    [
      'another namespace, allowed by one',
      [sharing('a', 80, { cross: 'ns' }), sharing('b', 443, { namespace: 'ns' })],
      false,
    ],
    [
      'eTP=Local and the same endpoints',
      [sharing('a', 80, { spec: local({ app: 'x' }) }), sharing('b', 443, { spec: local({ app: 'x' }) })].map(
        (of, index) => ({ ...of, spec: { ...of.spec, ports: [{ port: 80 + index }] } }),
      ),
      true,
    ],
    [
      'eTP=Local and other endpoints',
      [sharing('a', 80, { spec: local({ app: 'x' }) }), sharing('b', 443, { spec: local({ app: 'y' }) })],
      false,
    ],
  ])('%s', (_, services, expected) => {
    const { of } = allocate(pools, services);
    expect(of).toEqual({ a: ['10.0.0.0'], b: [expected ? '10.0.0.0' : '10.0.0.1'] });
  });

  test('when ports come to clash, who came later is given another address', () => {
    const { allocations } = allocate(pools, [sharing('a', 80), sharing('b', 443)]);
    const { of } = allocate(pools, [sharing('a', 80), sharing('b', 80)], allocations);
    expect(of).toEqual({ a: ['10.0.0.0'], b: ['10.0.0.1'] });
  });
});

describe('pools', () => {
  test('of two that overlap the later one gives nothing out, and says why', () => {
    const pools = [pool('a', ['10.0.0.0/24']), pool('b', ['10.0.0.128/25', '10.1.0.0/24'])];
    const { problems, of } = allocate(pools.toReversed(), [service('svc')]);
    expect(problems).toEqual({
      a: [],
      b: ['cidr_overlap: 10.0.0.128/25 overlaps with 10.0.0.0/24 of pool "a"'],
    });
    expect(of).toEqual({ svc: ['10.0.0.0'] });
  });

  test('blocks of one pool that overlap are a conflict too', () => {
    const { problems, reasons } = allocate(
      [pool('a', ['10.0.0.0/24', { start: '10.0.0.9', stop: '10.0.1.9' }])],
      [service('svc')],
    );
    expect(problems['a']).toEqual(['cidr_overlap: 10.0.0.9 - 10.0.1.9 overlaps with 10.0.0.0/24 of the same pool']);
    expect(reasons).toEqual({ svc: 'no_pool' });
  });

  test('a disabled one keeps what it gave out, and gives out nothing more', () => {
    const { allocations } = allocate([pool('p', ['10.0.0.0/24'])], [service('a')]);
    const disabled = allocate(
      [pool('p', ['10.0.0.0/24'], { disabled: true })],
      [service('a'), service('b')],
      allocations,
    );
    expect(disabled.of).toEqual({ a: ['10.0.0.0'], b: [] });
    expect(disabled.reasons).toEqual({ a: 'satisfied', b: 'no_pool' });
  });

  test('when none is left, that is said; when one is given back, the next one has it', () => {
    const pools = [pool('p', ['10.0.0.0/31'])];
    const services = ['a', 'b', 'c'].map((name) => service(name));
    const first = allocate(pools, services);
    expect(first.reasons).toEqual({ a: 'satisfied', b: 'satisfied', c: 'out_of_ips' });
    const second = allocate(pools, services.slice(1), first.allocations);
    expect(second.of).toEqual({ b: ['10.0.0.1'], c: ['10.0.0.0'] });
  });

  test('an address that the pool no longer has, or no longer for this service, is replaced', () => {
    const { allocations } = allocate([pool('p', ['10.0.0.0/24'])], [service('a')]);
    expect(allocate([pool('p', ['10.9.0.0/24'])], [service('a')], allocations).of).toEqual({ a: ['10.9.0.0'] });
    const picky = pool('p', ['10.0.0.0/24'], { serviceSelector: { matchLabels: { color: 'red' } } });
    expect(allocate([picky], [service('a')], allocations).of).toEqual({ a: [] });
  });

  test('what a service’s status says can stand in for the stored allocations', () => {
    const pools = [pool('p', ['10.0.0.0/24'])];
    const stored: Service = { ...service('b'), status: { loadBalancer: { ingress: [{ ip: '10.0.0.77' }] } } };
    expect(allocate(pools, [service('a'), stored]).of).toEqual({
      a: ['10.0.0.0'],
      b: ['10.0.0.77'],
    });
  });
});

const someServices = fc
  .uniqueArray(
    fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      port: fc.integer({ min: 1, max: 3 }),
      key: fc.constantFrom('', 'x', 'y'),
      color: fc.constantFrom('red', 'blue'),
      ips: fc.constantFrom('', '10.0.0.1', '2001:db8::1'),
      had: fc.constantFrom([], ['10.0.0.2'], ['10.0.0.1', '2001:db8::1']),
      type: fc.constantFrom<NonNullable<Service['spec']['type']>[]>(
        'LoadBalancer',
        'LoadBalancer',
        'LoadBalancer',
        'ClusterIP',
      ),
    }),
    { selector: ({ name }) => name },
  )
  .map((list) =>
    list.map(({ name, port, key, color, ips, had, type }) =>
      service(
        name,
        { type, ports: [{ port }] },
        { labels: { color }, annotations: { 'lbipam.cilium.io/sharing-key': key, 'lbipam.cilium.io/ips': ips } },
        had,
      ),
    ),
  );
const somePools = fc.subarray([
  pool('p', ['10.0.0.0/30']),
  pool('q', ['2001:db8::/64'], { serviceSelector: { matchLabels: { color: 'red' } } }),
  pool('r', ['10.0.0.2/31', '10.1.0.0/31']),
  pool('s', ['10.2.0.0/31'], { disabled: true }),
]);

describe('laws', () => {
  test('allocating again changes nothing, in whatever order the resources come', () => {
    fc.assert(
      fc.property(somePools, someServices, somePools, someServices, (pools, services, later, others) => {
        const before = allocate(pools, services);
        const first = allocate(later, others, before.allocations);
        const second = allocate(later.toReversed(), others.toReversed(), first.allocations);
        expect(second).toEqual(first);
      }),
      { numRuns: runs },
    );
  });

  test('nobody loses an address that it may keep when services come', () => {
    fc.assert(
      fc.property(somePools, someServices, (pools, services) => {
        const [newcomer, ...present] = services;
        const before = allocate(pools, present);
        const after = allocate(pools, newcomer === undefined ? present : [newcomer, ...present], before.allocations);
        for (const [name, addresses] of Object.entries(before.of)) {
          expect(after.of[name]?.slice(0, addresses.length)).toEqual(addresses);
        }
      }),
      { numRuns: runs },
    );
  });

  test('the result of changes is that of all services from nothing with the addresses that they had', () => {
    fc.assert(
      fc.property(
        somePools,
        someServices,
        fc.array(fc.tuple(someServices, fc.subarray(['a', 'b', 'c', 'd', 'e']))),
        (pools, services, steps) => {
          const allocator = new LoadBalancerAllocator(pools, services);
          const present = new Map(services.map((each) => [keyText(keyOf(each)), each]));
          for (const [put, gone] of steps) {
            const { allocations } = shown(allocator);
            const changes = new Map<string, Service | undefined>(
              gone.map((name) => [keyText({ kind: 'Service', namespace: 'default', name }), undefined]),
            );
            for (const each of put.slice(0, 2)) changes.set(keyText(keyOf(each)), each);
            for (const [key, each] of changes) {
              if (each === undefined) present.delete(key);
              else present.set(key, each);
            }
            const before = new Map(allocator.services.map((each) => [keyText(each.key), each]));
            const touched = allocator.change(changes);
            expect(shown(allocator)).toEqual(allocate(pools, [...present.values()], allocations));
            const after = new Map(allocator.services.map((each) => [keyText(each.key), each]));
            for (const key of [...before.keys(), ...after.keys()]) {
              if (!touched.has(key)) expect(after.get(key)).toEqual(before.get(key));
            }
          }
        },
      ),
      { numRuns: runs },
    );
  });

  test('two services have one address only with the same key and other ports', () => {
    fc.assert(
      fc.property(somePools, someServices, (pools, services) => {
        const { of } = allocate(pools, services);
        const byName = new Map(services.map((each) => [each.metadata.name, each]));
        const holders = new Map<string, Service[]>();
        for (const [name, addresses] of Object.entries(of)) {
          for (const address of addresses) {
            const holder = byName.get(name) as Service;
            for (const other of holders.get(address) ?? []) {
              const key = holder.metadata.annotations?.['lbipam.cilium.io/sharing-key'];
              expect(key).not.toBe('');
              expect(other.metadata.annotations?.['lbipam.cilium.io/sharing-key']).toBe(key);
              expect(other.spec.ports?.[0]?.port).not.toBe(holder.spec.ports?.[0]?.port);
            }
            holders.set(address, [...(holders.get(address) ?? []), holder]);
          }
        }
      }),
      { numRuns: runs },
    );
  });
});

test.each([100, 10_000])('of %i services, one that comes, changes or goes costs the same', (count) => {
  const services = Array.from({ length: count }, (_, index) => service(`s-${index}`));
  const allocator = new LoadBalancerAllocator([pool('p', ['2001:db8::/64'])], services);
  const change = (name: string, to: Service | undefined) => {
    const before = allocator.evaluations;
    allocator.change(new Map([[`Service default/${name}`, to]]));
    return allocator.evaluations - before;
  };
  expect(allocator.evaluations).toBe(count);
  expect(change('new', service('new'))).toBe(1);
  expect(change('s-7', service('s-7', { ports: [{ port: 81 }] }))).toBe(1);
  expect(change('s-9', undefined)).toBe(0);
  expect(change('newer', service('newer'))).toBe(1);
});
