import { describe, expect, test } from 'vitest';
import { Frr } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { atOnce, until } from './lab/until.ts';
import { fetchFrom, serve } from './lab/web.ts';
import { rack, workers } from './rack/addresses.ts';

const ends = [
  { end: 'node', name: 'worker2', device: 'eth1' },
  { end: 'router', name: 'tor', device: 'eth2' },
];
const vip = `${rack.vip}/128`;

describe.each(frrVersions)('the cable of one of two nodes, FRR %s', (version) => {
  const lab = useLab(import.meta.url, 'rack.clab.yml', { FRR: version });

  async function nextHops(expected: readonly string[], within?: number): Promise<void> {
    const tor = new Frr(lab().node('tor'));
    const devices = async () => ((await tor.kernel())[vip] ?? []).map(({ dev }) => dev).toSorted();
    await until(devices, (found) => found.join() === expected.join(), {
      what: `the VIP behind ${expected.join(' and ')}`,
      ...(within !== undefined && { within }),
    });
  }

  test('both nodes have the VIP', async () => {
    const tor = new Frr(lab().node('tor'));
    await Promise.all(workers.map(({ address }) => tor.established(address)));
    for (const name of ['tor', 'worker2']) {
      await lab().node(name).exec(['sysctl', '-w', 'net.ipv6.conf.all.keep_addr_on_down=1']);
    }
    for (const name of ['worker1', 'worker2']) {
      await serve(lab().node(name));
      await new Herald(lab().node(name)).advertise([vip]);
    }
    await nextHops(['eth1', 'eth2']);
    const answers = await until(
      () => fetchFrom(lab().node('client'), rack.vip, 32),
      (found) => new Set(found).size === 2 && !found.includes('failed'),
      { what: 'answers of both web servers' },
    );
    expect(new Set(answers)).toEqual(new Set(['worker1', 'worker2']));
  });

  // zebra 8.4 takes the group of next hops for whole when the link is back; its kernel, which threw the one out, does not.
  const isWholeAgain = version !== '8.4.4';

  test.each(isWholeAgain ? ends : ends.slice(0, 1))(
    'down at the $end: one next hop at once, every connection reaches the other; up again, both',
    async ({ name, device }) => {
      const link = (state: string) => lab().node(name).exec(['ip', 'link', 'set', device, state]);
      await link('down');
      await nextHops(['eth1'], atOnce);
      expect(new Set(await fetchFrom(lab().node('client'), rack.vip, 32))).toEqual(new Set(['worker1']));
      await link('up');
      await lab()
        .node('worker2')
        .exec(['ip', '-6', 'route', 'replace', 'default', 'via', rack.worker2.tor, 'dev', 'eth1']);
      await until(
        () => new Frr(lab().node('tor')).paths(vip),
        (paths) => paths.length === 2,
        { what: 'both paths of the VIP' },
      );
      if (isWholeAgain) await nextHops(['eth1', 'eth2']);
    },
  );
});
