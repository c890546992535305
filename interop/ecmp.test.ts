import { describe, expect, test } from 'vitest';
import { Frr } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { atOnce, until } from './lab/until.ts';
import { fetchFrom, serve } from './lab/web.ts';
import { rack, workers } from './rack/addresses.ts';

const vip = `${rack.vip}/128`;

describe.each(frrVersions)('one VIP from two nodes, FRR %s', (version) => {
  const lab = useLab(import.meta.url, 'rack.clab.yml', { FRR: version });

  async function nextHops(count: number, within?: number): Promise<string[]> {
    const tor = new Frr(lab().node('tor'));
    const kernel = await until(
      () => tor.kernel(),
      (routes) => routes[vip]?.length === count,
      { what: `${count} next hops for the VIP`, ...(within !== undefined && { within }) },
    );
    return (kernel[vip] ?? []).map(({ dev }) => dev).toSorted();
  }

  test('the kernel of the router has both as next hops', async () => {
    const tor = new Frr(lab().node('tor'));
    await Promise.all(workers.map(({ address }) => tor.established(address)));
    for (const name of ['worker1', 'worker2']) {
      await serve(lab().node(name));
      await new Herald(lab().node(name)).advertise([vip]);
    }
    expect(await nextHops(2)).toEqual(['eth1', 'eth2']);
  });

  test('connections spread over both nodes', async () => {
    const client = lab().node('client');
    await until(
      () => fetchFrom(client, rack.vip),
      ([answer]) => answer !== 'failed',
      { what: 'the web servers' },
    );
    expect(new Set(await fetchFrom(client, rack.vip, 64))).toEqual(new Set(['worker1', 'worker2']));
  });

  test('after one withdraws, every connection reaches the other', async () => {
    await new Herald(lab().node('worker1')).withdraw([vip]);
    expect(await nextHops(1, atOnce)).toEqual(['eth2']);
    const answers = await fetchFrom(lab().node('client'), rack.vip, 64);
    expect(new Set(answers)).toEqual(new Set(['worker2']));
  });

  test('when it announces again, it has its share again', async () => {
    await new Herald(lab().node('worker1')).advertise([vip]);
    expect(await nextHops(2)).toEqual(['eth1', 'eth2']);
    const answers = await fetchFrom(lab().node('client'), rack.vip, 64);
    expect(new Set(answers)).toEqual(new Set(['worker1', 'worker2']));
  });
});
