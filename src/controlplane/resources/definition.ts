import type * as z from 'zod';
import type { Resource } from './types.ts';

/** What there is to know of one kind. */
export interface Definition<R extends Resource = Resource> {
  readonly kind: R['kind'];
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly namespaced: boolean;
  /** The schema of each apiVersion, the one that resources are kept as first. */
  readonly versions: ReadonlyMap<string, z.ZodType<R>>;
  /**
   * What happens to a field that the schema does not know. It is dropped from kinds of which only a part matters here.
   * Metadata is never looked at that way.
   */
  readonly unknownFields: 'refused' | 'warned of' | 'dropped';
  /** The kind's status is written by a control plane: what a manifest says of it is not looked at. */
  readonly statusIsOurs: boolean;
  /** What to warn of in a resource that is right. It is given as it was written, without what is null. */
  readonly notesOn: (given: unknown, apiVersion: string) => readonly Note[];
}

/** A fault or a warning at a place in a resource. */
export interface Note {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}
