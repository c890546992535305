import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bytesOf, textOf, VaultError } from '../../src/controlplane/vault.ts';
import { State } from '../../src/daemon/state.ts';
import { StateError } from '../../src/daemon/state-error.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'herald-state-'));
});
afterEach(() => {
  chmodSync(directory, 0o700);
  rmSync(directory, { recursive: true });
});

const put = (key: string, value: string) => ({ table: 'paths', key: bytesOf(key), value: bytesOf(value) }) as const;
const texts = (state: State, prefix = '') =>
  [...state.entries('paths', bytesOf(prefix))].map(({ key, value }) => `${textOf(key)}=${textOf(value)}`);

describe('a state directory', () => {
  test('has what was committed, in the order of keys, also when opened again', async () => {
    const first = await State.open(join(directory, 'a', 'b'));
    await first.commit([put('b2', '2'), put('a', '1'), put('b1', 'x')]);
    await first.commit([put('b1', '3'), { table: 'policies', key: bytesOf('p'), value: bytesOf('4') }]);
    await first.commit([{ table: 'paths', key: bytesOf('a') }, put('c', '')]);
    await first.close();
    const second = await State.open(join(directory, 'a', 'b'));
    expect(texts(second)).toEqual(['b1=3', 'b2=2', 'c=']);
    expect(texts(second, 'b')).toEqual(['b1=3', 'b2=2']);
    expect(second.get('paths', bytesOf('a'))).toBeUndefined();
    expect([...second.entries('policies')]).toHaveLength(1);
    expect([...second.entries('resources')]).toEqual([]);
    await second.close();
  });

  test('is for its owner alone', async () => {
    const state = await State.open(join(directory, 's'));
    expect(statSync(join(directory, 's')).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, 's', 'state.mdb')).mode & 0o777).toBe(0o600);
    await state.close();
  });

  test('refuses a key that the store cannot have, and keeps nothing of that commit', async () => {
    const state = await State.open(directory);
    await expect(state.commit([put('a', '1'), put('k'.repeat(2000), '1')])).rejects.toThrow(VaultError);
    expect(texts(state)).toEqual([]);
    await state.close();
  });

  test('belongs to one at a time, until that one closes it', async () => {
    const state = await State.open(directory);
    await state.commit([put('a', '1')]);
    await expect(State.open(join(directory, '.'))).rejects.toThrow(
      new StateError(`stateDir ${directory}: another daemon uses it; stop that one or choose another directory`),
    );
    await state.commit([put('b', '2')]);
    await state.close();
    const next = await State.open(directory);
    expect(texts(next)).toEqual(['a=1', 'b=2']);
    await next.close();
  });

  test('that cannot be opened is not held', async () => {
    const file = join(directory, 'state.mdb');
    writeFileSync(file, 'this is no database'.repeat(1000));
    await expect(State.open(directory)).rejects.toThrow('is damaged or another');
    rmSync(file);
    await (await State.open(directory)).close();
  });

  test('says what is in the way', async () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    await expect(State.open(file)).rejects.toThrow(StateError);
    await expect(State.open(file)).rejects.toThrow(
      `stateDir ${file}: there is a file in its place; remove it or choose another directory`,
    );
    writeFileSync(join(directory, 'state.mdb'), 'this is no database'.repeat(1000));
    await expect(State.open(directory)).rejects.toThrow(/^stateDir .*: \S/);
  });
});
