import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allocatePodPools } from '../../../src/controlplane/pools/pod.ts';
import type { AllocatedPool, CiliumNode, CiliumPodIPPool } from '../../../src/controlplane/resources/types.ts';
import { Prefix } from '../../../src/ip/prefix.ts';
import { runs as all } from '../../runs.ts';

const runs = all / 20;

function pool(name: string, spec: CiliumPodIPPool['spec'] = {}): CiliumPodIPPool {
  return {
    apiVersion: 'cilium.io/v2alpha1',
    kind: 'CiliumPodIPPool',
    metadata: { name },
    spec: {
      ipv4: { cidrs: ['10.0.0.0/24'], maskSize: 26 },
      ipv6: { cidrs: ['2001:db8::/32'], maskSize: 64 },
      ...spec,
    },
  };
}

function node(
  name: string,
  needed: { readonly ipv4?: number; readonly ipv6?: number },
  allocated: readonly AllocatedPool[] = [],
  from = 'p',
): CiliumNode {
  return {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumNode',
    metadata: { name },
    spec: {
      ipam: {
        pools: {
          allocated,
          requested: [{ pool: from, needed: { 'ipv4-addrs': needed.ipv4 ?? 0, 'ipv6-addrs': needed.ipv6 ?? 0 } }],
        },
      },
    },
  };
}

const cidrs = (pools: readonly CiliumPodIPPool[], nodes: readonly CiliumNode[]) =>
  Object.fromEntries(
    [...allocatePodPools(pools, nodes).allocated].map(([name, held]) => [name, held.flatMap(({ cidrs: of }) => of)]),
  );

test('each node is given its own prefixes, as many as it needs', () => {
  expect(cidrs([pool('p')], [node('a', { ipv4: 62, ipv6: 5 }), node('b', { ipv4: 63 })])).toEqual({
    a: ['10.0.0.0/26', '2001:db8::/64'],
    b: ['10.0.0.64/26', '10.0.0.128/26'],
  });
});

test('the first and the last address of a prefix count when the pool allows them', () => {
  const generous = pool('p', { allowFirstIP: true, allowLastIP: true });
  expect(cidrs([generous], [node('b', { ipv4: 64 })])).toEqual({ b: ['10.0.0.0/26'] });
  expect(allocatePodPools([generous], [node('b', { ipv4: 64 })]).allocated.get('b')).toEqual([
    { pool: 'p', cidrs: ['10.0.0.0/26'], allowFirstIP: true, allowLastIP: true },
  ]);
  const single = pool('p', { ipv4: { cidrs: ['10.0.0.0/31'], maskSize: 32 } });
  expect(cidrs([single], [node('a', { ipv4: 2 })])).toEqual({ a: ['10.0.0.0/32', '10.0.0.1/32'] });
});

test('a node keeps what it was allocated, whatever it needs now', () => {
  const allocated = [{ pool: 'p', cidrs: ['10.0.0.128/26'] }];
  expect(cidrs([pool('p')], [node('a', { ipv4: 10 }), node('b', { ipv4: 100 }, allocated)])).toEqual({
    a: ['10.0.0.0/26'],
    b: ['10.0.0.64/26', '10.0.0.128/26'],
  });
  expect(cidrs([], [node('b', {}, allocated)])).toEqual({ b: ['10.0.0.128/26'] });
});

test('of two nodes with one prefix the older one keeps it', () => {
  const allocated = [{ pool: 'p', cidrs: ['10.0.0.0/26'] }];
  expect(cidrs([pool('p')], [node('a', { ipv4: 1 }, allocated), node('b', { ipv4: 1 }, allocated)])).toEqual({
    a: ['10.0.0.0/26'],
    b: ['10.0.0.64/26'],
  });
});

test('what is carved never overlaps with what some node has of another length', () => {
  const allocated = [{ pool: 'old', cidrs: ['10.0.0.0/25'] }];
  expect(cidrs([pool('p')], [node('a', { ipv4: 1 }), node('b', {}, allocated)])['a']).toEqual(['10.0.0.128/26']);
});

test('what is missing is said', () => {
  const { shortages } = allocatePodPools(
    [pool('p', { ipv4: { cidrs: ['10.0.0.0/26'], maskSize: 26 } })],
    [node('a', { ipv4: 100 }), node('b', { ipv4: 1 }, [], 'absent')],
  );
  expect(shortages.map(({ node: name, message }) => [name, message])).toEqual([
    ['a', 'pool "p" has no IPv4 prefix left'],
    ['b', 'pool "absent" does not exist'],
  ]);
  const { ipv6: _, ...ipv4Only } = pool('p').spec;
  const [shortage] = allocatePodPools([{ ...pool('p'), spec: ipv4Only }], [node('a', { ipv6: 1 })]).shortages;
  expect(shortage?.message).toBe('pool "p" has no IPv6');
});

const need = fc.integer({ min: 0, max: 150 });

test('no two nodes have prefixes that overlap, and allocating again changes nothing', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(need, need), { maxLength: 4 }), fc.array(need, { maxLength: 4 }), (needs, later) => {
      const pools = [pool('p')];
      const nodes = needs.map(([ipv4, ipv6], index) => node(`node-${index}`, { ipv4, ipv6 }));
      const first = allocatePodPools(pools, nodes);
      const grown = nodes.map(({ metadata: { name } }, index) =>
        node(name, { ipv4: later[index] ?? 0 }, first.allocated.get(name)),
      );
      const second = allocatePodPools(pools, grown);
      const again = allocatePodPools(
        pools,
        grown.map((each) => ({
          ...each,
          spec: {
            ipam: { pools: { ...each.spec.ipam?.pools, allocated: second.allocated.get(each.metadata.name) ?? [] } },
          },
        })),
      );
      expect(again.allocated).toEqual(second.allocated);
      const every = [...second.allocated.values()]
        .flat()
        .flatMap(({ cidrs: of = [] }) => of.map((text) => Prefix.parse(text)));
      for (const [index, one] of every.entries())
        for (const other of every.slice(index + 1)) expect(one.overlaps(other)).toBe(false);
      for (const [name, held] of first.allocated) {
        const now = second.allocated.get(name)?.flatMap(({ cidrs: of = [] }) => of) ?? [];
        for (const cidr of held.flatMap(({ cidrs: of = [] }) => of)) expect(now).toContain(cidr);
      }
    }),
    { numRuns: runs },
  );
});
