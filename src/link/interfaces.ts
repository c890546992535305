import { networkInterfaces } from 'node:os';
import { Address } from '../ip/address.ts';
import { Prefix } from '../ip/prefix.ts';

/** An address of a network interface of this machine. */
export interface InterfaceAddress {
  readonly interface: string;
  /** Without a zone. */
  readonly address: Address;
  /** The network that the address is in. */
  readonly network: Prefix;
}

/** The addresses of all interfaces that are up, as the kernel has them now. */
export function interfaceAddresses(): readonly InterfaceAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([name, entries]) =>
    (entries ?? []).flatMap(({ address, cidr }) => {
      if (cidr === null) return [];
      const parsed = Address.parse(address.replace(/%.*$/, ''));
      const length = Number(cidr.slice(cidr.lastIndexOf('/') + 1));
      return [{ interface: name, address: parsed, network: networkOf(parsed, length) }];
    }),
  );
}

function networkOf(address: Address, length: number): Prefix {
  const bytes = address.bytes.map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, length - 8 * i))));
  return new Prefix(bytes, length);
}
