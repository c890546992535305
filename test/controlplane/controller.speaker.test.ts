import { expect, test } from 'vitest';
import { Controller, type Instances } from '../../src/controlplane/controller.ts';
import { instanceStatuses } from '../../src/controlplane/plan/node-status.ts';
import { Planner } from '../../src/controlplane/plan/planner.ts';
import { keyOf } from '../../src/controlplane/resources/key.ts';
import type { Resource } from '../../src/controlplane/resources/types.ts';
import type { Speaker } from '../../src/speaker/speaker.ts';
import type { BgpGlobal } from '../../src/speaker/types.ts';
import { formatCommunity } from '../../src/wire/community.ts';
import { ipv4Unicast, ipv6Unicast } from '../../src/wire/family.ts';
import { addressOf, advertise, Lab, neighbor, tableOf } from '../speaker/support.ts';
import {
  advertisement,
  ciliumNode,
  clusterConfig,
  facts,
  NODE,
  peer,
  peerConfig,
  service,
  serviceAdvertisement,
} from './plan/support.ts';

const ROUTER = 2;

/** A node with the real speaker, and a router that it peers with. */
class Node implements Instances {
  readonly lab = new Lab(1);
  readonly speakers = new Map<string, Speaker>();
  readonly controller = new Controller(this);
  readonly planner = new Planner(facts());
  router: Speaker | undefined;
  starts = 0;

  static async start(): Promise<Node> {
    const node = new Node();
    node.router = await node.lab.speaker(ROUTER);
    node.router.addNeighbor(neighbor(1, { asn: 0, families: [ipv6Unicast, ipv4Unicast] }));
    return node;
  }

  get(name: string): Speaker | undefined {
    return this.speakers.get(name);
  }

  async start(name: string, global: BgpGlobal): Promise<void> {
    this.starts++;
    this.speakers.set(name, await this.lab.speaker(1, { ...global }));
  }

  async stop(name: string, options: { readonly fullDestroy: boolean }): Promise<void> {
    await this.speakers.get(name)?.stop(options);
    this.speakers.delete(name);
  }

  async apply(...resources: readonly Resource[]): Promise<void> {
    for (const resource of resources) this.planner.update(keyOf(resource), resource);
    await this.run();
  }

  async delete(resource: Resource): Promise<void> {
    this.planner.update(keyOf(resource), undefined);
    await this.run();
  }

  async run(): Promise<void> {
    const { failures } = await this.controller.run(this.planner.plan());
    expect(failures).toEqual([]);
    expect((await this.controller.run(this.planner.plan())).operations).toEqual([]);
  }

  get speaker(): Speaker {
    const speaker = this.get('instance');
    if (speaker === undefined) throw new Error('the instance does not run');
    return speaker;
  }

  established(): boolean {
    return this.lab.until(() => this.router?.peer(addressOf(1))?.sessionState === 'established');
  }

  /** What the router received: prefix to communities. */
  received(): Record<string, readonly string[]> {
    this.lab.clock.advance(2000);
    const tables = [ipv6Unicast, ipv4Unicast].map((family) =>
      tableOf(this.router as Speaker, { table: 'adj-rib-in', neighbor: addressOf(1), family }),
    );
    return Object.fromEntries(
      tables.flatMap((table) =>
        Object.entries(table).map(([prefix, entry]) => {
          const { attributes } = entry as { attributes: { communities?: readonly number[] } };
          return [prefix, (attributes.communities ?? []).map(formatCommunity)];
        }),
      ),
    );
  }
}

const timers = { connectRetryTimeSeconds: 1, holdTimeSeconds: 9, keepAliveTimeSeconds: 3 };
const pods = (...podCIDRs: readonly string[]) =>
  ciliumNode({ addresses: [{ type: 'InternalIP', ip: '192.0.2.1' }], ipam: { podCIDRs } });
const community = (text: string) => ({ attributes: { communities: { standard: [text] } } });
const toRouter = clusterConfig([{ ...peer('router', addressOf(ROUTER).toString(), 'red'), peerASN: 65002 }]);
const base: readonly Resource[] = [
  pods('2001:db8:0:1::/64'),
  toRouter,
  peerConfig('red', { timers }),
  advertisement('pods', [{ advertisementType: 'PodCIDR', ...community('65001:100') }]),
  advertisement('services', [serviceAdvertisement(['LoadBalancerIP'], community('65001:200'))]),
];

test('manifests end up as routes at the router, change by change', async () => {
  const node = await Node.start();
  await node.apply(...base, service('web', {}, ['2001:db8:2::1', '192.168.0.1']));
  expect(node.established()).toBe(true);
  expect(node.received()).toEqual({
    '2001:db8:0:1::/64': ['65001:100'],
    '2001:db8:2::1/128': ['65001:200'],
    '192.168.0.1/32': ['65001:200'],
  });
  const before = node.router?.peer(addressOf(1))?.counters.updatesReceived ?? 0;

  await node.apply(service('db', {}, ['2001:db8:2::2']));
  expect(Object.keys(node.received())).toContain('2001:db8:2::2/128');
  // One route more is one UPDATE more: what was there is neither withdrawn nor sent again.
  expect(node.router?.peer(addressOf(1))?.counters.updatesReceived).toBe(before + 1);

  await node.delete(service('web'));
  await node.delete(service('db'));
  await node.apply(pods('2001:db8:0:2::/64'));
  expect(node.received()).toEqual({ '2001:db8:0:2::/64': ['65001:100'] });
});

test('a change of what is announced sends what comes out differently, and nothing else', async () => {
  const node = await Node.start();
  const services = Array.from({ length: 20 }, (_, i) => service(`s${i}`, {}, [`2001:db8:2::${i + 1}`]));
  await node.apply(...base, ...services);
  expect(node.established()).toBe(true);
  expect(Object.keys(node.received())).toHaveLength(21);
  const heard: string[] = [];
  node.router?.watchRoutes({ table: 'adj-rib-in' }, (events) => {
    for (const { type, route } of events) heard.push(`${type} ${route.prefix}`);
  });
  const after = async (...resources: readonly Resource[]) => {
    await node.apply(...resources);
    node.received();
    return heard.splice(0);
  };
  expect(await after(advertisement('pods', [{ advertisementType: 'PodCIDR', ...community('65001:101') }]))).toEqual([
    'announced 2001:db8:0:1::/64',
  ]);
  const relabelled = await after(
    advertisement('services', [serviceAdvertisement(['LoadBalancerIP'], community('65001:201'))]),
  );
  expect(relabelled.toSorted()).toEqual(services.map((_, i) => `announced 2001:db8:2::${i + 1}/128`).toSorted());
  expect(await after(service('s0', {}, ['2001:db8:2::1', '2001:db8:2::ff']))).toEqual(['announced 2001:db8:2::ff/128']);
  // What the router hears as its next hop is another for each route.
  expect(await after(peerConfig('red', { timers, nextHop: 'global' }))).toHaveLength(22);
  expect(node.router?.peer(addressOf(1))?.counters.established).toBe(1);
});

test('what the API put in stays, and is announced by no policy of the plan', async () => {
  const node = await Node.start();
  await node.apply(...base);
  advertise(node.speaker, ['2001:db8:f::/48', '2001:db8:0:1::/64']);
  expect(node.established()).toBe(true);
  expect(Object.keys(node.received())).toEqual(['2001:db8:0:1::/64']);
  await node.delete(advertisement('pods', []));
  expect(node.received()).toEqual({});
  expect(Object.keys(tableOf(node.speaker))).toEqual(['2001:db8:0:1::/64', '2001:db8:f::/48']);
});

test('another ASN is another instance, and the router learns all again from it', async () => {
  const node = await Node.start();
  await node.apply(...base);
  expect(node.established()).toBe(true);
  const [instance] = toRouter.spec.bgpInstances;
  if (instance === undefined) throw new Error('no instance');
  await node.apply({ ...toRouter, spec: { bgpInstances: [{ ...instance, localASN: 65011 }] } });
  expect(node.starts).toBe(2);
  expect(node.lab.until(() => node.router?.peer(addressOf(1))?.negotiated?.peerAsn === 65011)).toBe(true);
  expect(node.received()).toEqual({ '2001:db8:0:1::/64': ['65001:100'] });
});

test('the status of the node says what its sessions are', async () => {
  const node = await Node.start();
  await node.apply(...base);
  expect(node.established()).toBe(true);
  node.received();
  const statuses = () => instanceStatuses(node.planner.plan(), NODE, (name) => node.get(name)?.peers() ?? []);
  expect(statuses()).toMatchObject([
    {
      name: 'instance',
      localASN: 65001,
      peers: [
        {
          name: 'router',
          peerAddress: '2001:db8::2',
          peerASN: 65002,
          peeringState: 'established',
          timers: { appliedHoldTimeSeconds: 9, appliedKeepaliveSeconds: 3 },
          routeCount: [
            { afi: 'ipv6', safi: 'unicast', received: 0, advertised: 1 },
            { afi: 'ipv4', safi: 'unicast', received: 0, advertised: 0 },
          ],
        },
      ],
    },
  ]);
  await node.apply(peerConfig('red', { authSecretRef: 'absent' }));
  expect(statuses()[0]?.peers).toEqual([{ name: 'router', peerAddress: '2001:db8::2', peerASN: 65002 }]);
});
