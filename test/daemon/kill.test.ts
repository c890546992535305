import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { call, connect, controlPlane, messages, rpc } from '../../src/api/client.ts';
import { AdvertisePathsRequest, type RouterServiceClient } from '../../src/gen/herald/v1/router_service.ts';
import { PathAttributes, TableType } from '../../src/gen/herald/v1/types.ts';
import { runs } from '../runs.ts';
import { seeded } from '../simulation/random.ts';

// A daemon of its own process, killed with no warning while it is being given things.

const rounds = Math.max(3, Math.min(20, Math.floor(runs / 5000)));

let directory: string;
let daemon: ChildProcess | undefined;
let client: RouterServiceClient;

/** What the child runs, built for it alone. */
let build: string;
beforeAll(() => {
  mkdirSync('node_modules/.cache', { recursive: true });
  build = mkdtempSync('node_modules/.cache/herald-');
  cpSync('package.json', join(build, 'package.json'));
  const bundle = ['-c', 'rolldown.config.ts', '--dir', join(build, 'dist')];
  execFileSync('node_modules/.bin/rolldown', bundle, { stdio: 'ignore' });
});
afterAll(() => rmSync(build, { recursive: true }));
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'herald-kill-'));
});
afterEach(async () => {
  client.close();
  await kill();
  rmSync(directory, { recursive: true });
});

/** Starts the daemon and waits until it has said that it serves, or serves without a word when nobody hears it. */
async function start(
  wrap: (command: readonly string[], state: string) => readonly string[] = (command) => command,
  isHeard = true,
): Promise<void> {
  const path = join(directory, 'herald.yaml');
  const state = join(directory, 'state');
  writeFileSync(
    path,
    `stateDir: ${state}
api: { listen: ["unix:${directory}/api.sock"] }
controlPlane: { nodeName: node-1 }
instances: [{ name: a, localASN: 65001, routerID: 10.0.0.1 }]
`,
  );
  const [program = '', ...args] = wrap([process.execPath, join(build, 'dist/main.js'), 'run', '-c', path], state);
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  daemon = child;
  client = connect({ kind: 'unix', path: join(directory, 'api.sock') });
  if (!isHeard) {
    await vi.waitFor(() => call(client, rpc.getBgp, { instance: 'a' }), { timeout: 300_000, interval: 100 });
    return;
  }
  let said = '';
  for await (const chunk of child.stderr as AsyncIterable<Buffer>) {
    said += chunk.toString();
    if (said.includes('API is served')) break;
  }
  expect(said).toContain('API is served');
}

async function kill(): Promise<void> {
  const child = daemon;
  daemon = undefined;
  if (child === undefined || child.exitCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** What each thing may be: what was acknowledged last, and what was asked for since. `undefined`: not there. */
class Model {
  readonly #possible = new Map<string, (string | undefined)[]>();
  #acknowledged = 0;
  onAcknowledged: (count: number) => void = () => undefined;

  /** Does something that makes `key` be `value`; false when the daemon was gone before it answered. */
  async change(keys: readonly string[], value: string | undefined, work: () => Promise<unknown>): Promise<boolean> {
    for (const key of keys) this.#possible.set(key, [...(this.#possible.get(key) ?? [undefined]), value]);
    try {
      await work();
    } catch (error) {
      // Where something was just being written, the library says so instead of UNAVAILABLE.
      const { code, details = '' } = error as { code?: number; details?: string };
      expect(code === status.UNAVAILABLE || details.includes('EPIPE') ? 'gone' : error).toBe('gone');
      return false;
    }
    for (const key of keys) this.#possible.set(key, [value]);
    this.onAcknowledged(++this.#acknowledged);
    return true;
  }

  /** What is there and cannot be, or is not and must. What is there is all that can be from now on. */
  contradictions(found: ReadonlyMap<string, string>): string[] {
    const wrong = [...found.keys()].filter((key) => !this.#possible.has(key));
    for (const [key, possible] of this.#possible) {
      const value = found.get(key);
      if (!possible.includes(value)) wrong.push(`${key} is ${value}, not one of ${possible.join()}`);
      this.#possible.set(key, [value]);
    }
    return wrong;
  }
}

const service = (name: string, label: string) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, labels: { is: label } },
  spec: { type: 'ClusterIP' },
});

const apply = (name: string, label: string) =>
  call(client, controlPlane.apply, {
    resources: [service(name, label)],
    dryRun: false,
    pruneSelector: undefined,
    skipInvalid: false,
  });

const remove = (name: string) => call(client, controlPlane.delete, { kind: 'svc', namespace: '', name });

const advertise = (prefix: string, med: string) =>
  call(client, rpc.advertisePath, {
    instance: 'a',
    prefix,
    pathId: undefined,
    nextHop: '',
    attributes: PathAttributes.fromPartial({ med: Number(med) }),
  });

const bulk = (batches: readonly (readonly string[])[], med: string) =>
  new Promise((resolve, reject) => {
    const stream = client.advertisePaths((error, answer) => (error === null ? resolve(answer) : reject(error)));
    for (const prefixes of batches) {
      const attributes = PathAttributes.fromPartial({ med: Number(med) });
      stream.write(AdvertisePathsRequest.fromPartial({ instance: 'a', attributes, prefixes: [...prefixes] }));
    }
    stream.end();
  });

/** All there is, by key: resources with their label, paths with their metric. */
async function everything(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const { resources } = await call(client, controlPlane.list, { kind: 'svc', namespace: '', labelSelector: '' });
  for (const { metadata } of resources as { metadata: { name: string; labels: { is: string } } }[]) {
    found.set(metadata.name, metadata.labels.is);
  }
  const request = {
    instance: 'a',
    tableType: TableType.LOC_RIB,
    family: { afi: 'ipv6', safi: 'unicast' },
    neighbor: '',
  };
  for await (const { routes } of messages(client.getRoutes(request))) {
    for (const { prefix, paths } of routes) found.set(prefix, `${paths[0]?.med}`);
  }
  return found;
}

describe('a daemon that is killed at any time', () => {
  test.each(Array.from({ length: rounds }, (_, seed) => seed))(
    'has all that it acknowledged, seed %i',
    async (seed) => {
      const random = seeded(seed + 1);
      const below = (limit: number) => Math.floor(random() * limit);
      const model = new Model();
      for (let life = 0; life < 3; life++) {
        await start();
        expect(model.contradictions(await everything())).toEqual([]);
        const target = 1 + below(60);
        let isOver: Promise<void> | undefined;
        let acknowledged = 0;
        model.onAcknowledged = () => {
          if (++acknowledged === target) isOver = kill();
        };
        let step = 0;
        const value = () => `${life * 10_000 + ++step}`;
        const write = async (next: () => Promise<boolean>) => {
          while (isOver === undefined && (await next()));
        };
        await Promise.all([
          write(() => {
            const [name, label] = [`s${below(30)}`, value()];
            return model
              .change([name], label, () => apply(name, label))
              .then((isThere) =>
                isThere && below(4) === 0 ? model.change([name], undefined, () => remove(name)) : isThere,
              );
          }),
          write(() => {
            const [prefix, med] = [`2001:db8:${(0x100 + below(20)).toString(16)}::/48`, value()];
            return model.change([prefix], med, () => advertise(prefix, med));
          }),
          write(() => {
            const start = 0x1000 + below(8) * 0x100;
            const batches = [0, 1, 2].map((batch) =>
              Array.from({ length: 20 }, (_, i) => `2001:db8:${(start + batch * 32 + i).toString(16)}::/48`),
            );
            const med = value();
            return model.change(batches.flat(), med, () => bulk(batches, med));
          }),
        ]);
        await isOver;
        client.close();
      }
      await start();
      expect(model.contradictions(await everything())).toEqual([]);
    },
  );
});

describe('a second daemon on the same state directory', () => {
  test('is refused with words and changes nothing; after a kill it has what was kept', async () => {
    await start();
    await apply('web', 'first');
    const config = join(directory, 'second.yaml');
    const state = join(directory, 'state');
    writeFileSync(config, `stateDir: ${state}\napi: { listen: ["unix:${directory}/second.sock"] }\n`);
    const second = spawn(process.execPath, [join(build, 'dist/main.js'), 'run', '-c', config], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    second.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const [code] = (await once(second, 'close')) as [number];
    expect(code).not.toBe(0);
    expect(said).toContain(`stateDir ${state}: another daemon uses it; stop that one or choose another directory`);
    await apply('web', 'second');
    client.close();
    await kill();
    await start();
    expect(await everything()).toEqual(new Map([['web', 'second']]));
  });
});

describe('a daemon whose disk is full', () => {
  test('refuses what it cannot keep, with words, and has all that it acknowledged', async () => {
    await start((command, state) => {
      mkdirSync(state);
      const mount = `mount -t tmpfs -o size=600k none ${state} && exec "$@"`;
      return ['unshare', '--map-root-user', '--mount', 'sh', '-c', mount, 'sh', ...command];
    });
    const large = 'x'.repeat(60);
    const kept: string[] = [];
    const fill = async () => {
      for (;;) {
        const names = Array.from({ length: 20 }, (_, i) => `s${kept.length + i}`);
        await call(client, controlPlane.apply, {
          resources: names.map((name) => service(name, large)),
          dryRun: false,
          pruneSelector: undefined,
          skipInvalid: false,
        });
        kept.push(...names);
      }
    };
    await expect(fill()).rejects.toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      details: expect.stringMatching(
        /^nothing was changed: the disk of the state directory \S+ is full; make room and try again$/,
      ),
    });
    expect(kept.length).toBeGreaterThan(0);
    expect([...(await everything()).keys()].toSorted()).toEqual(kept.toSorted());
    await remove('s0');
    expect((await everything()).has('s0')).toBe(false);
  });
});

describe('a daemon whose log nobody can have', () => {
  test('for the disk is full: serves, and keeps what it acknowledges', async () => {
    await start((command) => ['sh', '-c', 'exec "$@" 2>/dev/full', 'sh', ...command], false);
    await apply('web', 'first');
    expect(await everything()).toEqual(new Map([['web', 'first']]));
  });

  test('for its reader has gone: serves on', async () => {
    await start();
    daemon?.stderr?.destroy();
    // Each has a line.
    for (let i = 0; i < 20; i++) {
      const global = { asn: 65002, routerId: '10.0.0.2', listenAddresses: [] };
      await call(client, rpc.startInstance, { instance: `b${i}`, global });
    }
    await apply('web', 'second');
    expect(await everything()).toEqual(new Map([['web', 'second']]));
  });
});
