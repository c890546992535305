import type { Connection, Listener, ListenOptions, Network } from '../session/ports.ts';

/** Connections that may wait; more are closed. */
const most = 1024;

interface Waiting {
  readonly connection: Connection;
  /** Gives it to whoever listens. */
  enter(): void;
}

/**
 * Lets those who dial wait until it is opened, and refuses nobody who comes early: a router that found its peer's port open and was then
 * turned away tries again only after its ConnectRetryTimer, which may be minutes.
 */
export class Gate {
  #waiting: Set<Waiting> | undefined = new Set();

  /** The same network, with its listeners behind the gate. */
  around(network: Network): Network {
    return { ...network, listen: (options, accept) => this.#listen(network, options, accept) };
  }

  /** Everybody enters, who waits and who comes from now on. */
  open(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const entry of waiting) entry.enter();
  }

  async #listen(network: Network, options: ListenOptions, accept: (connection: Connection) => void): Promise<Listener> {
    const own = new Set<Waiting>();
    /** Addresses that connections need options from by now. What came before the listener had these lacks them. */
    const guarded = new Set<string>();
    const listener = await network.listen(options, (connection) => {
      if (this.#waiting === undefined) accept(connection);
      else if (this.#waiting.size === most) connection.abort();
      else {
        const enter = () => {
          own.delete(entry);
          if (guarded.has(connection.remote.address.toString())) connection.abort();
          else accept(connection);
        };
        const entry = { connection, enter };
        own.add(entry);
        this.#waiting.add(entry);
      }
    });
    return {
      local: listener.local,
      ...(listener.protect && {
        protect: (remote, needed) => {
          if (needed === undefined) guarded.delete(remote.toString());
          else guarded.add(remote.toString());
          return listener.protect?.(remote, needed) ?? { ok: true };
        },
      }),
      close: () => {
        for (const entry of own) {
          this.#waiting?.delete(entry);
          entry.connection.abort();
        }
        return listener.close();
      },
    };
  }
}
