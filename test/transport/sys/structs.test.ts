import { describe, expect, test } from 'vitest';
import { Address } from '../../../src/ip/address.ts';
import { Prefix } from '../../../src/ip/prefix.ts';
import { md5Signature, sockaddr } from '../../../src/transport/sys/structs.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const zeros = (octets: number) => '00'.repeat(octets);

describe('as Linux reads them on a little-endian machine', () => {
  test.each<[string, string, number, number, string]>([
    ['sockaddr_in', '192.0.2.1', 179, 0, `020000b3c0000201${zeros(8)}`],
    ['sockaddr_in6', '2001:db8::1', 4000, 0, `0a000fa000000000${'20010db8'}${zeros(11)}01${zeros(4)}`],
    ['sockaddr_in6 with a scope', 'fe80::1%eth0', 0, 7, `0a00000000000000fe80${zeros(13)}0107000000`],
  ])('%s', (_, address, port, scope, expected) => {
    expect(hex(sockaddr(Address.parse(address), port, scope))).toBe(expected);
  });

  test.each<[string, string, string]>([
    ['an IPv4 address', '192.0.2.1', `02000000c0000201${zeros(120)}`],
    ['an IPv6 address', '2001:db8::1', `0a00000000000000${'20010db8'}${zeros(11)}01${zeros(104)}`],
    ['a link-local address, without its zone', 'fe80::1%eth0', `0a00000000000000fe80${zeros(13)}01${zeros(104)}`],
  ])('tcp_md5sig of %s: address, flags, prefix length, key length, interface, key', (_, address, storage) => {
    const bytes = md5Signature(Address.parse(address), new TextEncoder().encode('sesame'));
    expect(hex(bytes)).toBe(`${storage}0000${'0600'}00000000${Buffer.from('sesame').toString('hex')}${zeros(74)}`);
    expect(bytes).toHaveLength(216);
  });

  test('tcp_md5sig of a prefix says its length', () => {
    const bytes = md5Signature(Prefix.parse('2001:db8::/32'), new TextEncoder().encode('sesame'));
    expect(hex(bytes).slice(0, 272)).toBe(`0a00000000000000${'20010db8'}${zeros(116)}0120${'0600'}00000000`);
    expect(hex(md5Signature(Prefix.parse('192.0.2.0/24'), new Uint8Array(0))).slice(256)).toBe(`0118${zeros(86)}`);
  });

  test('tcp_md5sig with the longest key, and with none', () => {
    const address = Address.parse('::1');
    expect(hex(md5Signature(address, new Uint8Array(80).fill(0x61))).slice(256)).toBe(
      `00005000${zeros(4)}${'61'.repeat(80)}`,
    );
    expect(hex(md5Signature(address, new Uint8Array(0))).slice(256)).toBe(zeros(88));
  });
});
