import { Prefix } from '../ip/prefix.ts';
import type { PrefixTable } from '../rib/prefix-table.ts';
import type { Family } from '../wire/family.ts';
import type { Attributes, NextHop } from '../wire/update.ts';
import type { Path, Route } from './types.ts';

/** A path of a `RouteRow`. The attributes and the next hop are the same objects for neighbours that share them. */
export interface PathRow {
  pathId: number;
  attributes: Attributes;
  nextHop: NextHop;
  best: boolean;
  /** Milliseconds since 1970. */
  createdAt: number;
  sourceAsn: number;
  /** 16 bytes, of which `hasUuid` tells whether they say anything. */
  readonly uuid: Uint8Array;
  hasUuid: boolean;
}

/** What one says of a route while a table is walked: one object for all of them, which says something else after each step. */
export interface RouteRow {
  readonly family: Family;
  /** The address of the prefix, 4 or 16 octets, the host bits zero. */
  readonly bytes: Uint8Array;
  /** The length of the prefix in bits. */
  readonly length: number;
  /** The first `count` are paths of the route. */
  readonly paths: readonly PathRow[];
  readonly count: number;
}

/** A row that is filled anew for each route. */
export class RouteRowWriter implements RouteRow {
  readonly family: Family;
  readonly bytes: Uint8Array;
  readonly paths: PathRow[] = [];
  length = 0;
  count = 0;

  constructor(family: Family, octets: 4 | 16) {
    this.family = family;
    this.bytes = new Uint8Array(octets);
  }

  begin(table: PrefixTable, prefix: number): void {
    table.writeAddress(prefix, this.bytes, 0);
    this.length = table.lengthOf(prefix);
    this.count = 0;
  }

  /** The next path of the route, to be filled. */
  add({ attributes, nextHop }: Pick<Path, 'attributes' | 'nextHop'>): PathRow {
    const path = this.paths[this.count++] ?? this.#newPath(attributes, nextHop);
    path.attributes = attributes;
    path.nextHop = nextHop;
    return path;
  }

  #newPath(attributes: Attributes, nextHop: NextHop): PathRow {
    const uuid = new Uint8Array(16);
    const path = { pathId: 0, attributes, nextHop, best: false, createdAt: 0, sourceAsn: 0, uuid, hasUuid: false };
    this.paths.push(path);
    return path;
  }
}

/** The route that a row says now. */
export function routeOf({ family, bytes, length, paths, count }: RouteRow): Route {
  return {
    prefix: new Prefix(bytes.slice(), length),
    paths: paths.slice(0, count).map(
      ({ pathId, attributes, nextHop, best, createdAt, sourceAsn, uuid, hasUuid }): Path => ({
        family,
        pathId,
        attributes,
        nextHop,
        best,
        createdAt: new Date(createdAt),
        ...(hasUuid && { uuid: uuid.slice() }),
        sourceAsn,
      }),
    ),
  };
}
