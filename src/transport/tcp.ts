import { createServer, type ListenOptions as NodeListenOptions, type Server, Socket } from 'node:net';
import { Address } from '../ip/address.ts';
import type {
  Connection,
  ConnectionHandler,
  DialOptions,
  Listener,
  ListenOptions,
  Network,
  SocketOptions,
} from '../session/ports.ts';
import { SocketConnection } from './connection.ts';
import { Guard } from './guard.ts';
import type { SocketCalls, SysSockets } from './sys/calls.ts';
import { applyOptions, bindSocket, needOf, openListener, openSocket, supports } from './sys/options.ts';
import { systemSockets } from './sys/system.ts';

/** Connections that the kernel may hold for us: more peers than a node has, all starting at once. */
const backlog = 1024;

/** TCP of this machine: class CS6 and what options a connection needs are set by `sys`; where that can do nothing, it is as Node alone offers it. */
export function tcpNetworkWith(sys: SysSockets): Network {
  return {
    dial(options: DialOptions, handler: ConnectionHandler): Connection {
      const { remote } = options;
      const { socket, source, error } = socketFor(options, sys);
      const connection = new SocketConnection(socket, remote);
      connection.handle(handler);
      try {
        if (error !== undefined) throw error;
        // In the turn that made it, or a descriptor of our own would be read before it is connected.
        socket.connect({ host: remote.address.toString(), port: remote.port, ...source });
      } catch (problem) {
        // Told as an event like every other failure, for the caller is not ready yet.
        socket.destroy(problem instanceof Error ? problem : new Error(String(problem)));
      }
      return connection;
    },

    async listen({ address, port }: ListenOptions, accept: (connection: Connection) => void): Promise<Listener> {
      const server = createServer((socket) => {
        // Reset before we came to look: it is from nowhere any more, and would be taken for a peer of that name.
        if (socket.remoteAddress === undefined) {
          socket.destroy();
          return;
        }
        const connection = new SocketConnection(socket);
        if (guard.admits(socket, connection.remote.address)) accept(connection);
        else connection.abort();
      });
      const found = sys.available();
      const guard = new Guard(sys, server, address, found.ok);
      if (found.ok) await listening(server, { fd: openListener(found.calls, address, port) });
      else await listening(server, { host: address.toString(), port, ipv6Only: address.isIPv6 });
      return {
        local: { address, port: portOf(server) },
        protect: (remote, options) => guard.protect(remote, options),
        close: () =>
          new Promise((resolve) => {
            // Connections that were accepted live on; only the port is given back.
            server.close(() => undefined);
            resolve();
          }),
      };
    },

    supports: (remote, options) => supports(sys, remote, options),
  };
}

/** Loads native code for the first connection. */
export const tcpNetwork: Network = tcpNetworkWith(systemSockets);

interface Prepared {
  readonly socket: Socket;
  /** What `connect` is to be told; a socket of our own has it already. */
  readonly source?: { readonly localAddress?: string; readonly localPort?: number };
  /** Why the socket must not be connected. */
  readonly error?: unknown;
}

/** A socket to dial with, that has its options. */
function socketFor(dial: DialOptions, sys: SysSockets): Prepared {
  const { options = {}, localAddress, localPort } = dial;
  const source = {
    ...(localAddress && { localAddress: localAddress.toString() }),
    ...(localPort !== undefined && { localPort }),
  };
  const found = sys.available();
  if (!found.ok) {
    const need = needOf(options);
    return {
      socket: new Socket(),
      source,
      ...(need !== undefined && { error: new Error(`${need}: ${found.reason}`) }),
    };
  }
  try {
    return { socket: new Socket({ fd: descriptor(found.calls, dial, options) }) };
  } catch (error) {
    return { socket: new Socket(), error };
  }
}

/** Throws SocketError. */
function descriptor(
  calls: SocketCalls,
  { remote, localAddress, localPort = 0 }: DialOptions,
  options: SocketOptions,
): number {
  const fd = openSocket(calls, remote.address.isIPv4);
  try {
    applyOptions(calls, fd, remote.address, options);
    if (localAddress !== undefined || localPort !== 0)
      bindSocket(calls, fd, localAddress ?? new Address(new Uint8Array(remote.address.bytes.length)), localPort);
    return fd;
  } catch (error) {
    calls.close(fd);
    throw error;
  }
}

/** IPv4 and IPv6 apart: a socket of both kinds shows IPv4 peers as ::ffff:, and TCP MD5 keys do not fit it. */
function listening(server: Server, where: { readonly fd: number } | NodeListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // With a descriptor, Node takes the backlog from this place alone.
    server.listen({ ...where, exclusive: true }, backlog, () => {
      server.off('error', reject);
      // A failed accept (too many open files) costs that connection, not the process; the peer tries again.
      server.on('error', () => undefined);
      resolve();
    });
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('the server does not listen on a port');
  return address.port;
}
