import { vi } from 'vitest';
import { execute } from '../../src/cli/program.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process. */
export async function herald(...args: readonly string[]): Promise<Ran> {
  const { result, out, err } = await captured(() => execute(args));
  return { code: result, out, err };
}

/** Does something and gives what it printed; `printed` is told each time what that is so far. */
export async function captured<T>(
  work: () => Promise<T>,
  printed: (out: string) => void = () => undefined,
): Promise<{ readonly result: T; readonly out: string; readonly err: string }> {
  let out = '';
  let err = '';
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    printed(out);
    return true;
  });
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text);
    return true;
  });
  try {
    const result = await work();
    return { result, out, err };
  } finally {
    stdout.mockRestore();
    stderr.mockRestore();
  }
}
