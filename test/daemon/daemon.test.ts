import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { call, connect, rpc } from '../../src/api/client.ts';
import { showLab } from '../../src/cli/lab.ts';
import { loadConfig, parseConfig } from '../../src/daemon/config/load.ts';
import { Daemon } from '../../src/daemon/daemon.ts';
import type { RouterServiceClient } from '../../src/gen/herald/v1/router_service.ts';
import { Neighbor } from '../../src/gen/herald/v1/types.ts';
import type { Network } from '../../src/session/ports.ts';
import { tcpNetwork } from '../../src/transport/tcp.ts';
import { systemClock, systemEntropy } from '../../src/transport/world.ts';
import { captured, herald } from '../cli/herald.ts';
import { addressA, addressB, openB, Puppet } from '../session/sides.ts';
import { VirtualClock } from '../simulation/clock.ts';
import { SimulatedNetwork } from '../simulation/network.ts';
import { seeded } from '../simulation/random.ts';

let directory: string;
let daemon: Daemon | undefined;
let client: RouterServiceClient;
let lines: Record<string, unknown>[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'herald-daemon-'));
  daemon = undefined;
  lines = [];
  client = connect({ kind: 'unix', path: join(directory, 'api.sock') });
});
afterEach(async () => {
  client.close();
  await daemon?.stop('');
  rmSync(directory, { recursive: true });
});

const log = pino({ level: 'debug' }, { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) });

/** What was logged as wrong, but for the ends of sessions. */
const complaints = () =>
  lines.filter(({ level, reason }) => Number(level) >= 40 && reason === undefined).map(({ msg }) => msg);

function config(text: string) {
  return parseConfig([{ file: 'test.yaml', text: `api: { listen: ["unix:${directory}/api.sock"] }\n${text}` }]);
}

async function start(text: string, simulated = simulation()): Promise<Daemon> {
  const world = { ...simulated, entropy: seeded(2), interfaces: () => [] };
  daemon = await Daemon.start(config(text), { world, log, version: '1' });
  return daemon;
}

function simulation() {
  const clock = new VirtualClock();
  return { clock, network: new SimulatedNetwork(clock, seeded(1)).host(addressA) };
}

const instance = (name: string, fields = '') => `{ name: ${name}, localASN: 65001, routerID: 10.0.0.1${fields} }`;

/** What runs: of each instance its peers and its prefixes. */
async function running(): Promise<Record<string, { peers: string[]; prefixes: string[]; policies: string[] }>> {
  const { instances } = await call(client, rpc.getBgp, { instance: '' });
  const found: Awaited<ReturnType<typeof running>> = {};
  for (const { name } of instances) {
    const { peers } = await call(client, rpc.getPeerState, { instance: name });
    const { policies } = await call(client, rpc.getRoutePolicies, { instance: name });
    const { out } = await herald('--server', `unix:${directory}/api.sock`, '--instance', name, 'routes', '-o', 'json');
    const routes = JSON.parse(out) as { prefix: string; paths: { communities?: string[] }[] }[];
    found[name] = {
      peers: peers.map((peer) => `${peer.name} ${peer.peerAddress} ${peer.timers?.configuredHoldNanoseconds}`),
      prefixes: routes.map(({ prefix, paths }) => [prefix, ...(paths[0]?.communities ?? [])].join(' ')),
      policies: policies.map((policy) => policy.name),
    };
  }
  return found;
}

describe('a daemon', () => {
  test('runs what its configuration says', async () => {
    await start(`instances:
  - { name: a, localASN: 65001, routerID: 10.0.0.1,
      peers: [{ name: r, peerAddress: "2001:db8::2" }],
      paths: [{ prefixes: ["2001:db8:a::/64", "2001:db8:b::/64"], communities: ["1:1"] }],
      routePolicies: [{ name: p, statements: [] }] }`);
    expect(await running()).toEqual({
      a: {
        peers: ['r 2001:db8::2 90000000000'],
        prefixes: ['2001:db8:a::/64 1:1', '2001:db8:b::/64 1:1'],
        policies: ['p'],
      },
    });
  });

  test('runs nothing when a part of it cannot run', async () => {
    const listening = ', localPort: 179, listenAddresses: ["2001:db8::a"]';
    await expect(start(`instances: [${instance('a', listening)}, ${instance('b', listening)}]`)).rejects.toThrow(
      'instance b: cannot listen on [2001:db8::a]:179: the port is in use by another process; stop it, or choose another localPort',
    );
    await expect(call(client, rpc.getBgp, { instance: '' })).rejects.toThrow('UNAVAILABLE');
    await start(`instances: [${instance('a', listening)}]`);
  });

  test('answers a router that dials before its peer is there', async () => {
    const clock = new VirtualClock();
    const simulated = new SimulatedNetwork(clock, seeded(1));
    const host = simulated.host(addressA);
    const routers: Puppet[] = [];
    const listen: Network['listen'] = async (options, accept) => {
      const listener = await host.listen(options, accept);
      routers.push(Puppet.dial(simulated));
      clock.advance(100);
      routers[0]?.say(openB());
      clock.advance(100);
      return listener;
    };
    const peer = `{ name: r, peerAddress: "${addressB}", peerASN: 65002, transport: { passive: true } }`;
    await start(
      `instances: [${instance('a', `, localPort: 179, listenAddresses: ["${addressA}"], peers: [${peer}]`)}]`,
      { clock, network: { ...host, listen } },
    );
    clock.advance(100);
    expect(routers.map((router) => [router.closedBy, router.types()])).toEqual([[undefined, ['open', 'keepalive']]]);
    expect(complaints()).toEqual([]);
  });

  test('goes over to another configuration: what is gone, changed and new', async () => {
    const first = await start(`instances:
  - ${instance('gone')}
  - ${instance('recreated')}
  - { name: kept, localASN: 65001, routerID: 10.0.0.1,
      peers: [{ name: gone, peerAddress: "::2" }, { name: changed, peerAddress: "::3" }, { name: kept, peerAddress: "::4" }],
      paths: [{ prefixes: ["2001:db8:a::/64", "2001:db8:b::/64"] }, { prefixes: ["2001:db8:c::/64"] }, { prefixes: ["2001:db8:c::/64"], pathID: 1 }],
      routePolicies: [{ name: a, statements: [] }, { name: b, statements: [] }, { name: c, statements: [] }] }`);
    await first.reload(
      config(`instances:
  - { name: recreated, localASN: 65009, routerID: 10.0.0.1 }
  - { name: kept, localASN: 65001, routerID: 10.0.0.1,
      peers: [{ name: changed, peerAddress: "::3", timers: { holdTimeSeconds: 9 } }, { name: kept, peerAddress: "::4" }, { name: gone, peerAddress: "::5" }],
      paths: [{ prefixes: ["2001:db8:a::/64", "2001:db8:d::/64"] }, { prefixes: ["2001:db8:c::/64"], communities: ["1:1"] }],
      routePolicies: [{ name: a, statements: [] }, { name: c, statements: [] }, { name: b, statements: [] }] }
  - ${instance('new')}`),
    );
    const nothing = { peers: [], prefixes: [], policies: [] };
    expect(await running()).toEqual({
      new: nothing,
      recreated: nothing,
      kept: {
        peers: ['changed ::3 9000000000', 'kept ::4 90000000000', 'gone ::5 90000000000'],
        prefixes: ['2001:db8:a::/64', '2001:db8:c::/64 1:1', '2001:db8:d::/64'],
        policies: ['a', 'c', 'b'],
      },
    });
    const { instances } = await call(client, rpc.getBgp, { instance: 'recreated' });
    expect(instances[0]?.global?.asn).toBe(65009);
    const applied = lines.filter(({ msg }) => msg === 'configuration applied');
    expect(applied.at(-2)).toMatchObject({ instance: 'kept', neighbors: 3, paths: 4, policies: 4 });
    expect(complaints()).toEqual([]);
  });

  test('changes nothing when it is given the same again', async () => {
    const text = `instances: [${instance('a', ', peers: [{ name: r, peerAddress: "::2" }], paths: [{ prefixes: ["::/0"] }]')}]`;
    const first = await start(text);
    const before = lines.length;
    await first.reload(config(text));
    expect(lines.slice(before).map(({ msg }) => msg)).toEqual(['configuration loaded']);
  });

  test('leaves alone what the API put in, and does without what it took away', async () => {
    const text = `instances: [${instance('a', ', peers: [{ name: r, peerAddress: "::2" }], paths: [{ prefixes: ["2001:db8:a::/64"] }]')}]`;
    const first = await start(text);
    const server = `unix:${directory}/api.sock`;
    await herald('--server', server, 'advertise', '2001:db8:b::/64');
    await call(client, rpc.removeNeighbor, { instance: '', peerAddress: '::2' });
    await first.reload(config(`instances: [${instance('a', ', paths: [{ prefixes: ["2001:db8:c::/64"] }]')}]`));
    expect(await running()).toEqual({
      a: { peers: [], prefixes: ['2001:db8:b::/64', '2001:db8:c::/64'], policies: [] },
    });
    expect((await herald('--server', server, 'withdraw', '2001:db8:c::/64')).code).toBe(1);
    expect(complaints()).toEqual([]);
  });

  test('has what the API changed of a configured peer also when its instance starts over', async () => {
    const text = (asn: number) =>
      `stateDir: ${directory}/state\ninstances: [{ name: a, localASN: ${asn}, routerID: 10.0.0.1, peers: [{ name: r, peerAddress: "::2" }] }]`;
    const first = await start(text(65001));
    const neighbor = Neighbor.fromPartial({ name: 'r', address: '::2', timers: { holdTime: 30 } });
    await call(client, rpc.updateNeighbor, { instance: '', neighbor });
    expect((await running())['a']?.peers).toEqual(['r ::2 30000000000']);
    await first.reload(config(text(65002)));
    expect((await running())['a']?.peers).toEqual(['r ::2 30000000000']);
    expect(complaints()).toEqual([]);
  });

  test('goes on when a configuration could not be carried out through a defect of its own', async () => {
    const first = await start(`instances: [${instance('a')}]`);
    const broken = {
      ...config(''),
      get instances(): never {
        throw new TypeError('a defect');
      },
    };
    await expect(first.reload(broken)).rejects.toThrow('a defect');
    await first.reload(config(`instances: [${instance('b')}]`));
    expect(Object.keys(await running())).toEqual(['b']);
    await first.stop('');
  });

  test('says what it cannot change, and tries again what failed', async () => {
    const listening = ', localPort: 179, listenAddresses: ["2001:db8::a"]';
    const first = await start(`instances: [${instance('a', listening)}]`);
    const both = `instances: [${instance('a', listening)}, ${instance('b', listening)}]`;
    await first.reload(config(both));
    expect(Object.keys(await running())).toEqual(['a']);
    expect(complaints()).toEqual([expect.stringMatching(/^instance b: cannot listen on \[2001:db8::a\]:179/)]);
    await first.reload(config(`instances: [${instance('b', listening)}]`));
    expect(Object.keys(await running())).toEqual(['b']);
    await first.reload(parseConfig([{ file: 'x', text: 'api: { listen: [] }' }]));
    expect(complaints().at(-1)).toBe('api.listen changed: restart to apply that');
    expect(await running()).toEqual({});
  });
});

describe('the quick start', () => {
  /** The configuration of the quick start, on a port that is free and a socket of the test’s own. */
  async function quickStart() {
    const port = await freePort();
    const { instances, lab, ...rest } = loadConfig('config/quickstart');
    const [node] = instances;
    const [peer] = node?.neighbors ?? [];
    if (node === undefined || peer === undefined || lab === undefined)
      throw new Error('the quick start has lost its parts');
    const moved = { ...node, neighbors: [{ ...peer, transport: { ...peer.transport, remotePort: port } }] };
    return {
      ...rest,
      api: { listen: [{ kind: 'unix' as const, path: join(directory, 'api.sock') }] },
      instances: [moved],
      lab: { ...lab, global: { ...lab.global, listenPort: port } },
    };
  }

  test('brings up a session, shows the router’s table, and all that it says to try works', async () => {
    const world = { clock: systemClock, network: tcpNetwork, entropy: systemEntropy };
    daemon = await Daemon.start(await quickStart(), { world, log, version: '1' });
    const server = `unix:${directory}/api.sock`;
    const shown = await heraldLab(server);
    expect(shown).toContain('this is what router has learned from worker1');
    expect(shown).toMatch(/2001:db8:1:1::80\/128 +::1 .*\{Communities: 65001:80\}/);
    expect(shown).toMatch(/2001:db8:a:1::\/64 +::1 /);

    const commands = [...shown.matchAll(/npm run -s herald -- (.*)/g)].map(([, command = '']) => command.split(' '));
    expect(commands).toHaveLength(3);
    const results = [];
    for (const command of commands) results.push(await herald('--server', server, ...command));
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(results[0]?.out).toContain('established');
    // The router hears of it over a real socket, in its own time.
    await arrivedAtRouter(server, '2001:db8:a:2::/64');
    expect(complaints()).toEqual([]);
  });

  async function heraldLab(server: string): Promise<string> {
    const { out } = await captured(() =>
      showLab({ server, node: 'worker1', router: 'router', ended: new AbortController().signal }),
    );
    return out;
  }

  async function arrivedAtRouter(server: string, prefix: string): Promise<void> {
    for (;;) {
      const { out } = await herald('--server', server, 'routes', 'received', '--instance', 'router');
      if (out.includes(prefix)) return;
    }
  }
});

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '::1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
