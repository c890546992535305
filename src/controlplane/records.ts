import { type AllocationChange } from './allocation.ts';
import type { Edits } from './edits.ts';
import { manifestOf, type Plain } from './plain.ts';
import { keyOf, keyText, sameResource } from './resources/key.ts';
import type { ResourceKey } from './resources/types.ts';
import { generationOf, type ResourceStore, timeText } from './store.ts';
import { bytesOf, type Change, type Table, textOf, type Vault } from './vault.ts';

// What the control plane keeps in its vault: JSON, by key.

/** A resource as it is kept. */
export interface Kept {
  readonly manifest: Plain;
  readonly generation: number;
  readonly createdAt: string;
}

/** What a table has, by key. */
export function recordsOf(vault: Vault, table: Table): [string, unknown][] {
  return [...vault.entries(table)].map(({ key, value }) => [textOf(key), JSON.parse(textOf(value)) as unknown]);
}

/** What edits change of the resources that are kept. */
export function resourceChanges(store: ResourceStore, { put, remove }: Edits, now: Date): Change[] {
  const isKept = (key: ResourceKey) => store.get(key)?.holder.kind === 'api';
  const kept = put.flatMap(({ resource, holder }): Change[] => {
    const key = keyOf(resource);
    // What a file holds is read from there again.
    if (holder.kind === 'manifests') return isKept(key) ? [forget('resources', keyText(key))] : [];
    const before = store.get(key);
    const record: Kept = {
      manifest: manifestOf(resource),
      generation: generationOf(before, resource),
      createdAt: before?.createdAt ?? timeText(now),
    };
    return [keep('resources', keyText(key), record)];
  });
  return [...remove.filter(isKept).map((key) => forget('resources', keyText(key))), ...kept];
}

export function changesOf(
  table: Table,
  from: ReadonlyMap<string, unknown>,
  to: ReadonlyMap<string, unknown>,
): Change[] {
  if (from === to) return [];
  const changed = [...to].filter(([key, value]) => !sameResource(from.get(key), value));
  const gone = [...from.keys()].filter((key) => !to.has(key));
  return [...gone.map((key) => forget(table, key)), ...changed.map(([key, value]) => keep(table, key, value))];
}

export function allocationChanges({ addresses, prefixes }: AllocationChange): Change[] {
  return [
    ...[...addresses].map(([key, value]) => changeOf('load-balancer-addresses', key, value)),
    ...[...prefixes].map(([key, value]) => changeOf('pod-prefixes', key, value)),
  ];
}

function changeOf(table: Table, key: string, value: unknown): Change {
  return value === undefined ? forget(table, key) : keep(table, key, value);
}

function keep(table: Table, key: string, value: unknown): Change {
  return { table, key: bytesOf(key), value: bytesOf(JSON.stringify(value)) };
}

function forget(table: Table, key: string): Change {
  return { table, key: bytesOf(key) };
}
