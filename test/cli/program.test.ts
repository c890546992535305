import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exitCode } from '../../src/cli/exit.ts';
import { type Rig, rig } from '../api/rig.ts';
import { herald } from './herald.ts';

let at: Rig;
beforeEach(async () => {
  at = await rig();
});
afterEach(() => at.close());

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'herald-cli-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const ask = (...args: string[]) => herald('--server', at.target, ...args);

describe('every command', () => {
  test('says when no daemon answers, and what to do', async () => {
    expect(await herald('--server', `unix:${directory}/none.sock`, 'peers')).toEqual({
      code: exitCode.unreachable,
      out: '',
      err: `herald: no daemon answers at unix:${directory}/none.sock (there is no such socket); start one with herald run, or name its address with --server\n`,
    });
  });

  describe('of a daemon that runs no instance', () => {
    const hint = 'the daemon runs no instance; give it one with herald run -c FILE or herald apply -f FILE\n';
    beforeEach(() => at.instances.clear());

    test.each([
      ['peers', 'no peers'],
      ['routes available', 'no available routes for ipv6/unicast'],
      ['routes received', 'no received routes for ipv6/unicast'],
      ['route-policies', 'no route policies'],
      ['peers -o json', '[]'],
    ])('%s shows nothing, and says why', async (command, out) => {
      expect(await ask(...command.split(' '))).toEqual({ code: exitCode.ok, out: `${out}\n`, err: hint });
    });

    test.each(['drain', 'undrain', 'monitor peers', 'describe peer r'])('%s fails', async (command) => {
      expect(await ask(...command.split(' '))).toEqual({ code: exitCode.failed, out: '', err: `herald: ${hint}` });
    });
  });

  test('says when an instance is not there', async () => {
    expect(await ask('peers', '--instance', 'x')).toEqual({
      code: exitCode.failed,
      out: '',
      err: 'herald: no instance x; there is node, router\n',
    });
  });

  test.each<[string[], string]>([
    [['pers'], "herald: unknown command 'pers' (Did you mean peers?)\n"],
    [['peers', '-o', 'xml'], 'Allowed choices are table, wide, json, yaml.'],
    [['peers', '--sever', 'x'], "herald: unknown option '--sever' (Did you mean --server?)\n"],
    [['--server', 'x', 'peers'], 'herald: --server x: must be host:port, [v6]:port or unix:/path\n'],
    [['completion', 'csh'], 'herald: unknown shell csh: expected bash, zsh, fish\n'],
  ])('%j is a mistake', async (args, message) => {
    const { code, out, err } = await herald(...args);
    expect({ code, out }).toEqual({ code: exitCode.usage, out: '' });
    expect(err).toContain(message);
  });

  test('has help', async () => {
    const { code, out } = await herald('--help');
    expect(code).toBe(exitCode.ok);
    expect(out).toContain('Exit codes:');
    expect((await herald('advertise', '--help')).out).toContain('--next-hop <address>');
  });
});
