import type { Address } from '../ip/address.ts';
import { Prefix } from '../ip/prefix.ts';
import type { Connection, Listener, ListenOptions, Network } from '../session/ports.ts';
import { needOf } from './sys/options.ts';

/** Connections that may wait; more are closed. */
const most = 1024;

interface Waiting {
  readonly connection: Connection;
  /** Gives it to whoever listens. */
  enter(): void;
}

/**
 * Where those who dial wait until it is opened, so that nobody is refused for coming early: a router that found its peer's port open and was
 * then turned away tries again only after its ConnectRetryTimer, which may be minutes.
 */
export class WaitingRoom {
  #waiting: Set<Waiting> | undefined = new Set();

  /** The same network, with this before its listeners. */
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
    /** From where connections need options by now. What came before the listener had these lacks them. */
    const guarded = new Map<string, Address | Prefix>();
    const listener = await network.listen(options, (connection) => {
      if (this.#waiting === undefined) accept(connection);
      else if (this.#waiting.size === most) connection.abort();
      else {
        const enter = () => {
          own.delete(entry);
          const { address } = connection.remote;
          if ([...guarded.values()].some((remote) => covers(remote, address))) connection.abort();
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
          // A mere wish turns nobody away: every external peer has one.
          if (needed === undefined || needOf(needed) === undefined) guarded.delete(remote.toString());
          else guarded.set(remote.toString(), remote);
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

function covers(remote: Address | Prefix, address: Address): boolean {
  return remote instanceof Prefix ? remote.contains(address) : remote.equals(address);
}
