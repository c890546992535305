import { createSocket } from 'node:dgram';
import { describe, expect, test } from 'vitest';
import { thisSystem } from '../../../src/daemon/doctor/system.ts';
import { Address } from '../../../src/ip/address.ts';

describe('this machine', () => {
  const system = thisSystem();

  test('tells what its kernel does, and nothing of what it has not', () => {
    expect(system.sysctl('net.ipv4.ip_forward')).toMatch(/^[01]$/);
    expect(system.sysctl('net.ipv6.conf.no-such-interface.accept_ra')).toBeUndefined();
    expect(system.mtu('lo')).toBeGreaterThan(0);
    expect(system.mtu('no-such-interface')).toBeUndefined();
    expect(system.now() >= system.installed).toBe(true);
  });

  test('knows a way to itself, and none through an interface that is not there', async () => {
    expect(await system.routeTo(Address.parse('127.0.0.1'))).toEqual({ ok: true });
    expect(await system.routeTo(Address.parse('fe80::1%none'))).toMatchObject({ ok: false });
  });

  test('says who has a port', async () => {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, resolve));
    const { port } = socket.address();
    expect(await system.udpPort('ipv4', port)).toEqual({
      ok: false,
      reason: expect.stringContaining(`(${process.pid})`),
    });
    await new Promise<void>((resolve) => socket.close(() => resolve()));
    expect(await system.udpPort('ipv4', port)).toEqual({ ok: true });
  });
});
