import { beforeAll, describe, expect, test } from 'vitest';
import { Frr } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { until } from './lab/until.ts';
import { ping, routeChanges } from './lab/witness.ts';
import { rack } from './rack/addresses.ts';

const { address, tor: torAddress, pods, pod } = rack.worker1;
const other = '2001:db8:a:1:1::/80';

interface Wanted {
  readonly prefixes: readonly string[];
  readonly restartTime?: number;
}

function configuration({ prefixes, restartTime = 30 }: Wanted): string {
  return `stateDir: /var/lib/herald
instances:
  - name: rack
    localASN: 65001
    routerID: 10.255.1.1
    localPort: 179
    paths: [{ prefixes: ["${prefixes.join('", "')}"] }]
    peers:
      - name: tor
        peerAddress: "${torAddress}"
        peerASN: 65000
        timers: { connectRetryTimeSeconds: 1, holdTimeSeconds: 9 }
        gracefulRestart: { enabled: true, restartTimeSeconds: ${restartTime} }
`;
}

describe.each(frrVersions)('graceful restart, FRR %s', (version) => {
  const lab = useLab(import.meta.url, 'rack.clab.yml', { FRR: version });
  const worker = () => lab().node('worker1');
  const tor = () => new Frr(lab().node('tor'));
  const herald = () => new Herald(worker());

  async function start(wanted: Wanted): Promise<void> {
    worker().write('/etc/herald/herald.yaml', configuration(wanted));
    worker().start('herald', ['herald', 'run', '-c', '/etc/herald']);
    await tor().established(address);
    await synchronized(wanted.prefixes);
  }

  /** Ends the daemon; the router has seen it go. */
  async function stop(): Promise<void> {
    await herald().stop();
    await down();
  }

  /** The router has these from us and waits for nothing. */
  function synchronized(prefixes: readonly string[]) {
    return until(
      async () => Promise.all(prefixes.map((prefix) => tor().paths(prefix))),
      (all) => all.every((paths) => paths.length === 1 && paths[0]?.stale !== true),
      { what: `${prefixes.join(', ')} at the router, none stale` },
    );
  }

  /** The router has lost the session. */
  async function down(): Promise<void> {
    await until(
      () => tor().neighbor(address),
      ({ bgpState }) => bgpState !== 'Established',
      { what: 'the end of the session' },
    );
  }

  /** What happens to our prefixes in the router's kernel until what is returned is called, and how many pings from the client were lost. */
  function watch() {
    const changes = routeChanges(lab().node('tor'));
    const lost = ping(lab().node('client'), pod);
    return async () => ({
      lost: await lost(),
      changes: (await changes()).filter((line) => line.includes('2001:db8:a:1')),
    });
  }

  beforeAll(async () => {
    await stop();
    await start({ prefixes: [pods, other] });
    await until(
      async () => Object.keys(await tor().kernel()),
      (routes) => routes.includes(pods) && routes.includes(other),
      { what: 'both prefixes in the kernel' },
    );
    const client = lab().node('client');
    await until(
      async () => (await client.attempt(['ping', '-6', '-c', '1', '-W', '1', pod])).code,
      (code) => code === 0,
      { what: 'an answer to a ping' },
    );
  });

  test.each(['SIGTERM', 'SIGKILL'] as const)(
    '%s and a new start: no change in the kernel of the router, no packet lost',
    async (signal) => {
      const done = watch();
      await worker().process('herald').stop(signal);
      await down();
      for (const prefix of [pods, other])
        await until(
          () => tor().paths(prefix),
          (paths) => paths.length === 1 && paths[0]?.stale === true,
          { what: `${prefix} to be stale` },
        );
      await start({ prefixes: [pods, other] });
      expect(await done()).toEqual({ changes: [], lost: 0 });
    },
  );

  test('what is not announced again goes with the End-of-RIB, and nothing else', async () => {
    const done = watch();
    await stop();
    await start({ prefixes: [pods] });
    await until(
      async () => Object.keys(await tor().kernel()),
      (routes) => !routes.includes(other),
      { what: `${other} to be gone` },
    );
    const { changes, lost } = await done();
    expect(changes).toEqual([expect.stringMatching(`^Deleted ${other}`)]);
    expect(lost).toBe(0);
  });

  test('the router restarts: its default route is stale, then refreshed, and never gone', async () => {
    await tor().configureBgp(
      rack.asn,
      'bgp graceful-restart',
      'bgp graceful-restart preserve-fw-state',
      'bgp graceful-restart restart-time 60',
      'bgp graceful-restart select-defer-time 5',
      'address-family ipv6 unicast',
      `neighbor WORKER default-originate`,
    );
    await tor().vtysh('clear bgp *');
    await tor().vtysh('write memory');
    await tor().established(address);
    await until(
      () => herald().received(torAddress),
      (found) => found.includes('::/0'),
      { what: 'the default route' },
    );
    const node = lab().node('tor');
    await node.process('bgpd').stop('SIGKILL');
    const ipv6 = async () => (await herald().peer(torAddress)).families.find(({ afi }) => afi === 'ipv6');
    expect(await until(ipv6, (family) => family?.stale === 1, { what: 'a stale route' })).toMatchObject({
      received: 1,
    });
    expect(await herald().received(torAddress)).toEqual(['::/0']);
    node.start('bgpd', ['/usr/lib/frr/bgpd', '-A', '127.0.0.1', '--log', 'stdout']);
    await until(
      async () => (await node.attempt(['vtysh', '-d', 'bgpd', '-c', 'show version'])).code,
      (code) => code === 0,
      { what: 'bgpd to answer' },
    );
    await node.exec(['vtysh', '-b']);
    await tor().established(address);
    await until(
      async () => [await ipv6(), await herald().received(torAddress)] as const,
      ([family, received]) => family?.stale === 0 && received.includes('::/0'),
      { what: 'the default route again' },
    );
    await synchronized([pods]);
  });

  test('we do not come back: the routes go with the restart time, and not before', async () => {
    await stop();
    await start({ prefixes: [pods], restartTime: 4 });
    const changes = routeChanges(lab().node('tor'));
    const begin = performance.now();
    await stop();
    await until(
      () => tor().prefixesFrom(address),
      (found) => found.length === 0,
      { what: 'the routes to be gone' },
    );
    expect(performance.now() - begin).toBeGreaterThan(3000);
    await until(
      () => tor().kernel(),
      (routes) => routes[pods] === undefined,
      { what: `${pods} to be gone from the kernel` },
    );
    expect((await changes()).filter((line) => line.includes('2001:db8:a:1'))).toEqual([
      expect.stringMatching(`^Deleted ${pods}`),
    ]);
  });

  test('SIGINT is for good: the routes are gone at once', async () => {
    await start({ prefixes: [pods] });
    await worker().process('herald').stop('SIGINT');
    await until(
      () => tor().prefixesFrom(address),
      (found) => found.length === 0,
      // The restart time would keep them for thirty.
      { what: 'no routes of ours', within: 10 },
    );
    const { lastNotificationReason } = await tor().neighbor(address);
    expect(lastNotificationReason).toMatch(/^Cease\/(Administrative Shutdown|Hard Reset)/);
  });
});
