import { Address } from '../ip/address.ts';
import { Prefix } from '../ip/prefix.ts';
import type { Availability, Connection, Listener, Network, SocketOptions } from '../session/ports.ts';
import type { BgpGlobal } from './types.ts';

const WILDCARDS: readonly Address[] = [new Address(new Uint8Array(4)), new Address(new Uint8Array(16))];

const available: Availability = { ok: true };
const plainOnly: Availability = { ok: false, reason: 'this network has no socket options' };

/** The listeners of one speaker, and what they ask of those who connect. */
export class Gate {
  readonly #network: Network;
  readonly #listeners: Listener[] = [];

  constructor(network: Network) {
    this.#network = network;
  }

  /** Rejects with the operating system's error, and nothing is left bound. */
  async open(
    { listenPort, listenAddresses = WILDCARDS }: BgpGlobal,
    accept: (connection: Connection) => void,
  ): Promise<void> {
    if (listenPort === -1) return;
    try {
      for (const address of listenAddresses)
        this.#listeners.push(await this.#network.listen({ address, port: listenPort }, accept));
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()));
  }

  /** Whether connections with this address, or from this prefix, have these options from now on, whoever dials; undefined: none. */
  protect(remote: Address | Prefix, options: SocketOptions | undefined): Availability {
    const needsNothing = Object.keys(options ?? {}).every((name) => name === 'ttl');
    const address = remote instanceof Prefix ? remote.address : remote;
    const able = needsNothing ? available : (this.#network.supports?.(address, options ?? {}) ?? plainOnly);
    if (!able.ok) return able;
    for (const listener of this.#listeners) {
      if (listener.local.address.isIPv4 !== remote.isIPv4) continue;
      const done = listener.protect?.(remote, options) ?? (needsNothing ? available : plainOnly);
      if (!done.ok) return done;
    }
    return available;
  }
}
