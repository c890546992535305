/** Text that is no address or prefix; the message says what is wrong with it. */
export class AddressError extends Error {
  override readonly name = 'AddressError';
}

export declare class Address {
  /** 4 or 16, in network order; never written. */
  readonly bytes: Uint8Array;
  /** The interface of a link-local address, as in `fe80::1%eth0`. */
  readonly zone: string | undefined;
  constructor(bytes: Uint8Array, zone?: string);
  /** Strict; throws AddressError. */
  static parse(text: string): Address;
  readonly isIPv4: boolean;
  readonly isIPv6: boolean;
  readonly isLinkLocal: boolean;
  readonly isUnspecified: boolean;
  readonly isLoopback: boolean;
  readonly isMulticast: boolean;
  equals(other: Address): boolean;
  withZone(zone: string | undefined): Address;
  toString(): string;
  toJSON(): string;
}
