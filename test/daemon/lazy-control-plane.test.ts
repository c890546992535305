import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { call, connect, controlPlane, rpc } from '../../src/api/client.ts';
import { parseConfig } from '../../src/daemon/config/load.ts';
import { Daemon } from '../../src/daemon/daemon.ts';
import type { RouterServiceClient } from '../../src/gen/herald/v1/router_service.ts';
import { Address } from '../../src/ip/address.ts';
import { VirtualClock } from '../simulation/clock.ts';
import { SimulatedNetwork } from '../simulation/network.ts';
import { seeded } from '../simulation/random.ts';

let directory: string;
let daemon: Daemon | undefined;
let clock: VirtualClock;
let looks: number;
/** The machine cannot be looked at. */
let isBlind: boolean;
let client: RouterServiceClient;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'herald-lazy-'));
  looks = 0;
  isBlind = false;
  client = connect({ kind: 'unix', path: join(directory, 'api.sock') });
});
afterEach(async () => {
  client.close();
  await daemon?.stop('');
  rmSync(directory, { recursive: true });
});

async function start(more = ''): Promise<void> {
  clock = new VirtualClock();
  const network = new SimulatedNetwork(clock, seeded(1)).host(Address.parse('2001:db8::1'));
  const config = parseConfig([{ file: 'test.yaml', text: `api: { listen: ["unix:${directory}/api.sock"] }\n${more}` }]);
  const machine = () => {
    looks++;
    if (isBlind) throw new Error('no memory for that now');
    return { interfaces: [], defaultRoutes: [] };
  };
  const world = { clock, network, entropy: seeded(2), interfaces: () => [] };
  const log = pino({ level: 'silent' });
  daemon = await Daemon.start(config, { world, log, version: '1', machine });
}

const pool = (name: string) => ({
  apiVersion: 'cilium.io/v2',
  kind: 'CiliumLoadBalancerIPPool',
  metadata: { name },
  spec: { blocks: [{ cidr: `2001:db8:${name}::/64` }] },
});

const apply = (name: string) =>
  call(client, controlPlane.apply, {
    resources: [pool(name)],
    dryRun: false,
    pruneSelector: undefined,
    skipInvalid: false,
  });

async function pools(): Promise<string[]> {
  const request = { kind: 'CiliumLoadBalancerIPPool', namespace: '', labelSelector: '' };
  const { resources } = await call(client, controlPlane.list, request);
  return (resources as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name);
}

const minute = 60_000;

test('a daemon that nobody gives resources has no control plane, and looks at nothing for it', async () => {
  await start();
  await call(client, rpc.getBgp, { instance: '' });
  clock.advance(minute);
  expect(looks).toBe(0);
});

test('the first call of its API brings the control plane, which goes on looking at the machine', async () => {
  await start();
  expect(await pools()).toEqual([]);
  const first = looks;
  expect(first).toBeGreaterThan(0);
  clock.advance(minute);
  expect(looks).toBeGreaterThan(first);
});

test('calls that come at once share one control plane', async () => {
  await start();
  await Promise.all(['a', 'b', 'c', 'd'].map(apply));
  expect(await pools()).toEqual(['a', 'b', 'c', 'd']);
});

test('resources that were kept bring the control plane at the start', async () => {
  const state = `stateDir: ${directory}/state`;
  await start(state);
  expect(looks).toBe(0);
  await apply('a');
  await daemon?.stop('');
  looks = 0;
  await start(state);
  expect(looks).toBeGreaterThan(0);
  expect(await pools()).toEqual(['a']);
});

test('a configuration that names the control plane has it from the start', async () => {
  await start('controlPlane: { nodeName: node-1 }');
  expect(looks).toBeGreaterThan(0);
});

test('a call that it could not be made for does not keep the next from having it', async () => {
  await start();
  isBlind = true;
  await expect(pools()).rejects.toThrow('internal error');
  isBlind = false;
  await apply('a');
  expect(await pools()).toEqual(['a']);
  const first = looks;
  clock.advance(minute);
  expect(looks).toBeGreaterThan(first);
});
