import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { exitCode } from '../../src/cli/exit.ts';
import { formats } from '../../src/cli/output.ts';
import { softResets } from '../../src/cli/soft-resets.ts';
import { herald } from './herald.ts';

describe('completion', () => {
  test.each(['bash', 'zsh', 'fish'])('of %s knows every command and its options', async (shell) => {
    const { code, out } = await herald('completion', shell);
    expect(code).toBe(exitCode.ok);
    for (const word of ['run', 'peers', 'routes', 'withdraw', 'next-hop', 'large-community', 'received']) {
      expect(out).toContain(word);
    }
  });

  test('of bash is a script that bash takes', async () => {
    const { out } = await herald('completion', 'bash');
    const completed = (...words: string[]) => {
      const script = `${out}\nCOMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _herald; echo "\${COMPREPLY[@]}"`;
      return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim();
    };
    expect(completed('herald', 'adv')).toBe('advertise');
    expect(completed('herald', 'rese')).toBe('reset');
    expect(completed('herald', 'reset', '--so')).toBe('--soft');
    expect(completed('herald', 'reset', '--soft', 'o')).toBe('out');
    expect(completed('herald', 'peers', '-o', '')).toBe(formats.join(' '));
    expect(completed('herald', 'advertise', '--origin', 'i')).toBe('igp incomplete');
    expect(completed('herald', 'polic')).toBe('policies');
    expect(completed('herald', 'policies', 'vr')).toBe('vrouter');
    expect(completed('herald', 'routes', 'vr')).toBe('vrouter');
  });

  test('of fish knows what an option may be', async () => {
    const { out } = await herald('completion', 'fish');
    for (const choices of [formats, softResets, ['igp', 'egp', 'incomplete']])
      expect(out).toContain(` -x -a "${choices.join(' ')}"`);
  });
});
