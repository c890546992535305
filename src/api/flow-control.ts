import type { EventEmitter } from 'node:events';
import type { Server } from '@grpc/grpc-js';

/** Octets that a client may send, in one stream and on one connection, before it has to hear that they were read. */
const window = 1 << 20;

interface Session {
  readonly destroyed: boolean;
  settings(settings: { readonly initialWindowSize: number }): void;
  setLocalWindowSize(size: number): void;
}

/**
 * Lets clients send more than the 64 KB of HTTP/2 (RFC 9113, 6.9.2) ahead, which is less than one request with many prefixes: a stream of them would wait
 * for us after each piece. grpc-js has an option for it, but heeds it in clients only, so the servers below it are told; where a later version has
 * them elsewhere, streams are as slow as they were.
 */
export function widenWindows(server: Server): void {
  const servers: unknown = Reflect.get(server, 'http2Servers');
  if (!(servers instanceof Map)) return;
  for (const one of servers.keys() as Iterable<EventEmitter>)
    one.on('session', (session: Session) => {
      // Its connection was reset before we came to look; asked for anything now it would throw, at nobody.
      if (session.destroyed) return;
      session.settings({ initialWindowSize: window });
      session.setLocalWindowSize(window);
    });
}
