import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Planner, plan } from '../../../src/controlplane/plan/planner.ts';
import type { NodeFacts } from '../../../src/controlplane/plan/types.ts';
import { keyOf } from '../../../src/controlplane/resources/key.ts';
import type { BGPAdvertisement, Resource } from '../../../src/controlplane/resources/types.ts';
import { Address } from '../../../src/ip/address.ts';
import { Prefix } from '../../../src/ip/prefix.ts';
import { ipv4Unicast, ipv6Unicast } from '../../../src/wire/family.ts';
import { packPrefixes } from '../../../src/wire/nlri.ts';
import { runs as all } from '../../runs.ts';
import {
  advertisement,
  BLUE,
  ciliumNode,
  clusterConfig,
  device,
  endpoints,
  facts,
  NODE,
  override,
  peer,
  peerConfig,
  planText,
  podPool,
  RED,
  secret,
  service,
  serviceAdvertisement,
  World,
} from './support.ts';

const runs = Math.ceil(all / 50);

const prefixes = (...of: readonly string[]): BGPAdvertisement => ({ advertisementType: 'Prefixes', prefixes: of });
const attributed = (localPreference: number, community: string) => ({
  attributes: { localPreference, communities: { standard: [community] }, med: localPreference },
});

/** Each resource in the forms that it may have. */
const universe: readonly (readonly Resource[])[] = [
  [
    clusterConfig([peer('red', RED, 'red')]),
    clusterConfig([peer('red', RED, 'red'), peer('blue', BLUE, 'blue')]),
    clusterConfig([peer('blue', RED, 'blue'), peer('twin', RED, 'red'), { name: 'none' }]),
    clusterConfig([peer('red', BLUE, 'red')], { localASN: 65009 }),
    { ...clusterConfig([peer('red', RED, 'red')]), spec: { bgpInstances: [{ name: 'instance' }] } },
  ],
  [clusterConfig([peer('other', '::9', 'red')], { name: 'second' }, 'another')],
  [
    peerConfig('red'),
    peerConfig('red', { timers: { holdTimeSeconds: 9 } }),
    peerConfig('red', { transport: { sourceInterface: 'eth0' } }),
    peerConfig('red', { authSecretRef: 'bgp' }),
  ],
  [peerConfig('blue'), peerConfig('blue', { families: [{ afi: 'ipv6', safi: 'unicast', advertisements: {} }] })],
  [
    ciliumNode(),
    ciliumNode({ ipam: { podCIDRs: ['10.0.1.0/24', '2001:db8:0:1::/64'] } }),
    ciliumNode({ ipam: { pools: { allocated: [{ pool: 'pool', cidrs: ['10.100.1.0/24'] }] } } }),
  ],
  [podPool('pool'), podPool('pool', { color: 'red' })],
  [override({ bgpInstances: [{ name: 'instance', localASN: 65003, peers: [{ name: 'red', localAddress: '::5' }] }] })],
  [secret('bgp', { password: 'one' }), secret('bgp', { password: 'two' })],
  [
    advertisement('a', [{ advertisementType: 'PodCIDR' }, prefixes('2001:db8:a::/48', '10.9.0.0/16')]),
    advertisement('a', [{ advertisementType: 'PodCIDR', ...attributed(7, '7:7') }]),
    advertisement('a', [{ advertisementType: 'CiliumPodIPPool', selector: {} }], 'blue'),
  ],
  [
    advertisement('b', [serviceAdvertisement(['LoadBalancerIP', 'ClusterIP', 'ExternalIP'])]),
    advertisement('b', [serviceAdvertisement(['LoadBalancerIP'], { lengths: { ipv4: 24 } })], 'blue'),
    advertisement('b', [serviceAdvertisement(['LoadBalancerIP'], attributed(3, '3:3'))]),
  ],
  [
    advertisement('c', [serviceAdvertisement(['LoadBalancerIP'], attributed(5, '5:5'))]),
    advertisement('c', [
      { ...prefixes('2001:db8:a::/48', '2001:db8:b::/48'), ...attributed(5, '5:5') } as BGPAdvertisement,
      { advertisementType: 'Interface', interface: { name: 'eth0' } },
    ]),
  ],
  [
    service('one', {}, ['192.168.0.1', '2001:db8:2::1']),
    service('one', { externalTrafficPolicy: 'Local', clusterIP: '10.2.0.1' }, ['192.168.0.1']),
    service('one', { loadBalancerClass: 'foreign' }, ['192.168.0.1']),
  ],
  [
    service('two', { externalIPs: ['192.168.0.1', '198.51.100.1'] }),
    service('two', { internalTrafficPolicy: 'Local', clusterIP: '10.2.0.2' }, ['192.168.0.2']),
  ],
  [service('b-c', {}, ['192.168.0.3'], { namespace: 'd' })],
  [service('b', {}, ['192.168.0.4'], { namespace: 'c-d' })],
  ...[0, 1].map((index): readonly Resource[] => [
    endpoints('one', [{ node: NODE }])[index] as Resource,
    endpoints('one', [{ node: 'node-2' }, { node: NODE, terminating: true }])[index] as Resource,
  ]),
  [endpoints('two', [{ node: NODE }])[0] as Resource],
];

const machines: readonly NodeFacts[] = [
  facts(),
  facts({ ipam: 'multi-pool', interfaces: [device('eth0', ['192.0.2.1', '2001:db8::1'])] }),
  facts({ services: { ready: true, announceWithoutEndpoints: false, legacyOrigin: true } }),
  facts({ services: { ready: false, announceWithoutEndpoints: true, legacyOrigin: false } }),
  facts({ capabilities: { md5: true } }),
];

/** Sets a resource to one of its forms, or deletes it; or changes the machine. */
type Edit = { readonly set: Resource } | { readonly delete: Resource } | { readonly machine: NodeFacts };

const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...universe.flat()).map((resource) => ({ set: resource })) },
  { weight: 3, arbitrary: fc.constantFrom(...universe.flat()).map((resource) => ({ delete: resource })) },
  { weight: 1, arbitrary: fc.constantFrom(...machines).map((machine) => ({ machine })) },
);
/** Most often there is something to announce, and somebody to announce it to. */
const start = fc.subarray(
  universe.map(([first]) => first as Resource),
  { minLength: universe.length - 4 },
);
const edits = fc.array(edit, { maxLength: 12 });

function perform(world: World, step: Edit): void {
  if ('set' in step) world.set(step.set);
  else if ('delete' in step) world.delete(step.delete);
  else world.setNode(step.machine);
}

/** What the fake speaker has, and what it should. */
function expectAsPlanned(world: World): void {
  expect([...world.instances.running.keys()].toSorted()).toEqual([...world.plan.instances.keys()].toSorted());
  for (const [name, { global, neighbors, policies, paths }] of world.plan.instances) {
    const router = world.instances.get(name);
    expect(router?.global).toEqual(global);
    expect([...(router?.neighbors.values() ?? [])].map((each) => each.name).toSorted()).toEqual(
      [...neighbors.values()].map((each) => each.name).toSorted(),
    );
    for (const [policy, value] of policies) expect(router?.policies.get(policy)).toEqual(value);
    expect(router?.policies.size).toBe(policies.size);
    expect([...(router?.paths.keys() ?? [])].toSorted()).toEqual([...paths.keys()].toSorted());
    for (const [prefix, { attributes }] of paths) expect(router?.paths.get(prefix)?.attributes).toEqual(attributes);
  }
}

test('after each edit the plan is that from nothing, is carried out, and done again does nothing', async () => {
  await fc.assert(
    fc.asyncProperty(start, edits, async (resources, steps) => {
      const world = new World();
      world.set(...resources);
      await world.step();
      expectAsPlanned(world);
      for (const step of steps) {
        perform(world, step);
        const { failures } = await world.step();
        expect(failures).toEqual([]);
        expectAsPlanned(world);
      }
    }),
    { numRuns: runs },
  );
});

test('any order of the edits ends in the same plan', () => {
  fc.assert(
    fc.property(
      fc
        .subarray(universe.map(([first]) => first as Resource))
        .chain((chosen) => fc.tuple(fc.constant(chosen), fc.shuffledSubarray(chosen, { minLength: chosen.length }))),
      fc.array(fc.boolean(), { minLength: universe.length, maxLength: universe.length }),
      ([chosen, shuffled], looks) => {
        const planner = new Planner(facts());
        for (const [index, resource] of shuffled.entries()) {
          planner.update(keyOf(resource), resource);
          if (looks[index] === true) planner.plan();
        }
        expect(planText(planner.plan())).toEqual(planText(plan(chosen, facts())));
      },
    ),
    { numRuns: runs },
  );
});

test('deleting what was added restores what was', () => {
  fc.assert(
    fc.property(start, fc.uniqueArray(fc.constantFrom(...universe.keys()), { maxLength: 6 }), (resources, extra) => {
      const planner = new Planner(facts());
      for (const resource of resources) planner.update(keyOf(resource), resource);
      const before = planText(planner.plan());
      const present = new Set(resources);
      const added = extra.map((index) => universe[index]?.[0] as Resource).filter((resource) => !present.has(resource));
      for (const resource of added) {
        planner.update(keyOf(resource), resource);
        planner.plan();
      }
      for (const resource of added.toReversed()) planner.update(keyOf(resource), undefined);
      expect(planText(planner.plan())).toEqual(before);
    }),
    { numRuns: runs },
  );
});

test('whatever fails on the way, a run without failures ends as planned; paths of the API are never touched', async () => {
  const theirs = ['192.168.0.1/32', '2001:db8:a::/48'];
  await fc.assert(
    fc.asyncProperty(
      start,
      edits,
      fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 40 }),
      async (resources, steps, dice) => {
        const world = new World();
        world.set(clusterConfig([]), ciliumNode());
        await world.step();
        const router = world.instances.get('instance');
        for (const text of theirs) {
          const prefix = Prefix.parse(text);
          const family = prefix.isIPv4 ? ipv4Unicast : ipv6Unicast;
          router?.advertiseBulk({ family, nlri: packPrefixes(family, [prefix]), attributes: {}, owner: 'api' });
        }
        world.set(...resources);
        let rolls = 0;
        for (const step of steps) {
          perform(world, step);
          world.instances.failing = () => (dice[rolls++ % Math.max(1, dice.length)] === 0 ? 'bad luck' : undefined);
          await world.controller.run(world.plan);
        }
        world.instances.failing = () => undefined;
        await world.step();
        expectAsPlanned(world);
        expect([...(router?.othersPaths.keys() ?? [])]).toEqual(theirs);
      },
    ),
    { numRuns: runs },
  );
});

test('a plan is a value: later edits do not change it', () => {
  fc.assert(
    fc.property(start, edits, (resources, steps) => {
      const world = new World();
      world.set(...resources);
      const { plan: first } = world;
      const before = planText(first);
      for (const step of steps) {
        perform(world, step);
        world.planner.plan();
      }
      expect(planText(first)).toEqual(before);
    }),
    { numRuns: runs },
  );
});

test('the default gateway that is discovered is the one with the lowest metric, whatever the order of the routes', () => {
  const discovering = clusterConfig([
    { name: 'gateway', autoDiscovery: { mode: 'DefaultGateway', defaultGateway: { addressFamily: 'ipv6' } } },
  ]);
  const route = fc.record({
    family: fc.constantFrom('ipv4', 'ipv6'),
    gateway: fc.constantFrom('2001:db8::1', '2001:db8::2', '192.0.2.1').map((text) => Address.parse(text)),
    device: fc.constantFrom('eth0', 'eth1'),
    metric: fc.integer({ min: 0, max: 3 }),
    deviceUp: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(route, { selector: ({ device: name, metric }) => `${name} ${metric}` }),
      (defaultRoutes) => {
        const addressWith = (routes: NodeFacts['defaultRoutes']) => {
          const planned = plan([ciliumNode(), discovering], facts({ defaultRoutes: routes }));
          return [...(planned.instances.get('instance')?.neighbors.values() ?? [])].map(({ address }) =>
            String(address),
          );
        };
        const found = addressWith(defaultRoutes);
        expect(addressWith(defaultRoutes.toReversed())).toEqual(found);
        const usable = defaultRoutes.filter(({ family, deviceUp }) => family === 'ipv6' && deviceUp);
        expect(found).toHaveLength(usable.length === 0 ? 0 : 1);
        const least = Math.min(...usable.map(({ metric }) => metric));
        const best = usable.filter(({ metric }) => metric === least).map(({ gateway }) => String(gateway));
        for (const address of found) expect(best).toContain(address);
      },
    ),
    { numRuns: runs },
  );
});
