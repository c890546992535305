import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exitCode } from '../../src/cli/exit.ts';
import { Address } from '../../src/ip/address.ts';
import { herald } from './herald.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'herald-cli-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('decode', () => {
  const keepalive = `${'f'.repeat(32)}001304`;
  const open = `${'f'.repeat(32)}001d0104fde9005a0a00000100`;

  test('reads hexadecimal digits, with blanks and colons', async () => {
    expect(await herald('decode', '--hex', `${keepalive.replace(/../g, '$&:')} ${open}`)).toEqual({
      code: exitCode.ok,
      out: 'KEEPALIVE\nOPEN version 4, AS 65001, hold time 90 s, id 10.0.0.1\n',
      err: '',
    });
  });

  test('reads a file of octets, or of digits, and writes JSON', async () => {
    const file = join(directory, 'messages');
    for (const content of [Buffer.from(keepalive, 'hex'), `${keepalive}\n`]) {
      writeFileSync(file, content);
      const { out } = await herald('decode', file, '-o', 'json');
      expect(JSON.parse(out)).toEqual([{ type: 'keepalive' }]);
    }
  });

  test('reads a capture', async () => {
    const payload = Buffer.from(keepalive, 'hex');
    const tcp = Buffer.alloc(20);
    tcp.writeUInt16BE(179, 0);
    tcp.writeUInt16BE(40000, 2);
    tcp.writeUInt8(5 << 4, 12);
    const ip = Buffer.alloc(40);
    ip.writeUInt8(6 << 4, 0);
    ip.writeUInt16BE(tcp.length + payload.length, 4);
    ip.writeUInt8(6, 6);
    ip.set(Address.parse('2001:db8::ff').bytes, 8);
    ip.set(Address.parse('2001:db8::1').bytes, 24);
    const packet = Buffer.concat([ip, tcp, payload]);
    const words = (...values: number[]) => Buffer.from(Uint32Array.from(values).buffer);
    const header = Buffer.concat([
      words(0xa1b2c3d4, 0x00040002, 0, 0, 65535, 101),
      words(0, 0, packet.length, packet.length),
    ]);
    const file = join(directory, 'bgp.pcap');
    writeFileSync(file, Buffer.concat([header, packet]));
    expect(await herald('decode', file)).toEqual({
      code: exitCode.ok,
      out: '1970-01-01T00:00:00.000Z [2001:db8::ff]:179 > [2001:db8::1]:40000 (OPEN not captured) KEEPALIVE\n',
      err: '',
    });
    expect((await herald('decode', file, '--port', '1790')).out).toBe('');
    writeFileSync(file, header.subarray(0, 10));
    expect((await herald('decode', file)).err).toMatch(/^herald: not a capture: .*\n$/);
  });

  test('shows what comes before a fault, and fails', async () => {
    const { code, out, err } = await herald('decode', '--hex', `${keepalive}${keepalive.replace('0013', '0012')}`);
    expect(code).toBe(exitCode.failed);
    expect(out.split('\n').slice(0, 2)).toEqual(['KEEPALIVE', expect.stringMatching(/^malformed \(1\/2\): /)]);
    expect(err).toMatch(/^herald: not a BGP message: .*\n$/);
  });

  test.each<[string[], number, string]>([
    [[], exitCode.usage, 'name a file, - for standard input, or bytes with --hex'],
    [['--hex', 'f'], exitCode.usage, '--hex: is not a whole number of octets in hexadecimal digits'],
    [['/no/such/file'], exitCode.failed, 'cannot read /no/such/file'],
  ])('%j is a mistake', async (args, code, message) => {
    const ran = await herald('decode', ...args);
    expect(ran.code).toBe(code);
    expect(ran.err).toContain(message);
  });
});
