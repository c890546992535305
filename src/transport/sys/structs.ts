import { endianness } from 'node:os';
import type { Address } from '../../ip/address.ts';

// The C structures that socket calls take, on Linux. Numbers are in the machine's order, but ports in the network's.

const little = endianness() === 'LE';

export const addressFamilies = { ipv4: 2, ipv6: 10 } as const;

const sockaddrIn = 16;
const sockaddrIn6 = 28;
const sockaddrStorage = 128;

/** struct sockaddr_in or sockaddr_in6; `scope` is the number of the interface of a link-local address. */
export function sockaddr({ bytes, isIPv4 }: Address, port: number, scope = 0): Uint8Array {
  const out = new Uint8Array(isIPv4 ? sockaddrIn : sockaddrIn6);
  const view = new DataView(out.buffer);
  view.setUint16(0, isIPv4 ? addressFamilies.ipv4 : addressFamilies.ipv6, little);
  view.setUint16(2, port);
  out.set(bytes, isIPv4 ? 4 : 8);
  if (!isIPv4) view.setUint32(24, scope, little);
  return out;
}

/** TCP_MD5SIG_MAXKEYLEN. */
export const longestKey = 80;

/** struct tcp_md5sig: the key for one address, at most `longestKey` octets; an empty one takes the key away. The zone means nothing to the kernel. */
export function md5Signature(address: Address, key: Uint8Array): Uint8Array {
  const out = new Uint8Array(sockaddrStorage + 8 + longestKey);
  out.set(sockaddr(address, 0), 0);
  new DataView(out.buffer).setUint16(sockaddrStorage + 2, key.length, little);
  out.set(key, sockaddrStorage + 8);
  return out;
}

/** An int. */
export function int(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}
