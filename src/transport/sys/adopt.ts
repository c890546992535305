import { createSocket, type Socket } from 'node:dgram';
import { Address } from '../../ip/address.ts';
import type { SocketCalls } from './calls.ts';
import { attempt, checked, SocketError } from './options.ts';
import { addressFamilies, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK, sockaddr } from './structs.ts';

const anywhere = new Address(new Uint8Array(16));

/**
 * Puts a socket that Node has no kind for (raw, netlink) on its event loop, as a datagram socket whose messages are those of `fd`. `fd` is
 * closed, whatever happens. It does not keep the process alive. Throws SocketError.
 *
 * Node looks at a descriptor when it gets it, and waits for it to be readable only from its next turn on: in between, the socket that
 * Node was shown is exchanged for the one that was meant.
 */
export function adopt(calls: SocketCalls, fd: number): Socket {
  try {
    const socket = createSocket('udp6');
    const shown = showable(calls);
    socket.bind({ fd: shown });
    socket.unref();
    const replaced = attempt(() => checked(calls.replace(fd, shown), 'a socket cannot take the place of another'));
    if (replaced.ok) return socket;
    socket.close();
    throw new SocketError('EBADF', replaced.reason);
  } finally {
    calls.close(fd);
  }
}

/** A socket of a kind that Node knows. */
function showable(calls: SocketCalls): number {
  const flags = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
  const fd = checked(calls.socket(addressFamilies.ipv6, flags, 0), 'a socket cannot be made');
  const bound = attempt(() => checked(calls.bind(fd, sockaddr(anywhere, 0)), 'a socket cannot be bound'));
  if (bound.ok) return fd;
  calls.close(fd);
  throw new SocketError('EADDRNOTAVAIL', bound.reason);
}
