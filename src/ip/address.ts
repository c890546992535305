import { formatOctets, parseOctets } from './text.ts';

/** Text that is no address or prefix; the message says what is wrong with it. */
export class AddressError extends Error {
  override readonly name = 'AddressError';
}

/** An IPv4 or IPv6 address: a value, compared by what it holds. */
export class Address {
  /** 4 or 16, in network order; never written. */
  readonly bytes: Uint8Array;
  /** The interface of a link-local address, as in `fe80::1%eth0`. */
  readonly zone: string | undefined;
  #text: string | undefined;

  /**
   * Keeps `bytes` without a copy: they must not change afterwards.
   * Throws AddressError when they are not 4 or 16, or when the zone is malformed or the address not link-local.
   */
  constructor(bytes: Uint8Array, zone?: string) {
    if (bytes.length !== 4 && bytes.length !== 16) {
      throw new AddressError(`an address has 4 or 16 octets, not ${bytes.length}`);
    }
    this.bytes = bytes;
    this.zone = zone;
    if (zone !== undefined) checkZone(this, zone);
  }

  /** Strict: RFC 4291 text or a dotted quad without leading zeros, nothing around it; throws AddressError. */
  static parse(text: string): Address {
    const percent = text.indexOf('%');
    const zone = percent < 0 ? undefined : text.slice(percent + 1);
    const bytes = parseOctets(percent < 0 ? text : text.slice(0, percent));
    if (bytes === undefined) throw new AddressError(explain(text));
    return new Address(bytes, zone);
  }

  get isIPv4(): boolean {
    return this.bytes.length === 4;
  }

  get isIPv6(): boolean {
    return this.bytes.length === 16;
  }

  /** In fe80::/10, so that it needs a zone to be reached. Never an IPv4 address: 169.254.0.0/16 has no zones. */
  get isLinkLocal(): boolean {
    return this.isIPv6 && this.bytes[0] === 0xfe && ((this.bytes[1] as number) & 0xc0) === 0x80;
  }

  /** 0.0.0.0 or `::`. */
  get isUnspecified(): boolean {
    return this.bytes.every((octet) => octet === 0);
  }

  /** In 127.0.0.0/8, or `::1`. */
  get isLoopback(): boolean {
    if (this.isIPv4) return this.bytes[0] === 127;
    return this.bytes.every((octet, index) => octet === (index === 15 ? 1 : 0));
  }

  /** In 224.0.0.0/4 or ff00::/8. */
  get isMulticast(): boolean {
    const first = this.bytes[0] as number;
    return this.isIPv4 ? first >> 4 === 0xe : first === 0xff;
  }

  equals(other: Address): boolean {
    return this.zone === other.zone && compareOctets(this.bytes, other.bytes) === 0;
  }

  /** Negative, 0 or positive: IPv4 before IPv6, then by number, then by zone. */
  compare(other: Address): number {
    const order = compareOctets(this.bytes, other.bytes);
    if (order !== 0 || this.zone === other.zone) return order;
    return (this.zone ?? '') < (other.zone ?? '') ? -1 : 1;
  }

  /** The same address in another zone, or in none; throws AddressError as the constructor does. */
  withZone(zone: string | undefined): Address {
    return new Address(this.bytes, zone);
  }

  /** RFC 5952 text, with the zone after a `%`. */
  toString(): string {
    // A peer is looked for by this text wherever something comes from its address.
    if (this.#text === undefined) {
      const text = formatOctets(this.bytes);
      this.#text = this.zone === undefined ? text : `${text}%${this.zone}`;
    }
    return this.#text;
  }

  toJSON(): string {
    return this.toString();
  }
}

/** Shorter before longer, then by the first octet that differs. */
export function compareOctets(left: Uint8Array, right: Uint8Array): number {
  if (left.length !== right.length) return left.length - right.length;
  for (let i = 0; i < left.length; i++) {
    const order = (left[i] as number) - (right[i] as number);
    if (order !== 0) return order;
  }
  return 0;
}

/** The longest interface name: IFNAMSIZ less its terminator. */
const MAX_ZONE_LENGTH = 15;

function checkZone(address: Address, zone: string): void {
  const text = `${formatOctets(address.bytes)}%${zone}`;
  if (zone === '') throw new AddressError(`'${text}': the zone after '%' is empty`);
  if (zone.length > MAX_ZONE_LENGTH) {
    throw new AddressError(`'${text}': a zone is an interface name of at most ${MAX_ZONE_LENGTH} characters`);
  }
  if (/[\s/\p{Cc}]/u.test(zone)) throw new AddressError(`'${text}': a zone holds no white space and no '/'`);
  if (!address.isLinkLocal) {
    throw new AddressError(`'${text}': only a link-local IPv6 address (fe80::/10) has a zone`);
  }
}

function explain(text: string): string {
  if (text === '') return 'the address is empty';
  const quoted = `'${text}'`;
  if (text.includes('/')) return `${quoted} is not an address: it looks like a prefix`;
  if (text !== text.trim()) return `${quoted} is not an address: there is white space around it`;
  if (/^[\d.]+$/.test(text) && /(^|\.)0\d/.test(text))
    return `${quoted} is not an IPv4 address: an octet has a leading zero`;
  if (text.includes(':')) return `${quoted} is not an IPv6 address`;
  if (/^[\d.]+$/.test(text)) return `${quoted} is not an IPv4 address`;
  return `${quoted} is not an IP address`;
}
