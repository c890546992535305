import { getSystemErrorName } from 'node:util';
import type { Address } from '../../ip/address.ts';
import { Prefix } from '../../ip/prefix.ts';
import type { Availability, SocketOptions } from '../../session/ports.ts';
import type { SecretText } from '../../session/secret-text.ts';
import type { SocketCalls, SysSockets } from './calls.ts';
import {
  addressFamilies,
  int,
  longestKey,
  md5Signature,
  SO_BINDTODEVICE,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOL_SOCKET,
  sockaddr,
} from './structs.ts';

// Linux's numbers, and what they are used for here.

const SO_REUSEADDR = 2;
const IPPROTO_TCP = 6;
const TCP_MD5SIG = 14;
const TCP_USER_TIMEOUT = 18;
const TCP_MD5SIG_EXT = 32;
const TCP_AO_ADD_KEY = 38;
const SOCK_STREAM = 1;
const IPV6_V6ONLY = 26;

const ipv4 = { level: 0, ttl: 2, minTtl: 21, trafficClass: 1 } as const;
const ipv6 = { level: 41, ttl: 16, minTtl: 73, trafficClass: 67 } as const;

/** CS6 (RFC 4594), as RFC 4271 asks for in its section 10. */
const networkControl = 0xc0;

const highestTtl = 255;
/** As the kernel would without us. */
const defaultTtl = -1;

/** The operating system refuses a socket option; the text never has a password. */
export class SocketError extends Error {
  override readonly name = 'SocketError';
  /** Such as `ENOPROTOOPT`. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** A TCP socket for IPv4 or IPv6, that its caller closes. Throws SocketError. */
export function openSocket(calls: SocketCalls, isIPv4: boolean): number {
  const family = isIPv4 ? addressFamilies.ipv4 : addressFamilies.ipv6;
  return checked(calls.socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), 'a socket cannot be made');
}

/**
 * A TCP socket at an address and port, that its caller listens with and closes. It has class CS6 before it listens: a connection keeps the class that
 * its listener had when it was made, which may be the moment after. Throws SocketError.
 */
export function openListener(calls: SocketCalls, address: Address, port: number): number {
  const fd = openSocket(calls, address.isIPv4);
  try {
    attempt(() => setClass(calls, fd, address));
    if (address.isIPv6) set(calls, fd, ipv6.level, IPV6_V6ONLY, int(1), 'IPv6 alone');
    bindSocket(calls, fd, address, port);
    return fd;
  } catch (error) {
    calls.close(fd);
    throw error;
  }
}

/** Gives a socket its source, as a listener of that port may have it too. Throws SocketError. */
export function bindSocket(calls: SocketCalls, fd: number, address: Address, port: number): void {
  const scope = address.zone === undefined ? 0 : calls.interfaceIndex(address.zone);
  set(calls, fd, SOL_SOCKET, SO_REUSEADDR, int(1), 'SO_REUSEADDR');
  checked(calls.bind(fd, sockaddr(address, port, scope)), `cannot bind to ${address}`);
}

/**
 * Makes a socket that talks to `remote` have the options, and class CS6, unless it `hasClass` of its listener. Throws SocketError, but not for
 * what is a wish.
 */
export function applyOptions(
  calls: SocketCalls,
  fd: number,
  remote: Address,
  options: SocketOptions,
  hasClass = false,
): void {
  const { password, ttlSecurity = false, ttl, device, userTimeout } = options;
  const { level, minTtl } = remote.isIPv4 ? ipv4 : ipv6;
  if (password !== undefined) setKey(calls, fd, remote, password);
  if (ttlSecurity) {
    setTtl(calls, fd, remote, highestTtl);
    set(calls, fd, level, minTtl, int(highestTtl), '"ttlSecurity": a minimum TTL');
  } else attempt(() => setTtl(calls, fd, remote, ttl ?? defaultTtl));
  if (!hasClass) attempt(() => setClass(calls, fd, remote));
  if (userTimeout !== undefined)
    set(calls, fd, IPPROTO_TCP, TCP_USER_TIMEOUT, int(userTimeout), '"tcpUserTimeoutMilliseconds": a user timeout');
  if (device === undefined) return;
  set(calls, fd, SOL_SOCKET, SO_BINDTODEVICE, new TextEncoder().encode(`${device}\0`), `"bindToDevice": ${device}`);
}

/** Of what is sent, a listener's SYN-ACKs too: `default` is the kernel's. Throws SocketError. */
export function setTtl(
  calls: SocketCalls,
  fd: number,
  { isIPv4 }: Address,
  value: number | 'default' | 'highest',
): void {
  const { level, ttl } = isIPv4 ? ipv4 : ipv6;
  const number = value === 'highest' ? highestTtl : value === 'default' ? defaultTtl : value;
  set(calls, fd, level, ttl, int(number), 'a TTL');
}

/** Sends with class CS6 from now on; on a listener, what it accepts does too. Throws SocketError. */
export function setClass(calls: SocketCalls, fd: number, { isIPv4 }: Address): void {
  const { level, trafficClass } = isIPv4 ? ipv4 : ipv6;
  set(calls, fd, level, trafficClass, int(networkControl), 'a traffic class');
}

/** The key of what is exchanged with one address, or with a prefix, from now on; on a listener, of connections yet to come. Throws SocketError. */
export function setKey(calls: SocketCalls, fd: number, remote: Address | Prefix, password: SecretText): void {
  const key = new TextEncoder().encode(password.reveal());
  // An empty key would take away the one there is.
  if (key.length === 0 || key.length > longestKey)
    throw new SocketError('EINVAL', `"password" is ${key.length} octets long; TCP MD5 takes 1 to ${longestKey}`);
  set(calls, fd, IPPROTO_TCP, md5Option(remote), md5Signature(remote, key), '"password": TCP MD5');
}

/** False when there was none. */
export function removeKey(calls: SocketCalls, fd: number, remote: Address | Prefix): boolean {
  return calls.setsockopt(fd, IPPROTO_TCP, md5Option(remote), md5Signature(remote, new Uint8Array(0))) === 0;
}

function md5Option(remote: Address | Prefix): number {
  return remote instanceof Prefix ? TCP_MD5SIG_EXT : TCP_MD5SIG;
}

/** Options that are no mere wish, in words; undefined when there are none. */
export function needOf({ password, ttlSecurity, device, userTimeout }: SocketOptions): string | undefined {
  if (password !== undefined) return '"password" needs TCP MD5';
  if (ttlSecurity === true) return '"ttlSecurity" needs a minimum TTL';
  if (device !== undefined) return '"bindToDevice" needs SO_BINDTODEVICE';
  if (userTimeout !== undefined) return '"tcpUserTimeoutMilliseconds" needs TCP_USER_TIMEOUT';
  return undefined;
}

/** Tries the options out, on a socket that goes nowhere. */
export function supports(sys: SysSockets, remote: Address, options: SocketOptions): Availability {
  const need = needOf(options);
  if (need === undefined) return { ok: true };
  const found = sys.available();
  if (!found.ok) return { ok: false, reason: `${need}, which needs koffi (npm i koffi) on Linux: ${found.reason}` };
  // An interface may come and go.
  const { device: _, ...others } = options;
  return attempt(() => {
    const fd = openSocket(found.calls, remote.isIPv4);
    try {
      applyOptions(found.calls, fd, remote, others);
    } finally {
      found.calls.close(fd);
    }
  });
}

/** Whether this kernel has TCP-AO (RFC 5925). */
export function supportsTcpAo(sys: SysSockets): Availability {
  const found = sys.available();
  if (!found.ok) return found;
  return attempt(() => {
    const fd = openSocket(found.calls, true);
    const result = found.calls.setsockopt(fd, IPPROTO_TCP, TCP_AO_ADD_KEY, new Uint8Array(0));
    found.calls.close(fd);
    // A kernel that has it finds fault with an empty key.
    if (result < 0 && getSystemErrorName(result) === 'ENOPROTOOPT')
      throw new SocketError('ENOPROTOOPT', 'kernel without CONFIG_TCP_AO');
  });
}

/** What throws a SocketError as an answer. */
export function attempt(work: () => void): Availability {
  try {
    work();
    return { ok: true };
  } catch (error) {
    if (error instanceof SocketError) return { ok: false, reason: error.message };
    throw error;
  }
}

/** Sets an option. Throws SocketError with `what` it was for. */
export function set(
  calls: SocketCalls,
  fd: number,
  level: number,
  name: number,
  value: Uint8Array,
  what: string,
): void {
  checked(calls.setsockopt(fd, level, name, value), what);
}

/** What a call gave, unless it failed. Throws SocketError with `what` it was for. */
export function checked(result: number, what: string): number {
  if (result >= 0) return result;
  const code = getSystemErrorName(result);
  throw new SocketError(code, `${what}: ${explanations.get(code) ?? 'the kernel refuses it'} (${code})`);
}

const explanations: ReadonlyMap<string, string> = new Map([
  ['ENOPROTOOPT', 'this kernel does not have it'],
  ['ENOMEM', 'the kernel has no room for more of them; raise net.core.optmem_max'],
  ['ENODEV', 'there is no such interface'],
  ['EADDRNOTAVAIL', 'it is not an address of this machine'],
  ['EADDRINUSE', 'the port is in use'],
  ['EACCES', 'not permitted'],
  ['EPERM', 'not permitted'],
]);
