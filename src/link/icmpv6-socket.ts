import { Address } from '../ip/address.ts';
import { adopt } from '../transport/sys/adopt.ts';
import type { SocketCalls, SysSockets } from '../transport/sys/calls.ts';
import { checked, SocketError, set } from '../transport/sys/options.ts';
import {
  addressFamilies,
  filterInstructions,
  int,
  SO_BINDTODEVICE,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOL_SOCKET,
} from '../transport/sys/structs.ts';
import type { OpenPort } from './discovery.ts';
import { decodeIcmpv6, encodeIcmpv6, type Icmpv6, icmpv6Types } from './icmpv6.ts';
import { linkLayerAddress } from './interfaces.ts';

const IPPROTO_ICMPV6 = 58;
const ipv6 = {
  level: 41,
  multicastLoop: 19,
  multicastHops: 18,
  unicastHops: 16,
  multicastInterface: 17,
  join: 20,
} as const;
const ICMP6_FILTER = 1;
const groups = ['ff02::1', 'ff02::2'].map((text) => Address.parse(text));
const received: readonly Icmpv6['type'][] = ['router-solicitation', 'router-advertisement', 'echo-reply'];

/**
 * The octet at 7 in the IPv6 header is the hop limit. Neighbor Discovery must have come with 255, which no router lets through
 * (RFC 4861, 6.1); an echo reply has what its sender likes.
 */
const hopLimitFilter = filterInstructions([
  [0x30, 0, 0, 0],
  [0x15, 2, 0, icmpv6Types['echo-reply']],
  [0x30, 0, 0, 0xfff00000 + 7],
  [0x15, 0, 1, 255],
  [0x06, 0, 0, 0xffffffff],
  [0x06, 0, 0, 0],
]);

/** Opens raw ICMPv6 sockets of this machine. */
export function icmpv6Sockets(sys: SysSockets): OpenPort {
  return (name, receive) => {
    const found = sys.available();
    if (!found.ok) return refused(name, `that needs koffi (npm i koffi) on Linux: ${found.reason}`);
    try {
      const socket = adopt(found.calls, prepared(found.calls, name));
      // What goes wrong is nothing that the next round does not try again.
      socket.on('error', () => undefined);
      socket.on('message', (bytes, { address }) => {
        const message = decodeIcmpv6(bytes);
        const from = message && addressOf(address);
        if (message !== undefined && from !== undefined) receive(message, from);
      });
      return {
        ok: true,
        port: {
          send(message, to) {
            const bytes = encodeIcmpv6(message.type === 'router-advertisement' ? signed(message, name) : message);
            // For a raw socket the port is the protocol.
            socket.send(bytes, IPPROTO_ICMPV6, `${to.withZone(undefined)}%${name}`, () => undefined);
          },
          close: () => socket.close(),
        },
      };
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      return refused(name, error.code === 'EPERM' ? permission : error.message);
    }
  };
}

function signed(message: Extract<Icmpv6, { type: 'router-advertisement' }>, name: string): Icmpv6 {
  const address = linkLayerAddress(name);
  return address === undefined ? message : { ...message, linkLayerAddress: address };
}

const permission =
  'not permitted; give Herald CAP_NET_RAW, as by setcap, AmbientCapabilities= or a container’s capabilities';

function refused(name: string, reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason: `cannot send router advertisements on ${name}: ${reason}` };
}

/** Throws SocketError. */
function prepared(calls: SocketCalls, name: string): number {
  const flags = SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC;
  const fd = checked(calls.socket(addressFamilies.ipv6, flags, IPPROTO_ICMPV6), 'a raw socket');
  try {
    const index = calls.interfaceIndex(name);
    const option = (key: number, value: Uint8Array, what: string) => set(calls, fd, ipv6.level, key, value, what);
    set(calls, fd, SOL_SOCKET, SO_BINDTODEVICE, new TextEncoder().encode(`${name}\0`), name);
    set(calls, fd, IPPROTO_ICMPV6, ICMP6_FILTER, only(received), 'ICMP6_FILTER');
    checked(calls.attachFilter(fd, hopLimitFilter), 'SO_ATTACH_FILTER');
    option(ipv6.multicastHops, int(255), 'IPV6_MULTICAST_HOPS');
    option(ipv6.unicastHops, int(255), 'IPV6_UNICAST_HOPS');
    option(ipv6.multicastLoop, int(0), 'IPV6_MULTICAST_LOOP');
    option(ipv6.multicastInterface, int(index), 'IPV6_MULTICAST_IF');
    for (const group of groups) option(ipv6.join, Uint8Array.of(...group.bytes, ...int(index)), `joining ${group}`);
    return fd;
  } catch (error) {
    calls.close(fd);
    throw error;
  }
}

/** struct icmp6_filter: a set bit keeps that type out. */
function only(types: readonly Icmpv6['type'][]): Uint8Array {
  const words = new Uint32Array(8).fill(0xffffffff);
  for (const type of types) {
    const number = icmpv6Types[type];
    words[number >> 5] = (words[number >> 5] ?? 0) & ~(1 << (number & 31));
  }
  return new Uint8Array(words.buffer);
}

function addressOf(text: string): Address | undefined {
  try {
    return Address.parse(text);
  } catch {
    return undefined;
  }
}
