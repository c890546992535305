import { EventEmitter, once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { Address } from '../../src/ip/address.ts';
import { Prefix } from '../../src/ip/prefix.ts';
import type { Listener, SocketOptions } from '../../src/session/ports.ts';
import { SecretText } from '../../src/session/secret-text.ts';
import { Session } from '../../src/session/session.ts';
import type { DownReason, SessionConfig, SessionHandler } from '../../src/session/types.ts';
import { Guard } from '../../src/transport/guard.ts';
import type { SocketCalls, SysSockets } from '../../src/transport/sys/calls.ts';
import { openListener } from '../../src/transport/sys/options.ts';
import { systemSockets } from '../../src/transport/sys/system.ts';
import { tcpNetwork, tcpNetworkWith } from '../../src/transport/tcp.ts';
import { systemClock, systemEntropy } from '../../src/transport/world.ts';
import { configA, configB } from '../session/sides.ts';
import { without } from './sys/fake.ts';

const world = { clock: systemClock, network: tcpNetwork, entropy: systemEntropy };
const loopbacks = ['127.0.0.1', '::1'].map((text) => Address.parse(text));
const secret = (text: string): SocketOptions => ({ password: new SecretText(text) });

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** What a session tells, as promises. */
class Watcher implements SessionHandler {
  readonly #events: (DownReason | 'up')[] = [];
  #wake: () => void = () => undefined;

  async next(): Promise<DownReason | 'up'> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return event;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  stateChanged(): void {}
  established(): void {
    this.#tell('up');
  }
  update(): void {}
  routeRefresh(): void {}
  drained(): void {}
  down(reason: DownReason): void {
    this.#tell(reason);
  }

  #tell(event: DownReason | 'up'): void {
    this.#events.push(event);
    this.#wake();
  }
}

interface Pair {
  readonly a: Watcher;
  readonly b: Watcher;
  readonly dialler: Session;
  readonly waiter: Session;
  readonly listener: Listener;
}

/** One session dials the other with these options; the listener of the other protects with its own. */
async function pair(
  address: Address,
  dialling: SocketOptions | undefined,
  waiting: SocketOptions | undefined,
): Promise<Pair> {
  const [a, b] = [new Watcher(), new Watcher()];
  const waiter = new Session({ ...configB, passive: true, remote: { address, port: 179 } }, b, world);
  const listener = await tcpNetwork.listen({ address, port: 0 }, (connection) => waiter.accept(connection));
  expect(listener.protect?.(address, waiting)).toEqual({ ok: true });
  const config: SessionConfig = {
    ...configA,
    connectRetryTime: 1,
    remote: listener.local,
    localAddress: address,
    ...(dialling && { options: dialling }),
  };
  const dialler = new Session(config, a, world);
  cleanups.push(
    () => dialler.stop(),
    () => waiter.stop(),
    () => listener.close(),
  );
  waiter.start();
  dialler.start();
  return { a, b, dialler, waiter, listener };
}

function calls(): SocketCalls {
  const found = systemSockets.available();
  if (!found.ok) throw new Error(found.reason);
  return found.calls;
}

/** What the kernel says of an option that is a number. */
function optionOf(socket: Socket, level = 0, name = 0): number | undefined {
  const fd = Reflect.get(Reflect.get(socket, '_handle') as object, 'fd') as number;
  const value = new Uint8Array(4);
  expect(calls().getsockopt(fd, level, name, value)).toBe(0);
  return new Int32Array(value.buffer)[0];
}

/** Whether the listener takes a connection that is made with these options. */
async function dials({ local }: Listener, localAddress: Address, options: SocketOptions | undefined): Promise<boolean> {
  const watcher = new Watcher();
  const config = { ...configA, connectRetryTime: 1, remote: local, localAddress, ...(options && { options }) };
  const session = new Session(config, watcher, world);
  session.start();
  const first = await watcher.next();
  session.stop();
  return first === 'up' || first.kind !== 'connection' || !first.text.startsWith('no answer');
}

// The options are those of Linux's kernel, which does here what we ask of it.
describe.skipIf(process.platform !== 'linux').each(loopbacks)('over %s', (address) => {
  test.each<[string, SocketOptions]>([
    ['a password', secret('open sesame')],
    ['the longest password', secret('x'.repeat(80))],
    ['TTL security', { ttlSecurity: true }],
    ['both', { ...secret('open sesame'), ttlSecurity: true }],
    ['a TTL and a device', { ttl: 1, device: 'lo' }],
    ['a user timeout', { userTimeout: 5000 }],
  ])('a session with %s comes up', async (_, options) => {
    const { a, b, dialler, waiter } = await pair(address, options, options);
    expect(await Promise.all([a.next(), b.next()])).toEqual(['up', 'up']);
    expect([dialler.state, waiter.state]).toEqual(['established', 'established']);
  });

  test.each<[string, SocketOptions | undefined, SocketOptions | undefined]>([
    ['another password', secret('open sesame'), secret('close sesame')],
    ['a password that the listener does not have', secret('open sesame'), undefined],
  ])('a session with %s does not, and says so', async (_, dialling, waiting) => {
    const { a, waiter } = await pair(address, dialling, waiting);
    const reason = await a.next();
    expect(reason).toMatchObject({ kind: 'connection', text: expect.stringMatching(/^no answer .*password mismatch/) });
    expect(waiter.state).toBe('active');
    expect(JSON.stringify(reason)).not.toContain('sesame');
  });

  test('a session without the listener’s password does not come up', async () => {
    const { a, waiter } = await pair(address, undefined, secret('open sesame'));
    expect(await a.next()).toMatchObject({ kind: 'connection', text: expect.stringMatching(/^no answer .*MD5/) });
    expect(waiter.state).toBe('active');
  });

  test('a session that is up survives a change of the listener’s password, and the next one needs the new', async () => {
    const { a, b, dialler, listener, waiter } = await pair(address, secret('old'), secret('old'));
    expect(await Promise.all([a.next(), b.next()])).toEqual(['up', 'up']);
    expect(listener.protect?.(address, secret('new'))).toEqual({ ok: true });
    expect(waiter.state).toBe('established');
    dialler.stop();
    await a.next();
    await b.next();
    waiter.start();
    const again = new Watcher();
    const session = new Session({ ...dialler.config, options: secret('new') }, again, world);
    cleanups.push(() => session.stop());
    waiter.reset();
    session.start();
    expect(await again.next()).toBe('up');
  });

  test('a listener that protects no more takes plain connections again', async () => {
    const { a, listener } = await pair(address, undefined, secret('open sesame'));
    expect(listener.protect?.(address, undefined)).toEqual({ ok: true });
    let event = await a.next();
    while (event !== 'up') event = await a.next();
    expect(event).toBe('up');
  });

  test.each<[string, SocketOptions | undefined, SocketOptions | undefined, SocketOptions | undefined, boolean]>([
    ['the prefix’s', secret('wide'), secret('wide'), undefined, true],
    ['another than the prefix’s', secret('other'), secret('wide'), undefined, false],
    ['none where the prefix has one', undefined, secret('wide'), undefined, false],
    ['its own in a prefix that has another', secret('own'), secret('wide'), secret('own'), true],
    ['the prefix’s where it has its own', secret('wide'), secret('wide'), secret('own'), false],
    ['its own in a prefix that has none', secret('own'), undefined, secret('own'), true],
  ])('of a prefix: a session with the password %s', async (_, dialling, wide, own, isUp) => {
    const { a, listener } = await pair(address, undefined, undefined);
    expect(await a.next()).toBe('up');
    expect(listener.protect?.(Prefix.around(address, 8), wide)).toEqual({ ok: true });
    expect(listener.protect?.(address, own)).toEqual({ ok: true });
    expect(await dials(listener, address, dialling)).toBe(isUp);
  });

  test('a prefix: what is said of an address is gone with it, and the longest prefix counts', async () => {
    const { a, listener } = await pair(address, undefined, undefined);
    expect(await a.next()).toBe('up');
    const [short, long, host] = [8, 16, 8 * address.bytes.length].map((length) => Prefix.around(address, length));
    for (const [remote, password] of [
      [short, 'short'],
      [long, 'long'],
      [host, 'host'],
      [address, 'own'],
    ] as const)
      expect(listener.protect?.(remote as Prefix, secret(password))).toEqual({ ok: true });
    for (const [password, remote] of [
      ['own', address],
      ['host', host],
      ['long', long],
      ['short', short],
    ] as const) {
      expect(await dials(listener, address, secret(password))).toBe(true);
      expect(listener.protect?.(remote as Prefix, undefined)).toEqual({ ok: true });
    }
    expect(await dials(listener, address, undefined)).toBe(true);
  });

  /** A listener's guard, and a connection that the listener has; `before` is done to the guard before there was one. */
  async function accepted(
    before: (guard: Guard) => void = () => {},
  ): Promise<{ readonly guard: Guard; readonly socket: Socket }> {
    const server = createServer();
    server.listen({ host: address.toString(), port: 0, exclusive: true });
    await once(server, 'listening');
    cleanups.push(() => server.close());
    const guard = new Guard(systemSockets, server, address, false);
    before(guard);
    const { port } = server.address() as AddressInfo;
    const client = connect(port, address.toString());
    const [socket] = (await once(server, 'connection')) as [Socket];
    cleanups.push(
      () => client.destroy(),
      () => socket.destroy(),
    );
    return { guard, socket };
  }

  const classOf = (socket: Socket) => optionOf(socket, ...(address.isIPv4 ? [0, 1] : [41, 67]));

  test('a connection has class CS6 and the TTL of its peer', async () => {
    const { guard, socket } = await accepted((listener) => {
      expect(listener.protect(address, { ttl: 7 })).toEqual({ ok: true });
    });
    expect(guard.admits(socket, address)).toBe(true);
    expect([classOf(socket), optionOf(socket, ...(address.isIPv4 ? [0, 2] : [41, 16]))]).toEqual([0xc0, 7]);
  });

  test('a connection has class CS6 that comes before any peer is known', async () => {
    const server = createServer();
    server.listen({ fd: openListener(calls(), address, 0) });
    await once(server, 'listening');
    const client = connect((server.address() as AddressInfo).port, address.toString());
    const [socket] = (await once(server, 'connection')) as [Socket];
    cleanups.push(
      () => server.close(),
      () => client.destroy(),
      () => socket.destroy(),
    );
    expect(classOf(socket)).toBe(0xc0);
  });

  test('a port that another has is not listened at', async () => {
    const listener = await tcpNetwork.listen({ address, port: 0 }, () => undefined);
    cleanups.push(() => listener.close());
    await expect(tcpNetwork.listen(listener.local, () => undefined)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  test('with a device, a connection from another link is not taken', async () => {
    const { guard, socket } = await accepted();
    expect(guard.protect(Prefix.parse('fe80::/10'), { device: 'lo' })).toEqual({ ok: true });
    const from = (text: string) => guard.admits(socket, Address.parse(text));
    expect([from('fe80::1%lo'), from('fe80::1%eth1')]).toEqual([true, false]);
  });

  test('a connection that came before the listener had its key is not taken', async () => {
    const { guard, socket } = await accepted();
    expect(guard.admits(socket, address)).toBe(true);
    expect(guard.protect(address, secret('late'))).toEqual({ ok: true });
    expect(guard.admits(socket, address)).toBe(false);
  });
});

test('one address on two interfaces cannot have two passwords', async () => {
  const listener = await tcpNetwork.listen({ address: Address.parse('::1'), port: 0 }, () => undefined);
  cleanups.push(() => listener.close());
  const [one, other] = [Address.parse('fe80::1%eth0'), Address.parse('fe80::1%eth1')];
  expect(listener.protect?.(one, secret('one'))).toEqual({ ok: true });
  expect(listener.protect?.(other, secret('one'))).toEqual({ ok: true });
  expect(listener.protect?.(other, secret('two'))).toEqual({
    ok: false,
    reason: '"password": the same address on another interface has another one',
  });
});

describe('without native code', () => {
  const network = tcpNetworkWith(without);
  const address = Address.parse('::1');

  test('a peer that needs it is neither dialled nor accepted', async () => {
    let accepted = 0;
    const listener = await network.listen({ address, port: 0 }, () => accepted++);
    cleanups.push(() => listener.close());
    const told = new Promise<Error | undefined>((resolve) => {
      const handler = { connected() {}, message() {}, malformed() {}, drained() {}, closed: resolve };
      network.dial({ remote: listener.local, options: secret('open sesame') }, handler);
    });
    expect(await told).toMatchObject({ message: `"password" needs TCP MD5: Cannot find module 'koffi'` });
    expect(listener.protect?.(address, secret('open sesame'))).toMatchObject({ ok: false });
    const closed = new Promise<Error | undefined>((resolve) => {
      const handler = { connected() {}, message() {}, malformed() {}, drained() {}, closed: resolve };
      network.dial({ remote: listener.local }, handler);
    });
    expect(await closed).toMatchObject({ code: 'ECONNRESET' });
    expect(accepted).toBe(0);
  });

  test('a peer with a mere wish works', async () => {
    const listener = await network.listen({ address, port: 0 }, (connection) =>
      cleanups.push(() => connection.abort()),
    );
    cleanups.push(() => listener.close());
    expect(listener.protect?.(address, { ttl: 5 })).toEqual({ ok: true });
    const connected = new Promise<void>((resolve) => {
      const handler = { connected: resolve, message() {}, malformed() {}, drained() {}, closed() {} };
      network.dial({ remote: listener.local, options: { ttl: 5 } }, handler);
    });
    expect(await connected).toBeUndefined();
  });
});

// The option and its error are Linux's.
test.skipIf(process.platform !== 'linux')('what a kernel refuses of a wish costs nobody a session', async () => {
  const [IPPROTO_IPV6, IPV6_UNICAST_HOPS, ENOPROTOOPT] = [41, 16, -92];
  const setsockopt: SocketCalls['setsockopt'] = (fd, level, name, value) =>
    level === IPPROTO_IPV6 && name === IPV6_UNICAST_HOPS ? ENOPROTOOPT : calls().setsockopt(fd, level, name, value);
  const sys: SysSockets = { available: () => ({ ok: true, calls: { ...calls(), setsockopt } }) };
  const address = Address.parse('::1');
  const accepted = new EventEmitter();
  const listener = await tcpNetworkWith(sys).listen({ address, port: 0 }, (connection) => {
    cleanups.push(() => connection.abort());
    accepted.emit('one');
  });
  cleanups.push(() => listener.close());
  expect(listener.protect?.(address, { ttl: 1 })).toEqual({ ok: true });
  const one = once(accepted, 'one');
  const client = connect(listener.local.port, '::1');
  cleanups.push(() => client.destroy());
  expect(await one).toEqual([]);
  expect(listener.protect?.(address, { ttlSecurity: true })).toMatchObject({ ok: false });
});
