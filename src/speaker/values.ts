import { Address } from '../ip/address.ts';

/** Both lists without repeats, in order; items are compared by their text. */
export function union<T>(first: readonly T[], second: readonly T[]): readonly T[] {
  return [...new Map([...first, ...second].map((item) => [String(item), item])).values()];
}

export function sorted(numbers: readonly number[]): readonly number[] {
  return [...numbers].sort((a, b) => a - b);
}

/** An address from octets that will change: copied. */
export function addressFrom(bytes: Uint8Array): Address {
  return new Address(bytes.slice());
}
