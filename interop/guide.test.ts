import { describe, expect, test } from 'vitest';
import { Frr } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { until } from './lab/until.ts';
import { fetchFrom, serve } from './lab/web.ts';
import { ping, routeChanges } from './lab/witness.ts';
import { rack } from './rack/addresses.ts';

const vip = `${rack.vip}/128`;
const { worker1, worker2 } = rack;
const both = ['eth1', 'eth2'];

describe.each(frrVersions)('an unnumbered rack with BFD and graceful restart, FRR %s', (version) => {
  const lab = useLab(import.meta.url, 'guide.clab.yml', { FRR: version });
  const tor = () => new Frr(lab().node('tor'));

  /** Waits until the router's kernel forwards the VIP by exactly these. */
  async function devicesOfVip(wanted: readonly string[], within?: number): Promise<void> {
    await until(
      async () => ((await tor().kernel())[vip] ?? []).map(({ dev }) => dev).toSorted(),
      (devices) => devices.join() === wanted.join(),
      { what: `the VIP by ${wanted.join(' and ')}`, ...(within !== undefined && { within }) },
    );
  }

  async function bfdIsUp(): Promise<void> {
    await until(
      () => tor().json<{ status: string }[]>('show bfd peers'),
      (peers) => peers.length === 2 && peers.every(({ status }) => status === 'up'),
      { what: 'BFD to be up with both nodes' },
    );
  }

  test('no node has a global address on its uplink, and each has a session, its pods and the VIP', async () => {
    for (const name of ['worker1', 'worker2']) {
      const [uplink] = await lab()
        .node(name)
        .json<{ addr_info?: readonly unknown[] }[]>('ip -6 -j addr show dev eth1 scope global'.split(' '));
      expect(uplink?.addr_info ?? []).toEqual([]);
    }
    for (const link of both) expect(await tor().established(link)).toMatchObject({ remoteAs: 65001 });
    await devicesOfVip(both);
    const kernel = await tor().kernel();
    expect(Object.keys(kernel).toSorted()).toEqual([vip, worker1.pods, worker2.pods].toSorted());
    for (const hop of Object.values(kernel).flat()) expect(hop.gateway).toMatch(/^fe80::/);
    await bfdIsUp();
  });

  test('the client reaches both pods, and the VIP over both nodes', async () => {
    const client = lab().node('client');
    for (const [name, { pod }] of [
      ['worker1', worker1],
      ['worker2', worker2],
    ] as const) {
      await serve(lab().node(name));
      await until(
        () => fetchFrom(client, pod),
        ([answer]) => answer === name,
        { what: `an answer of the pod on ${name}` },
      );
    }
    expect(new Set(await fetchFrom(client, rack.vip, 64))).toEqual(new Set(['worker1', 'worker2']));
  });

  test('a node that freezes is no next hop after the 0.9 s that both agreed on, and no request fails after that', async () => {
    for (const name of ['worker1', 'worker2'] as const)
      await until(
        async () => (await new Herald(lab().node(name)).peer('fe80::%eth1')).bfd,
        (bfd) => bfd?.['detection-time-nanoseconds'] === 9e8 && bfd['transmit-interval-nanoseconds'] === 3e8,
        { what: `what ${name} and the router agree on` },
      );
    await until(
      () => tor().json<Readonly<Record<string, unknown>>[]>('show bfd peers'),
      (peers) =>
        peers.every((peer) => peer['remote-transmit-interval'] === 300 && peer['remote-detect-multiplier'] === 3),
      { what: 'the same at the router' },
    );
    const frozen = ['herald', 'web'].map((name) => lab().node('worker1').process(name));
    for (const one of frozen) one.signal('SIGSTOP');
    try {
      // A third of what the hold time needs for the same.
      await devicesOfVip(['eth2'], 20);
      const peers = await tor().json<{ status: string; diagnostic: string }[]>('show bfd peers');
      expect(peers).toContainEqual(
        expect.objectContaining({ status: 'down', diagnostic: 'control detection time expired' }),
      );
      expect(new Set(await fetchFrom(lab().node('client'), rack.vip, 64))).toEqual(new Set(['worker2']));
      await until(
        () => tor().kernel(),
        (routes) => routes[worker1.pods] === undefined,
        { what: 'its pods to be gone too' },
      );
    } finally {
      for (const one of frozen) one.signal('SIGCONT');
    }
    await devicesOfVip(both);
    await bfdIsUp();
    expect(new Set(await fetchFrom(lab().node('client'), rack.vip, 64))).toEqual(new Set(['worker1', 'worker2']));
  });

  test('a planned restart: the router’s kernel keeps the pods as they are and the VIP, and no ping is lost', async () => {
    const client = lab().node('client');
    const node = lab().node('worker1');
    const changes = routeChanges(lab().node('tor'));
    const pings = [worker1.pod, rack.vip].map((address) => ping(client, address));
    const { connectionsEstablished } = await tor().neighbor('eth1');
    await tor().vtysh('debug bgp updates in');
    const since = tor().logEnd;
    expect(await node.process('herald').stop('SIGTERM')).toBe(0);
    await until(
      () => tor().neighbor('eth1'),
      ({ bgpState }) => bgpState !== 'Established',
      { what: 'the end of the session' },
    );
    await until(
      () => tor().paths(worker1.pods),
      (paths) => paths.length === 1 && paths[0]?.stale === true,
      { what: 'stale routes' },
    );
    node.start('herald', ['herald', 'run', '-c', '/etc/herald']);
    await until(
      () => tor().neighbor('eth1'),
      (neighbor) => neighbor.bgpState === 'Established' && neighbor.connectionsEstablished > connectionsEstablished,
      { what: 'the next session' },
    );
    await until(
      async () => (await tor().paths(worker1.pods)).map(({ stale = false }) => stale),
      (stale) => stale.length === 1 && stale[0] === false,
      { what: 'routes that are not stale' },
    );
    await bfdIsUp();
    expect(await Promise.all(pings.map((lost) => lost()))).toEqual([0, 0]);
    // What the next process says is what the router has.
    const said = lab().node('tor').process('bgpd').logged(since).split('\n');
    for (const prefix of [vip, worker1.pods]) {
      const heard = said.filter((line) => line.includes(' rcvd ') && line.includes(prefix));
      expect(heard).not.toEqual([]);
      for (const line of heard) expect(line).toMatch(/duplicate ignored$/);
    }
    const lines = await changes();
    expect(lines.filter((line) => line.includes('2001:db8:a:'))).toEqual([]);
    // When FRR 10 dials a node that is not back after a second, it looks at the next hops behind that interface anew, and a route that has others is without
    // them for 50 ms.
    const isOurs = (line: string) => version.startsWith('8') || line.startsWith('Deleted');
    expect(lines.filter((line) => line.includes(rack.vip) && isOurs(line))).toEqual([]);
    await devicesOfVip(both);
  });
});
