import { type Plain, shown } from './plain.ts';
import { keyOf, keyText, sameResource } from './resources/key.ts';
import { matchesLabels } from './resources/labels.ts';
import type { AllocatedPool, CiliumBGPNodeConfig, LabelSelector, Resource, ResourceKey } from './resources/types.ts';

/** Who holds a resource: nobody else changes it. */
export type Holder =
  | { readonly kind: 'api' }
  /** `where` it is, as `file:line:column`. */
  | { readonly kind: 'manifests'; readonly where: string }
  /** It follows from others. */
  | { readonly kind: 'plan'; readonly owner: string };

/** What the control plane has to say of a resource. */
export interface Written {
  readonly status?: Plain;
  /** A CiliumNode's `spec.ipam.pools.allocated`. */
  readonly allocated?: readonly AllocatedPool[];
}

/** A resource that is there. A value: a change makes another. */
export interface Stored {
  readonly key: ResourceKey;
  readonly holder: Holder;
  readonly given: Resource | CiliumBGPNodeConfig;
  /** As given, with what was written. */
  readonly current: Resource | CiliumBGPNodeConfig;
  readonly written: Written;
  /** How often it was given something else, its metadata and status not counted. */
  readonly generation: number;
  /** Of its last change. */
  readonly resourceVersion: number;
  /** RFC 3339. */
  readonly createdAt: string;
}

export interface StoreEvent {
  readonly type: 'added' | 'modified' | 'deleted';
  /** After it; before it, when it was deleted. */
  readonly stored: Stored;
  /** What it was, when it was modified. */
  readonly before?: Stored;
  readonly resourceVersion: number;
}

/** What to look for; what is absent matches all. */
export interface Selection {
  readonly kind?: ResourceKey['kind'];
  readonly namespace?: string;
  readonly labels?: LabelSelector;
}

export type Outcome = 'created' | 'configured' | 'unchanged';

/** Events that are remembered for those who come back. */
const mostRemembered = 1024;

/** The resources there are, in memory. */
export class ResourceStore {
  readonly #kinds = new Map<ResourceKey['kind'], Map<string, Stored>>();
  readonly #listeners = new Set<(events: readonly StoreEvent[]) => void>();
  readonly #now: () => Date;
  #remembered: StoreEvent[] = [];
  #version: number;
  /** The version before the first event that is remembered. */
  #oldest: number;
  #size = 0;

  /** `now`: the time of day. Versions grow from it, so that they grow over restarts too. */
  constructor(now: () => Date) {
    this.#now = now;
    this.#version = now().getTime() * 1024;
    this.#oldest = this.#version;
  }

  /** Of the last change. */
  get version(): number {
    return this.#version;
  }

  get size(): number {
    return this.#size;
  }

  get(key: ResourceKey): Stored | undefined {
    return this.#kinds.get(key.kind)?.get(keyText(key));
  }

  /** Of one kind, in no order. */
  each(kind: ResourceKey['kind']): Iterable<Stored> {
    return this.#kinds.get(kind)?.values() ?? [];
  }

  /** By kind, namespace and name. */
  list(selection: Selection = {}): readonly Stored[] {
    const kinds = selection.kind === undefined ? [...this.#kinds.keys()].toSorted() : [selection.kind];
    return kinds.flatMap((kind) =>
      [...this.each(kind)]
        .filter((stored) => isSelected(stored, selection))
        .toSorted((a, b) => compare(keyText(a.key), keyText(b.key))),
    );
  }

  /** What `put` would do. */
  outcomeOf(resource: Resource): Outcome {
    const before = this.get(keyOf(resource));
    if (before === undefined) return 'created';
    return sameResource(before.given, asGiven(resource, before)) ? 'unchanged' : 'configured';
  }

  /** Puts one in, in place of the one with its key. What was written of that one stays. */
  put(given: Resource | CiliumBGPNodeConfig, holder: Holder): Stored {
    const key = keyOf(given);
    const before = this.get(key);
    const resource = asGiven(given, before);
    if (before !== undefined && sameResource(before.given, resource)) {
      if (sameResource(before.holder, holder)) return before;
      return this.#set({ ...before, holder, resourceVersion: ++this.#version });
    }
    const written = before?.written ?? {};
    return this.#set({
      key,
      holder,
      given: resource,
      current: currentOf(resource, written),
      written,
      generation: generationOf(before, resource),
      resourceVersion: ++this.#version,
      createdAt: before?.createdAt ?? this.#time(),
    });
  }

  /** Puts one in that was there in another life. */
  restore(resource: Resource, { generation, createdAt }: Pick<Stored, 'generation' | 'createdAt'>): Stored {
    const key = keyOf(resource);
    return this.#set({
      key,
      holder: { kind: 'api' },
      given: resource,
      current: resource,
      written: {},
      generation,
      resourceVersion: ++this.#version,
      createdAt,
    });
  }

  /** Writes what the control plane has to say; nothing happens when it said the same before, or there is no such resource. */
  write(key: ResourceKey, written: Written): void {
    const before = this.get(key);
    if (before === undefined || sameResource(before.written, written)) return;
    this.#set({
      ...before,
      written,
      current: currentOf(before.given, written),
      resourceVersion: ++this.#version,
    });
  }

  /** False when it is not there. */
  remove(key: ResourceKey): boolean {
    const stored = this.get(key);
    if (stored === undefined) return false;
    this.#kinds.get(key.kind)?.delete(keyText(key));
    this.#size--;
    this.#tell({ type: 'deleted', stored, resourceVersion: ++this.#version });
    return true;
  }

  /** Calls the listener for each event from now on; returns how to stop. */
  watch(listener: (events: readonly StoreEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The events after a version; undefined when they are no longer known, or never were. */
  since(version: number): readonly StoreEvent[] | undefined {
    if (version < this.#oldest || version > this.#version) return undefined;
    return this.#remembered.filter(({ resourceVersion }) => resourceVersion > version);
  }

  #set(stored: Stored): Stored {
    let kind = this.#kinds.get(stored.key.kind);
    if (kind === undefined) this.#kinds.set(stored.key.kind, (kind = new Map()));
    const text = keyText(stored.key);
    const before = kind.get(text);
    kind.set(text, stored);
    const { resourceVersion } = stored;
    if (before === undefined) {
      this.#size++;
      this.#tell({ type: 'added', stored, resourceVersion });
    } else this.#tell({ type: 'modified', stored, before, resourceVersion });
    return stored;
  }

  #tell(event: StoreEvent): void {
    this.#remembered.push(event);
    if (this.#remembered.length >= 2 * mostRemembered) {
      const dropped = this.#remembered.splice(0, mostRemembered);
      this.#oldest = dropped.at(-1)?.resourceVersion ?? this.#oldest;
    }
    for (const listener of this.#listeners) listener([event]);
  }

  #time(): string {
    return timeText(this.#now());
  }
}

/** RFC 3339, in UTC, to the second: as Kubernetes writes it. */
export function timeText(time: Date): string {
  const second = Math.floor(time.getTime() / 1000);
  if (second !== last.second) last = { second, text: time.toISOString().replace(/\.\d{3}Z$/, 'Z') };
  return last.text;
}

/** Of many resources that change together the times are one text. */
let last = { second: Number.NaN, text: '' };

/** What one reads of a resource: secrets are `[redacted]`. */
export function view({ current, key, holder, createdAt, generation, resourceVersion }: Stored): Plain {
  const { metadata, ...rest } = shown(current) as { metadata: Plain };
  const owners =
    holder.kind === 'plan'
      ? {
          ownerReferences: [
            { apiVersion: 'cilium.io/v2', kind: 'CiliumBGPClusterConfig', name: holder.owner, controller: true },
          ],
        }
      : {};
  const { apiVersion, kind, ...body } = rest as Plain;
  return {
    apiVersion,
    kind: kind ?? key.kind,
    metadata: {
      creationTimestamp: createdAt,
      ...metadata,
      generation,
      resourceVersion: `${resourceVersion}`,
      ...owners,
    },
    ...body,
  };
}

export function isSelected({ key, current }: Stored, { kind, namespace, labels }: Selection): boolean {
  return (
    (kind === undefined || key.kind === kind) &&
    (namespace === undefined || key.namespace === namespace) &&
    (labels === undefined || matchesLabels(labels, current.metadata.labels ?? {}))
  );
}

/** Of a resource that takes the place of another one. */
export function generationOf(before: Stored | undefined, after: Resource | CiliumBGPNodeConfig): number {
  if (before === undefined) return 1;
  return sameResource(bodyOf(before.given), bodyOf(after)) ? before.generation : before.generation + 1;
}

/** What one has read has the time of creation, which was not given: it says nothing new. */
function asGiven<R extends Resource | CiliumBGPNodeConfig>(resource: R, before: Stored | undefined): R {
  const { creationTimestamp, ...metadata } = resource.metadata;
  const isOurs = creationTimestamp !== undefined && creationTimestamp === before?.createdAt;
  return isOurs && before.given.metadata.creationTimestamp === undefined ? { ...resource, metadata } : resource;
}

function bodyOf(resource: Resource | CiliumBGPNodeConfig): unknown {
  const { metadata: _, ...rest } = resource;
  return { ...rest, status: undefined };
}

function currentOf<R extends Resource | CiliumBGPNodeConfig>(given: R, { status, allocated }: Written): R {
  // Spread, each would have a hidden class of its own.
  const withStatus =
    status === undefined ? given : Object.assign({}, given, { status: merged(statusOf(given), status) });
  if (allocated === undefined || withStatus.kind !== 'CiliumNode') return withStatus;
  const { spec } = withStatus;
  return { ...withStatus, spec: { ...spec, ipam: { ...spec.ipam, pools: { ...spec.ipam?.pools, allocated } } } };
}

function statusOf(given: Resource | CiliumBGPNodeConfig): object | undefined {
  return (given as { readonly status?: object }).status;
}

function merged(given: object | undefined, written: Plain): Plain {
  return given === undefined ? written : { ...given, ...written };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
