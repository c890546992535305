import { keyOf, keyText } from '../resources/key.ts';
import { type EndpointSlice, type Kind, type Resource, type ResourceOf, serviceNameLabel } from '../resources/types.ts';

/** Resources by kind and key, and the slices of each service. */
export class ResourceSet {
  readonly #kinds = new Map<Kind, Map<string, Resource>>();
  /** By service, `namespace/name`. */
  readonly #slices = new Map<string, Map<string, EndpointSlice>>();

  constructor(resources: Iterable<Resource> = []) {
    for (const resource of resources) this.set(keyText(keyOf(resource)), resource);
  }

  set(key: string, resource: Resource): void {
    this.delete(key, resource.kind);
    let kind = this.#kinds.get(resource.kind);
    if (kind === undefined) this.#kinds.set(resource.kind, (kind = new Map()));
    kind.set(key, resource);
    const service = resource.kind === 'EndpointSlice' ? serviceOf(resource) : undefined;
    if (resource.kind !== 'EndpointSlice' || service === undefined) return;
    let slices = this.#slices.get(service);
    if (slices === undefined) this.#slices.set(service, (slices = new Map()));
    slices.set(key, resource);
  }

  delete(key: string, kind: Kind): void {
    const known = this.#kinds.get(kind)?.get(key);
    if (known === undefined) return;
    this.#kinds.get(kind)?.delete(key);
    const service = known.kind === 'EndpointSlice' ? serviceOf(known) : undefined;
    if (service === undefined) return;
    const slices = this.#slices.get(service);
    slices?.delete(key);
    if (slices?.size === 0) this.#slices.delete(service);
  }

  get(key: string, kind: Kind): Resource | undefined {
    return this.#kinds.get(kind)?.get(key);
  }

  /** Oldest first; those of one age, and all without one, by name: the order in which the first one wins. */
  all<K extends Kind>(kind: K): readonly ResourceOf<K>[] {
    const found = [...(this.#kinds.get(kind)?.values() ?? [])] as ResourceOf<K>[];
    return found.sort(bySeniority);
  }

  /** In no order. */
  each<K extends Kind>(kind: K): Iterable<ResourceOf<K>> {
    return (this.#kinds.get(kind)?.values() ?? []) as Iterable<ResourceOf<K>>;
  }

  /** Of all kinds, in no order. */
  *values(): Generator<Resource> {
    for (const kind of this.#kinds.values()) yield* kind.values();
  }

  find<K extends Kind>(kind: K, name: string, namespace?: string): ResourceOf<K> | undefined {
    const key = namespace === undefined ? { kind, name } : { kind, namespace, name };
    return this.#kinds.get(kind)?.get(keyText(key)) as ResourceOf<K> | undefined;
  }

  slicesOf(namespace: string, service: string): Iterable<EndpointSlice> {
    return this.#slices.get(`${namespace}/${service}`)?.values() ?? [];
  }
}

/** `namespace/name` of the service that a slice is of. */
export function serviceOf({ metadata }: EndpointSlice): string | undefined {
  const name = metadata.labels?.[serviceNameLabel];
  return name === undefined ? undefined : `${metadata.namespace}/${name}`;
}

/** Oldest first; those of one age, and all without one, by name. */
export function bySeniority(a: Resource, b: Resource): number {
  const [before, after] = [a, b].map(({ metadata }) => [
    metadata.creationTimestamp ?? '',
    metadata.name,
    metadata.namespace ?? '',
  ]) as [string[], string[]];
  const differs = before.findIndex((part, index) => part !== after[index]);
  if (differs === -1) return 0;
  return (before[differs] as string) < (after[differs] as string) ? -1 : 1;
}
