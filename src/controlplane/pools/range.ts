import { Address } from '../../ip/address.ts';
import { type Block, formatBlock } from '../../ip/pool.ts';
import { Prefix } from '../../ip/prefix.ts';
import type { CiliumLoadBalancerIPPool } from '../resources/types.ts';
import { loadBalancerIPPoolWithDefaults } from '../resources/with-defaults.ts';

/** The addresses of one block of a pool that can be given out, both ends included. */
export interface AddressRange {
  readonly block: Block;
  /** In octets: 4 or 16. */
  readonly size: number;
  readonly first: bigint;
  readonly last: bigint;
}

export function rangesOf(pool: CiliumLoadBalancerIPPool): readonly AddressRange[] {
  const { allowFirstLastIPs } = loadBalancerIPPoolWithDefaults(pool);
  return (pool.spec.blocks ?? []).map(({ cidr, start, stop = start }) =>
    cidr === undefined
      ? rangeOf({ start: Address.parse(start), stop: Address.parse(stop as string) }, true)
      : rangeOf(Prefix.parse(cidr), allowFirstLastIPs),
  );
}

function rangeOf(block: Block, withEnds: boolean): AddressRange {
  if (!(block instanceof Prefix)) {
    const { start, stop } = block;
    return { block, size: start.bytes.length, first: numberOf(start), last: numberOf(stop) };
  }
  const size = block.bytes.length;
  const first = numberOf(block.address);
  const last = first + (1n << BigInt(size * 8 - block.length)) - 1n;
  const inner = !withEnds && last - first > 1n;
  return { block, size, first: inner ? first + 1n : first, last: inner ? last - 1n : last };
}

export function countOf({ first, last }: AddressRange): bigint {
  return last - first + 1n;
}

export function holds({ size, first, last }: AddressRange, address: Address): boolean {
  if (address.bytes.length !== size) return false;
  const number = numberOf(address);
  return first <= number && number <= last;
}

export function textOf({ block }: AddressRange): string {
  return formatBlock(block);
}

export function numberOf({ bytes }: Address): bigint {
  return bytes.reduce((value, octet) => (value << 8n) | BigInt(octet), 0n);
}

export function addressAt(number: bigint, size: number): Address {
  const octet = (_: unknown, index: number) => Number((number >> BigInt(8 * (size - 1 - index))) & 0xffn);
  return new Address(Uint8Array.from({ length: size }, octet));
}
