import { accessSync, constants, lstatSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Where daemon and command meet when nobody says: the system's daemon in /run/herald, a user's own in that user's runtime
// directory, or without one (a container, `su`) in a directory below /tmp that only the user can write.

const socket = 'herald.sock';

/** Whose process it is, and what directories there are. */
export interface Place {
  /** Undefined where there are no users. */
  readonly uid: number | undefined;
  readonly runtimeDirectory: string | undefined;
  readonly temporaryDirectory: string;
  readonly systemDirectory: string;
}

function here(): Place {
  return {
    uid: process.getuid?.(),
    runtimeDirectory: process.env['XDG_RUNTIME_DIR'],
    temporaryDirectory: tmpdir(),
    systemDirectory: '/run/herald',
  };
}

/** Where a daemon listens that is told nothing. */
export function defaultSocketPath(place: Place = here()): string {
  return join(ownDirectories(place)[0] ?? place.systemDirectory, socket);
}

/** The socket that a command talks to when it is told nothing: this user's own daemon if there is one, else the system's. */
export function findSocketPath(place: Place = here()): string {
  const paths = [...ownDirectories(place), place.systemDirectory].map((directory) => join(directory, socket));
  return paths.find((path) => isTrusted(path, place)) ?? defaultSocketPath(place);
}

/** The directories in which a daemon of this user may have its socket, the likeliest first. */
function ownDirectories({ uid, runtimeDirectory, temporaryDirectory, systemDirectory }: Place): string[] {
  if (uid === 0) return [systemDirectory];
  const temporary = join(temporaryDirectory, `herald-${uid ?? 'user'}`);
  const hasRuntime = runtimeDirectory !== undefined && isWritable(runtimeDirectory);
  return hasRuntime ? [join(runtimeDirectory, 'herald'), temporary] : [temporary];
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A socket in a directory of our own, or of the system: nobody else put it there. */
function isTrusted(path: string, { uid, systemDirectory }: Place): boolean {
  try {
    const directory = join(path, '..');
    const owner = lstatSync(directory).uid;
    return lstatSync(path).isSocket() && (owner === 0 || owner === uid || directory === systemDirectory);
  } catch {
    return false;
  }
}
