import { IPv4, IPv4CidrRange, IPv4Prefix, IPv6, IPv6CidrRange, IPv6Prefix, RangedSet } from 'ip-num';
import { Address, AddressError } from './address.ts';
import { Prefix } from './prefix.ts';

/** One piece of a pool: a prefix, or all addresses from `start` to `stop`, both included. */
export type Block = Prefix | { readonly start: Address; readonly stop: Address };

/** The prefixes of `length` bits within `prefix`, in order, made as they are asked for. Throws AddressError when `length` is out of range. */
export function carve(prefix: Prefix, length: number): Iterable<Prefix> {
  const most = prefix.bytes.length * 8;
  if (!Number.isInteger(length) || length < prefix.length || length > most) {
    throw new AddressError(`${prefix} cannot be carved into /${length}: the length is ${prefix.length} to ${most}`);
  }
  const last = rangeOf(prefix).getLast().getValue();
  return {
    *[Symbol.iterator]() {
      const first = numberOf(prefix.bytes);
      let range: IPv4CidrRange | IPv6CidrRange | undefined = prefix.isIPv4
        ? new IPv4CidrRange(IPv4.fromNumber(first), IPv4Prefix.fromNumber(BigInt(length)))
        : new IPv6CidrRange(IPv6.fromBigInt(first), IPv6Prefix.fromNumber(BigInt(length)));
      while (range !== undefined && range.getFirst().getValue() <= last) {
        yield new Prefix(octetsOf(range.getFirst().getValue(), prefix.bytes.length), length);
        range = range.nextRange();
      }
    },
  };
}

/** Whether one block of the pool holds all of it. Throws AddressError as `checkBlock` does. */
export function contains(pool: readonly Block[], what: Address | Prefix): boolean {
  const wanted = what instanceof Address ? Prefix.host(what) : what;
  return pool.some((block) => sizeOf(block) === wanted.bytes.length && rangeOf(block).contains(rangeOf(wanted)));
}

/** The first pair of blocks, one of each pool, that share an address; undefined when there is none. Throws AddressError as `checkBlock` does. */
export function overlap(left: readonly Block[], right: readonly Block[]): readonly [Block, Block] | undefined {
  for (const one of left) {
    for (const other of right) {
      if (sizeOf(one) === sizeOf(other) && meet(rangeOf(one), rangeOf(other))) return [one, other];
    }
  }
  return undefined;
}

/** Throws AddressError when a block ends before it starts, or mixes IPv4 and IPv6. */
export function checkBlock(block: Block): void {
  if (block instanceof Prefix) return;
  const { start, stop } = block;
  if (start.bytes.length !== stop.bytes.length) throw new AddressError(`${start} - ${stop} mixes IPv4 and IPv6`);
  if (start.compare(stop) > 0) throw new AddressError(`${start} - ${stop} ends before it starts`);
}

/** `2001:db8::/64`, or `2001:db8::1 - 2001:db8::ff`. */
export function formatBlock(block: Block): string {
  return block instanceof Prefix ? block.toString() : `${block.start} - ${block.stop}`;
}

// Never compare two of these across IPv4 and IPv6: the library sees the numbers only, and 0.0.0.0/0 would contain ::1.
type Range = RangedSet<IPv4 | IPv6>;

function rangeOf(block: Block): Range {
  if (block instanceof Prefix) {
    const first = numberOf(block.bytes);
    const hosts = (1n << BigInt(8 * block.bytes.length - block.length)) - 1n;
    return new RangedSet<IPv4 | IPv6>(ipOf(first, block.bytes.length), ipOf(first + hosts, block.bytes.length));
  }
  checkBlock(block);
  const size = block.start.bytes.length;
  return new RangedSet<IPv4 | IPv6>(ipOf(numberOf(block.start.bytes), size), ipOf(numberOf(block.stop.bytes), size));
}

// Not `isOverlapping`: to that, ranges that share only the last address of one and the first of the other do not overlap.
function meet(left: Range, right: Range): boolean {
  return left.getFirst().isLessThanOrEquals(right.getLast()) && right.getFirst().isLessThanOrEquals(left.getLast());
}

function sizeOf(block: Block): number {
  return block instanceof Prefix ? block.bytes.length : block.start.bytes.length;
}

function ipOf(value: bigint, size: number): IPv4 | IPv6 {
  return size === 4 ? IPv4.fromNumber(value) : IPv6.fromBigInt(value);
}

function numberOf(bytes: Uint8Array): bigint {
  return bytes.reduce((value, octet) => (value << 8n) | BigInt(octet), 0n);
}

function octetsOf(value: bigint, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => Number((value >> BigInt(8 * (size - 1 - index))) & 0xffn));
}
