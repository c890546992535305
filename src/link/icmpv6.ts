// Neighbor Discovery as far as routers find each other with it (RFC 4861, 4.1 and 4.2), and echo (RFC 4443, 4.1 and 4.2). The checksum is
// the kernel's: it is sent as 0, and what comes in has been checked.

/** An ICMPv6 message that tells of a router, or asks for one. */
export type Icmpv6 =
  | { readonly type: 'router-solicitation'; readonly linkLayerAddress?: Uint8Array }
  | {
      readonly type: 'router-advertisement';
      /** Seconds for which the sender wants to be a default router, 0 to 65535; 0: not at all. */
      readonly lifetime: number;
      readonly linkLayerAddress?: Uint8Array;
    }
  | { readonly type: 'echo-request'; readonly identifier: number; readonly sequence: number }
  | { readonly type: 'echo-reply'; readonly identifier: number; readonly sequence: number };

/** As they are on the wire. */
export const icmpv6Types = {
  'echo-request': 128,
  'echo-reply': 129,
  'router-solicitation': 133,
  'router-advertisement': 134,
} as const;

/** Octets before the options. */
const fixedLength = { solicitation: 8, advertisement: 16, echo: 8 } as const;
const sourceLinkLayerAddress = 1;
/** Of an option, with its type and length. */
const optionUnit = 8;

/**
 *     router solicitation    133  code 0  checksum  | reserved (4)                        | options
 *     router advertisement   134  code 0  checksum  | hop limit  flags  router lifetime   | reachable time (4) | retrans timer (4) | options
 *     echo request, reply    128, 129  0  checksum  | identifier  sequence number         | data
 */
export function encodeIcmpv6(message: Icmpv6): Uint8Array {
  const type = icmpv6Types[message.type];
  if (message.type === 'echo-request' || message.type === 'echo-reply') {
    const out = new Uint8Array(fixedLength.echo);
    const view = new DataView(out.buffer);
    out[0] = type;
    view.setUint16(4, message.identifier);
    view.setUint16(6, message.sequence);
    return out;
  }
  const isAdvertisement = message.type === 'router-advertisement';
  const fixed = isAdvertisement ? fixedLength.advertisement : fixedLength.solicitation;
  const option = message.linkLayerAddress === undefined ? undefined : linkLayerOption(message.linkLayerAddress);
  const out = new Uint8Array(fixed + (option?.length ?? 0));
  out[0] = type;
  if (isAdvertisement) new DataView(out.buffer).setUint16(6, message.lifetime);
  if (option !== undefined) out.set(option, fixed);
  return out;
}

/** Undefined for what is none of these, or is malformed (RFC 4861, 6.1.1 and 6.1.2): it is to be dropped without a word. */
export function decodeIcmpv6(bytes: Uint8Array): Icmpv6 | undefined {
  if (bytes.length < fixedLength.echo || bytes[1] !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (bytes[0]) {
    case icmpv6Types['echo-request']:
    case icmpv6Types['echo-reply']: {
      const type = bytes[0] === icmpv6Types['echo-request'] ? 'echo-request' : 'echo-reply';
      return { type, identifier: view.getUint16(4), sequence: view.getUint16(6) };
    }
    case icmpv6Types['router-solicitation']: {
      const options = optionsOf(bytes, fixedLength.solicitation);
      return options && { type: 'router-solicitation', ...options };
    }
    case icmpv6Types['router-advertisement']: {
      const options = optionsOf(bytes, fixedLength.advertisement);
      return options && { type: 'router-advertisement', lifetime: view.getUint16(6), ...options };
    }
    default:
      return undefined;
  }
}

/** Of the options only the sender's link-layer address matters here, the others are skipped. Undefined: one of them is malformed. */
function optionsOf(bytes: Uint8Array, from: number): { readonly linkLayerAddress?: Uint8Array } | undefined {
  if (bytes.length < from) return undefined;
  let linkLayerAddress: Uint8Array | undefined;
  for (let at = from; at < bytes.length; ) {
    // A length of 0 would never end; one octet has no length.
    const length = optionUnit * (bytes[at + 1] ?? 0);
    if (length === 0 || at + length > bytes.length) return undefined;
    if (bytes[at] === sourceLinkLayerAddress) linkLayerAddress ??= bytes.slice(at + 2, at + length);
    at += length;
  }
  return linkLayerAddress === undefined ? {} : { linkLayerAddress };
}

/** Padded with zeros to a multiple of 8; an Ethernet address fits as it is. */
function linkLayerOption(address: Uint8Array): Uint8Array {
  const out = new Uint8Array(optionUnit * Math.ceil((2 + address.length) / optionUnit));
  out[0] = sourceLinkLayerAddress;
  out[1] = out.length / optionUnit;
  out.set(address, 2);
  return out;
}
