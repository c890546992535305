import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connect } from '../src/api/client.ts';
import { AdvertisePathsRequest } from '../src/gen/herald/v1/router_service.ts';
import { hello, nuisances, oneByOne } from './hostile/updates.ts';
import { Frr, type FrrNeighbor } from './lab/frr.ts';
import { Herald, type HeraldPeer } from './lab/herald.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { until } from './lab/until.ts';
import { rack } from './rack/addresses.ts';

const { address, tor: router, asn } = rack.worker1;
const hostile = { address: '2001:db8:bad::1', asn: 64666, routerId: 0x0a0a_0a0a };

/** How long an API client puts routes in while the node is flooded. */
const seconds = 10;

/** What it puts in, each time with another community. */
const own = 20_000;

/** In MB: idle it is near 90, and the tables are near 10. */
const mostMemory = 200;

/** What received routes may take of that. */
const routesMemory = 16;

const configuration = `telemetry: { listen: "[::1]:9179" }
routesMemoryMegabytes: ${routesMemory}
instances:
  - name: rack
    localASN: ${asn}
    routerID: 10.255.1.1
    localPort: 179
    peers:
      - name: tor
        peerAddress: "${router}"
        peerASN: ${rack.asn}
        timers: { connectRetryTimeSeconds: 1, holdTimeSeconds: 3, keepAliveTimeSeconds: 1 }
      - name: hostile
        peerAddress: "${hostile.address}"
        peerASN: ${hostile.asn}
        transport: { passive: true }
`;

describe.each(frrVersions)('a peer that never reads and sends for ever, FRR %s', (version) => {
  const lab = useLab(import.meta.url, 'rack.clab.yml', { FRR: version });
  const node = () => lab().node('worker1');
  const herald = () => new Herald(node());
  const tor = () => new Frr(lab().node('tor'));

  /** A new daemon, and a peer that says hello and then these bytes, over and over. Returns what the router said of us before. */
  async function flood(bytes: Uint8Array): Promise<FrrNeighbor> {
    await node().exec(['ip', '-6', 'addr', 'replace', `${hostile.address}/128`, 'dev', 'lo']);
    node().write('/etc/herald/herald.yaml', configuration);
    node().process('herald').signal('SIGTERM');
    await node().process('herald').exited;
    await until(
      () => tor().neighbor(address),
      ({ bgpState }) => bgpState !== 'Established',
      { what: 'the end of the session before' },
    );
    node().start('herald', ['herald', 'run', '-c', '/etc/herald']);
    const before = await until(
      () => tor().neighbor(address),
      ({ bgpState, bgpTimerHoldTimeMsecs }) => bgpState === 'Established' && bgpTimerHoldTimeMsecs === 3000,
      { what: 'a session with a hold time of three seconds' },
    );
    node().write('/flood/flood.mjs', readFileSync(new URL('hostile/flood.mjs', import.meta.url)));
    node().write('/flood/hello', hello(hostile.asn, hostile.routerId));
    node().write('/flood/updates', bytes);
    const files = ['/flood/hello', '/flood/updates'];
    onTestFinished(endFlood);
    node().start('flood', [process.execPath, '/flood/flood.mjs', address, hostile.address, ...files]);
    return before;
  }

  async function endFlood(): Promise<void> {
    node().process('flood').signal('SIGKILL');
    await node().process('flood').exited;
  }

  const seen = (holds: (peer: HeraldPeer) => boolean, what: string) =>
    until(() => herald().peer(hostile.address), holds, { what, within: 180 });

  /** The router is without a message of ours for three seconds at no time, and has what is added now. */
  async function routerIsWell(before: FrrNeighbor, added: string): Promise<void> {
    await herald().advertise([added]);
    await until(
      () => tor().paths(added),
      (paths) => paths.length === 1,
      { what: 'a route that was added during the flood' },
    );
    expect((await tor().neighbor(address)).connectionsDropped).toBe(before.connectionsDropped);
    expect(resident(herald())).toBeLessThan(mostMemory);
  }

  test('one prefix per UPDATE, each with new attributes, while an API client is faster than it as well', async () => {
    const updates = 20_000;
    const prefixes = 9_001;
    const before = await flood(oneByOne(hostile.asn, hostile.address, updates, prefixes));
    await seen(({ families }) => families.some(({ received }) => received === prefixes), 'the flood in our table');

    const client = connect({ kind: 'unix', path: node().path('/run/herald/herald.sock') });
    const nlri = Buffer.concat(
      Array.from({ length: own }, (_, i) => Buffer.from([64, 0x20, 0x01, 0x0d, 0xb8, 0, 1, i >> 8, i])),
    );
    const end = performance.now() + 1000 * seconds;
    let memory = 0;
    let rounds = 0;
    const inject = new Promise<void>((resolve, reject) => {
      const stream = client.advertisePaths((error) => (error === null ? resolve() : reject(error)));
      const more = (): void => {
        if (performance.now() > end) {
          stream.end();
          return;
        }
        const family = { afi: 'ipv6', safi: 'unicast' };
        const attributes = { communities: [`${asn}:${++rounds}`] };
        stream.write(AdvertisePathsRequest.fromPartial({ family, nlri, attributes }), more);
      };
      more();
    });
    await routerIsWell(before, '2001:db8:5afe::/64');
    while (performance.now() < end) {
      memory = Math.max(memory, resident(herald()));
      await sleep(200);
    }
    await inject;
    client.close();

    expect(memory).toBeLessThan(mostMemory);
    // So fast that it went through its whole table many times: the bound is none of its own.
    expect(rounds).toBeGreaterThan(2);
    await seen(({ counters }) => (counters['updates-received'] ?? 0) > 2 * updates, 'two rounds of the flood');
    const metrics = await metricsOf(herald());
    expect(metrics('herald_peer_pending_bytes')).toBeGreaterThan(0);
    // Each route once, however often it changed.
    expect(metrics('herald_peer_unsent_routes')).toBeGreaterThan(0);
    expect(metrics('herald_peer_unsent_routes')).toBeLessThan(4 * own);
    expect(metrics('herald_peer_received_bytes')).toBeLessThan(200 * prefixes);
    expect(metrics('herald_peer_messages_total', 'type="update",direction="received"')).toBeGreaterThan(2 * updates);

    // The router has everything, as it was in the end.
    const after = await until(
      () => tor().neighbor(address),
      ({ addressFamilyInfo }) => addressFamilyInfo?.['ipv6Unicast']?.acceptedPrefixCounter === own + 1,
      { what: `${own + 1} prefixes at the router`, within: 180 },
    );
    expect(after.connectionsDropped).toBe(before.connectionsDropped);
    // FRR counts messages where it reads ahead, and with RFC 8654 one has 7,000 of these routes: it may have taken every change of them all.
    await until(
      () => tor().vtysh('show bgp ipv6 unicast 2001:db8:1:4e1f::/64'),
      (text) => text.includes(`${asn}:${rounds}`),
      { what: 'the last community at the router', within: 180 },
    );
  });

  test('routes without end: it goes when they take the memory of all, and they with it', async () => {
    const updates = 3000 * routesMemory;
    const before = await flood(oneByOne(hostile.asn, hostile.address, updates, updates, 1000));
    const { 'last-down': down } = await seen((peer) => peer['last-down']?.kind === 'stopped', 'the end of its session');
    expect(down?.text).toMatch(
      /^the peer sent \d+ MB of routes, and 16 MB are there for all peers: begins again after 300 s$/,
    );
    await routerIsWell(before, '2001:db8:5afe:1::/64');
    const metrics = await metricsOf(herald());
    expect(metrics('cilium_bgp_control_plane_session_state')).toBe(0);
    expect(metrics('herald_table_bytes', undefined, 'instance_name="rack"')).toBeLessThan(1e6);
  });

  test('malformed UPDATEs and the wish to have everything again: counted, answered when it reads, and ten lines of log in a minute', async () => {
    const begin = performance.now();
    const before = await flood(nuisances(hostile.address, 20_000));
    const { counters } = await seen((peer) => (peer.counters['malformed-updates'] ?? 0) > 50_000, 'three rounds of it');
    expect(counters['route-refreshes-received']).toBeGreaterThan(40_000);
    await routerIsWell(before, '2001:db8:5afe:2::/64');
    const metrics = await metricsOf(herald());
    expect(metrics('herald_peer_malformed_updates_total')).toBeGreaterThan(50_000);
    expect(metrics('herald_peer_messages_total', 'type="route-refresh",direction="received"')).toBeGreaterThan(40_000);
    expect(metrics('cilium_bgp_control_plane_session_state')).toBe(1);
    const lines = readFileSync(node().process('herald').log, 'utf8').match(/"malformed UPDATE/g) ?? [];
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(10 * Math.ceil((performance.now() - begin) / 60_000 + 1));
  });
});

/** In MB. */
function resident({ node }: Herald): number {
  const status = readFileSync(`/proc/${node.process('herald').pid}/status`, 'utf8');
  return (Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024) / 1e6;
}

/** What /metrics has, by name and further labels, of the hostile peer or of what is said. */
async function metricsOf({ node }: Herald): Promise<(name: string, labels?: string, of?: string) => number> {
  const script = "fetch('http://[::1]:9179/metrics').then((answer) => answer.text()).then(console.log)";
  const text = await node.text([process.execPath, '-e', script]);
  return (name, labels = '', of = `neighbor="[${hostile.address}]:179"`) => {
    const line = text
      .split('\n')
      .find((each) => each.startsWith(`${name}{`) && each.includes(of) && each.includes(labels));
    return Number(line?.split(' ').at(-1));
  };
}
