import { describe, expect, test } from 'vitest';
import { Frr } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import { linkLocal } from './lab/links.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { until } from './lab/until.ts';
import { rack } from './rack/addresses.ts';

const { address, tor: router, pods, pods4 } = rack.worker1;
const other = '2001:db8:0:1::b';

function configuration(nextHop: string): string {
  return `instances:
  - name: rack
    localASN: 65001
    routerID: 10.255.1.1
    localPort: 179
    peers:
      - name: tor
        peerAddress: "${router}"
        peerASN: 65000
        nextHop: ${nextHop}
        timers: { connectRetryTimeSeconds: 1, holdTimeSeconds: 9 }
    paths: [{ prefixes: ["${pods}", "${pods4}"] }]
`;
}

describe.each(frrVersions)('what the router makes of each form of next hop, FRR %s', (version) => {
  const lab = useLab(import.meta.url, 'rack.clab.yml', { FRR: version });
  const tor = () => new Frr(lab().node('tor'));
  const worker = () => lab().node('worker1');
  const file = '/tmp/herald.yaml';

  test('the daemon runs from a file', async () => {
    await worker().exec(['ip', '-6', 'addr', 'add', `${other}/64`, 'dev', 'eth1', 'nodad']);
    await new Herald(worker()).stop();
    worker().write(file, configuration('auto'));
    worker().start('configured', ['herald', 'run', '-c', file]);
    expect((await tor().established(address)).remoteAs).toBe(65001);
  });

  test.each([
    ['auto', [address, 'link-local'], 'link-local'],
    ['global', [address], address],
    ['both', [address, 'link-local'], 'link-local'],
    [other, [other], other],
    ['linkLocal', ['link-local'], 'link-local'],
  ] as const)('nextHop: %s', async (mode, inRib, inKernel) => {
    const own = await linkLocal(worker());
    const named = (word: string) => (word === 'link-local' ? own : word);
    await new Herald(worker()).configure(configuration(`"${mode}"`), file, 'configured');
    const nextHops = async () => (await tor().paths(pods)).flatMap((path) => path.nexthops.map(({ ip }) => ip));
    const expected = inRib.map(named).toSorted();
    await until(nextHops, (found) => [...new Set(found)].toSorted().join() === expected.join(), {
      what: `the next hops ${expected.join(' and ')}`,
    });
    const leg = { gateway: named(inKernel), dev: 'eth1' };
    for (const [family, prefix] of [
      ['ipv6', pods],
      ['ipv4', pods4],
    ] as const) {
      const kernel = await until(
        () => tor().kernel(family),
        (routes) => routes[prefix]?.[0]?.gateway === leg.gateway,
        { what: `${prefix} via ${leg.gateway}` },
      );
      expect(kernel[prefix]).toEqual([leg]);
    }
  });

  test('a path has a next hop of its own', async () => {
    await new Herald(worker()).advertise(['2001:db8:b::/64'], '--next-hop', other);
    const kernel = await until(
      () => tor().kernel(),
      (routes) => routes['2001:db8:b::/64'] !== undefined,
      { what: 'the route' },
    );
    expect(kernel['2001:db8:b::/64']).toEqual([{ gateway: other, dev: 'eth1' }]);
  });
});
