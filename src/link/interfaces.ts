import { readFileSync } from 'node:fs';
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
  /** The kernel made it from a router's advertisement (RFC 4862) and may take it back. */
  readonly dynamic?: true;
}

/** The addresses of all interfaces that are up, as the kernel has them now. */
export function interfaceAddresses(): readonly InterfaceAddress[] {
  const dynamic = dynamicAddresses();
  return Object.entries(networkInterfaces()).flatMap(([name, entries]) =>
    (entries ?? []).flatMap(({ address, cidr }) => {
      if (cidr === null) return [];
      const parsed = Address.parse(address.replace(/%.*$/, ''));
      const length = Number(cidr.slice(cidr.lastIndexOf('/') + 1));
      const isDynamic = dynamic.has(Buffer.from(parsed.bytes).toString('hex'));
      return [
        {
          interface: name,
          address: parsed,
          network: networkOf(parsed, length),
          ...(isDynamic && ({ dynamic: true } as const)),
        },
      ];
    }),
  );
}

/** IFA_F_PERMANENT of Linux. */
const PERMANENT = 0x80;

/** In hexadecimal, those whose lifetime ends; none where the kernel does not tell. */
function dynamicAddresses(): ReadonlySet<string> {
  let table: string;
  try {
    table = readFileSync('/proc/net/if_inet6', 'latin1');
  } catch {
    return new Set();
  }
  return new Set(dynamicIn(table));
}

/** Of `/proc/net/if_inet6`: `address index length scope flags name`, all but the name in hexadecimal. */
export function* dynamicIn(table: string): Generator<string> {
  for (const line of table.split('\n')) {
    const [address, , , , flags] = line.trim().split(/\s+/);
    if (address && flags && (Number.parseInt(flags, 16) & PERMANENT) === 0) yield address;
  }
}

function networkOf(address: Address, length: number): Prefix {
  const bytes = address.bytes.map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, length - 8 * i))));
  return new Prefix(bytes, length);
}
