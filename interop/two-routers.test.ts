import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Frr } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { until } from './lab/until.ts';
import { fetchFrom, serve } from './lab/web.ts';
import { rack } from './rack/addresses.ts';

const vip = `${rack.vip}/128`;
const { pods, pod } = rack.worker1;
/** What a node calls its peers. */
const first = 'fe80::%eth1';
const second = 'fe80::%eth2';

describe.each(frrVersions)('two routers above each node, FRR %s', (version) => {
  describe.each(['its node', 'its daemons'])('one dies: %s', (what) => {
    const lab = useLab(import.meta.url, 'two-routers.clab.yml', { FRR: version });
    const frr = (name: string) => new Frr(lab().node(name));
    const herald = () => new Herald(lab().node('worker1'));

    /** The ways that the router above both has to a prefix. */
    async function ways(prefix: string, wanted: readonly string[]): Promise<void> {
      await until(
        async () => ((await frr('spine').kernel())[prefix] ?? []).map(({ dev }) => dev).toSorted(),
        (devices) => devices.join() === wanted.join(),
        { what: `${prefix} by ${wanted.join(' and ')}` },
      );
    }

    /** What the second router has of the nodes, and how it came to it. */
    async function ofSecond() {
      const tor2 = frr('tor2');
      const routes = await tor2.rib();
      const found = await Promise.all(
        ['eth1', 'eth2'].map(async (name) => {
          const { bgpState, connectionsEstablished, connectionsDropped, messageStats } = await tor2.neighbor(name);
          return { bgpState, connectionsEstablished, connectionsDropped, updates: messageStats.updatesRecv };
        }),
      );
      // From a node itself: the router above passes on what it chose, and that may change.
      const direct = (prefix: string) => routes[prefix]?.filter(({ path }) => !path.includes(' ')).length;
      return { neighbors: found, vip: direct(vip), pods: direct(pods) };
    }

    test('both routers have the routes of both nodes, and the one above them both ways to each', async () => {
      for (const name of ['worker1', 'worker2']) await serve(lab().node(name));
      for (const tor of ['tor1', 'tor2']) for (const link of ['eth1', 'eth2', 'eth3']) await frr(tor).established(link);
      for (const prefix of [vip, pods, rack.worker2.pods]) await ways(prefix, ['eth1', 'eth2']);
      for (const tor of ['tor1', 'tor2']) {
        const kernel = await frr(tor).kernel();
        expect(kernel[vip]?.map(({ dev }) => dev).toSorted()).toEqual(['eth1', 'eth2']);
        expect(kernel[pods]?.map(({ dev }) => dev)).toEqual(['eth1']);
      }
      const client = lab().node('client');
      for (const address of [pod, rack.worker2.pod])
        await until(
          () => fetchFrom(client, address),
          ([answer]) => answer !== 'failed',
          { what: `an answer of ${address}` },
        );
    });

    test('the client reaches the pod all the time, and the announcements at the other router are untouched', async () => {
      const { established } = (await herald().peer(second)).counters;
      const before = await ofSecond();
      expect(before).toMatchObject({ vip: 2, pods: 1 });
      const file = join(lab().directory, 'curl');
      const client = lab().node('client');
      const curl = client.start(
        'curl',
        ['sh', '-c', `while :; do curl -gsS --max-time 5 http://[${pod}]/ && echo; sleep 0.02; done 2>&1`],
        { stdout: file },
      );
      await until(
        () => readFileSync(file, 'utf8').length,
        (length) => length > 100,
        { what: 'answers' },
      );

      const tor1 = lab().node('tor1');
      if (what === 'its node') await tor1.kill();
      else for (const daemon of ['zebra', 'bgpd']) await tor1.process(daemon).stop('SIGKILL');
      for (const prefix of [vip, pods, rack.worker2.pods]) await ways(prefix, ['eth2']);
      await until(
        () => herald().peer(first),
        (peer) => peer['session-state'] !== 'established',
        { what: 'the end of the session with the first router' },
      );
      const answers = readFileSync(file, 'utf8').length;
      await until(
        () => readFileSync(file, 'utf8').length,
        (length) => length > answers + 100,
        { what: 'more answers' },
      );
      await curl.stop('SIGKILL');
      const lines = readFileSync(file, 'utf8').trim().split('\n');
      expect(lines.filter((line) => line !== 'worker1')).toEqual([]);

      expect(await ofSecond()).toEqual(before);
      expect((await herald().peer(second)).counters['established']).toBe(established);
    });

    test('the VIP is still that of both nodes', async () => {
      const answers = await fetchFrom(lab().node('client'), rack.vip, 64);
      expect(new Set(answers)).toEqual(new Set(['worker1', 'worker2']));
    });
  });
});
