import { Address } from '../../ip/address.ts';
import type { SocketCalls } from './calls.ts';
import { checked, set } from './options.ts';
import {
  addressFamilies,
  filterInstructions,
  type Instruction,
  int,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  sockaddr,
} from './structs.ts';

const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;

const LOAD_BYTE = 0x30;
const JUMP_IF_EQUAL = 0x15;
const RETURN = 0x06;
/** SKF_NET_OFF: from here on, an offset is counted from the IP header. */
const NETWORK_HEADER = 0xfff0_0000;
const all = 0xffff_ffff;
const udpHeader = 8;

/**
 * A UDP socket for all addresses of this machine that gets packets with hop limit (or TTL) 255 whole, and others with nothing in them, so that
 * who sends them can be told: a router would have counted down (RFC 5881, 5). Its caller closes it. Throws SocketError.
 */
export function openNearSocket(calls: SocketCalls, isIPv4: boolean, port: number): number {
  const family = isIPv4 ? addressFamilies.ipv4 : addressFamilies.ipv6;
  const type = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
  const fd = checked(calls.socket(family, type, 0), 'a socket cannot be made');
  try {
    if (!isIPv4) set(calls, fd, IPPROTO_IPV6, IPV6_V6ONLY, int(1), 'IPV6_V6ONLY');
    // Before it has a port: nothing gets in unseen.
    const program = filterInstructions(nothingFromAfar(isIPv4 ? 8 : 7));
    checked(calls.attachFilter(fd, program), 'a socket filter');
    const anywhere = new Address(new Uint8Array(isIPv4 ? 4 : 16));
    checked(calls.bind(fd, sockaddr(anywhere, port)), `cannot receive on UDP port ${port}`);
    return fd;
  } catch (error) {
    calls.close(fd);
    throw error;
  }
}

/** The kernel cuts a packet to what the program returns. */
function nothingFromAfar(offset: number): readonly Instruction[] {
  return [
    [LOAD_BYTE, 0, 0, NETWORK_HEADER + offset],
    [JUMP_IF_EQUAL, 0, 1, 255],
    [RETURN, 0, 0, all],
    [RETURN, 0, 0, udpHeader],
  ];
}
