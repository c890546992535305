import { endianness } from 'node:os';

// What the kernel tells of interfaces and their addresses (rtnetlink(7)). Numbers are in the machine's order.

const little = endianness() === 'LE';

export type LinkMessage =
  | { readonly type: 'link'; readonly interface: string; readonly state: 'up' | 'down' | 'absent' }
  /** An address came or went, somewhere. */
  | { readonly type: 'addresses' };

const messageTypes = { newLink: 16, delLink: 17, newAddress: 20, delAddress: 21 } as const;

/** struct nlmsghdr: length, type, flags, sequence number, port. */
const headerLength = 16;
/** struct ifinfomsg: family, padding, type, index, flags, change mask. */
const linkLength = 16;
/** AF_UNSPEC; what a bridge says of its ports has another family, and is not about the interface itself. */
const anyFamily = 0;
const IFLA_IFNAME = 3;
const IFF_UP = 0x1;
const IFF_RUNNING = 0x40;

/** The messages in one datagram; what is something else, or malformed, is left out. */
export function decodeNetlink(bytes: Uint8Array): readonly LinkMessage[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const messages: LinkMessage[] = [];
  for (let at = 0; at + headerLength <= bytes.length; ) {
    const length = view.getUint32(at, little);
    if (length < headerLength || at + length > bytes.length) break;
    const type = view.getUint16(at + 4, little);
    if (type === messageTypes.newLink || type === messageTypes.delLink) {
      const link = linkIn(bytes.subarray(at + headerLength, at + length), type === messageTypes.delLink);
      if (link !== undefined) messages.push(link);
    } else if (type === messageTypes.newAddress || type === messageTypes.delAddress) {
      messages.push({ type: 'addresses' });
    }
    at += aligned(length);
  }
  return messages;
}

function linkIn(bytes: Uint8Array, isGone: boolean): LinkMessage | undefined {
  if (bytes.length < linkLength || bytes[0] !== anyFamily) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = view.getUint32(8, little);
  for (let at = linkLength; at + 4 <= bytes.length; ) {
    const length = view.getUint16(at, little);
    if (length < 4 || at + length > bytes.length) return undefined;
    if (view.getUint16(at + 2, little) === IFLA_IFNAME) {
      const name = new TextDecoder().decode(bytes.subarray(at + 4, at + length)).replace(/\0.*$/s, '');
      const isUp = (flags & IFF_UP) !== 0 && (flags & IFF_RUNNING) !== 0;
      return { type: 'link', interface: name, state: isGone ? 'absent' : isUp ? 'up' : 'down' };
    }
    at += aligned(length);
  }
  return undefined;
}

/** NLMSG_ALIGN and RTA_ALIGN. */
function aligned(length: number): number {
  return (length + 3) & ~3;
}
