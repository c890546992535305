import type { IdList } from './column.ts';

/** In a list of ids: there is none. */
export const NO_ID = 0xffffffff;

/** Where NLRI is written, one after the other. */
export class NlriOutput {
  readonly bytes: Uint8Array;
  /** Of the same octets. */
  readonly view: DataView;
  at = 0;

  /** With room for so many octets. */
  constructor(octets: number) {
    this.bytes = new Uint8Array(octets);
    this.view = new DataView(this.bytes.buffer);
  }
}

/**
 * What a RIB's columns are indexed by: a small dense id for each thing that has a route, for as long as somebody holds it. Without ADD-PATH
 * that is a prefix (`PrefixTable`); with it, a prefix and a path identifier (`PathTable`, RFC 7911). NLRI must have been checked.
 */
export interface RouteKeys {
  /** The id of the NLRI at `at`, with one holder more. */
  acquire(bytes: Uint8Array, at: number): number;
  /** The id of the NLRI at `at`, or -1. */
  lookup(bytes: Uint8Array, at: number): number;
  /** As `acquire` for each NLRI, in order: the ids are appended. */
  acquireAll(bytes: Uint8Array, ids: IdList): void;
  /** As `lookup`, with NO_ID for what is not there. */
  lookupAll(bytes: Uint8Array, ids: IdList): void;
  /** One more holder of an id that is held. */
  hold(id: number): void;
  /** One holder less; the last one frees the id for something else. */
  release(id: number): void;
  /** As `release` for the first `length` of `ids`. */
  releaseAll(ids: Uint32Array, length: number): void;
  /** The prefix, as an id of the `PrefixTable`. */
  prefixOf(id: number): number;
  /** 0 without ADD-PATH. */
  pathIdOf(id: number): number;
  /** Octets that `writeNlri` will write. */
  nlriSize(id: number): number;
  /** Writes the NLRI of an id and returns where it ends. */
  writeNlri(id: number, out: Uint8Array, at: number): number;
  /**
   * Writes the NLRI of `ids[from]` and of those behind it up to `ids[to - 1]` that have the same of the `sets`, as long as it ends at `limit` at the
   * latest. Returns the index of the first that is not written.
   */
  writeRun(ids: Uint32Array, from: number, to: number, sets: Uint32Array, limit: number, out: NlriOutput): number;
}
