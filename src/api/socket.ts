import { chmodSync, existsSync, lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import { createConnection } from 'node:net';
import { dirname, resolve } from 'node:path';
import { longestSocketPath } from './endpoint.ts';

/** An address that the API cannot be served on; the message says what is wrong there and what to do. */
export class BindError extends Error {
  override readonly name = 'BindError';
}

/**
 * Makes way for a unix socket at `path`: its directory is made when missing (for the owner alone), and a socket that nobody
 * answers on, left by a process that is gone, is removed. Throws BindError when something else is there.
 */
export async function prepareSocket(path: string): Promise<void> {
  const octets = Buffer.byteLength(resolve(path));
  if (octets > longestSocketPath) {
    throw new BindError(
      `unix:${path}: the path has ${octets} octets, a socket's may have ${longestSocketPath}; choose a shorter one`,
    );
  }
  makeDirectory(path);
  const there = kindOf(path);
  if (there === 'nothing') return;
  if (there === 'other')
    throw new BindError(`unix:${path}: there is a file that is no socket; remove it or choose another path`);
  if (await answers(path))
    throw new BindError(`unix:${path}: another process serves there; stop it or choose another path`);
  unlinkSync(path);
}

/** Lets the owner's group in, and nobody else. */
export function restrictSocket(path: string): void {
  chmodSync(path, 0o660);
}

/** Removes the socket; nothing when it is gone already. */
export function removeSocket(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

function makeDirectory(path: string): void {
  const directory = dirname(resolve(path));
  try {
    mkdirSync(directory, { mode: 0o750 });
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return checkOwner(directory, path);
    if (codeOf(error) === 'ENOENT' && !existsSync(dirname(directory))) {
      throw new BindError(
        `unix:${path}: there is no directory ${dirname(directory)} to make ${directory} in; make it first`,
      );
    }
    throw new BindError(
      `unix:${path}: cannot make the directory ${directory} (${codeOf(error)}); choose a path that this user can write`,
    );
  }
}

/** Below /tmp and its like anybody may have made the directory, to put a socket in place of ours: it has to be our own, or root's. */
function checkOwner(directory: string, path: string): void {
  const isShared = (lstatSync(dirname(directory)).mode & 0o1002) === 0o1002;
  const { uid } = lstatSync(directory);
  if (!isShared || uid === 0 || uid === process.getuid?.()) return;
  throw new BindError(`unix:${path}: the directory ${directory} belongs to another user; choose another path`);
}

function kindOf(path: string): 'nothing' | 'socket' | 'other' {
  try {
    return lstatSync(path).isSocket() ? 'socket' : 'other';
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'nothing';
    throw new BindError(`unix:${path}: cannot look at it (${codeOf(error)}); choose a path that this user can reach`);
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((done) => {
    const connection = createConnection(path);
    connection.once('connect', () => {
      connection.destroy();
      done(true);
    });
    connection.once('error', (error) => done(codeOf(error) === 'EACCES'));
  });
}

export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
