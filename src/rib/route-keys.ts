/**
 * What a RIB's columns are indexed by: a small dense id for each thing that has a route, for as long as somebody holds it. Without ADD-PATH
 * that is a prefix (`PrefixTable`); with it, a prefix and a path identifier (`PathTable`, RFC 7911). NLRI must have been checked.
 */
export interface RouteKeys {
  /** The id of the NLRI at `at`, with one holder more. */
  acquire(bytes: Uint8Array, at: number): number;
  /** The id of the NLRI at `at`, or -1. */
  lookup(bytes: Uint8Array, at: number): number;
  /** One more holder of an id that is held. */
  hold(id: number): void;
  /** One holder less; the last one frees the id for something else. */
  release(id: number): void;
  /** The prefix, as an id of the `PrefixTable`. */
  prefixOf(id: number): number;
  /** 0 without ADD-PATH. */
  pathIdOf(id: number): number;
  /** Octets that `writeNlri` will write. */
  nlriSize(id: number): number;
  /** Writes the NLRI of an id and returns where it ends. */
  writeNlri(id: number, out: Uint8Array, at: number): number;
}
