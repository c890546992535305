import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exitCode } from '../../src/cli/exit.ts';
import { type Rig, rig } from '../api/rig.ts';
import { herald } from './herald.ts';
import { lines } from './support.ts';

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

describe('version', () => {
  test('is that of the command and that of the daemon', async () => {
    const [heads, own, daemon] = await lines(at, 'version');
    expect(heads).toMatch(/^Component +Version$/);
    expect(own).toMatch(/^herald +\d+\.\d+\.\d+$/);
    expect(daemon?.replace(/ +/g, ' ')).toBe(`daemon at ${at.target} 1.2.3`);
  });

  test('is known without a daemon', async () => {
    const { code, out } = await herald('--server', `unix:${directory}/none.sock`, 'version', '-o', 'json');
    expect(code).toBe(exitCode.ok);
    expect(JSON.parse(out)).toEqual([{ herald: expect.any(String), daemon: null }]);
  });
});
