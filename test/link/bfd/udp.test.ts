import { createSocket } from 'node:dgram';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Address } from '../../../src/ip/address.ts';
import type { Datagrams } from '../../../src/link/bfd/ports.ts';
import { udpDatagrams } from '../../../src/link/bfd/udp.ts';
import { systemSockets } from '../../../src/transport/sys/system.ts';
import { without } from '../../transport/sys/fake.ts';

const hosts = [
  ['IPv4', 'ipv4', 'udp4', '127.0.0.1'],
  ['IPv6', 'ipv6', 'udp6', '::1'],
] as const;

let datagrams: Datagrams | undefined;
afterEach(() => datagrams?.close());

/** On a port of its own: the real one may be in use here. */
function opened(kind: 'ipv4' | 'ipv6', port: number, sys = systemSockets) {
  const received: [from: string, bytes: number[] | string][] = [];
  datagrams = udpDatagrams(sys, Math.random, port);
  const able = datagrams.listen(kind, (from, bytes) => {
    received.push([from.toString(), typeof bytes === 'string' ? bytes : [...bytes]]);
  });
  return { able, received, datagrams };
}

describe.each(hosts)('over %s', (_, kind, type, text) => {
  const host = Address.parse(text);

  test('a packet that we send arrives whole, from a port that RFC 5881 allows, with hop limit 255', async () => {
    const { able, received, datagrams: sockets } = opened(kind, 43784);
    expect(able).toEqual({ ok: true });
    const sender = sockets.sender(host, host);
    sender.send(Uint8Array.of(1, 2, 3));
    await vi.waitFor(() => expect(received).toEqual([[text, [1, 2, 3]]]), 5000);
    expect(sender.problem).toBeUndefined();
    sender.close();
  });

  test.each([254, 64, 1])('of a packet with hop limit %i only that it came is told', async (hops) => {
    const { received } = opened(kind, 43785);
    const socket = createSocket(type);
    await new Promise<void>((resolve) => socket.bind(0, text, resolve));
    socket.setTTL(hops);
    socket.send(new Uint8Array(24), 43785, text);
    await vi.waitFor(() => expect(received).toEqual([[text, 'too-far']]), 5000);
    socket.close();
  });

  test('a port that is in use is a reason that names it', async () => {
    const socket = createSocket(type);
    await new Promise<void>((resolve) => socket.bind(43786, kind === 'ipv4' ? '0.0.0.0' : '::', resolve));
    expect(opened(kind, 43786).able).toEqual({ ok: false, reason: expect.stringContaining('UDP port 43786') });
    socket.close();
  });
});

test('a source address that is not there is a problem, and nothing worse', async () => {
  const { datagrams: sockets } = opened('ipv6', 43787);
  const sender = sockets.sender(Address.parse('2001:db8::1'), Address.parse('2001:db8::2'));
  sender.send(Uint8Array.of(1));
  await vi.waitFor(() => expect(sender.problem).toContain('2001:db8::2'), 5000);
  sender.close();
});

test('without native code the reason says what to do', () => {
  expect(opened('ipv6', 43788, without).able).toEqual({ ok: false, reason: expect.stringContaining('npm i koffi') });
});
