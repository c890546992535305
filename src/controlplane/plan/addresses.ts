import { Address, AddressError } from '../../ip/address.ts';
import { Prefix } from '../../ip/prefix.ts';
import type { InterfaceFacts } from './types.ts';

/** An address that another host can be reached from, and a route can lead to. IPv4 link-local ones count. */
export function isUsable(address: Address): boolean {
  return !(
    address.isUnspecified ||
    address.isLoopback ||
    address.isMulticast ||
    address.isLinkLocal ||
    isIPv4Mapped(address)
  );
}

/** The usable addresses of an interface, each once, sorted. */
export function usableAddresses({ addresses }: InterfaceFacts): readonly Address[] {
  const usable = addresses.filter(isUsable);
  return [...new Map(usable.map((address) => [address.toString(), address])).values()].toSorted((a, b) => a.compare(b));
}

/** ::ffff:0:0/96. */
function isIPv4Mapped({ bytes, isIPv6 }: Address): boolean {
  return isIPv6 && bytes.subarray(0, 10).every((octet) => octet === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
}

/** The address that a resource says; undefined for text that is none. */
export function addressOf(text: string): Address | undefined {
  return parsed(() => Address.parse(text.trim()));
}

/** The prefix that a resource says, host bits cleared; undefined for text that is none. */
export function prefixOf(text: string): Prefix | undefined {
  const [address = '', length = ''] = text.trim().split('/');
  return parsed(() => (/^\d+$/.test(length) ? Prefix.around(Address.parse(address), Number(length)) : undefined));
}

function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof AddressError) return undefined;
    throw error;
  }
}
