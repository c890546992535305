import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defaultSocketPath, findSocketPath, type Place } from '../../src/api/default-endpoint.ts';

let directory: string;
let servers: Server[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'herald-place-'));
  for (const name of ['run', 'tmp', 'user']) mkdirSync(join(directory, name));
  servers = [];
});
afterEach(() => {
  for (const server of servers) server.close();
  rmSync(directory, { recursive: true });
});

const uid = process.getuid?.();

function place(more: Partial<Place> = {}): Place {
  return {
    uid: uid === 0 ? 1000 : uid,
    runtimeDirectory: join(directory, 'user'),
    temporaryDirectory: join(directory, 'tmp'),
    systemDirectory: join(directory, 'run'),
    ...more,
  };
}

function serveAt(...path: string[]): Promise<string> {
  const socket = join(directory, ...path, 'herald.sock');
  mkdirSync(join(socket, '..'), { recursive: true });
  const server = createServer();
  servers.push(server);
  return new Promise((resolve) => {
    server.listen(socket, () => resolve(socket));
  });
}

describe('a daemon that is told nothing listens', () => {
  test.each<[string, Partial<Place>, string]>([
    ['of the system', { uid: 0 }, 'run/herald.sock'],
    ['of a user with a runtime directory', { uid: 7 }, 'user/herald/herald.sock'],
    ['of a user without', { uid: 7, runtimeDirectory: undefined }, 'tmp/herald-7/herald.sock'],
    [
      'of a user with another’s runtime directory',
      { uid: 7, runtimeDirectory: '/nowhere' },
      'tmp/herald-7/herald.sock',
    ],
  ])('%s', (_name, more, expected) => {
    expect(defaultSocketPath(place(more))).toBe(join(directory, expected));
  });
});

describe('a command that is told nothing talks to', () => {
  test('this user’s own daemon before the system’s', async () => {
    const system = await serveAt('run');
    expect(findSocketPath(place())).toBe(system);
    const own = await serveAt('tmp', `herald-${place().uid}`);
    expect(findSocketPath(place())).toBe(own);
    expect(findSocketPath(place({ uid: 0 }))).toBe(system);
  });

  test('where its own daemon would be, when there is none', () => {
    expect(findSocketPath(place())).toBe(join(directory, 'user/herald/herald.sock'));
  });

  test('what is no socket never', async () => {
    mkdirSync(join(directory, 'user/herald/herald.sock'), { recursive: true });
    const system = await serveAt('run');
    chmodSync(join(directory, 'run'), 0o755);
    expect(findSocketPath(place())).toBe(system);
  });
});
