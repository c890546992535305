import { describe, expect, test } from 'vitest';
import { Address, AddressError } from '../../src/ip/address.ts';
import { Prefix } from '../../src/ip/prefix.ts';
import type { InterfaceAddress } from '../../src/link/interfaces.ts';
import { selfNextHop } from '../../src/speaker/next-hop.ts';
import { formatNextHop, formatNextHopMode, parseNextHopMode } from '../../src/speaker/next-hop-text.ts';

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

type Kind = 'auto' | 'global' | 'linkLocal' | 'both';

function text(local: string, remote: string, kind: Kind = 'auto'): { ipv4: string | undefined; ipv6: string } {
  const { ipv4, ipv6 } = selfNextHop(Address.parse(local), Address.parse(remote), interfaces, { kind });
  return { ipv4: ipv4?.toString(), ipv6: ipv6 === undefined ? 'none' : formatNextHop(ipv6) };
}

describe('next hop self', () => {
  test.each([
    ['a peer on the link', '2001:db8::2', '2001:db8::1', '192.0.2.2', '2001:db8::2,fe80::2'],
    ['a peer behind a router', '2001:db8::2', '2001:db8:f::1', '192.0.2.2', '2001:db8::2'],
    [
      'link-local, with a global address on the interface',
      'fe80::2%eth0',
      'fe80::1%eth0',
      '192.0.2.2',
      '2001:db8::2,fe80::2',
    ],
    ['link-local, without one', 'fe80::3%eth1', 'fe80::1%eth1', undefined, 'fe80::3'],
    ['an IPv4 session where the interface has IPv6', '192.0.2.2', '198.51.100.1', '192.0.2.2', '2001:db8::2'],
    ['an IPv4 session where it has none', '198.51.100.2', '198.51.100.1', '198.51.100.2', '::ffff:198.51.100.2'],
    ['loopback', '::1', '::1', undefined, '::1'],
    ['an address that no interface has', '2001:db8:e::1', '2001:db8:e::2', undefined, '2001:db8:e::1'],
  ])('to %s', (_, local, remote, ipv4, ipv6) => {
    expect(text(local, remote)).toEqual({ ipv4, ipv6 });
  });

  test.each<[string, string, string, Record<Exclude<Kind, 'auto'>, string>]>([
    [
      'a peer on the link',
      '2001:db8::2',
      '2001:db8::1',
      { global: '2001:db8::2', linkLocal: 'fe80::2', both: '2001:db8::2,fe80::2' },
    ],
    [
      'a peer behind a router',
      '2001:db8::2',
      '2001:db8:f::1',
      { global: '2001:db8::2', linkLocal: 'none', both: 'none' },
    ],
    [
      'link-local, with a global address on the interface',
      'fe80::2%eth0',
      'fe80::1%eth0',
      { global: '2001:db8::2', linkLocal: 'fe80::2', both: '2001:db8::2,fe80::2' },
    ],
    [
      'link-local, without one',
      'fe80::3%eth1',
      'fe80::1%eth1',
      { global: 'none', linkLocal: 'fe80::3', both: '::,fe80::3' },
    ],
    [
      'an IPv4 session where the interface has IPv6',
      '192.0.2.2',
      '192.0.2.1',
      { global: '2001:db8::2', linkLocal: 'fe80::2', both: '2001:db8::2,fe80::2' },
    ],
    [
      'an IPv4 session where it has none',
      '198.51.100.2',
      '198.51.100.1',
      { global: 'none', linkLocal: 'none', both: 'none' },
    ],
  ])('to %s, in the form that is asked for', (_, local, remote, forms) => {
    for (const kind of ['global', 'linkLocal', 'both'] as const)
      expect([kind, text(local, remote, kind).ipv6]).toEqual([kind, forms[kind]]);
  });

  test('what is given explicitly is taken as it is, for IPv6 next hops alone', () => {
    const nextHop = { kind: 'single', address: Address.parse('2001:db8:9::9') } as const;
    const chosen = selfNextHop(Address.parse('192.0.2.2'), Address.parse('192.0.2.1'), interfaces, {
      kind: 'explicit',
      nextHop,
    });
    expect(chosen).toEqual({ ipv4: Address.parse('192.0.2.2'), ipv6: nextHop });
  });
});

describe('the text of a next hop mode', () => {
  test.each(['auto', 'global', 'linkLocal', 'both', '2001:db8::1', 'fe80::1', '2001:db8::1,fe80::1'])(
    '%s is read, and written the same',
    (given) => {
      const mode = parseNextHopMode(given);
      expect(mode && formatNextHopMode(mode)).toBe(given);
    },
  );

  test.each([
    '192.0.2.1',
    '::',
    'ff02::1',
    'fe80::1%eth0',
    'fe80::1,fe80::2',
    '2001:db8::1,2001:db8::2',
    '::1,::2,::3',
  ])('%s is none', (given) => {
    expect(parseNextHopMode(given)).toBeUndefined();
  });

  test('neither is a word', () => {
    expect(() => parseNextHopMode('ll')).toThrow(AddressError);
  });
});
