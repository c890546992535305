import type { Address } from './address.ts';

export declare class Prefix {
  /** 4 or 16, the host bits zero; never written. */
  readonly bytes: Uint8Array;
  readonly length: number;
  constructor(bytes: Uint8Array, length: number);
  /** Strict: a length is required, host bits are refused with the canonical form in the message; throws AddressError. */
  static parse(text: string): Prefix;
  /** The /32 or /128 of an address. */
  static host(address: Address): Prefix;
  readonly isIPv4: boolean;
  readonly isIPv6: boolean;
  contains(other: Prefix | Address): boolean;
  overlaps(other: Prefix): boolean;
  equals(other: Prefix): boolean;
  compare(other: Prefix): number;
  toString(): string;
  toJSON(): string;
}
