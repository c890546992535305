import type { Server, Socket } from 'node:net';
import type { Address } from '../ip/address.ts';
import type { Availability, SocketOptions } from '../session/ports.ts';
import { isSame } from '../session/same.ts';
import type { SecretText } from '../session/secret-text.ts';
import type { SocketCalls, SysSockets } from './sys/calls.ts';
import { applyOptions, attempt, needOf, removeKey, SocketError, setKey, setTtl } from './sys/options.ts';

interface Guarded {
  readonly address: Address;
  readonly options: SocketOptions;
}

/** Keeps a listener from taking connections that lack the options of the peer they come from. */
export class Guard {
  readonly #sys: SysSockets;
  readonly #server: Server;
  readonly #local: Address;
  /** By address with its zone. */
  readonly #guarded = new Map<string, Guarded>();
  /** The listener sends with TTL 255: a peer with GTSM would drop its SYN-ACK otherwise. */
  #isRaised = false;

  constructor(sys: SysSockets, server: Server, local: Address) {
    this.#sys = sys;
    this.#server = server;
    this.#local = local;
  }

  /** See `Listener.protect`. */
  protect(address: Address, options: SocketOptions | undefined): Availability {
    const before = this.#guarded.get(address.toString());
    if (options !== undefined) this.#guarded.set(address.toString(), { address, options });
    else if (before === undefined) return { ok: true };
    else this.#guarded.delete(address.toString());
    const found = this.#sys.available();
    // What was guarded before cannot be undone without the calls that did it, so nothing was.
    if (!found.ok) return options === undefined || needOf(options) === undefined ? { ok: true } : found;
    return attempt(() => {
      const fd = descriptorOf(this.#server);
      this.#setKey(found.calls, fd, address, options?.password, before?.options.password);
      if (options?.ttlSecurity !== true || this.#isRaised) return;
      setTtl(found.calls, fd, this.#local, 'highest');
      this.#isRaised = true;
    });
  }

  /** Whether a connection that was accepted from this address may live; what it has to have it has then. */
  admits(socket: Socket, address: Address): boolean {
    const options = this.#guarded.get(address.toString())?.options;
    if (options === undefined && !this.#isRaised) return true;
    const found = this.#sys.available();
    if (!found.ok) return options === undefined || needOf(options) === undefined;
    return attempt(() => {
      const fd = descriptorOf(socket);
      if (options === undefined) {
        setTtl(found.calls, fd, address, 'default');
        return;
      }
      // The kernel gives a connection the key that its SYN was signed with: one that has none came before the listener had it.
      // Put in again it is the key of now, without which nothing more gets through.
      if (options.password !== undefined && !removeKey(found.calls, fd, address))
        throw new SocketError('ENOENT', 'the connection is not signed');
      applyOptions(found.calls, fd, address, options);
    }).ok;
  }

  /** The kernel knows no zones here, so that an address on two interfaces has one key. */
  #setKey(
    calls: SocketCalls,
    fd: number,
    address: Address,
    password: SecretText | undefined,
    before: SecretText | undefined,
  ): void {
    const twin = this.#twinOf(address)?.options.password;
    if (twin !== undefined && !isSame(twin, password ?? twin))
      throw new SocketError('EEXIST', '"password": the same address on another interface has another one');
    if (password !== undefined) setKey(calls, fd, address, password);
    else if (before !== undefined && twin === undefined) removeKey(calls, fd, address);
  }

  /** Another address that is the same without its zone. */
  #twinOf(address: Address): Guarded | undefined {
    if (address.zone === undefined) return undefined;
    return [...this.#guarded.values()].find(
      (other) => other.address.zone !== address.zone && other.address.withZone(address.zone).equals(address),
    );
  }
}

/** Node tells it to nobody, but has kept it in the same place in all its versions. */
function descriptorOf(owner: Server | Socket): number {
  const handle: unknown = Reflect.get(owner, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
  if (typeof fd === 'number' && fd >= 0) return fd;
  throw new SocketError(
    'EBADF',
    `Node ${process.versions.node} does not tell the descriptor of a socket, or it is closed`,
  );
}
