import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { Address } from '../ip/address.ts';
import { Prefix } from '../ip/prefix.ts';
import type { OpenSource } from './monitor.ts';

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

/**
 * Milliseconds that one look serves where the kernel tells of no change: it takes a quarter of one and more, and a thousand sessions that come up at once ask two
 * thousand times.
 */
const glance = 100;

let isTold = false;
let last: { readonly at: number; readonly addresses: readonly InterfaceAddress[] } | undefined;

/** The addresses of all interfaces that are up, as the kernel has them: as it told last where it tells, else as it had them 100 milliseconds ago. */
export function interfaceAddresses(): readonly InterfaceAddress[] {
  const now = performance.now();
  if (last === undefined || (!isTold && now - last.at > glance)) last = { at: now, addresses: lookAround() };
  return last.addresses;
}

/** A source that tells of changes has `interfaceAddresses` look anew then, and then alone. */
export function lookingWhenTold(open: OpenSource): OpenSource {
  return (changed, lost) => {
    const anew = () => {
      last = undefined;
    };
    isTold = open(
      (datagram) => {
        anew();
        changed(datagram);
      },
      () => {
        anew();
        lost();
      },
    );
    anew();
    return isTold;
  };
}

function lookAround(): readonly InterfaceAddress[] {
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

/** The link-layer address of an interface that is up; undefined when it has none. */
export function linkLayerAddress(name: string): Uint8Array | undefined {
  const mac = networkInterfaces()[name]?.[0]?.mac;
  const octets = mac?.split(':').map((octet) => Number.parseInt(octet, 16)) ?? [];
  return octets.some((octet) => octet !== 0) ? Uint8Array.from(octets) : undefined;
}

/** One interface at one time. */
export interface InterfaceState {
  /** `up` when it can carry packets and has an address. */
  readonly state: 'up' | 'down';
  /** All of them, as one text. */
  readonly addresses: string;
}

/** Every interface of this machine, by name. */
export function interfaceStates(): ReadonlyMap<string, InterfaceState> {
  const up = networkInterfaces();
  const names = new Set([...namesIn(textAt('/proc/net/dev')), ...Object.keys(up)]);
  return new Map(
    Array.from(names, (name) => {
      const addresses = up[name]?.map(({ cidr }) => cidr).join(' ') ?? '';
      return [name, { state: up[name] === undefined ? 'down' : 'up', addresses }] as const;
    }),
  );
}

/** Of `/proc/net/dev`: two lines of headings, then `name: numbers`. */
export function* namesIn(table: string): Generator<string> {
  for (const line of table.split('\n').slice(2)) {
    const name = /^\s*(\S+):/.exec(line)?.[1];
    if (name !== undefined) yield name;
  }
}

/** Empty where the kernel does not tell. */
function textAt(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** IFA_F_PERMANENT of Linux. */
const PERMANENT = 0x80;

/** In hexadecimal, those whose lifetime ends; none where the kernel does not tell. */
function dynamicAddresses(): ReadonlySet<string> {
  return new Set(dynamicIn(textAt('/proc/net/if_inet6')));
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
