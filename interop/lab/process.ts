import { spawn } from 'node:child_process';
import { constants } from 'node:os';

export interface Result {
  readonly argv: readonly string[];
  /** 128 + n for a process that signal n ended, as a shell has it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string | Uint8Array;
  readonly env?: NodeJS.ProcessEnv;
  /** Also copies stderr to this process's own, line by line as it comes. */
  readonly showStderr?: boolean;
}

/** Runs a command to its end, whatever its exit code. Throws only when it cannot be started. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<Result> {
  const [file = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'pipe', ...(options.env && { env: options.env }) });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      stderr.push(chunk);
      if (options.showStderr === true) process.stderr.write(chunk);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({
        argv,
        code: exitCode(code, signal),
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      });
    });
    // A command that ends without reading its input is judged by its exit code alone.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}

/** The result if its exit code is 0; otherwise throws with the command and what it printed. */
export function successful(result: Result): Result {
  if (result.code === 0) return result;
  const printed = `${result.stdout}${result.stderr}`.trim();
  throw new Error(`\`${result.argv.join(' ')}\` exited with ${result.code}${printed === '' ? '' : `: ${printed}`}`);
}

/** As a shell has it: 128 + n for a process that signal n ended. */
export function exitCode(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}
