import { setImmediate } from 'node:timers/promises';
import { type Change, type Entry, type Table, type Vault, VaultError } from '../../src/controlplane/vault.ts';

/** Keeps things for as long as the test runs; full when told so. */
export class MemoryVault implements Vault {
  readonly #tables = new Map<Table, Map<string, Entry>>();
  isFull = false;
  commits = 0;

  get(table: Table, key: Uint8Array): Uint8Array | undefined {
    return this.#tables.get(table)?.get(nameOf(key))?.value;
  }

  entries(table: Table, prefix: Uint8Array = new Uint8Array(0)): Entry[] {
    return [...(this.#tables.get(table)?.entries() ?? [])]
      .filter(([name]) => name.startsWith(nameOf(prefix)))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, entry]) => entry);
  }

  async commit(changes: readonly Change[]): Promise<void> {
    const { isFull } = this;
    await setImmediate();
    if (isFull) throw new VaultError('full', 'nothing was changed: the disk is full');
    this.commits++;
    for (const { table, key, value } of changes) {
      let entries = this.#tables.get(table);
      if (entries === undefined) this.#tables.set(table, (entries = new Map()));
      if (value === undefined) entries.delete(nameOf(key));
      else entries.set(nameOf(key), { key: Uint8Array.from(key), value: Uint8Array.from(value) });
    }
  }
}

function nameOf(key: Uint8Array): string {
  return Buffer.from(key).toString('hex');
}
