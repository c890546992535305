import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readSync, statfsSync } from 'node:fs';
import { endianness } from 'node:os';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { codeOf } from '../api/socket.ts';
import { type Change, type Entry, type Table, tables, type Vault, VaultError } from '../controlplane/vault.ts';
import { StateError } from './state-error.ts';
import { StateLock } from './state-lock.ts';

/** ENOSPC and EDQUOT. */
const full = new Set([28, 122]);

/** EIO. */
const inputOutput = 5;
/** Octets: with less than that a disk counts as full. */
const littleRoom = 1 << 20;

/** The longest key that the store takes. */
const longestKey = 1978;

/** What outlives the process, in an LMDB environment: one file, changed by whole transactions, each on disk before it counts. */
export class State implements Vault {
  readonly #db: RootDatabase<Buffer, Uint8Array>;
  readonly #directory: string;
  readonly #lock: StateLock;

  private constructor(db: RootDatabase<Buffer, Uint8Array>, directory: string, lock: StateLock) {
    this.#db = db;
    this.#directory = directory;
    this.#lock = lock;
  }

  /**
   * Opens the directory, and makes it when it is not there, for this user alone: secrets are in it. It is this process's until it is closed. Rejects with
   * StateError.
   */
  static async open(directory: string): Promise<State> {
    let lock: StateLock | undefined;
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      lock = await StateLock.take(directory);
      const path = join(directory, 'state.mdb');
      checkFile(path);
      const db = open<Buffer, Uint8Array>({
        path,
        encoding: 'binary',
        keyEncoding: 'binary',
        // A transaction is over when it is on disk, not before.
        overlappingSync: false,
        eventTurnBatching: false,
        noSubdir: true,
      });
      chmodSync(path, 0o600);
      return new State(db, directory, lock);
    } catch (error) {
      await lock?.release();
      throw new StateError(`stateDir ${directory}: ${reasonOf(error)}`, { cause: error });
    }
  }

  get(table: Table, key: Uint8Array): Uint8Array | undefined {
    return this.#db.get(keyIn(table, key));
  }

  *entries(table: Table, prefix: Uint8Array = new Uint8Array(0)): Generator<Entry> {
    const start = keyIn(table, prefix);
    for (const { key, value } of this.#db.getRange({ start })) {
      if (Buffer.compare(Buffer.from(key).subarray(0, start.length), start) !== 0) return;
      yield { key: key.subarray(1), value };
    }
  }

  async commit(changes: readonly Change[]): Promise<void> {
    if (changes.length === 0) return;
    const long = changes.find(({ key }) => key.length >= longestKey);
    if (long !== undefined) throw new VaultError('failed', 'a name is too long to be kept');
    try {
      await this.#db.batch(() => {
        for (const { table, key, value } of changes) {
          const done =
            value === undefined
              ? this.#db.remove(keyIn(table, key))
              : this.#db.put(keyIn(table, key), Buffer.from(value));
          // The transaction says how it ended.
          done.catch(() => undefined);
        }
      });
    } catch (error) {
      throw await failure(error, this.#directory);
    }
  }

  async close(): Promise<void> {
    await this.#db.close();
    await this.#lock.release();
  }
}

/** What the first page of an LMDB file has behind its header of 24 octets, in the order of the machine's octets. */
const magic = 0xbeefc0de;

/** The store would take what is no database of its own for one, and end the process. */
function checkFile(path: string): void {
  if (!existsSync(path)) return;
  const head = Buffer.alloc(28);
  const file = openSync(path, 'r');
  try {
    const length = readSync(file, head);
    const found = endianness() === 'LE' ? head.readUInt32LE(24) : head.readUInt32BE(24);
    if (length > 0 && found !== magic) throw new Error(`${path} is damaged or another program's file: move it away`);
  } finally {
    closeSync(file);
  }
}

function keyIn(table: Table, key: Uint8Array): Buffer {
  return Buffer.concat([Uint8Array.of(tables.indexOf(table) + 1), key]);
}

async function failure(error: unknown, directory: string): Promise<VaultError> {
  const cause = await causeOf(error);
  if (isFull(cause, directory)) {
    const message = `nothing was changed: the disk of the state directory ${directory} is full; make room and try again`;
    return new VaultError('full', message, { cause });
  }
  const message = `nothing was changed: the state directory ${directory} could not be written: ${textOf(cause)}`;
  return new VaultError('failed', message, { cause });
}

/** The store says that a commit failed, and why in a promise beside. */
async function causeOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !('commitError' in error)) return error;
  try {
    await error.commitError;
    return error;
  } catch (cause) {
    return cause;
  }
}

function isFull(error: unknown, directory: string): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  if (full.has(Number(error.code))) return true;
  // The store calls it an input/output error when only a part of its pages had room.
  const { bavail, bsize } = statfsSync(directory);
  return Number(error.code) === inputOutput && bavail * bsize < littleRoom;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function reasonOf(error: unknown): string {
  switch (codeOf(error)) {
    case 'EACCES':
    case 'EPERM':
      return 'this user may not write there; choose a directory that it may use';
    case 'EROFS':
      return 'the file system can only be read; choose another directory';
    case 'ENOTDIR':
    case 'EEXIST':
      return 'there is a file in its place; remove it or choose another directory';
    case 'ENOSPC':
      return 'the disk is full; make room';
    default:
      return textOf(error);
  }
}
