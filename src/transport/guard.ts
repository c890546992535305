import type { Server, Socket } from 'node:net';
import type { Address } from '../ip/address.ts';
import { Prefix } from '../ip/prefix.ts';
import type { Availability, SocketOptions } from '../session/ports.ts';
import { isSame } from '../session/same.ts';
import type { SecretText } from '../session/secret-text.ts';
import type { SocketCalls, SysSockets } from './sys/calls.ts';
import { applyOptions, attempt, needOf, removeKey, SocketError, setKey, setTtl } from './sys/options.ts';

interface Guarded {
  readonly remote: Address | Prefix;
  readonly options: SocketOptions;
}

/** Keeps a listener from taking connections that lack the options of the peer they come from. */
export class Guard {
  readonly #sys: SysSockets;
  readonly #server: Server;
  readonly #local: Address;
  /** By address with its zone, or by prefix. */
  readonly #guarded = new Map<string, Guarded>();
  /** The listener sends with class CS6, and what it accepts does. */
  readonly #isMarked: boolean;
  /** The listener sends with TTL 255: a peer with GTSM would drop its SYN-ACK otherwise. */
  #isRaised = false;

  constructor(sys: SysSockets, server: Server, local: Address, isMarked: boolean) {
    this.#sys = sys;
    this.#server = server;
    this.#local = local;
    this.#isMarked = isMarked;
  }

  /** See `Listener.protect`. */
  protect(remote: Address | Prefix, options: SocketOptions | undefined): Availability {
    const before = this.#guarded.get(remote.toString());
    if (options !== undefined) this.#guarded.set(remote.toString(), { remote, options });
    else this.#guarded.delete(remote.toString());
    const isWish = needOf(options ?? {}) === undefined && needOf(before?.options ?? {}) === undefined;
    const done = this.#prepare(remote, options, before?.options);
    return isWish ? { ok: true } : done;
  }

  #prepare(
    remote: Address | Prefix,
    options: SocketOptions | undefined,
    before: SocketOptions | undefined,
  ): Availability {
    const found = this.#sys.available();
    // What was guarded before cannot be undone without the calls that did it, so nothing was.
    if (!found.ok) return options === undefined ? { ok: true } : found;
    return attempt(() => {
      const fd = descriptorOf(this.#server);
      this.#setKey(found.calls, fd, remote, options?.password, before?.password);
      if (options?.ttlSecurity !== true || this.#isRaised) return;
      setTtl(found.calls, fd, this.#local, 'highest');
      this.#isRaised = true;
    });
  }

  /** Whether a connection that was accepted from this address may live; what it has to have it has then. */
  admits(socket: Socket, address: Address): boolean {
    const options = this.#optionsFor(address);
    // From another link than it may be on: bound to that one, it could not even be told.
    if (options?.device !== undefined && address.zone !== undefined && address.zone !== options.device) return false;
    if (options === undefined && !this.#isRaised) return true;
    return this.#equip(socket, address, options).ok || needOf(options ?? {}) === undefined;
  }

  #equip(socket: Socket, address: Address, options: SocketOptions | undefined): Availability {
    const found = this.#sys.available();
    if (!found.ok) return found;
    return attempt(() => {
      const fd = descriptorOf(socket);
      if (options === undefined) {
        setTtl(found.calls, fd, address, 'default');
        return;
      }
      // The kernel gives a connection the key that its SYN was signed with, as that of its address: one that has none came before the
      // listener had it. Put in again it is the key of now, without which nothing more gets through.
      if (options.password !== undefined && !removeKey(found.calls, fd, address))
        throw new SocketError('ENOENT', 'the connection is not signed');
      applyOptions(found.calls, fd, address, options, this.#isMarked);
    });
  }

  /** Its own, or those of the longest prefix that it is in. */
  #optionsFor(address: Address): SocketOptions | undefined {
    const own = this.#guarded.get(address.toString());
    if (own !== undefined) return own.options;
    let longest: { readonly length: number; readonly options: SocketOptions } | undefined;
    for (const { remote, options } of this.#guarded.values())
      if (remote instanceof Prefix && remote.contains(address) && remote.length > (longest?.length ?? -1))
        longest = { length: remote.length, options };
    return longest?.options;
  }

  /** The kernel knows no zones here, so that an address on two interfaces has one key; and a prefix of one address has the key of that address. */
  #setKey(
    calls: SocketCalls,
    fd: number,
    remote: Address | Prefix,
    password: SecretText | undefined,
    before: SecretText | undefined,
  ): void {
    const twin = this.#twinOf(remote);
    const shared = twin?.options.password;
    const isPrefix = remote instanceof Prefix;
    if (shared !== undefined && !isPrefix && !(twin?.remote instanceof Prefix) && !isSame(shared, password ?? shared))
      throw new SocketError('EEXIST', '"password": the same address on another interface has another one');
    // What is said of the address goes first.
    if (shared !== undefined && isPrefix) return;
    if (password !== undefined) setKey(calls, fd, remote, password);
    else if (shared !== undefined) setKey(calls, fd, remote, shared);
    else if (before !== undefined) removeKey(calls, fd, remote);
  }

  /** What else has a password and is the same to the kernel. */
  #twinOf(remote: Address | Prefix): Guarded | undefined {
    const prefix = prefixOf(remote);
    return [...this.#guarded.values()].find(
      (other) =>
        other.options.password !== undefined &&
        other.remote.toString() !== remote.toString() &&
        prefixOf(other.remote).equals(prefix),
    );
  }
}

function prefixOf(remote: Address | Prefix): Prefix {
  return remote instanceof Prefix ? remote : Prefix.host(remote);
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
