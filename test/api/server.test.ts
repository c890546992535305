import { existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, Metadata, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { call, connect, rpc } from '../../src/api/client.ts';
import { type ApiEndpoint, formatEndpoint, parseEndpoint } from '../../src/api/endpoint.ts';
import { Reflection } from '../../src/api/reflection.ts';
import { type ApiServer, serve } from '../../src/api/server.ts';
import { fileDescriptorSet } from '../../src/gen/descriptor.ts';
import {
  HealthClient,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from '../../src/gen/grpc/health/v1/health.ts';
import { ServerReflectionClient, type ServerReflectionResponse } from '../../src/gen/grpc/reflection/v1/reflection.ts';

const options = {
  instances: { list: () => [], start: () => Promise.resolve(), stop: () => Promise.resolve() },
  version: '1',
  report: () => undefined,
  now: () => new Date(0),
};

let directory: string;
let running: ApiServer[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'herald-server-'));
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((server) => server.close()));
  rmSync(directory, { recursive: true });
});

async function start(...endpoints: ApiEndpoint[]): Promise<ApiServer> {
  const server = await serve(endpoints, options);
  running.push(server);
  return server;
}

const unix = (...path: string[]): ApiEndpoint => ({ kind: 'unix', path: join(directory, ...path) });

async function versionAt(endpoint: ApiEndpoint): Promise<string> {
  const client = connect(endpoint);
  try {
    return (await call(client, rpc.getBgp, { instance: '' })).version;
  } finally {
    client.close();
  }
}

describe('the server', () => {
  test('serves on a unix socket for owner and group, and on TCP', async () => {
    const socket = unix('made', 'api.sock');
    const server = await start(socket, { kind: 'tcp', host: '::1', port: 0 });
    expect(server.endpoints).toEqual([socket, { kind: 'tcp', host: '::1', port: expect.any(Number) }]);
    expect(lstatSync(join(directory, 'made', 'api.sock')).mode & 0o777).toBe(0o660);
    for (const endpoint of server.endpoints) expect(await versionAt(endpoint)).toBe('1');
  });

  test('takes its socket away when it ends', async () => {
    const server = await start(unix('api.sock'));
    await server.close();
    expect(existsSync(join(directory, 'api.sock'))).toBe(false);
  });

  test('replaces a socket that nobody answers on', async () => {
    const path = join(directory, 'api.sock');
    const { execFileSync } = await import('node:child_process');
    // A process that ends without cleaning up leaves its socket behind.
    const leave = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    expect(() => execFileSync(process.execPath, ['-e', leave], { stdio: 'ignore' })).toThrow('Command failed');
    expect(lstatSync(path).isSocket()).toBe(true);
    await start(unix('api.sock'));
    expect(await versionAt(unix('api.sock'))).toBe('1');
  });

  test('leaves a socket alone that another process serves on, and all others with it', async () => {
    await start(unix('api.sock'));
    await expect(start(unix('first.sock'), unix('api.sock'))).rejects.toThrow(
      `unix:${directory}/api.sock: another process serves there; stop it or choose another path`,
    );
    expect(existsSync(join(directory, 'first.sock'))).toBe(false);
    expect(await versionAt(unix('api.sock'))).toBe('1');
  });

  test.each<[string, (path: string) => string, string]>([
    [
      'a file',
      (path) => (writeFileSync(path, ''), path),
      'there is a file that is no socket; remove it or choose another path',
    ],
    ['a link', (path) => (symlinkSync('/nowhere', path), path), 'there is a file that is no socket'],
    ['a directory', (path) => (mkdirSync(path), path), 'there is a file that is no socket'],
    ['nowhere', (path) => join(path, 'a', 'b.sock'), 'to make'],
    ['a path too long', (path) => `${path}${'x'.repeat(108)}`, "a socket's may have 107; choose a shorter one"],
  ])('refuses %s', async (_name, make, message) => {
    const path = make(join(directory, 'x'));
    await expect(start({ kind: 'unix', path })).rejects.toThrow(message);
  });

  test('refuses a TCP port in use, and an address of another machine', async () => {
    const other = createServer();
    const port = await new Promise<number>((resolve) => {
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port));
    });
    await expect(start({ kind: 'tcp', host: '127.0.0.1', port })).rejects.toThrow(
      `127.0.0.1:${port}: the address is in use by another process; stop it or choose another`,
    );
    await expect(start({ kind: 'tcp', host: '192.0.2.1', port: 1 })).rejects.toThrow(
      '192.0.2.1:1: this machine does not have that address',
    );
    await new Promise((resolve) => other.close(resolve));
  });

  test('cuts a watch when it ends', async () => {
    const server = await start(unix('api.sock'));
    const health = new HealthClient(`unix:${directory}/api.sock`, credentials.createInsecure());
    const seen: number[] = [];
    const watch = health.watch({ service: '' });
    const ended = new Promise<number>((resolve) => {
      watch.on('data', ({ status: now }: { status: number }) => {
        seen.push(now);
        if (seen.length === 1) server.ready();
        if (seen.length === 2) void server.close();
      });
      watch.on('error', (error: { code?: number }) => resolve(error.code ?? -1));
    });
    expect([status.UNAVAILABLE, status.CANCELLED]).toContain(await ended);
    expect(seen).toEqual([ServingStatus.NOT_SERVING, ServingStatus.SERVING, ServingStatus.NOT_SERVING]);
    health.close();
  });
});

describe('health', () => {
  test('is told once the daemon is ready', async () => {
    const server = await start(unix('api.sock'));
    const client = new HealthClient(`unix:${directory}/api.sock`, credentials.createInsecure());
    const check = (service: string) =>
      new Promise((resolve) => {
        client.check({ service }, (error, answer) => resolve(error === null ? answer.status : error.code));
      });
    expect(await check('herald.v1.RouterService')).toBe(ServingStatus.NOT_SERVING);
    server.ready();
    expect(await check('herald.v1.RouterService')).toBe(ServingStatus.SERVING);
    expect(await check('')).toBe(ServingStatus.SERVING);
    expect(await check('other')).toBe(status.NOT_FOUND);
    client.close();
  });
});

describe('reflection', () => {
  const reflection = new Reflection(fileDescriptorSet);
  const ask = (messageRequest: Parameters<Reflection['answer']>[0]['messageRequest']) =>
    reflection.answer({ host: '', messageRequest }).messageResponse;

  test('lists the services', () => {
    const names = ['grpc.health.v1.Health', 'grpc.reflection.v1.ServerReflection', 'herald.v1.RouterService'];
    expect(ask({ $case: 'listServices', value: '' })).toEqual({
      $case: 'listServicesResponse',
      value: { service: expect.arrayContaining(names.map((name) => ({ name }))) },
    });
  });

  test.each([
    'herald.v1.RouterService',
    'herald.v1.RouterService.GetBgp',
    'herald.v1.GetBgpRequest',
    'herald.v1.PeerState.name',
  ])('gives the file of %s, and all that it imports', (value) => {
    const answer = ask({ $case: 'fileContainingSymbol', value });
    if (answer?.$case !== 'fileDescriptorResponse') throw new Error(`not a file: ${answer?.$case}`);
    const text = answer.value.fileDescriptorProto.map((bytes) => bytes.toString('latin1')).join();
    for (const file of ['herald/v1/types.proto', 'google/protobuf/timestamp.proto']) expect(text).toContain(file);
  });

  test.each([
    { $case: 'fileContainingSymbol', value: 'no.Such' },
    { $case: 'fileByFilename', value: 'no/such.proto' },
    { $case: 'allExtensionNumbersOfType', value: 'no.Such' },
    { $case: 'fileContainingExtension', value: { containingType: 'herald.v1.Path', extensionNumber: 1 } },
  ] as const)('does not know %j', (request) => {
    expect(ask(request)).toMatchObject({ $case: 'errorResponse', value: { errorCode: status.NOT_FOUND } });
  });

  test('answers v1 and v1alpha', async () => {
    await start(unix('api.sock'));
    const client = new ServerReflectionClient(`unix:${directory}/api.sock`, credentials.createInsecure());
    const { requestSerialize, responseDeserialize } = ServerReflectionClient.service.serverReflectionInfo;
    for (const version of ['v1', 'v1alpha']) {
      const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
      const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, new Metadata(), {});
      const answer = new Promise<ServerReflectionResponse>((resolve, reject) => {
        stream.on('data', resolve);
        stream.on('error', reject);
      });
      stream.write({ host: '', messageRequest: { $case: 'listServices', value: '' } });
      expect((await answer).messageResponse?.$case).toBe('listServicesResponse');
      stream.end();
    }
    client.close();
  });
});

describe('an endpoint', () => {
  test.each<[string, ApiEndpoint]>([
    ['unix:/run/herald/herald.sock', { kind: 'unix', path: '/run/herald/herald.sock' }],
    ['unix:herald.sock', { kind: 'unix', path: 'herald.sock' }],
    ['127.0.0.1:50051', { kind: 'tcp', host: '127.0.0.1', port: 50051 }],
    ['localhost:1', { kind: 'tcp', host: 'localhost', port: 1 }],
    ['[::1]:50051', { kind: 'tcp', host: '::1', port: 50051 }],
  ])('%s is read and written', (text, endpoint) => {
    expect(parseEndpoint(text)).toEqual(endpoint);
    expect(formatEndpoint(endpoint)).toBe(text);
  });

  test('unix:///path is that path', () => {
    expect(parseEndpoint('unix:///run/x')).toEqual({ kind: 'unix', path: '/run/x' });
  });

  test.each(['', 'unix:', '::1:50051', '127.0.0.1', '[127.0.0.1]:1', 'host:65536', '/run/x', 'host:'])(
    '%j is none',
    (text) => {
      expect(parseEndpoint(text)).toBeUndefined();
    },
  );
});
