import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { call, connect, controlPlane, rpc } from '../../src/api/client.ts';
import { formatEndpoint } from '../../src/api/endpoint.ts';
import { BindError } from '../../src/api/socket.ts';
import { watchesCut } from '../../src/api/watch.ts';
import { parseConfig } from '../../src/daemon/config/load.ts';
import { Daemon } from '../../src/daemon/daemon.ts';
import { serveTelemetry, type Telemetry } from '../../src/daemon/telemetry.ts';
import { Metrics } from '../../src/daemon/telemetry-metrics.ts';
import type { RouterServiceClient } from '../../src/gen/herald/v1/router_service.ts';
import type { PeerState } from '../../src/gen/herald/v1/types.ts';
import { Address } from '../../src/ip/address.ts';
import type { Speaker } from '../../src/speaker/speaker.ts';
import { tcpNetwork } from '../../src/transport/tcp.ts';
import { systemClock, systemEntropy } from '../../src/transport/world.ts';
import { type Rig, rig } from '../api/rig.ts';
import { Lab, neighbor, rangeOf } from '../speaker/support.ts';

/** Samples of a scrape: what is before the value, labels by name, to the value. */
function samples(text: string, ...prefixes: readonly string[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const line of text.split('\n')) {
    if (!prefixes.some((prefix) => line.startsWith(prefix))) continue;
    const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    found[series(name, Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, k, v]) => [k, v])))] =
      Number(value);
  }
  return found;
}

function series(name: string, labels: Readonly<Record<string, unknown>>): string {
  const sorted = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${name} ${sorted.map(([label, value]) => `${label}=${value}`).join(' ')}`.trimEnd();
}

const measured = (speakers: Readonly<Record<string, Speaker>>) => ({
  version: '1.2.3',
  speakers: () => Object.entries(speakers),
});

describe('metrics', () => {
  let at: Rig;
  beforeEach(async () => {
    at = await rig();
  });
  afterEach(() => at.close());

  test('say which peers are drained, and how far', async () => {
    at.node.drain({ wait: 10 });
    const of = 'herald_peer_drain instance_name=node neighbor=[2001:db8::ff]:179 phase';
    const drains = async () => samples(await new Metrics(measured({ node: at.node })).scrape(), 'herald_peer_drain');
    expect(await drains()).toEqual({ [`${of}=draining`]: 1, [`${of}=drained`]: 0 });
    at.node.drain({ wait: 0 });
    expect(await drains()).toEqual({ [`${of}=draining`]: 0, [`${of}=drained`]: 1 });
    at.node.undrain();
    expect(await drains()).toEqual({ [`${of}=draining`]: 0, [`${of}=drained`]: 0 });
  });

  test('tell of a session that is down, as Cilium does', async () => {
    const text = await new Metrics(measured({ node: at.node })).scrape();
    expect(samples(text, 'cilium_')).toEqual({
      'cilium_bgp_control_plane_session_state instance_name=node local_asn=65001 neighbor=[2001:db8::ff]:179 neighbor_asn=65000': 0,
    });
    expect(text).toContain('# TYPE cilium_bgp_control_plane_session_state gauge\n');
  });

  test('tell of a session that is up, and of its routes by family', async () => {
    const metrics = new Metrics(measured({ node: at.node, router: at.router }));
    await metrics.scrape();
    at.establish();
    const text = await metrics.scrape();
    const node = 'instance_name=node local_asn=65001 neighbor=[2001:db8::ff]:179 neighbor_asn=65000';
    const router = 'instance_name=router local_asn=65000 neighbor=[2001:db8::1]:179 neighbor_asn=65001';
    const nodeFamily = `afi=ipv6 ${node} safi=unicast`;
    const routerFamily = `afi=ipv6 ${router} safi=unicast`;
    expect(samples(text, 'cilium_')).toEqual({
      [`cilium_bgp_control_plane_session_state ${node}`]: 1,
      [`cilium_bgp_control_plane_session_state ${router}`]: 1,
      [`cilium_bgp_control_plane_advertised_routes ${nodeFamily}`]: 0,
      [`cilium_bgp_control_plane_advertised_routes ${routerFamily}`]: 0,
      [`cilium_bgp_control_plane_received_routes ${nodeFamily}`]: 0,
      [`cilium_bgp_control_plane_received_routes ${routerFamily}`]: 0,
    });
    expect(samples(text, 'herald_peer_established_total', 'herald_build_info')).toEqual({
      'herald_build_info version=1.2.3': 1,
      'herald_peer_established_total instance_name=node neighbor=[2001:db8::ff]:179': 1,
      'herald_peer_established_total instance_name=router neighbor=[2001:db8::1]:179': 1,
    });
  });

  test('tell of BFD where it is configured', async () => {
    const bfd = { transmitInterval: 300, receiveInterval: 300, detectionMultiplier: 3, strict: false };
    at.node.addNeighbor(neighbor(2, { bfd }));
    const of = 'instance_name=node neighbor=[2001:db8::2]:179';
    expect(samples(await new Metrics(measured({ node: at.node })).scrape(), 'herald_peer_bfd')).toEqual({
      [`herald_peer_bfd_state ${of}`]: 0,
      [`herald_peer_bfd_downs_total ${of}`]: 0,
      [`herald_peer_bfd_packets_total direction=sent ${of}`]: 0,
      [`herald_peer_bfd_packets_total direction=received ${of}`]: 0,
      [`herald_peer_bfd_discarded_packets_total ${of}`]: 0,
    });
  });

  test('forget a peer that is gone', async () => {
    const metrics = new Metrics(measured({ node: at.node }));
    expect(samples(await metrics.scrape(), 'herald_peer')).not.toEqual({});
    at.node.removeNeighbor(Address.parse('2001:db8::ff'));
    expect(samples(await metrics.scrape(), 'herald_peer', 'cilium')).toEqual({});
  });

  test('count connections from addresses that are no peer', async () => {
    const lab = new Lab(1);
    const [a, b] = [await lab.speaker(1), await lab.speaker(2, { asn: 65001 })];
    a.addNeighbor(neighbor(3));
    b.addNeighbor(neighbor(1));
    expect(lab.until(() => a.refusedConnections > 1)).toBe(true);
    const text = await new Metrics(measured({ a, b })).scrape();
    expect(samples(text, 'herald_refused')).toEqual({
      'herald_refused_connections_total instance_name=a': a.refusedConnections,
      'herald_refused_connections_total instance_name=b': 0,
    });
  });

  test('say who came in a listen range, and who was refused', async () => {
    const lab = new Lab(1);
    const [a, b, c] = [await lab.speaker(1), await lab.speaker(2), await lab.speaker(3)];
    a.addListenRange(rangeOf('2001:db8::/64', { name: 'rack', limit: 1 }));
    b.addNeighbor(neighbor(1));
    expect(lab.until(() => a.peers()[0]?.sessionState === 'established')).toBe(true);
    c.addNeighbor(neighbor(1));
    expect(lab.until(() => c.peers()[0]?.lastDown !== undefined)).toBe(true);
    const text = await new Metrics(measured({ a })).scrape();
    expect(samples(text, 'herald_listen_range')).toEqual({
      'herald_listen_range_peers instance_name=a range=rack': 1,
      'herald_listen_range_refused_total instance_name=a range=rack': 1,
    });
  });

  test('count the watches that were cut', async () => {
    const text = await new Metrics(measured({})).scrape();
    expect(samples(text, 'herald_api')).toEqual({ herald_api_watch_cuts_total: watchesCut() });
  });

  test('have those of the process, and the delay of its event loop', async () => {
    const text = await new Metrics(measured({})).scrape();
    expect(text).toMatch(/^process_cpu_seconds_total [\d.]+$/m);
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds \S+$/m);
  });

  test('know nothing of reconciling until something reconciles', async () => {
    const metrics = new Metrics(measured({}));
    expect(await metrics.scrape()).not.toContain('reconcile');
    metrics.observeReconcile('a', 0.02);
    metrics.countReconcileError('b');
    metrics.countReconcileError('b');
    const errors = 'cilium_bgp_control_plane_reconcile_errors_total';
    const duration = 'cilium_bgp_control_plane_reconcile_run_duration_seconds';
    const text = await metrics.scrape();
    expect(samples(text, errors, `${duration}_count`, `${duration}_sum`)).toEqual({
      [`${errors} instance_name=a`]: 0,
      [`${errors} instance_name=b`]: 2,
      [`${duration}_count instance_name=a`]: 1,
      [`${duration}_sum instance_name=a`]: 0.02,
    });
    expect(text).toContain(`# TYPE ${duration} histogram\n`);
    // The buckets are those of Prometheus's own client, as Cilium has them.
    expect(Object.keys(samples(text, `${duration}_bucket`)).map((key) => /le=(\S+)/.exec(key)?.[1])).toEqual([
      '0.005',
      '0.01',
      '0.025',
      '0.05',
      '0.1',
      '0.25',
      '0.5',
      '1',
      '2.5',
      '5',
      '10',
      '+Inf',
    ]);
  });
});

describe('the endpoint', () => {
  let telemetry: Telemetry;
  let isReady = false;
  const listen = { kind: 'tcp', host: '::1', port: 0 } as const;
  const reports: unknown[] = [];
  const failing = () => {
    throw new Error('broken');
  };
  const options = { ...measured({}), isReady: () => isReady, report: (error: unknown) => void reports.push(error) };
  beforeEach(async () => {
    isReady = false;
    reports.length = 0;
    telemetry = await serveTelemetry(listen, options);
  });
  afterEach(() => telemetry.close());

  const get = (path: string, init: RequestInit = {}) =>
    fetch(`http://${formatEndpoint(telemetry.endpoint)}${path}`, init);

  test('is healthy at once, and ready when it is told so', async () => {
    expect((await get('/healthz')).status).toBe(200);
    expect((await get('/readyz')).status).toBe(503);
    isReady = true;
    expect((await get('/readyz?verbose')).status).toBe(200);
  });

  test('serves metrics in the text format', async () => {
    const response = await get('/metrics');
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await response.text()).toContain('herald_build_info{version="1.2.3"} 1\n');
  });

  test.each<[string, string, number]>([
    ['GET', '/', 404],
    ['GET', '/metrics/x', 404],
    ['POST', '/metrics', 405],
    ['HEAD', '/metrics', 200],
  ])('answers %s %s with %i', async (method, path, status) => {
    expect((await get(path, { method })).status).toBe(status);
  });

  test('reports what breaks, and goes on', async () => {
    await telemetry.close();
    telemetry = await serveTelemetry(listen, { ...options, speakers: failing });
    expect((await get('/metrics')).status).toBe(500);
    expect(reports).toEqual([new Error('broken')]);
    expect((await get('/healthz')).status).toBe(200);
  });

  test('says where it cannot listen, and what to do', async () => {
    const where = formatEndpoint(telemetry.endpoint);
    await expect(serveTelemetry(telemetry.endpoint, options)).rejects.toThrow(
      new BindError(
        `telemetry ${where}: the address is in use by another process; stop it or choose another telemetry.listen`,
      ),
    );
    await expect(serveTelemetry({ ...listen, host: '2001:db8::1' }, options)).rejects.toThrow(
      'telemetry [2001:db8::1]:0: this machine does not have that address; correct telemetry.listen',
    );
  });
});

describe('telemetry in the configuration', () => {
  const parse = (listen: string) => parseConfig([{ file: 'f', text: `telemetry: { listen: "${listen}" }` }]).telemetry;

  test('is nowhere when nothing is said', () => {
    expect(parseConfig([{ file: 'f', text: '{}' }]).telemetry).toBeUndefined();
  });

  test.each(['127.0.0.1:9964', '[::1]:9964', 'localhost:9964'])('may be at %s', (text) => {
    expect(formatEndpoint(parse(text)?.listen ?? { kind: 'unix', path: '' })).toBe(text);
  });

  test.each(['unix:/run/x', '9964', '::1:9964', '127.0.0.1:70000'])('is not at %s', (text) => {
    expect(() => parse(text)).toThrow('f:1:22 telemetry.listen: must be host:port or [v6]:port');
  });
});

describe('a daemon', () => {
  const log = pino({ level: 'silent' });
  const world = { clock: systemClock, network: tcpNetwork, entropy: systemEntropy };
  let directory: string;
  let daemon: Daemon | undefined;
  let client: RouterServiceClient;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'herald-telemetry-'));
    daemon = undefined;
    client = connect({ kind: 'unix', path: join(directory, 'api.sock') });
  });
  afterEach(async () => {
    client.close();
    await daemon?.stop('');
    rmSync(directory, { recursive: true });
  });

  async function start(text: string): Promise<Daemon> {
    const config = parseConfig([{ file: 'f', text: `api: { listen: ["unix:${directory}/api.sock"] }\n${text}` }]);
    daemon = await Daemon.start(config, { world, log, version: '1' });
    return daemon;
  }

  const url = ({ telemetryEndpoint }: Daemon, path: string) =>
    `http://${telemetryEndpoint === undefined ? '' : formatEndpoint(telemetryEndpoint)}${path}`;

  /** The peers of both instances, without what time alone changes. */
  async function states(): Promise<{ instance: string; peer: PeerState }[]> {
    const lists = await Promise.all(
      ['node', 'router'].map(async (instance) => {
        const { peers } = await call(client, rpc.getPeerState, { instance });
        return peers.map((peer) => ({
          instance,
          peer: { ...peer, uptimeNanoseconds: 0n, runningTimersNanoseconds: {} },
        }));
      }),
    );
    return lists.flat();
  }

  const text = (value: unknown) => JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? `${v}` : v));

  /** A scrape and the state of the peers at the same time: nothing changed around it. */
  async function scraped(from: Daemon): Promise<{ metrics: string; peers: { instance: string; peer: PeerState }[] }> {
    for (;;) {
      const before = await states();
      const metrics = await (await fetch(url(from, '/metrics'))).text();
      const peers = await states();
      if (text(before) === text(peers)) return { metrics, peers };
    }
  }

  /** What the state of the peers means in metrics. */
  function expected(peers: readonly { instance: string; peer: PeerState }[]): Record<string, number> {
    const found: Record<string, number> = {};
    for (const { instance, peer } of peers) {
      const of = { instance_name: instance, neighbor: `[${peer.peerAddress}]:${peer.peerPort}` };
      const session = { ...of, local_asn: peer.localAsn, neighbor_asn: peer.peerAsn };
      found[series('herald_peer_pending_bytes', of)] = Number(peer.pendingBytes);
      found[series('herald_peer_received_bytes', of)] = Number(peer.receivedBytes);
      found[series('cilium_bgp_control_plane_session_state', session)] = peer.sessionState === 'established' ? 1 : 0;
      for (const { family, received, accepted, advertised, looped, stale, leaked, unsent } of peer.families) {
        found[series('cilium_bgp_control_plane_advertised_routes', { ...session, ...family })] = Number(advertised);
        found[series('cilium_bgp_control_plane_received_routes', { ...session, ...family })] = Number(received);
        found[series('herald_peer_accepted_routes', { ...of, ...family })] = Number(accepted);
        found[series('herald_peer_looped_routes', { ...of, ...family })] = Number(looped);
        found[series('herald_peer_stale_routes', { ...of, ...family })] = Number(stale);
        found[series('herald_peer_leaked_routes', { ...of, ...family })] = Number(leaked);
        found[series('herald_peer_unsent_routes', { ...of, ...family })] = Number(unsent);
      }
      const { counters } = peer;
      if (counters === undefined) continue;
      const types = {
        open: 'opens',
        update: 'updates',
        keepalive: 'keepalives',
        notification: 'notifications',
      } as const;
      for (const [type, name] of [...Object.entries(types), ['route-refresh', 'routeRefreshes'] as const]) {
        const message = { ...of, type };
        found[series('herald_peer_messages_total', { ...message, direction: 'sent' })] = Number(
          counters[`${name}Sent`],
        );
        found[series('herald_peer_messages_total', { ...message, direction: 'received' })] = Number(
          counters[`${name}Received`],
        );
      }
      found[series('herald_peer_established_total', of)] = Number(counters.established);
      found[series('herald_peer_collisions_total', of)] = Number(counters.collisions);
      found[series('herald_peer_malformed_updates_total', of)] = Number(counters.malformedUpdates);
      for (const phase of ['draining', 'drained']) found[series('herald_peer_drain', { ...of, phase })] = 0;
    }
    return found;
  }

  test('tells Prometheus what it tells the API, of two speakers over real sockets', async () => {
    const port = await freePort();
    const running = await start(`telemetry: { listen: "[::1]:0" }
instances:
  - { name: node, localASN: 65001, routerID: 10.0.0.1,
      peers: [{ name: router, peerAddress: "::1", peerASN: 65000, transport: { peerPort: ${port} }, import: all }],
      paths: [{ prefixes: ["2001:db8:a::/64", "2001:db8:b::/64", "10.1.0.0/24"], nextHop: "::1" }] }
lab: { name: router, localASN: 65000, routerID: 10.0.0.254, localPort: ${port}, listenAddresses: ["::1"],
       peers: [{ name: node, peerAddress: "::1", peerASN: 65001, transport: { passive: true }, import: all }],
       paths: [{ prefixes: ["2001:db8:c::/64"], asPathPrepend: [65001] }, { prefixes: ["2001:db8:d::/64"] }] }`);
    expect((await fetch(url(running, '/readyz'))).status).toBe(200);
    for (;;) {
      const { metrics, peers } = await scraped(running);
      const sum = (of: 'received' | 'looped') =>
        peers.flatMap(({ peer }) => peer.families).reduce((total, family) => total + Number(family[of]), 0);
      if (sum('received') + sum('looped') < 5) continue;
      expect(peers.map(({ peer }) => peer.sessionState)).toEqual(['established', 'established']);
      // Two of IPv6 and one of IPv4 that way; two of IPv6 this way, of which one has our own AS in its path.
      expect([sum('received'), sum('looped')]).toEqual([4, 1]);
      expect(samples(metrics, 'cilium_', 'herald_peer_')).toEqual(expected(peers));
      return;
    }
  });

  test('tells Prometheus of what its control plane does, and of what it cannot do', async () => {
    const running = await start('telemetry: { listen: "[::1]:0" }\ncontrolPlane: { nodeName: node-1 }');
    const cluster = (localASN?: number) => ({
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumBGPClusterConfig',
      metadata: { name: 'cluster' },
      spec: { bgpInstances: [{ name: 'rack', ...(localASN !== undefined && { localASN }) }] },
    });
    const apply = (resource: ReturnType<typeof cluster>) =>
      call(client, controlPlane.apply, {
        resources: [resource],
        dryRun: false,
        pruneSelector: undefined,
        skipInvalid: false,
      });
    const told = async () => {
      const names = ['reconcile_errors_total', 'reconcile_run_duration_seconds_count'];
      const text = await (await fetch(url(running, '/metrics'))).text();
      return Object.values(samples(text, ...names.map((name) => `cilium_bgp_control_plane_${name}`)));
    };
    expect(await told()).toEqual([]);
    await apply(cluster());
    const [errors = 0, count = 0] = (await told()).toSorted((a, b) => a - b);
    expect([errors > 0, count]).toEqual([true, errors]);
    await apply(cluster(65001));
    const after = (await told()).toSorted((a, b) => a - b);
    expect(after[0]).toBe(errors);
    expect(after[1]).toBeGreaterThan(count);
  });

  test('has no endpoint unless the configuration has one', async () => {
    expect((await start('')).telemetryEndpoint).toBeUndefined();
  });

  test('does not start when the port is in use, and says so', async () => {
    const other = await listening();
    const { port } = other.address() as AddressInfo;
    try {
      await expect(start(`telemetry: { listen: "[::1]:${port}" }`)).rejects.toThrow(
        new BindError(
          `telemetry [::1]:${port}: the address is in use by another process; stop it or choose another telemetry.listen`,
        ),
      );
      await expect(call(client, rpc.getBgp, { instance: '' })).rejects.toThrow('UNAVAILABLE');
    } finally {
      other.close();
    }
  });
});

function listening(): Promise<Server> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '::1', () => resolve(server));
  });
}

async function freePort(): Promise<number> {
  const server = await listening();
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}
