import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { call, connect, rpc } from '../../src/api/client.ts';
import { loadConfig, parseConfig } from '../../src/daemon/config/load.ts';
import { Daemon } from '../../src/daemon/daemon.ts';
import type { Machine } from '../../src/daemon/node-facts.ts';
import { Neighbor } from '../../src/gen/herald/v1/types.ts';
import { Address } from '../../src/ip/address.ts';
import { herald } from '../cli/herald.ts';
import { VirtualClock } from '../simulation/clock.ts';
import { SimulatedNetwork } from '../simulation/network.ts';
import { seeded } from '../simulation/random.ts';

let directory: string;
let manifests: string;
let daemon: Daemon | undefined;
let clock: VirtualClock;
let machine: Machine;
let lines: string[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'herald-daemon-'));
  manifests = join(directory, 'manifests');
  mkdirSync(manifests);
  lines = [];
  machine = { interfaces: [], defaultRoutes: [] };
});
afterEach(async () => {
  await daemon?.stop('');
  rmSync(directory, { recursive: true });
});

const log = pino({ base: null }, { write: (line) => void lines.push((JSON.parse(line) as { msg: string }).msg) });
const logged = (text: RegExp) => lines.filter((line) => text.test(line));

function config(more = '') {
  const text = `api: { listen: ["unix:${directory}/api.sock"] }
controlPlane: { nodeName: node-1, manifests: ${manifests} }
${more}`;
  return parseConfig([{ file: 'test.yaml', text }]);
}

async function start(more = ''): Promise<Daemon> {
  clock = new VirtualClock();
  const network = new SimulatedNetwork(clock, seeded(1)).host(Address.parse('2001:db8::1'));
  const world = { clock, network, entropy: seeded(2), interfaces: () => [] };
  daemon = await Daemon.start(config(more), { world, log, version: '1', machine: () => machine });
  return daemon;
}

const ask = (...args: string[]) => herald('--server', `unix:${directory}/api.sock`, ...args);

/** A file that is there at once, as an editor or a mounted ConfigMap has it. */
function write(name: string, text: string): void {
  const path = join(manifests, name);
  writeFileSync(join(directory, 'next'), text);
  renameSync(join(directory, 'next'), path);
}

const cluster = (
  name: string,
  peer = '{ name: tor, peerAddress: "2001:db8::99", peerASN: 65000, peerConfigRef: { name: tor } }',
) =>
  `apiVersion: cilium.io/v2
kind: CiliumBGPClusterConfig
metadata: { name: rack }
spec: { bgpInstances: [{ name: ${name}, localASN: 65010, peers: [${peer}] }] }
---
apiVersion: cilium.io/v2
kind: CiliumBGPPeerConfig
metadata: { name: tor }
spec: { families: [{ afi: ipv6, safi: unicast, advertisements: {} }] }
`;
const advertisement = `apiVersion: cilium.io/v2
kind: CiliumBGPAdvertisement
metadata: { name: lo }
spec: { advertisements: [{ advertisementType: Interface, interface: { name: lo } }] }
`;

interface Named {
  readonly name?: string;
  readonly prefix?: string;
  readonly metadata?: { readonly name: string };
}

/** Of what a command lists. */
async function names(...args: string[]): Promise<(string | undefined)[]> {
  const { out } = await ask(...args, '-o', 'json');
  if (out === '') return [];
  const found = JSON.parse(out) as Named[] | { items: Named[] };
  return ('items' in found ? found.items : found).map(({ name, prefix, metadata }) => name ?? prefix ?? metadata?.name);
}

/** Lets the daemon's time pass until it is so: what the file system tells comes in its own time. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) {
    clock.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('a manifests directory', () => {
  test('is read at start', async () => {
    write('bgp.yaml', cluster('rack'));
    await start();
    expect(await names('peers')).toEqual(['tor']);
    expect(await names('get', 'cbgpnode')).toContain('node-1');
  });

  test('is watched: what changes there changes what runs', async () => {
    write('bgp.yaml', cluster('rack'));
    await start();
    write('bgp.yaml', cluster('rack', '{ name: other, peerAddress: "2001:db8::98", peerASN: 65000 }'));
    await until(async () => (await names('peers')).includes('other'));
    expect(await names('peers')).toEqual(['other']);
    rmSync(join(manifests, 'bgp.yaml'));
    await until(async () => (await ask('get', 'all')).out === 'no resources\n');
    expect(daemon?.endpoints).toHaveLength(1);
  });

  test('with a fault leaves what runs, and says where it is', async () => {
    write('bgp.yaml', cluster('rack'));
    const running = await start();
    write('bad.yaml', `${advertisement}---\nkind: Nothing\n`);
    await running.reload(config());
    expect(logged(/bad\.yaml:6:7 kind: is not a known kind/)).toHaveLength(1);
    expect(logged(/the manifests have faults; what runs stays as it is/)).toHaveLength(1);
    expect(await names('peers')).toEqual(['tor']);
    expect((await ask('get', 'cbgpadvert')).out).toBe('no resources\n');
  });

  test('is read again when the configuration is', async () => {
    write('bgp.yaml', cluster('rack'));
    const running = await start();
    write('bgp.yaml', cluster('other'));
    await running.reload(config());
    expect((await ask('--instance', 'other', 'peers')).code).toBe(0);
    expect((await ask('--instance', 'rack', 'peers')).code).toBe(1);
  });

  test('holds its resources against the API, and takes over what that has', async () => {
    const running = await start();
    write('../all.yaml', cluster('rack'));
    const other = join(directory, 'all.yaml');
    expect((await ask('apply', '-f', other)).code).toBe(0);
    write('bgp.yaml', cluster('rack'));
    await running.reload(config());
    expect((await ask('delete', 'cbgppeer', 'tor')).err).toMatch(/is held by .*bgp\.yaml:6:1: change it there/);
    rmSync(join(manifests, 'bgp.yaml'));
    await running.reload(config());
    expect((await ask('get', 'all')).out).toBe('no resources\n');
  });

  test('that is not there is told, and the daemon runs', async () => {
    rmSync(manifests, { recursive: true });
    await start();
    expect(logged(/manifests: there is no such file or directory; what runs stays as it is/)).toHaveLength(1);
    expect((await ask('get', 'all')).code).toBe(0);
    mkdirSync(manifests);
  });
});

describe('the daemon', () => {
  test('looks at the machine once a second, and plans again when it changed', async () => {
    write('bgp.yaml', `${cluster('rack')}---\n${advertisement}`);
    await start();
    expect(await names('routes')).toEqual([]);
    const addresses = [Address.parse('2001:db8:1::1')];
    machine = { ...machine, interfaces: [{ name: 'lo', addresses, adminUp: true, operState: 'unknown' }] };
    await until(async () => (await names('routes')).includes('2001:db8:1::1/128'));
    machine = { ...machine, interfaces: [] };
    await until(async () => (await names('routes')).length === 0);
  });

  test('keeps the plan’s instances from the API and the configuration', async () => {
    write('bgp.yaml', cluster('rack'));
    const running = await start();
    await running.reload(config('instances: [{ name: rack, localASN: 1, routerID: 10.0.0.1 }]'));
    expect(logged(/instance rack is already running/)).toHaveLength(1);
    expect(await names('peers')).toEqual(['tor']);
    await running.reload(config());
    expect(await names('peers')).toEqual(['tor']);
    const client = connect({ kind: 'unix', path: join(directory, 'api.sock') });
    await expect(call(client, rpc.stopInstance, { instance: 'rack', fullDestroy: true })).rejects.toThrow(
      'instance rack follows from a CiliumBGPClusterConfig: delete or change that',
    );
    client.close();
    expect(await names('peers')).toEqual(['tor']);
  });

  test('says whether what it is given is kept', async () => {
    await start();
    expect(logged(/no stateDir is set: what the API is given ends with this process/)).toHaveLength(1);
    await daemon?.stop('');
    await start(`stateDir: ${directory}/state`);
    expect(logged(/what the API is given is kept/)).toHaveLength(1);
  });

  test('has all that the API was given when it starts again, also in instances of the plan', async () => {
    const more = `stateDir: ${directory}/state\ninstances: [{ name: a, localASN: 65001, routerID: 10.0.0.1 }]`;
    await start(more);
    write('../all.yaml', cluster('rack'));
    await ask('apply', '-f', join(directory, 'all.yaml'));
    for (const instance of ['a', 'rack'])
      await ask('--instance', instance, 'advertise', '2001:db8:7::/64', '--med', '7');
    const shown = async () => [
      await names('get', 'all'),
      (await ask('--instance', 'a', 'routes')).out.replace(/\d+s/, ''),
      (await ask('--instance', 'rack', 'routes')).out.replace(/\d+s/, ''),
    ];
    const before = await shown();
    expect(before[2]).toContain('2001:db8:7::/64');
    await daemon?.stop('');
    await start(more);
    expect(await shown()).toEqual(before);
  });

  test('has what the API changed of a peer of the plan when it starts again, and when the instance does', async () => {
    const stateDir = `stateDir: ${directory}/state`;
    write('bgp.yaml', cluster('rack'));
    await start(stateDir);
    const client = connect({ kind: 'unix', path: join(directory, 'api.sock') });
    const neighbor = Neighbor.fromPartial({ name: 'tor', address: '2001:db8::99', asn: 65000, adminDown: 'by hand' });
    await call(client, rpc.updateNeighbor, { instance: 'rack', neighbor });
    const shown = async () => {
      const { peers } = await call(client, rpc.getPeerState, { instance: 'rack' });
      return peers.map((peer) => peer.neighbor?.adminDown);
    };
    expect(await shown()).toEqual(['by hand']);
    await daemon?.stop('');
    await start(stateDir);
    expect(await shown()).toEqual(['by hand']);
    write('bgp.yaml', cluster('rack').replace('65010', '65011'));
    await until(async () => (await names('peers', '-o', 'wide')).length === 1 && logged(/manifests loaded/).length > 2);
    expect(await shown()).toEqual(['by hand']);
    client.close();
    expect(logged(/already/)).toEqual([]);
  });
});

test('the example runs as it is', async () => {
  const { controlPlane = {}, instances } = loadConfig('config/cilium');
  clock = new VirtualClock();
  const network = new SimulatedNetwork(clock, seeded(1)).host(Address.parse('2001:db8::1'));
  const world = { clock, network, entropy: seeded(2), interfaces: () => [] };
  const api = { listen: [{ kind: 'unix' as const, path: join(directory, 'api.sock') }] };
  daemon = await Daemon.start({ api, instances, controlPlane }, { world, log, version: '1', machine: () => machine });
  expect(await names('routes')).toEqual(['2001:db8:a::/64', '2001:db8:a:100::1/128', '2001:db8:a:100::53/128']);
  expect(logged(/./).filter((line) => /fault|held|cannot/.test(line))).toEqual([]);
});
