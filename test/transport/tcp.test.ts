import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Address } from '../../src/ip/address.ts';
import type { Connection, ConnectionHandler, Listener } from '../../src/session/ports.ts';
import { Session } from '../../src/session/session.ts';
import type { DownReason, SessionConfig, SessionHandler } from '../../src/session/types.ts';
import { SocketConnection } from '../../src/transport/connection.ts';
import { tcpNetwork } from '../../src/transport/tcp.ts';
import { systemClock, systemEntropy } from '../../src/transport/world.ts';
import type { BgpError } from '../../src/wire/error.ts';
import { configA, configB } from '../session/sides.ts';

const world = { clock: systemClock, network: tcpNetwork, entropy: systemEntropy };
const keepalive = Uint8Array.from([...new Uint8Array(16).fill(255), 0, 19, 4]);

/** 256 UPDATEs of 4096 octets. */
const slab = new Uint8Array(256 * 4096);
for (let at = 0; at < slab.length; at += 4096) slab.set([...new Uint8Array(16).fill(255), 16, 0, 2], at);

/** A link-local address of this machine, with its zone. */
const linkLocal = Object.entries(networkInterfaces())
  .flatMap(([name, addresses]) => (addresses ?? []).map(({ address }) => ({ name, address })))
  .filter(({ address }) => address.startsWith('fe80:'))
  .map(({ name, address }) => Address.parse(address).withZone(name))[0];

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** Tells what happens as promises, in order. */
class Events implements ConnectionHandler {
  readonly #events: string[] = [];
  #wake: () => void = () => undefined;

  /** The next one: `connected`, `message 4`, `malformed 1/1`, `drained`, `closed`, `closed CODE`. */
  async next(): Promise<string> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return event;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  connected(): void {
    this.#tell('connected');
  }

  message(bytes: Uint8Array): void {
    this.#tell(`message ${bytes[18]}`);
  }

  malformed(error: BgpError): void {
    this.#tell(`malformed ${error.code}/${error.subcode}`);
  }

  drained(): void {
    this.#tell('drained');
  }

  closed(error?: Error): void {
    this.#tell(error === undefined ? 'closed' : `closed ${'code' in error ? error.code : error.message}`);
  }

  #tell(event: string): void {
    this.#events.push(event);
    this.#wake();
  }
}

async function listen(address: Address, accept: (connection: Connection) => void): Promise<Listener> {
  const listener = await tcpNetwork.listen({ address, port: 0 }, accept);
  cleanups.push(() => listener.close());
  return listener;
}

/** Both ends of a connection over this address. */
async function pair(address: Address) {
  const server = new Events();
  const accepted: Connection[] = [];
  const listener = await listen(address, (connection) => {
    accepted.push(connection);
    connection.handle(server);
  });
  const client = new Events();
  const dialled = tcpNetwork.dial({ remote: listener.local }, client);
  expect(await client.next()).toBe('connected');
  while (accepted.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const [other] = accepted;
  if (other === undefined) throw new Error('not accepted');
  cleanups.push(
    () => dialled.abort(),
    () => other.abort(),
  );
  return { client, server, dialled, accepted: other, listener };
}

const silent: ConnectionHandler = {
  connected: () => undefined,
  message: () => undefined,
  malformed: () => undefined,
  drained: () => undefined,
  closed: () => undefined,
};

const loopbacks = ['127.0.0.1', '::1'].map((text) => Address.parse(text));

describe.each(loopbacks)('over %s', (address) => {
  test('messages go both ways, and the endpoints are known', async () => {
    const { client, server, dialled, accepted, listener } = await pair(address);
    expect(dialled.remote.address.equals(address)).toBe(true);
    expect(dialled.remote.port).toBe(listener.local.port);
    expect(accepted.remote.port).toBe(dialled.local.port);
    dialled.send(keepalive);
    accepted.send(keepalive);
    expect([await client.next(), await server.next()]).toEqual(['message 4', 'message 4']);
  });

  test('a close sends what is queued and tells only the other end', async () => {
    const { client, server, dialled, accepted } = await pair(address);
    accepted.send(keepalive);
    dialled.send(keepalive);
    dialled.close();
    expect([await server.next(), await server.next()]).toEqual(['message 4', 'closed']);
    dialled.send(keepalive);
    expect(await Promise.race([client.next(), Promise.resolve('silent')])).toBe('silent');
  });

  test('an abort is a reset for the other end', async () => {
    const { server, dialled } = await pair(address);
    dialled.abort();
    expect(await server.next()).toBe('closed ECONNRESET');
  });

  test('bad framing is told once, and nothing after it', async () => {
    const { server, dialled, accepted } = await pair(address);
    dialled.send(new Uint8Array(60));
    dialled.send(keepalive);
    expect(await server.next()).toBe('malformed 1/1');
    accepted.close();
  });

  test('a slow reader shows in `send`, `pending` and `drained`', async () => {
    const { client, dialled, accepted } = await pair(address);
    // Ends: both ends share this thread, so that nobody reads while we write.
    while (dialled.pending === 0) expect(dialled.send(slab)).toBe(false);
    expect(await client.next()).toBe('drained');
    expect(dialled.pending).toBe(0);
    accepted.abort();
  });

  test('whoever sends as fast as the other end takes it leaves a turn to others between', async () => {
    const { dialled } = await pair(address);
    let hadTurn = true;
    let sends = 0;
    await new Promise<void>((resolve) => {
      const send = () => {
        expect(hadTurn).toBe(true);
        hadTurn = false;
        setImmediate(() => {
          hadTurn = true;
        });
        if (++sends === 4) resolve();
        // The kernel takes that much at once.
        else while (dialled.send(slab.subarray(0, 16 * 1024))) expect(dialled.pending).toBe(0);
      };
      dialled.handle({ ...silent, drained: send });
      send();
    });
    expect(dialled.pending).toBe(0);
  });

  test('who has little to write does not wait for those who have much', async () => {
    const [{ dialled: much }, { dialled: little }] = [await pair(address), await pair(address)];
    while (much.send(slab.subarray(0, 16 * 1024)));
    expect(little.send(keepalive)).toBe(true);
    // The turn is over for all who have much.
    expect(little.send(slab.subarray(0, 64 * 1024))).toBe(false);
    expect(little.pending).toBe(0);
  });

  test('a peer that sends as fast as it can leaves every turn to others as well', async () => {
    let octets = 0;
    let inTurn = 0;
    let most = 0;
    const told = () => undefined;
    const message = (bytes: Uint8Array) => {
      octets += bytes.length;
      inTurn += bytes.length;
      most = Math.max(most, inTurn);
    };
    const listener = await listen(address, (connection) => {
      cleanups.push(() => connection.abort());
      connection.handle({ connected: told, message, malformed: told, drained: told, closed: told });
    });
    // In a process of its own, so that there is more to read at any time.
    const script = `const socket = require('node:net').connect(${listener.local.port}, '${address}');
      const slab = Buffer.from('${Buffer.from(slab.subarray(0, 4096)).toString('base64')}', 'base64');
      const bytes = Buffer.concat(Array(256).fill(slab));
      socket.on('error', () => {});
      const more = () => { while (socket.write(bytes)); };
      socket.on('drain', more);
      more();`;
    const flood = spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
    cleanups.push(() => flood.kill('SIGKILL'));
    while (octets < 64 * slab.length) {
      await new Promise((resolve) => setImmediate(resolve));
      inTurn = 0;
    }
    expect(most).toBeLessThan(512 * 1024);
  });

  test('who resets a connection before we come to look was never there', async () => {
    const accepted: Connection[] = [];
    const listener = await listen(address, (connection) => {
      cleanups.push(() => connection.abort());
      accepted.push(connection);
    });
    const { port } = listener.local;
    // Nothing is accepted while this thread waits for it.
    const script = `const socket = require('node:net').connect(${port}, '${address}', () => socket.resetAndDestroy());`;
    expect(spawnSync(process.execPath, ['-e', script], { stdio: 'ignore' }).status).toBe(0);
    const client = new Events();
    const dialled = tcpNetwork.dial({ remote: listener.local }, client);
    cleanups.push(() => dialled.abort());
    expect(await client.next()).toBe('connected');
    await vi.waitUntil(() => accepted.length > 0);
    expect(accepted.map(({ remote }) => remote.port)).toEqual([dialled.local.port]);
  });

  test('two sessions reach Established, and end with the reason of a stop', async () => {
    await established(address, async ({ a, b, reasons }) => {
      expect([a.state, b.state]).toEqual(['established', 'established']);
      expect(a.negotiated?.local.address.equals(address)).toBe(true);
      a.stop('done');
      expect(await reasons.next()).toMatchObject({
        kind: 'notification-received',
        notification: { code: 6, subcode: 2 },
      });
    });
  });

  test('a refused connection is refused', async () => {
    const { local } = await freed(address);
    const client = new Events();
    tcpNetwork.dial({ remote: local }, client);
    expect(await client.next()).toBe('closed ECONNREFUSED');
  });

  test('a port in use is an error of listen', async () => {
    const listener = await listen(address, () => undefined);
    await expect(tcpNetwork.listen(listener.local, () => undefined)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  test('a closed listener gives its port back at once, and its connections live on', async () => {
    const { client, accepted, listener } = await pair(address);
    await listener.close();
    const again = await tcpNetwork.listen(listener.local, () => undefined);
    cleanups.push(() => again.close());
    accepted.send(keepalive);
    expect(await client.next()).toBe('message 4');
  });

  test('the source address and port are those asked for', async () => {
    const { local } = await freed(address);
    const accepted = new Promise<Connection>((resolve) => {
      void listen(address, resolve).then((listener) => {
        const dialled = tcpNetwork.dial(
          { remote: listener.local, localAddress: address, localPort: local.port },
          new Events(),
        );
        cleanups.push(() => dialled.abort());
      });
    });
    expect((await accepted).remote).toEqual(local);
  });
});

// A network namespace may have no interface with such an address, and we may not be allowed to make one.
test.skipIf(linkLocal === undefined)('over a link-local address both ends are known with their zone', async () => {
  if (linkLocal === undefined) return;
  const accepted: Connection[] = [];
  const server = new Events();
  const listener = await listen(linkLocal, (connection) => {
    accepted.push(connection);
    connection.handle(server);
  });
  const client = new Events();
  const dialled = tcpNetwork.dial({ remote: listener.local, localAddress: linkLocal }, client);
  expect(await client.next()).toBe('connected');
  dialled.send(keepalive);
  expect(await server.next()).toBe('message 4');
  for (const end of [dialled.local, dialled.remote, accepted[0]?.remote, accepted[0]?.local]) {
    expect(end?.address.toString()).toBe(linkLocal.toString());
  }
  dialled.close();
});

test('IPv4 and IPv6 listen side by side on one port', async () => {
  const both = async () => {
    const four = await listen(Address.parse('0.0.0.0'), () => undefined);
    const six = await tcpNetwork.listen({ address: Address.parse('::'), port: four.local.port }, () => undefined);
    cleanups.push(() => six.close());
    return [four.local.port, six.local.port];
  };
  // The port that is free for the one may be taken by another process for the other.
  const [four, six] = await vi.waitFor(both, 60_000);
  expect(six).toBe(four);
});

test('a local address of another machine is an error told later', async () => {
  const client = new Events();
  tcpNetwork.dial(
    { remote: { address: Address.parse('::1'), port: 9 }, localAddress: Address.parse('2001:db8::1') },
    client,
  );
  expect(await client.next()).toBe('closed EADDRNOTAVAIL');
});

test('a link-local address on no interface is an error told later', async () => {
  const client = new Events();
  tcpNetwork.dial({ remote: { address: Address.parse('fe80::1%nosuchif'), port: 9 } }, client);
  expect(await client.next()).toMatch(/^closed E/);
});

test('an impossible port is an error told later', async () => {
  const client = new Events();
  tcpNetwork.dial({ remote: { address: Address.parse('::1'), port: 70_000 } }, client);
  expect(await client.next()).toBe('closed ERR_SOCKET_BAD_PORT');
});

test('a dial that was given up is told nothing more', async () => {
  const { local } = await freed(Address.parse('::1'));
  const client = new Events();
  tcpNetwork.dial({ remote: local }, client).close();
  const other = new Events();
  tcpNetwork.dial({ remote: local }, other);
  expect(await other.next()).toBe('closed ECONNREFUSED');
  expect(await Promise.race([client.next(), Promise.resolve('silent')])).toBe('silent');
});

test('an accepted connection that closes before anybody looks does no harm', async () => {
  const server = createServer();
  server.listen(0, '::1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  const accepted = new Promise<Connection>((resolve) => {
    void listen(Address.parse('::1'), resolve).then((listener) => {
      const socket: Socket = connect(listener.local.port, '::1', () => socket.resetAndDestroy());
    });
  });
  const events = new Events();
  (await accepted).handle(events);
  expect(await events.next()).toMatch(/^closed/);
});

test('a handler that comes after the end is told of it', async () => {
  const server = createServer();
  cleanups.push(() => server.close());
  server.listen(0, '::1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const client = connect(port, '::1');
  const [socket] = (await once(server, 'connection')) as [Socket];
  const connection = new SocketConnection(socket);
  client.resetAndDestroy();
  await new Promise((resolve) => {
    socket.once('close', resolve);
  });
  const events = new Events();
  connection.handle(events);
  expect(await events.next()).toBe('closed ECONNRESET');
});

test('a session retries a refused connection within its first second', async () => {
  const { local } = await freed(Address.parse('::1'));
  const reasons = new Reasons();
  const session = new Session({ ...configA, remote: local }, reasons, world);
  cleanups.push(() => session.stop());
  session.start();
  expect((await reasons.next()).text).toContain('connection refused by ::1');
  expect(session.timers['idle-hold']).toBeLessThanOrEqual(500);
  expect((await reasons.next()).text).toContain('connection refused by ::1');
});

/** An endpoint that was free a moment ago. */
async function freed(address: Address): Promise<{ local: Listener['local'] }> {
  const listener = await tcpNetwork.listen({ address, port: 0 }, () => undefined);
  await listener.close();
  return listener;
}

class Reasons implements SessionHandler {
  readonly #reasons: DownReason[] = [];
  #wake: () => void = () => undefined;
  up: () => void = () => undefined;

  async next(): Promise<DownReason> {
    for (;;) {
      const reason = this.#reasons.shift();
      if (reason !== undefined) return reason;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  stateChanged(): void {}
  established(): void {
    this.up();
  }
  update(): void {}
  routeRefresh(): void {}
  drained(): void {}
  down(reason: DownReason): void {
    this.#reasons.push(reason);
    this.#wake();
  }
}

async function established(
  address: Address,
  then: (of: { a: Session; b: Session; reasons: Reasons }) => Promise<void>,
): Promise<void> {
  const listener = await listen(address, (connection) => b.accept(connection));
  const passive: SessionConfig = { ...configB, passive: true, remote: { address, port: 179 } };
  const [handlerA, reasons] = [new Reasons(), new Reasons()];
  const both = [handlerA, reasons].map(
    (handler) =>
      new Promise<void>((resolve) => {
        handler.up = resolve;
      }),
  );
  const b = new Session(passive, reasons, world);
  const a = new Session({ ...configA, remote: listener.local, localAddress: address }, handlerA, world);
  cleanups.push(
    () => a.stop(),
    () => b.stop(),
  );
  b.start();
  a.start();
  await Promise.all(both);
  await then({ a, b, reasons });
}
