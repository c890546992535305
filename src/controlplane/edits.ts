import { concernsAddresses, type Edited } from './allocation.ts';
import { keyOf, keyText, sameResource } from './resources/key.ts';
import type { Kind, Resource, ResourceKey, ResourceOf, Service } from './resources/types.ts';
import type { Holder, ResourceStore } from './store.ts';

/** Changes that are made together. */
export interface Edits {
  readonly put: readonly { readonly resource: Resource; readonly holder: Exclude<Holder, { kind: 'plan' }> }[];
  readonly remove: readonly ResourceKey[];
}

/** The resources of a kind as they were given. */
export function givenOf<K extends Kind>(store: ResourceStore, kind: K): ResourceOf<K>[] {
  return [...store.each(kind)].map(({ given }) => given as ResourceOf<K>);
}

/** The resources after edits, and those of them that pools may have to do with. */
export function editedBy(store: ResourceStore, { put, remove }: Edits): Edited {
  const edited = new Map<string, { readonly key: ResourceKey; readonly resource: Resource | undefined }>();
  for (const key of remove) edited.set(keyText(key), { key, resource: undefined });
  for (const { resource } of put) edited.set(keyText(keyOf(resource)), { key: keyOf(resource), resource });
  const isGone = new Set(remove.map(keyText));
  const changed = [...edited].filter(([text, { key, resource }]) => {
    const before = store.get(key)?.given;
    if (resource === undefined || before === undefined || isGone.has(text)) return true;
    if (sameResource(before, resource)) return false;
    return resource.kind !== 'Service' || concernsAddresses(before as Service, resource);
  });
  return {
    changed: new Map(changed),
    all: <K extends Kind>(kind: K) => [
      ...givenOf(store, kind).filter((resource) => !edited.has(keyText(keyOf(resource)))),
      ...[...edited.values()].flatMap(({ resource }) => (resource?.kind === kind ? (resource as ResourceOf<K>) : [])),
    ],
  };
}
