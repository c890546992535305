import { Address, AddressError, compareOctets } from './address.ts';
import { formatOctets, parseOctets } from './text.ts';

/** An IPv4 or IPv6 prefix: a value, compared by what it holds. */
export class Prefix {
  /** 4 or 16, the host bits zero; never written. */
  readonly bytes: Uint8Array;
  /** In bits: 0 to 32 or 128. */
  readonly length: number;

  /**
   * Keeps `bytes` without a copy: they must not change afterwards.
   * Throws AddressError when they are not 4 or 16, the length is out of range, or a host bit is set.
   */
  constructor(bytes: Uint8Array, length: number) {
    if (bytes.length !== 4 && bytes.length !== 16) {
      throw new AddressError(`a prefix has 4 or 16 octets, not ${bytes.length}`);
    }
    checkLength(bytes, length);
    if (!hostBitsClear(bytes, length)) {
      const prefix = new Prefix(masked(bytes, length), length);
      throw new AddressError(`${formatOctets(bytes)}/${length} has host bits set; the prefix is ${prefix}`);
    }
    this.bytes = bytes;
    this.length = length;
  }

  /** Strict: a length is required, host bits are refused with the canonical form in the message; throws AddressError. */
  static parse(text: string): Prefix {
    const slash = text.indexOf('/');
    if (slash < 0) throw new AddressError(`'${text}' is not a prefix: the length is missing, as in ${example(text)}`);
    const address = text.slice(0, slash);
    const length = text.slice(slash + 1);
    if (address.includes('%')) throw new AddressError(`'${text}' is not a prefix: a prefix has no zone`);
    const bytes = parseOctets(address);
    if (bytes === undefined) throw new AddressError(`'${text}' is not a prefix: '${address}' is not an address`);
    if (!/^(0|[1-9]\d{0,2})$/.test(length)) {
      throw new AddressError(`'${text}' is not a prefix: '${length}' is not a length without leading zeros`);
    }
    return new Prefix(bytes, Number(length));
  }

  /** The /32 or /128 of an address; a zone is left out. */
  static host(address: Address): Prefix {
    return new Prefix(address.bytes, address.bytes.length * 8);
  }

  /** The prefix of `length` bits that an address is in: its host bits are cleared. Throws AddressError when the length is out of range. */
  static around(address: Address, length: number): Prefix {
    checkLength(address.bytes, length);
    return new Prefix(masked(address.bytes, length), length);
  }

  get isIPv4(): boolean {
    return this.bytes.length === 4;
  }

  get isIPv6(): boolean {
    return this.bytes.length === 16;
  }

  /** The prefix's first address: its bits, the host bits zero. */
  get address(): Address {
    return new Address(this.bytes);
  }

  /** Also true of itself; never across IPv4 and IPv6. */
  contains(other: Prefix | Address): boolean {
    if (other.bytes.length !== this.bytes.length) return false;
    if (other instanceof Prefix && other.length < this.length) return false;
    return sameBits(this.bytes, other.bytes, this.length);
  }

  overlaps(other: Prefix): boolean {
    return this.contains(other) || other.contains(this);
  }

  equals(other: Prefix): boolean {
    return this.compare(other) === 0;
  }

  /** Negative, 0 or positive: IPv4 before IPv6, then by address, then shorter before longer. */
  compare(other: Prefix): number {
    return compareOctets(this.bytes, other.bytes) || this.length - other.length;
  }

  /** RFC 5952 text and the length. */
  toString(): string {
    return `${formatOctets(this.bytes)}/${this.length}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

function example(address: string): string {
  if (parseOctets(address) === undefined) return '2001:db8::/32';
  return `${address}/${address.includes(':') ? 128 : 32}`;
}

function checkLength(bytes: Uint8Array, length: number): void {
  const most = bytes.length * 8;
  if (Number.isInteger(length) && length >= 0 && length <= most) return;
  const kind = bytes.length === 4 ? 'IPv4' : 'IPv6';
  throw new AddressError(`${formatOctets(bytes)}/${length}: the length of an ${kind} prefix is 0 to ${most}`);
}

/** The bits of octet `index` that a prefix of `length` bits covers. */
function mask(length: number, index: number): number {
  const bits = Math.min(8, Math.max(0, length - 8 * index));
  return (0xff00 >> bits) & 0xff;
}

function masked(bytes: Uint8Array, length: number): Uint8Array {
  return bytes.map((octet, index) => octet & mask(length, index));
}

function hostBitsClear(bytes: Uint8Array, length: number): boolean {
  for (let i = length >> 3; i < bytes.length; i++) {
    if (((bytes[i] as number) & ~mask(length, i)) !== 0) return false;
  }
  return true;
}

function sameBits(left: Uint8Array, right: Uint8Array, length: number): boolean {
  for (let i = 0; 8 * i < length; i++) {
    if ((((left[i] as number) ^ (right[i] as number)) & mask(length, i)) !== 0) return false;
  }
  return true;
}
