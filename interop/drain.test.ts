import { describe, expect, test } from 'vitest';
import { Frr } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { atOnce, until } from './lab/until.ts';
import { ping } from './lab/witness.ts';
import { rack, workers } from './rack/addresses.ts';

const vip = `${rack.vip}/128`;
const { address } = rack.worker1;

describe.each(frrVersions)('a node that is drained, FRR %s', (version) => {
  const lab = useLab(import.meta.url, 'rack.clab.yml', { FRR: version });
  const tor = () => new Frr(lab().node('tor'));
  const herald = () => new Herald(lab().node('worker1'));

  function devices(wanted: readonly string[], within?: number): Promise<unknown> {
    return until(
      () => tor().kernel(),
      (routes) =>
        (routes[vip] ?? [])
          .map(({ dev }) => dev)
          .toSorted()
          .join() === wanted.join(),
      { what: `the VIP through ${wanted.join(' and ')}`, ...(within !== undefined && { within }) },
    );
  }

  test('the router puts the last resort last, as its operators do (RFC 8326, 4)', async () => {
    await tor().vtysh(
      'configure terminal',
      'bgp community-list standard leaving permit graceful-shutdown',
      'route-map nodes permit 10',
      'match community leaving',
      'set local-preference 0',
      'route-map nodes permit 20',
    );
    const filters = workers.map((worker) => `neighbor ${worker.address} route-map nodes in`);
    await tor().configureBgp(rack.asn, 'address-family ipv6 unicast', ...filters);
    await Promise.all(workers.map((worker) => tor().established(worker.address)));
    for (const name of ['worker1', 'worker2']) await new Herald(lab().node(name)).advertise([vip]);
    await devices(['eth1', 'eth2']);
    expect(await tor().prefixesFrom(address)).toContain(vip);
  });

  test('drain: the community arrives, the other node takes over with no ping lost, then the routes go', async () => {
    const { connectionsDropped } = await tor().neighbor(address);
    const pinged = ping(lab().node('client'), rack.vip);
    const drained = lab().node('worker1').text(['herald', 'drain', '--wait', '10s']);
    const marked = await until(
      () => tor().paths(vip),
      (paths) => paths.some(({ community }) => community?.list.includes('gracefulShutdown')),
      { what: 'GRACEFUL_SHUTDOWN' },
    );
    expect(marked.map(({ locPrf, community }) => [locPrf, community?.list])).toContainEqual([0, ['gracefulShutdown']]);
    await devices(['eth2']);
    expect(await tor().prefixesFrom(address)).toContain(vip);
    expect(await drained).toContain('drained');
    await until(
      () => tor().prefixesFrom(address),
      (found) => found.length === 0,
      { what: 'nothing of the drained node', within: atOnce },
    );
    expect(await pinged()).toBe(0);
    expect(await tor().neighbor(address)).toMatchObject({ bgpState: 'Established', connectionsDropped });
  });

  test('undrain brings back what was there', async () => {
    await lab().node('worker1').text(['herald', 'undrain']);
    await devices(['eth1', 'eth2'], atOnce);
    const paths = await tor().paths(vip);
    expect(paths.map(({ community }) => community)).toEqual([undefined, undefined]);
    expect((await herald().peer(rack.worker1.tor))['session-state']).toBe('established');
  });
});
