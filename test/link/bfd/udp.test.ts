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

/** The first of five of this process's own, below those that the kernel gives to whoever asks for any. */
const first = 10_000 + (process.pid % 4000) * 5;

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
    const { able, received, datagrams: sockets } = opened(kind, first);
    expect(able).toEqual({ ok: true });
    const sender = sockets.sender(host, host);
    sender.send(Uint8Array.of(1, 2, 3));
    await vi.waitFor(() => expect(received).toEqual([[text, [1, 2, 3]]]), 300_000);
    expect(sender.problem).toBeUndefined();
    sender.close();
  });

  test.each([254, 64, 1])('of a packet with hop limit %i only that it came is told', async (hops) => {
    const { received } = opened(kind, first + 1);
    const socket = createSocket(type);
    await new Promise<void>((resolve) => socket.bind(0, text, resolve));
    socket.setTTL(hops);
    socket.send(new Uint8Array(24), first + 1, text);
    await vi.waitFor(() => expect(received).toEqual([[text, 'too-far']]), 300_000);
    socket.close();
  });

  test('a port that is in use is a reason that names it', async () => {
    const socket = createSocket(type);
    await new Promise<void>((resolve) => socket.bind(first + 2, kind === 'ipv4' ? '0.0.0.0' : '::', resolve));
    expect(opened(kind, first + 2).able).toEqual({
      ok: false,
      reason: expect.stringContaining(`UDP port ${first + 2}`),
    });
    socket.close();
  });
});

test('a source address that is not there is a problem, and nothing worse', async () => {
  const { datagrams: sockets } = opened('ipv6', first + 3);
  const sender = sockets.sender(Address.parse('2001:db8::1'), Address.parse('2001:db8::2'));
  sender.send(Uint8Array.of(1));
  await vi.waitFor(() => expect(sender.problem).toContain('2001:db8::2'), 300_000);
  sender.close();
});

test('without native code the reason says what to do', () => {
  expect(opened('ipv6', first + 4, without).able).toEqual({
    ok: false,
    reason: expect.stringContaining('npm i koffi'),
  });
});
