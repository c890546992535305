import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseConfig } from '../../src/daemon/config/load.ts';
import { Daemon } from '../../src/daemon/daemon.ts';
import type { Speaker } from '../../src/speaker/speaker.ts';
import type { RouteEvent } from '../../src/speaker/types.ts';
import { addressOf, Lab, neighbor, stateOf, tableOf } from '../speaker/support.ts';

let directory: string;
let lab: Lab;
let router: Speaker;
let lost: string[];
let lines: string[];
let daemon: Daemon | undefined;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'herald-restart-'));
  lab = new Lab(1);
  router = await lab.speaker(2);
  router.addNeighbor(neighbor(1, { gracefulRestart: { restartTime: 60, stalePathTime: 90 } }));
  lost = [];
  router.watchRoutes({ table: 'adj-rib-in' }, (events: readonly RouteEvent[]) => {
    for (const { type, route } of events) if (type === 'withdrawn') lost.push(route.prefix.toString());
  });
  lines = [];
});
afterEach(async () => {
  await daemon?.stop('', 'for-good');
  rmSync(directory, { recursive: true });
});

const withState = () => `stateDir: ${directory}/state`;

/** A process that announces a prefix to the router at 2001:db8::2, once the session is up. */
async function start(text = '', prefix = '2001:db8:a::/64', restarted?: boolean): Promise<void> {
  const config = parseConfig([
    {
      file: 'test.yaml',
      text: `api: { listen: ["unix:${directory}/api.sock"] }
${text}
instances:
  - name: a
    localASN: 65001
    routerID: 10.0.0.1
    paths: [{ prefixes: ["${prefix}"] }]
    peers:
      - { name: r, peerAddress: "2001:db8::2", families: [ipv6/unicast], gracefulRestart: { enabled: true, restartTimeSeconds: 60 } }`,
    },
  ]);
  const world = {
    clock: lab.clock,
    network: lab.network.host(addressOf(1)),
    entropy: lab.network.entropy,
    interfaces: () => [],
  };
  const log = pino({}, { write: (line) => void lines.push(line) });
  daemon = await Daemon.start(config, { world, log, version: '1', ...(restarted !== undefined && { restarted }) });
  expect(lab.until(() => stateOf(router, 1) === 'established')).toBe(true);
  lab.clock.advance(1000);
}

async function stop(how: 'restart' | 'for-good'): Promise<void> {
  await daemon?.stop('bye', how);
  daemon = undefined;
  expect(lab.until(() => stateOf(router, 1) !== 'established')).toBe(true);
}

function claimed() {
  const { remoteCapabilities = [] } = router.peer(addressOf(1)) ?? {};
  return remoteCapabilities.find(({ name }) => name === 'graceful-restart');
}

const table = () => Object.keys(tableOf(router, { table: 'adj-rib-in', neighbor: addressOf(1) }));

test('a restart with a state directory takes no route from the router, but for what is no longer announced', async () => {
  await start(withState());
  expect(claimed()).toMatchObject({ restarting: false, time: 60, families: [{ forwarding: false }] });
  await stop('restart');
  expect(table()).toEqual(['2001:db8:a::/64']);
  await start(withState());
  expect(claimed()).toMatchObject({ restarting: true, families: [{ forwarding: true }] });
  expect([table(), lost]).toEqual([['2001:db8:a::/64'], []]);
  await stop('restart');
  await start(withState(), '2001:db8:b::/64');
  expect([table(), lost]).toEqual([['2001:db8:b::/64'], ['2001:db8:a::/64']]);
});

test('a stop for good takes them at once, and the next start is none of the same', async () => {
  await start(withState());
  await stop('for-good');
  expect(table()).toEqual([]);
  await start(withState());
  expect(claimed()).toMatchObject({ restarting: false, families: [{ forwarding: false }] });
});

test('without a state directory the next process must be told that it restarted', async () => {
  await start();
  expect(lines.join()).toContain('needs a stateDir');
  await stop('restart');
  await start();
  expect(lost).toEqual(['2001:db8:a::/64']);
  await stop('restart');
  await start('', undefined, true);
  expect(claimed()).toMatchObject({ restarting: true });
  expect(lost).toEqual(['2001:db8:a::/64']);
});
