import type { Address } from '../ip/address.ts';
import type { Connection, ConnectionHandler, Endpoint } from '../session/ports.ts';

/** Who takes the connections of one peer; a Session is one. */
export interface Peer {
  accept(connection: Connection): void;
}

/** Gives each incoming connection to the peer it comes from. */
export class Acceptor {
  readonly #find: (remote: Endpoint, local: Endpoint) => Peer | undefined;
  #unknown = 0;

  /** `find` looks up a peer by where a connection comes from and where it arrived; see `peerKey`. */
  constructor(find: (remote: Endpoint, local: Endpoint) => Peer | undefined) {
    this.#find = find;
  }

  /** Connections that were closed at once, because nobody knows their sender. */
  get unknown(): number {
    return this.#unknown;
  }

  /** To be handed to `Network.listen`. */
  readonly accept = (connection: Connection): void => {
    const peer = this.#find(connection.remote, connection.local);
    if (peer !== undefined) {
      peer.accept(connection);
      return;
    }
    this.#unknown++;
    connection.handle(ignore);
    connection.close();
  };
}

/** One string for one peer's address: the same link-local address on two interfaces is two peers. */
export function peerKey(address: Address): string {
  return address.toString();
}

const ignore: ConnectionHandler = {
  connected() {},
  message() {},
  malformed() {},
  drained() {},
  closed() {},
};
