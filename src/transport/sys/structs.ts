import { endianness } from 'node:os';
import type { Address } from '../../ip/address.ts';
import { Prefix } from '../../ip/prefix.ts';

// The C structures that socket calls take, on Linux. Numbers are in the machine's order, but ports in the network's.

const little = endianness() === 'LE';

export const addressFamilies = { ipv4: 2, ipv6: 10, netlink: 16 } as const;

export const SOL_SOCKET = 1;
export const SO_BINDTODEVICE = 25;
export const SO_ATTACH_FILTER = 26;
export const SOCK_RAW = 3;
export const SOCK_DGRAM = 2;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;

const sockaddrIn = 16;
const sockaddrIn6 = 28;
const sockaddrStorage = 128;

/** struct sockaddr_in or sockaddr_in6; `scope` is the number of the interface of a link-local address. */
export function sockaddr({ bytes, isIPv4 }: Pick<Address, 'bytes' | 'isIPv4'>, port: number, scope = 0): Uint8Array {
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

/** TCP_MD5SIG_FLAG_PREFIX: the length of a prefix is told. */
const prefixFlag = 1;

/**
 * struct tcp_md5sig: the key for one address, or for those of a prefix that have none of their own, at most `longestKey` octets; an empty one takes the
 * key away. The zone means nothing to the kernel.
 */
export function md5Signature(remote: Address | Prefix, key: Uint8Array): Uint8Array {
  const out = new Uint8Array(sockaddrStorage + 8 + longestKey);
  out.set(sockaddr(remote, 0), 0);
  if (remote instanceof Prefix) out.set([prefixFlag, remote.length], sockaddrStorage);
  new DataView(out.buffer).setUint16(sockaddrStorage + 2, key.length, little);
  out.set(key, sockaddrStorage + 8);
  return out;
}

/** struct sockaddr_nl of whatever port the kernel chooses; `groups` is a mask of RTMGRP_. */
export function sockaddrNetlink(groups: number): Uint8Array {
  const out = new Uint8Array(12);
  const view = new DataView(out.buffer);
  view.setUint16(0, addressFamilies.netlink, little);
  view.setUint32(8, groups, little);
  return out;
}

/** One instruction of classic BPF: what it does, how far to jump when it is so and when it is not, and its operand. */
export type Instruction = readonly [code: number, jumpTrue: number, jumpFalse: number, operand: number];

/** An array of struct sock_filter. */
export function filterInstructions(instructions: readonly Instruction[]): Uint8Array {
  const out = new Uint8Array(8 * instructions.length);
  const view = new DataView(out.buffer);
  for (const [index, [code, jumpTrue, jumpFalse, operand]] of instructions.entries()) {
    view.setUint16(8 * index, code, little);
    view.setUint8(8 * index + 2, jumpTrue);
    view.setUint8(8 * index + 3, jumpFalse);
    view.setUint32(8 * index + 4, operand, little);
  }
  return out;
}

/** struct sock_fprog of a machine with 64 bits: how many instructions, and where they are. */
export function filterProgram(instructions: Uint8Array, address: bigint): Uint8Array {
  const out = new Uint8Array(16);
  const view = new DataView(out.buffer);
  view.setUint16(0, instructions.length / 8, little);
  view.setBigUint64(8, address, little);
  return out;
}

/** An int. */
export function int(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}
