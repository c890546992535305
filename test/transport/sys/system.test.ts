import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Address } from '../../../src/ip/address.ts';
import { SecretText } from '../../../src/session/secret-text.ts';
import { applyOptions, openSocket, supports, supportsTcpAo } from '../../../src/transport/sys/options.ts';
import { sysSockets, systemSockets } from '../../../src/transport/sys/system.ts';
import { fakeCalls, without } from './fake.ts';

const remote = Address.parse('2001:db8::1');
const password = new SecretText('open sesame');

describe('native code', () => {
  test('comes from the first that has it, and is loaded once', () => {
    let loads = 0;
    const { calls } = fakeCalls();
    const sys = sysSockets(
      [
        () => {
          throw new Error("Cannot find module 'koffi'\nRequire stack:\n- here");
        },
        () => {
          loads++;
          return calls;
        },
      ],
      'linux',
    );
    expect(loads).toBe(0);
    expect([sys.available(), sys.available()]).toEqual([
      { ok: true, calls },
      { ok: true, calls },
    ]);
    expect(loads).toBe(1);
  });

  test('that nobody has is no error: all say why', () => {
    const fail = (message: string) => () => {
      throw new Error(message);
    };
    expect(
      sysSockets([fail("Cannot find module 'koffi'\nRequire stack"), fail('no node:ffi')], 'linux').available(),
    ).toEqual({
      ok: false,
      reason: "Cannot find module 'koffi'; no node:ffi",
    });
  });

  test('is for Linux', () => {
    expect(sysSockets([() => fakeCalls().calls], 'darwin').available()).toEqual({
      ok: false,
      reason: 'this is darwin',
    });
  });

  // No other system has /proc/self/maps.
  test.skipIf(process.platform !== 'linux')('is not loaded until something listens or dials', async () => {
    const isLoaded = () => /koffi/.test(readFileSync('/proc/self/maps', 'utf8'));
    expect(isLoaded()).toBe(false);
    const { tcpNetwork } = await import('../../../src/transport/tcp.ts');
    expect(tcpNetwork.supports?.(remote, { ttl: 5 })).toEqual({ ok: true });
    expect(isLoaded()).toBe(false);
    const listener = await tcpNetwork.listen({ address: Address.parse('::1'), port: 0 }, () => undefined);
    expect(isLoaded()).toBe(true);
    await listener.close();
  });
});

describe('whether a peer can have its options', () => {
  test.each([
    [{ password }, '"password" needs TCP MD5'],
    [{ ttlSecurity: true }, '"ttlSecurity" needs a minimum TTL'],
    [{ device: 'eth0' }, '"bindToDevice" needs SO_BINDTODEVICE'],
    [{ userTimeout: 5000 }, '"tcpUserTimeoutMilliseconds" needs TCP_USER_TIMEOUT'],
  ])('%j: not without native code, and what to install', (options, need) => {
    expect(supports(without, remote, options)).toEqual({
      ok: false,
      reason: `${need}, which needs koffi (npm i koffi) on Linux: Cannot find module 'koffi'`,
    });
  });

  test('a TTL is a wish', () => {
    expect(supports(without, remote, { ttl: 5 })).toEqual({ ok: true });
  });

  test('what the kernel lacks is named', () => {
    const { sys, opened } = fakeCalls({ refuse: [6, 14], with: -92 });
    expect(supports(sys, remote, { password })).toEqual({
      ok: false,
      reason: '"password": TCP MD5: this kernel does not have it (ENOPROTOOPT)',
    });
    expect(opened()).toBe(0);
  });

  test.each([
    ['', 0],
    ['x'.repeat(81), 81],
    ['ü'.repeat(41), 82],
  ])('a password of the wrong length is refused, and not shown', (text, octets) => {
    expect(supports(fakeCalls().sys, remote, { password: new SecretText(text) })).toEqual({
      ok: false,
      reason: `"password" is ${octets} octets long; TCP MD5 takes 1 to 80`,
    });
  });

  test('nothing is left open', () => {
    const { sys, opened } = fakeCalls();
    expect(supports(sys, remote, { password, ttlSecurity: true, device: 'not-there-yet' })).toEqual({ ok: true });
    expect(opened()).toBe(0);
  });

  test('TCP-AO that the kernel lacks', () => {
    expect(supportsTcpAo(fakeCalls({ refuse: [6, 38], with: -92 }).sys)).toEqual({
      ok: false,
      reason: 'kernel without CONFIG_TCP_AO',
    });
    expect(supportsTcpAo(fakeCalls({ refuse: [6, 38], with: -22 }).sys)).toEqual({ ok: true });
    expect(supportsTcpAo(without)).toMatchObject({ ok: false });
  });

  // What our calls are made for: there are none elsewhere.
  test.skipIf(process.platform !== 'linux').each([
    ['192.0.2.1', 0, 1],
    ['2001:db8::1', 41, 67],
  ])('a socket for %s has class CS6 and its user timeout', (text, level, trafficClass) => {
    const found = systemSockets.available();
    if (!found.ok) throw new Error(found.reason);
    const { calls } = found;
    const to = Address.parse(text);
    const fd = openSocket(calls, to.isIPv4);
    const read = (of: number, name: number) => {
      const value = new Uint8Array(4);
      expect(calls.getsockopt(fd, of, name, value)).toBe(0);
      return new Int32Array(value.buffer)[0];
    };
    applyOptions(calls, fd, to, { userTimeout: 5000 });
    expect([read(level, trafficClass), read(6, 18)]).toEqual([0xc0, 5000]);
    calls.close(fd);
  });

  // Elsewhere it has neither: see above.
  test.skipIf(process.platform !== 'linux')('this machine has TCP MD5 and GTSM', () => {
    expect(supports(systemSockets, remote, { password, ttlSecurity: true })).toEqual({ ok: true });
    expect(supports(systemSockets, Address.parse('192.0.2.1'), { password, ttlSecurity: true })).toEqual({ ok: true });
  });
});
