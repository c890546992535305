import { describe, expect, test } from 'vitest';
import { Address } from '../../src/ip/address.ts';
import { Prefix } from '../../src/ip/prefix.ts';
import type { InterfaceAddress } from '../../src/link/interfaces.ts';
import { selfNextHop } from '../../src/speaker/next-hop.ts';

const interfaces: readonly InterfaceAddress[] = [
  ['lo', '::1', '::1/128'],
  ['lo', '127.0.0.1', '127.0.0.0/8'],
  ['eth0', '2001:db8::2', '2001:db8::/64'],
  ['eth0', 'fe80::2', 'fe80::/64'],
  ['eth0', '192.0.2.2', '192.0.2.0/24'],
  ['eth1', 'fe80::3', 'fe80::/64'],
  ['eth2', '198.51.100.2', '198.51.100.0/24'],
].map(([name, address, network]) => ({
  interface: name as string,
  address: Address.parse(address as string),
  network: Prefix.parse(network as string),
}));

function text(local: string, remote: string): { ipv4: string | undefined; ipv6: string } {
  const { ipv4, ipv6 } = selfNextHop(Address.parse(local), Address.parse(remote), interfaces);
  const six =
    ipv6.kind === 'single' ? `${ipv6.address}` : ipv6.kind === 'opaque' ? 'opaque' : `${ipv6.global} ${ipv6.linkLocal}`;
  return { ipv4: ipv4?.toString(), ipv6: six };
}

describe('next hop self', () => {
  test.each([
    ['a peer on the link', '2001:db8::2', '2001:db8::1', '192.0.2.2', '2001:db8::2 fe80::2'],
    ['a peer behind a router', '2001:db8::2', '2001:db8:f::1', '192.0.2.2', '2001:db8::2'],
    [
      'link-local, with a global address on the interface',
      'fe80::2%eth0',
      'fe80::1%eth0',
      '192.0.2.2',
      '2001:db8::2 fe80::2',
    ],
    ['link-local, without one', 'fe80::3%eth1', 'fe80::1%eth1', undefined, 'fe80::3'],
    ['an IPv4 session where the interface has IPv6', '192.0.2.2', '192.0.2.1', '192.0.2.2', '2001:db8::2'],
    ['an IPv4 session where it has none', '198.51.100.2', '198.51.100.1', '198.51.100.2', '::ffff:198.51.100.2'],
    ['loopback', '::1', '::1', undefined, '::1'],
    ['an address that no interface has', '2001:db8:e::1', '2001:db8:e::2', undefined, '2001:db8:e::1'],
  ])('to %s', (_, local, remote, ipv4, ipv6) => {
    expect(text(local, remote)).toEqual({ ipv4, ipv6 });
  });
});
