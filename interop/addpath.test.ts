import { describe, expect, test } from 'vitest';
import { Frr } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { until } from './lab/until.ts';
import { rack } from './rack/addresses.ts';

const vip = `${rack.vip}/128`;
const first = rack.worker1.address;
const second = '2001:db8:0:1::b';

const configuration = ({ asn, tor }: { readonly asn: number; readonly tor: string }) => `instances:
  - name: rack
    localASN: ${asn}
    routerID: 10.255.1.${asn - 65000}
    localPort: 179
    peers:
      - name: tor
        peerAddress: "${tor}"
        peerASN: 65000
        addPaths: [{ family: ipv6/unicast, mode: both }]
        timers: { connectRetryTimeSeconds: 1, holdTimeSeconds: 9 }
`;

interface WeightedRoute {
  readonly dst: string;
  readonly nexthops?: readonly { readonly gateway: string; readonly weight: number }[];
}

describe.each(frrVersions)('several paths of one prefix (ADD-PATH, RFC 7911), FRR %s', (version) => {
  const lab = useLab(import.meta.url, 'rack.clab.yml', { FRR: version });
  const tor = () => new Frr(lab().node('tor'));
  const herald = (name: 'worker1' | 'worker2') => new Herald(lab().node(name));
  const announce = (name: 'worker1' | 'worker2', nextHop: string, pathId: number, ...more: readonly string[]) =>
    herald(name).advertise([vip], '--next-hop', nextHop, '--path-id', `${pathId}`, ...more);
  const gateways = async () => ((await tor().kernel())[vip] ?? []).map(({ gateway }) => gateway).toSorted();

  test('is negotiated in both directions', async () => {
    await tor().configureBgp(rack.asn, 'address-family ipv6 unicast', 'neighbor WORKER addpath-tx-all-paths');
    for (const name of ['worker1', 'worker2'] as const) {
      const node = lab().node(name);
      await herald(name).stop();
      node.write('/tmp/herald.yaml', configuration(rack[name]));
      node.start('configured', ['herald', 'run', '-c', '/tmp/herald.yaml']);
    }
    await lab()
      .node('worker1')
      .exec(['ip', '-6', 'addr', 'add', `${second}/64`, 'dev', 'eth1', 'nodad']);
    for (const address of [rack.worker2.address, first]) {
      const capability = await until(
        async () => (await tor().established(address)).neighborCapabilities?.['addPath'] ?? {},
        (found) => JSON.stringify(found).includes('"txAdvertisedAndReceived":true'),
        { what: `several paths to ${address}` },
      );
      expect(capability).toMatchObject({
        ipv6Unicast: { txAdvertisedAndReceived: true, rxAdvertisedAndReceived: true },
      });
    }
  });

  test('one speaker announces a VIP with two next hops, and the router’s kernel has both', async () => {
    await announce('worker1', first, 1);
    await announce('worker1', second, 2);
    const found = await until(gateways, (list) => list.length === 2, { what: 'two next hops' });
    expect(found).toEqual([first, second]);
  });

  test('link bandwidth makes one of them twice as heavy there', async () => {
    await announce('worker1', first, 1, '--extended-community', 'link-bandwidth:65001:1.25e8');
    await announce('worker1', second, 2, '--extended-community', 'link-bandwidth:65001:2.5e8');
    const weights = async () => {
      const routes = await tor().node.json<WeightedRoute[]>('ip -6 -j route show proto bgp'.split(' '));
      const route = routes.find(({ dst }) => dst === rack.vip);
      return Object.fromEntries((route?.nexthops ?? []).map(({ gateway, weight }) => [gateway, weight]));
    };
    const found = await until(
      weights,
      ({ [first]: one, [second]: two }) => one !== undefined && two !== undefined && one !== two,
      {
        what: 'next hops of different weight',
      },
    );
    expect((found[second] ?? 0) / (found[first] ?? 1)).toBeCloseTo(2, 1);
  });

  test('withdrawing one path leaves the other', async () => {
    await lab().node('worker1').exec(['herald', 'withdraw', vip, '--path-id', '1']);
    const found = await until(gateways, (list) => list.length === 1, { what: 'one next hop' });
    expect(found).toEqual([second]);
  });

  test('what the router sends with several paths is received with several', async () => {
    await announce('worker2', rack.worker2.address, 1);
    await announce('worker2', '2001:db8:0:2::b', 2);
    const received = async () => {
      const routes = await herald('worker1').routes(`received ipv6/unicast peer ${rack.worker1.tor}`);
      return routes.find(({ prefix }) => prefix === vip)?.paths ?? [];
    };
    const paths = await until(received, (list) => list.length === 2, { what: 'two paths received' });
    expect(new Set(paths.map((path) => path['path-id'])).size).toBe(2);
    await until(
      async () => (await herald('worker1').peer(rack.worker1.tor)).families.find(({ afi }) => afi === 'ipv6'),
      (family) => family?.received === 2 && family.looped === 1,
      { what: 'two routes received and our own dropped' },
    );
    await lab().node('worker2').exec(['herald', 'withdraw', vip, '--path-id', '2']);
    expect(await until(received, (list) => list.length === 1, { what: 'one path received' })).toHaveLength(1);
  });
});
