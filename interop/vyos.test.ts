import { describe, expect, test } from 'vitest';
import { Frr, type FrrNeighbor } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import type { Lab } from './lab/lab.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { atOnce, until } from './lab/until.ts';
import { fetchFrom, serve } from './lab/web.ts';

// The texts are the files of `vyos/`, which `vyos.md` shows.

const vip = '2001:db8:1:1::80';
const router = '2001:db8:0:1::1';
const pods = { worker1: '2001:db8:a:1::', worker2: '2001:db8:a:2::', control1: '2001:db8:a:3::' } as const;

/** A node as the router knows it. */
interface Neighbor {
  readonly node: keyof typeof pods;
  /** An address, or an interface of the router. */
  readonly name: string;
  readonly session?: Partial<FrrNeighbor>;
}

interface VyosBfd {
  readonly peer: string;
  readonly status: string;
  readonly 'remote-transmit-interval': number;
}

const worker1 = { node: 'worker1', name: '2001:db8:0:1::a' } as const;
const worker2 = { node: 'worker2', name: '2001:db8:0:1::b' } as const;
const control1 = { node: 'control1', name: '2001:db8::a' } as const;

describe.each(frrVersions)('what VyOS renders, on FRR %s', (version) => {
  const deploy = (TEXT: string) => useLab(import.meta.url, 'vyos.clab.yml', { FRR: version, TEXT });

  describe('numbered', () => {
    const timers = { bgpTimerHoldTimeMsecs: 9000, bgpTimerKeepAliveIntervalMsecs: 3000 };
    peersAndForwards(deploy('numbered'), [
      { ...worker1, session: { remoteAs: 65011, ...timers } },
      { ...worker2, session: { remoteAs: 65012, ...timers } },
    ]);
  });

  describe('unnumbered', () => {
    peersAndForwards(deploy('unnumbered'), [
      { node: 'worker1', name: 'eth3', session: { remoteAs: 65011 } },
      { node: 'worker2', name: 'eth4', session: { remoteAs: 65011 } },
    ]);
  });

  describe('password-timers', () => {
    // Of each session the lower hold time: VyOS's with the first, the node's with the second.
    const session = (hold: number) => ({
      bgpTimerHoldTimeMsecs: hold * 1000,
      bgpTimerKeepAliveIntervalMsecs: (hold / 3) * 1000,
    });
    peersAndForwards(deploy('password-timers'), [
      { ...worker1, session: session(6) },
      { ...worker2, session: session(45) },
    ]);
  });

  describe('filters', () => {
    const lab = deploy('filters');
    peersAndForwards(lab, [worker1, worker2]);

    test('pods and VIPs are marked, an address of the node is announced and refused', async () => {
      const vyos = new Frr(lab().node('vyos'));
      for (const [prefix, preference, community] of [
        [`${pods.worker1}/64`, 150, '65010:64'],
        [`${vip}/128`, 250, '65010:128'],
      ] as const) {
        const [path] = await vyos.paths(prefix);
        expect([path?.locPrf, path?.community?.list]).toEqual([preference, [community]]);
      }
      const words = `herald routes advertised ipv6 unicast peer ${router}`.split(' ');
      expect(await lab().node('worker1').text(words)).toContain(`${worker1.name}/128`);
      expect(await vyos.prefixesFrom(worker1.name)).not.toContain(`${worker1.name}/128`);
    });

    test('of all that the router has, the node sees the default route', async () => {
      const herald = new Herald(lab().node('worker2'));
      const received = await until(
        () => herald.received(router),
        (prefixes) => prefixes.length > 0,
        { what: 'the default route' },
      );
      expect(received).toEqual(['::/0']);
    });
  });

  describe('cluster', () => {
    const lab = deploy('cluster');
    const neighbors = [worker1, worker2, control1];
    peersAndForwards(lab, neighbors);

    test('BFD is up with every node, in the intervals of the profile', async () => {
      const vyos = new Frr(lab().node('vyos'));
      // While it is not up, each says that it sends once a second.
      const sessions = await until(
        () => vyos.json<VyosBfd[]>('show bfd peers'),
        (peers) =>
          peers.length === neighbors.length &&
          peers.every(({ status, 'remote-transmit-interval': interval }) => status === 'up' && interval === 250),
        { what: 'BFD to be up with every node' },
      );
      expect(sessions.map(({ peer }) => peer).toSorted()).toEqual(neighbors.map(({ name }) => name).toSorted());
      const intervals = { 'transmit-interval': 250, 'remote-receive-interval': 250 };
      for (const session of sessions) expect(session).toMatchObject(intervals);
    });

    test('a node that stops dead is out of the kernel before its hold time can end, and comes back', async () => {
      const vyos = new Frr(lab().node('vyos'));
      const herald = lab().node('worker1').process('herald');
      herald.signal('SIGSTOP');
      await until(
        () => vyos.kernel(),
        (routes) => routes[`${pods.worker1}/64`] === undefined && routes[`${vip}/128`]?.length === 2,
        // Of the nine seconds of hold time six are left at least.
        { what: 'the node to be gone', within: atOnce },
      );
      expect((await vyos.kernel())[`${vip}/128`]).not.toContainEqual(await linkTo(lab(), worker1));
      herald.signal('SIGCONT');
      await until(
        () => vyos.kernel(),
        (routes) => routes[`${pods.worker1}/64`] !== undefined && routes[`${vip}/128`]?.length === 3,
        { what: 'the node to be back' },
      );
    });
  });
});

/** Tests that the router has sessions with these nodes, their routes and no others, and that traffic goes by them. */
function peersAndForwards(lab: () => Lab, neighbors: readonly Neighbor[]): void {
  const vyos = () => new Frr(lab().node('vyos'));

  test('every session is established', async () => {
    for (const { name, session = {} } of neighbors)
      expect(await vyos().established(name)).toMatchObject({ remoteAs: 65011, ...session });
  });

  test('the router has the pods and the VIP of each node, in its table and its kernel, and nothing else', async () => {
    const links = await Promise.all(neighbors.map((neighbor) => linkTo(lab(), neighbor)));
    for (const [index, { node, name }] of neighbors.entries()) {
      const wanted = [`${pods[node]}/64`, `${vip}/128`].toSorted();
      const peer = name.startsWith('eth') ? (links[index]?.gateway ?? '') : name;
      const found = await until(
        () => vyos().prefixesFrom(peer),
        (prefixes) => prefixes.join() === wanted.join(),
        { what: `exactly ${wanted.join(' and ')} of ${node}` },
      );
      expect(found).toEqual(wanted);
    }
    const kernel = await until(
      () => vyos().kernel(),
      (routes) =>
        routes[`${vip}/128`]?.length === neighbors.length &&
        neighbors.every(({ node }) => routes[`${pods[node]}/64`] !== undefined),
      { what: `every pod, and ${neighbors.length} next hops of the VIP` },
    );
    const ofPods = neighbors.map(({ node }, index) => [`${pods[node]}/64`, [links[index]]]);
    expect(kernel).toEqual({ ...Object.fromEntries(ofPods), [`${vip}/128`]: expect.toSatisfy(sameHops(links)) });
  });

  test('a client behind the router reaches every pod, and by the VIP every node', async () => {
    const client = lab().node('client');
    for (const { node } of neighbors) {
      await serve(lab().node(node));
      await until(
        () => fetchFrom(client, `${pods[node]}80`),
        ([answer]) => answer === node,
        { what: `an answer of the pod on ${node}` },
      );
    }
    const answers = await fetchFrom(client, vip, 64);
    expect(new Set(answers)).toEqual(new Set(neighbors.map(({ node }) => node)));
  });
}

/** The next hop by which the router's kernel reaches a node. */
async function linkTo(lab: Lab, { node, name }: Neighbor) {
  const unnumbered = name.startsWith('eth');
  const links = await lab
    .node(node)
    .json<{ addr_info?: { local?: string }[] }[]>(
      `ip -6 -j addr show dev ${unnumbered ? 'eth2' : 'eth1'} scope link`.split(' '),
    );
  const [gateway = ''] = links.flatMap(({ addr_info = [] }) => addr_info.flatMap(({ local }) => local ?? []));
  return { gateway, dev: unnumbered ? name : node === 'control1' ? 'eth2' : 'eth1' };
}

/** Next hops of one route have no order. */
function sameHops(wanted: readonly unknown[]) {
  const text = (hops: readonly unknown[]) => hops.map((hop) => JSON.stringify(hop)).toSorted();
  return (hops: readonly unknown[]) => text(hops).join() === text(wanted).join();
}
