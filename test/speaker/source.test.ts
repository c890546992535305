import { describe, expect, test } from 'vitest';
import { Address } from '../../src/ip/address.ts';
import { Prefix } from '../../src/ip/prefix.ts';
import type { InterfaceAddress } from '../../src/link/interfaces.ts';
import { sourceFor } from '../../src/speaker/source.ts';

function entry(address: string, network: string, dynamic = false): InterfaceAddress {
  return {
    interface: 'eth0',
    address: Address.parse(address),
    network: Prefix.parse(network),
    ...(dynamic && { dynamic: true }),
  };
}

const configured = entry('2001:db8::a', '2001:db8::/64');
const fromRouter = entry('2001:db8::1234', '2001:db8::/64', true);
const linkLocal = entry('fe80::a', 'fe80::/64');

describe('the source of a connection', () => {
  test.each([
    [
      'the configured address where a router gave another',
      '2001:db8::1',
      [fromRouter, configured, linkLocal],
      '2001:db8::a',
    ],
    ['the kernel’s choice where all are configured', '2001:db8::1', [configured, linkLocal], undefined],
    ['the kernel’s choice where none is configured', '2001:db8::1', [fromRouter, linkLocal], undefined],
    ['the kernel’s choice to a peer that is not on a link', '2001:db8:f::1', [fromRouter, configured], undefined],
    ['the kernel’s choice to a link-local peer', 'fe80::1', [fromRouter, configured, linkLocal], undefined],
  ])('is %s', (_, remote, interfaces, expected) => {
    expect(sourceFor(Address.parse(remote), interfaces)?.toString()).toBe(expected);
  });
});
