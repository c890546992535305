import { createSocket, type Socket } from 'node:dgram';
import { Address } from '../../ip/address.ts';
import type { Availability, Entropy } from '../../session/ports.ts';
import type { SysSockets } from '../../transport/sys/calls.ts';
import { openNearSocket } from '../../transport/sys/hop-limit.ts';
import { attempt } from '../../transport/sys/options.ts';
import type { Datagrams, Receive, Sender } from './ports.ts';

/** RFC 5881, 4. */
export const controlPort = 3784;
const sourcePorts = { from: 49152, count: 16384 } as const;
const hopLimit = 255;

/** Milliseconds until a source that could not be had is tried again: its address may be there by then. */
const bindAgain = 1000;

/** Control packets over UDP. Its sockets keep the thread alive. */
export function udpDatagrams(sys: SysSockets, entropy: Entropy, port: number = controlPort): Datagrams {
  const receivers = new Map<'ipv4' | 'ipv6', Socket>();
  return {
    listen(kind, received): Availability {
      if (receivers.has(kind)) return { ok: true };
      const found = sys.available();
      if (!found.ok)
        return {
          ok: false,
          reason: `BFD needs the hop limit of what it receives, which needs koffi (npm i koffi) on Linux: ${found.reason}`,
        };
      return attempt(() => {
        const socket = createSocket(kind === 'ipv4' ? 'udp4' : 'udp6');
        socket.bind({ fd: openNearSocket(found.calls, kind === 'ipv4', port) });
        socket.on('message', (bytes, { address }) => receive(received, address, bytes));
        // A failed read costs that packet.
        socket.on('error', () => undefined);
        receivers.set(kind, socket);
      });
    },
    sender: (remote, local) => new UdpSender(remote, local, entropy, port),
    close() {
      for (const socket of receivers.values()) socket.close();
      receivers.clear();
    },
  };
}

function receive(received: Receive, from: string, bytes: Uint8Array): void {
  received(Address.parse(from), bytes.length === 0 ? 'too-far' : bytes);
}

class UdpSender implements Sender {
  readonly #remote: Address;
  readonly #local: Address | undefined;
  readonly #entropy: Entropy;
  readonly #port: number;
  #socket: Socket | undefined;
  #isReady = false;
  #isClosed = false;
  #again: NodeJS.Timeout | undefined;
  /** The last packet that came before the socket was ready. */
  #waiting: Uint8Array | undefined;
  problem: string | undefined;

  constructor(remote: Address, local: Address | undefined, entropy: Entropy, port: number) {
    this.#remote = remote;
    this.#local = local?.isLinkLocal === true ? local.withZone(local.zone ?? remote.zone) : local;
    this.#entropy = entropy;
    this.#port = port;
    this.#bind();
  }

  send(bytes: Uint8Array): void {
    if (!this.#isReady) {
      this.#waiting = bytes;
      return;
    }
    this.#socket?.send(bytes, this.#port, this.#remote.toString(), (error) => {
      this.problem = error === null ? undefined : `packets cannot be sent to ${this.#remote}: ${error.message}`;
    });
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#again);
    // What was sent last is still on its way to the kernel.
    const socket = this.#socket;
    if (socket !== undefined) setImmediate(() => socket.close());
  }

  #bind(): void {
    const socket = createSocket(this.#remote.isIPv4 ? 'udp4' : 'udp6');
    const port = sourcePorts.from + Math.floor(this.#entropy() * sourcePorts.count);
    const fail = (error: Error) => {
      this.problem = `packets cannot be sent from ${this.#local ?? 'any address'}: ${error.message}`;
      socket.close();
      if (!this.#isClosed) this.#again = setTimeout(() => this.#bind(), bindAgain);
    };
    socket.once('error', fail);
    socket.bind({ port, exclusive: true, ...(this.#local && { address: this.#local.toString() }) }, () => {
      socket.off('error', fail);
      socket.on('error', () => undefined);
      socket.setTTL(hopLimit);
      this.#socket = socket;
      this.problem = undefined;
      if (this.#isClosed) {
        socket.close();
        return;
      }
      this.#isReady = true;
      if (this.#waiting !== undefined) this.send(this.#waiting);
    });
  }
}
