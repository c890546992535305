import { createServer, type Server, Socket } from 'node:net';
import { Address } from '../ip/address.ts';
import type { Connection, ConnectionHandler, DialOptions, Listener, ListenOptions, Network } from '../session/ports.ts';
import { SocketConnection } from './connection.ts';

/** Connections that the kernel may hold for us: more peers than a node has, all starting at once. */
const backlog = 1024;

/** The network as Node alone offers it, without the socket options that need a descriptor of our own. */
export const tcpNetwork: Network = {
  dial({ remote, localAddress, localPort }: DialOptions, handler: ConnectionHandler): Connection {
    const socket = new Socket();
    const connection = new SocketConnection(socket, remote);
    connection.handle(handler);
    try {
      socket.connect({
        host: remote.address.toString(),
        port: remote.port,
        ...(localAddress && { localAddress: localAddress.toString() }),
        ...(localPort !== undefined && { localPort }),
      });
    } catch (error) {
      // Told as an event like every other failure, for the caller is not ready yet.
      socket.destroy(error instanceof Error ? error : new Error(String(error)));
    }
    return connection;
  },

  async listen({ address, port }: ListenOptions, accept: (connection: Connection) => void): Promise<Listener> {
    const server = createServer((socket) => accept(new SocketConnection(socket)));
    await listening(server, address, port);
    return {
      local: { address, port: portOf(server) },
      close: () =>
        new Promise((resolve) => {
          // Connections that were accepted live on; only the port is given back.
          server.close(() => undefined);
          resolve();
        }),
    };
  },
};

/** IPv4 and IPv6 apart: a socket of both kinds shows IPv4 peers as ::ffff:, and TCP MD5 keys do not fit it. */
function listening(server: Server, address: Address, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: address.toString(), port, backlog, exclusive: true, ipv6Only: address.isIPv6 }, () => {
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
