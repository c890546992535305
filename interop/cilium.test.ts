import { describe, expect, test } from 'vitest';
import { endpoint, manifests, vips } from './cilium/manifests.ts';
import { Frr } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { atOnce, until } from './lab/until.ts';
import { workers } from './rack/addresses.ts';

const names = ['worker1', 'worker2'] as const;
const pools = ['2001:db8:a::/64', '2001:db8:a:1::/64'];

describe.each(frrVersions)("one set of Cilium's manifests on two nodes, FRR %s", (version) => {
  const lab = useLab(import.meta.url, 'rack.clab.yml', { FRR: version });
  const tor = () => new Frr(lab().node('tor'));

  async function apply(text: string): Promise<void> {
    await Promise.all(names.map((name) => lab().node(name).exec(['herald', 'apply', '-f', '-'], text)));
  }

  /** The devices that the router's kernel forwards a prefix to, sorted. */
  async function devicesOf(prefix: string): Promise<string[]> {
    return ((await tor().kernel())[prefix] ?? []).map(({ dev }) => dev).toSorted();
  }

  test('a daemon without instances takes them all, and both sessions come up', async () => {
    for (const name of names) {
      const node = lab().node(name);
      await new Herald(node).stop();
      node.write('/tmp/cilium.yaml', `controlPlane: { nodeName: ${name}, ipam: multi-pool }\n`);
      node.start('cilium', ['herald', 'run', '-c', '/tmp/cilium.yaml']);
      await until(
        () => node.attempt(['herald', 'get', 'services']),
        ({ code }) => code === 0,
        { what: `an answer of ${name}` },
      );
    }
    await apply(manifests);
    for (const { address, asn } of workers)
      expect(await tor().established(address)).toMatchObject({ remoteAs: asn, bgpTimerHoldTimeMsecs: 9000 });
  });

  test('the kernel of the router has a pod prefix of each node, the shared address by both and the local one by one', async () => {
    const kernel = await until(
      () => tor().kernel(),
      (routes) => Object.keys(routes).length >= 4 && routes[`${vips.shared}/128`]?.length === 2,
      { what: 'the routes of both nodes' },
    );
    expect(Object.keys(kernel).toSorted()).toEqual([`${vips.local}/128`, `${vips.shared}/128`, ...pools].toSorted());
    expect(await devicesOf(`${vips.shared}/128`)).toEqual(['eth1', 'eth2']);
    expect(await devicesOf(`${vips.local}/128`)).toEqual(['eth1']);
  });

  test('each route has the community of its advertisement', async () => {
    for (const [prefix, community] of [
      [pools[0], '65001:100'],
      [`${vips.local}/128`, '65001:200'],
    ] as const) {
      const [path] = await tor().paths(prefix as string);
      expect(path?.community?.list).toEqual([community]);
    }
  });

  test('applied once more, everything is unchanged', async () => {
    const { stdout } = await lab().node('worker1').exec(['herald', 'apply', '-f', '-'], manifests);
    const [, ...lines] = stdout.trim().split('\n');
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines) expect(line).toMatch(/unchanged/);
  });

  test('the local address follows its endpoint to the other node at once', async () => {
    await apply(endpoint('dns', 'worker2'));
    const devices = await until(
      () => devicesOf(`${vips.local}/128`),
      (found) => found.join() === 'eth2',
      { what: 'the address behind the other node', within: atOnce },
    );
    expect(devices).toEqual(['eth2']);
  });

  test('the status of the node tells the truth', async () => {
    const { status } = await lab()
      .node('worker1')
      .json<{ status: { bgpInstances: { peers: { peeringState: string }[] }[] } }>([
        'herald',
        'get',
        'cbgpnode',
        'worker1',
        '-o',
        'json',
      ]);
    expect(status.bgpInstances[0]?.peers[0]?.peeringState).toBe('established');
  });

  test('what is deleted is withdrawn, and the rest stays', async () => {
    for (const name of names) await lab().node(name).exec(['herald', 'delete', 'service', 'web', '-n', 'default']);
    const kernel = await until(
      () => tor().kernel(),
      (routes) => routes[`${vips.shared}/128`] === undefined,
      { what: 'the shared address to be gone' },
    );
    expect(Object.keys(kernel).toSorted()).toEqual([`${vips.local}/128`, ...pools].toSorted());
  });
});
