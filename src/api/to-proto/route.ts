import type * as rpc from '../../gen/herald/v1/router_service.ts';
import { RouteEventType } from '../../gen/herald/v1/router_service.ts';
import type * as proto from '../../gen/herald/v1/types.ts';
import { Origin } from '../../gen/herald/v1/types.ts';
import type { Prefix } from '../../ip/prefix.ts';
import type { Path, Route, RouteEvent } from '../../speaker/types.ts';
import { encodeAttributes, writeMpAttributes } from '../../wire/attribute.ts';
import { formatCommunity, formatLargeCommunity } from '../../wire/community.ts';
import { type Family, ipv4Unicast } from '../../wire/family.ts';
import { emptyNlri } from '../../wire/nlri.ts';
import { Writer } from '../../wire/octets.ts';
import { formatAsPath } from '../../wire/text.ts';
import type { Attributes, NextHop } from '../../wire/update.ts';
import { asBuffer, namesOf, nanosecondsSince } from './scalars.ts';

const noBytes = Buffer.alloc(0);

const origins = { igp: Origin.IGP, egp: Origin.EGP, incomplete: Origin.INCOMPLETE } as const;

/** What follows from the attributes of a path, its next hop and its family. */
export type AttributePart = Omit<proto.Path, 'nlri' | 'ageNanoseconds' | 'best' | 'uuid' | 'sourceAsn' | 'pathId'>;

/** Makes messages of routes; what follows from the attributes alone is made once for a run of paths that share them. */
export class RouteWriter {
  #attributes: Attributes | undefined;
  #nextHop: NextHop | undefined;
  #family: Family | undefined;
  #part: AttributePart | undefined;

  write({ prefix, paths }: Route, now: Date): proto.Route {
    return { prefix: prefix.toString(), paths: paths.map((path) => this.#path(path, prefix, now)) };
  }

  // Field by field: a spread costs as much as all else together, once for each of a table's paths.
  #path(path: Path, prefix: Prefix, now: Date): proto.Path {
    const part = this.attributePart(path, path.family);
    return {
      family: part.family,
      nlri: wirePrefix(prefix, path.pathId),
      pathAttributes: part.pathAttributes,
      ageNanoseconds: nanosecondsSince(path.createdAt, now),
      best: path.best,
      uuid: path.uuid === undefined ? noBytes : asBuffer(path.uuid),
      sourceAsn: path.sourceAsn,
      pathId: path.pathId,
      nextHops: part.nextHops,
      origin: part.origin,
      asPath: part.asPath,
      med: part.med,
      localPreference: part.localPreference,
      communities: part.communities,
      largeCommunities: part.largeCommunities,
      extendedCommunities: part.extendedCommunities,
    };
  }

  /** The same object for a run of paths that share it. */
  attributePart({ attributes, nextHop }: Pick<Path, 'attributes' | 'nextHop'>, family: Family): AttributePart {
    const same = attributes === this.#attributes && nextHop === this.#nextHop && family === this.#family;
    if (this.#part === undefined || !same) {
      this.#attributes = attributes;
      this.#nextHop = nextHop;
      this.#family = family;
      this.#part = attributePart(attributes, nextHop, family);
    }
    return this.#part;
  }
}

/** NLRI of one prefix (RFC 4271, 4.3), with its path identifier if it has one (RFC 7911, 3). */
function wirePrefix({ bytes, length }: Prefix, pathId: number): Buffer {
  const octets = (length + 7) >>> 3;
  const at = pathId === 0 ? 0 : 4;
  const nlri = Buffer.allocUnsafe(at + 1 + octets);
  if (pathId !== 0) nlri.writeUInt32BE(pathId);
  nlri[at] = length;
  nlri.set(bytes.subarray(0, octets), at + 1);
  return nlri;
}

function attributePart(attributes: Attributes, nextHop: NextHop, family: Family): AttributePart {
  return {
    family: namesOf(family),
    pathAttributes: wireForm(attributes, nextHop, family),
    nextHops: nextHopTexts(nextHop),
    origin: attributes.origin === undefined ? Origin.UNSPECIFIED : origins[attributes.origin],
    asPath: formatAsPath(attributes.asPath ?? []),
    med: attributes.med,
    localPreference: attributes.localPref,
    communities: (attributes.communities ?? []).map(formatCommunity),
    largeCommunities: (attributes.largeCommunities ?? []).map(formatLargeCommunity),
    extendedCommunities: (attributes.extendedCommunities ?? []).map(asBuffer),
  };
}

function nextHopTexts(nextHop: NextHop): string[] {
  switch (nextHop.kind) {
    case 'single':
      return [nextHop.address.toString()];
    case 'global-and-link-local':
      return [nextHop.global.toString(), nextHop.linkLocal.toString()];
    case 'opaque':
      return [];
  }
}

/** Each attribute by itself; the next hop in NEXT_HOP where that can say it, else in MP_REACH_NLRI. */
function wireForm(attributes: Attributes, nextHop: NextHop, family: Family): Buffer[] {
  const context = { fourOctetAs: true };
  const { nextHop: _nextHop, ...others } = attributes;
  if (family === ipv4Unicast && nextHop.kind === 'single' && nextHop.address.isIPv4) {
    return split(encodeAttributes({ ...others, nextHop: nextHop.address }, context));
  }
  const writer = new Writer();
  writeMpAttributes(writer, { attributes: {}, reach: { nextHop, nlri: emptyNlri(family) } }, context);
  return [asBuffer(writer.finish()), ...split(encodeAttributes(others, context))];
}

/** Attributes one behind the other (RFC 4271, 4.3) as one each. */
function split(bytes: Uint8Array): Buffer[] {
  const attributes: Buffer[] = [];
  const all = asBuffer(bytes);
  for (let at = 0; at < all.length; ) {
    const isLong = (all.readUInt8(at) & 0x10) !== 0;
    const end = isLong ? at + 4 + all.readUInt16BE(at + 2) : at + 3 + all.readUInt8(at + 2);
    attributes.push(all.subarray(at, end));
    at = end;
  }
  return attributes;
}

const routeEventTypes = { announced: RouteEventType.ANNOUNCED, withdrawn: RouteEventType.WITHDRAWN } as const;

export function fromRouteEvent(event: RouteEvent, writer: RouteWriter): rpc.RouteEvent {
  return { type: routeEventTypes[event.type], at: event.at, route: writer.write(event.route, event.at) };
}

export function presentRoute(route: Route, writer: RouteWriter, now: Date): rpc.RouteEvent {
  return { type: RouteEventType.PRESENT, at: now, route: writer.write(route, now) };
}
