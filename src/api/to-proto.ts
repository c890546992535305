import type * as rpc from '../gen/herald/v1/router_service.ts';
import { PeerEventType, RouteEventType } from '../gen/herald/v1/router_service.ts';
import type * as proto from '../gen/herald/v1/types.ts';
import {
  AddPathsMode,
  DefaultAction,
  DrainPhase,
  MatchType,
  Origin,
  Role,
  RouteAction,
  RoutePolicyType,
} from '../gen/herald/v1/types.ts';
import type { Prefix } from '../ip/prefix.ts';
import { type RoutePolicy, type RoutePolicyStatement, statementsOf } from '../policy/types.ts';
import type { DownReason } from '../session/types.ts';
import type { DrainState } from '../speaker/drain.ts';
import { formatNextHopMode } from '../speaker/next-hop-text.ts';
import type { BgpGlobal, Neighbor, Path, PeerEvent, PeerState, Route, RouteEvent } from '../speaker/types.ts';
import { encodeAttributes, writeMpAttributes } from '../wire/attribute.ts';
import { type Capability, encodeCapabilities } from '../wire/capability.ts';
import { formatCommunity, formatLargeCommunity } from '../wire/community.ts';
import { type Family, familyName, ipv4Unicast } from '../wire/family.ts';
import { emptyNlri } from '../wire/nlri.ts';
import { Writer } from '../wire/octets.ts';
import { formatAsPath, formatCapability } from '../wire/text.ts';
import type { Attributes, NextHop } from '../wire/update.ts';
import { fromBfd, fromBfdOptions } from './bfd.ts';
import type { Instance } from './instances.ts';

// Domain values to messages.

const nanosecondsPerSecond = 1_000_000_000n;
const noBytes = Buffer.alloc(0);

function seconds(count: number): bigint {
  return BigInt(count) * nanosecondsPerSecond;
}

function milliseconds(count: number): bigint {
  return BigInt(Math.floor(count)) * 1_000_000n;
}

/** Nanoseconds from one date to another; never negative. */
function nanosecondsSince(from: Date, now: Date): bigint {
  return BigInt(Math.max(0, now.getTime() - from.getTime())) * 1_000_000n;
}

export function fromInstance({ name, router, lab, startedAt }: Instance): proto.BgpInstance {
  return { name, global: fromGlobal(router.global), lab, startedAt, drain: fromDrain(router.drainState) };
}

const drainPhases = { draining: DrainPhase.DRAINING, drained: DrainPhase.DRAINED } as const;

export function fromDrain(drain: DrainState | undefined): proto.Drain | undefined {
  return drain && { ...drain, phase: drainPhases[drain.phase] };
}

function fromGlobal({ asn, routerId, listenPort, listenAddresses = [] }: BgpGlobal): proto.BgpGlobal {
  const global = { asn, routerId, listenAddresses: listenAddresses.map(String) };
  return listenPort < 0 ? global : { ...global, listenPort };
}

export function fromPeer(peer: PeerState, localAsn: number): proto.PeerState {
  const { neighbor, negotiated, lastDown } = peer;
  return {
    name: neighbor.name,
    peerAddress: neighbor.address.toString(),
    peerPort: neighbor.transport.remotePort,
    peerAsn: negotiated?.peerAsn ?? neighbor.asn,
    localAsn,
    sessionState: peer.sessionState,
    uptimeNanoseconds: milliseconds(peer.uptime ?? 0),
    families: peer.families.map(({ family, received, accepted, advertised, looped, stale, leaked, unsent }) => ({
      family: namesOf(family),
      received: BigInt(received),
      accepted: BigInt(accepted),
      advertised: BigInt(advertised),
      looped: BigInt(looped),
      stale: BigInt(stale),
      leaked: BigInt(leaked),
      unsent: BigInt(unsent),
    })),
    timers: {
      appliedHoldNanoseconds: seconds(negotiated?.holdTime ?? 0),
      appliedKeepAliveNanoseconds: seconds(negotiated?.keepaliveTime ?? 0),
      configuredHoldNanoseconds: seconds(neighbor.timers.holdTime),
      configuredKeepAliveNanoseconds: seconds(neighbor.timers.keepaliveInterval),
      connectRetryNanoseconds: seconds(neighbor.timers.connectRetry),
    },
    localCapabilities: peer.localCapabilities.map(fromCapability),
    remoteCapabilities: peer.remoteCapabilities.map(fromCapability),
    peerRouterId: negotiated === undefined ? '' : dottedQuad(negotiated.peerRouterId),
    localAddress: negotiated === undefined ? '' : negotiated.local.address.toString(),
    counters: fromCounters(peer.counters),
    lastDown: lastDown === undefined ? undefined : fromDown(lastDown.reason, lastDown.at),
    runningTimersNanoseconds: fromTimers(peer.timers),
    pendingBytes: BigInt(peer.pending),
    receivedBytes: BigInt(peer.receivedOctets),
    localPort: negotiated?.local.port ?? 0,
    remotePort: negotiated?.remote.port ?? 0,
    neighbor: fromNeighbor(neighbor),
    tcpPasswordEnabled: neighbor.transport.password !== undefined,
    remoteAddress: peer.remoteAddress?.toString() ?? '',
    drain: fromDrain(peer.drain),
    bfd: peer.bfd && fromBfd(peer.bfd),
  };
}

function fromTimers(timers: PeerState['timers']): Record<string, bigint> {
  return Object.fromEntries(
    Object.entries(timers).map(([name, left]) => [name, BigInt(Math.ceil(left)) * 1_000_000n] as const),
  );
}

const defaultActions = { accept: DefaultAction.ACCEPT, reject: DefaultAction.REJECT } as const;

const addPathsModes = { receive: AddPathsMode.RECEIVE, send: AddPathsMode.SEND, both: AddPathsMode.BOTH } as const;
const protoRoles = {
  provider: Role.PROVIDER,
  rs: Role.RS,
  'rs-client': Role.RS_CLIENT,
  customer: Role.CUSTOMER,
  peer: Role.PEER,
} as const;

function fromNeighbor(neighbor: Neighbor): proto.Neighbor {
  const {
    name,
    address,
    asn,
    timers,
    transport,
    families,
    gracefulRestart,
    nextHop,
    addPaths = [],
    bfd,
    ...actions
  } = neighbor;
  return {
    name,
    address: address.toString(),
    // The address has it.
    interface: '',
    asn,
    timers: {
      connectRetry: timers.connectRetry,
      holdTime: timers.holdTime,
      keepaliveInterval: timers.keepaliveInterval,
      delayOpen: timers.delayOpen,
    },
    transport: {
      localAddress: transport.localAddress?.toString() ?? '',
      localPort: transport.localPort,
      remotePort: transport.remotePort,
      passive: transport.passive,
      ebgpMultihop: transport.ebgpMultihop,
      ttlSecurity: transport.ttlSecurity ?? false,
      bindToDevice: transport.bindToDevice ?? '',
    },
    // Told to nobody.
    authPassword: '',
    families: families.map(namesOf),
    gracefulRestart: gracefulRestart && {
      enabled: true,
      ...gracefulRestart,
      longLived: (gracefulRestart.longLived ?? []).map(({ family, staleTime }) => ({
        family: namesOf(family),
        staleTime,
      })),
    },
    addPaths: addPaths.map(({ family, mode }) => ({ family: namesOf(family), mode: addPathsModes[mode] })),
    nextHop: formatNextHopMode(nextHop ?? { kind: 'auto' }),
    bfd: bfd && fromBfdOptions(bfd),
    defaultExportAction: defaultActions[actions.defaultExportAction],
    defaultImportAction: defaultActions[actions.defaultImportAction],
    adminDown: actions.adminDown,
    maximumPrefixes: (actions.maximumPrefixes ?? []).map((limit) => ({ ...limit, family: namesOf(limit.family) })),
    role: actions.role === undefined ? Role.UNSPECIFIED : protoRoles[actions.role],
    roleStrict: actions.roleStrict ?? false,
  };
}

function fromCounters(counters: PeerState['counters']): proto.PeerCounters {
  return {
    opensSent: BigInt(counters.opensSent),
    opensReceived: BigInt(counters.opensReceived),
    updatesSent: BigInt(counters.updatesSent),
    updatesReceived: BigInt(counters.updatesReceived),
    keepalivesSent: BigInt(counters.keepalivesSent),
    keepalivesReceived: BigInt(counters.keepalivesReceived),
    notificationsSent: BigInt(counters.notificationsSent),
    notificationsReceived: BigInt(counters.notificationsReceived),
    routeRefreshesSent: BigInt(counters.routeRefreshesSent),
    routeRefreshesReceived: BigInt(counters.routeRefreshesReceived),
    established: BigInt(counters.established),
    collisions: BigInt(counters.collisions),
    malformedUpdates: BigInt(counters.malformedUpdates),
  };
}

function dottedQuad(id: number): string {
  return [id >>> 24, (id >>> 16) & 255, (id >>> 8) & 255, id & 255].join('.');
}

function fromDown(reason: DownReason, at: Date): proto.PeerDown {
  const { code, subcode } = 'notification' in reason ? reason.notification : { code: 0, subcode: 0 };
  return { kind: reason.kind, text: reason.text, code, subcode, at };
}

function fromCapability(capability: Capability): proto.Capability {
  return {
    name: capability.name,
    text: formatCapability(capability),
    raw: asBuffer(encodeCapabilities([capability])),
  };
}

function namesOf(family: Family): proto.Family {
  const [afi = '', safi = ''] = familyName(family).split('/');
  return { afi, safi };
}

const peerEventTypes = {
  added: PeerEventType.ADDED,
  removed: PeerEventType.REMOVED,
  'state-changed': PeerEventType.STATE_CHANGED,
  down: PeerEventType.DOWN,
} as const;

export function fromPeerEvent(event: PeerEvent, localAsn: number): rpc.PeerEvent {
  return {
    type: peerEventTypes[event.type],
    at: event.at,
    peer: fromPeer(event.peer, localAsn),
    down: event.type === 'down' ? fromDown(event.reason, event.at) : undefined,
  };
}

export function presentPeer(peer: PeerState, localAsn: number, now: Date): rpc.PeerEvent {
  return { type: PeerEventType.PRESENT, at: now, peer: fromPeer(peer, localAsn), down: undefined };
}

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
    const part = this.attributePart(path);
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
  attributePart({ attributes, nextHop, family }: Path): AttributePart {
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

/** The same bytes, not copied. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const routeEventTypes = { announced: RouteEventType.ANNOUNCED, withdrawn: RouteEventType.WITHDRAWN } as const;

export function fromRouteEvent(event: RouteEvent, writer: RouteWriter): rpc.RouteEvent {
  return { type: routeEventTypes[event.type], at: event.at, route: writer.write(event.route, event.at) };
}

export function presentRoute(route: Route, writer: RouteWriter, now: Date): rpc.RouteEvent {
  return { type: RouteEventType.PRESENT, at: now, route: writer.write(route, now) };
}

const policyTypes = { export: RoutePolicyType.EXPORT, import: RoutePolicyType.IMPORT } as const;
const matchTypes = { any: MatchType.ANY, all: MatchType.ALL, invert: MatchType.INVERT } as const;
const routeActions = { none: RouteAction.NONE, accept: RouteAction.ACCEPT, reject: RouteAction.REJECT } as const;

export function fromPolicy(policy: RoutePolicy): proto.RoutePolicy {
  const { name, type } = policy;
  return { name, type: policyTypes[type], statements: statementsOf(policy).map(fromStatement) };
}

function fromStatement({ name, conditions, actions }: RoutePolicyStatement): proto.RoutePolicyStatement {
  const { matchNeighbors, matchPrefixes, matchFamilies } = conditions;
  return {
    name,
    conditions: {
      matchNeighbors: matchNeighbors && {
        type: matchTypes[matchNeighbors.type],
        neighbors: matchNeighbors.neighbors.map(String),
      },
      matchPrefixes: matchPrefixes && {
        type: matchTypes[matchPrefixes.type],
        prefixes: matchPrefixes.prefixes.map(({ cidr, lengthMin, lengthMax }) => ({
          cidr: cidr.toString(),
          prefixLenMin: lengthMin,
          prefixLenMax: lengthMax,
        })),
      },
      matchFamilies: matchFamilies.map(namesOf),
    },
    actions: {
      routeAction: routeActions[actions.routeAction],
      addCommunities: actions.addCommunities.map(formatCommunity),
      addLargeCommunities: actions.addLargeCommunities.map(formatLargeCommunity),
      setLocalPreference: actions.setLocalPreference,
      nextHop:
        actions.nextHop === undefined
          ? undefined
          : { self: actions.nextHop === 'self', unchanged: actions.nextHop === 'unchanged' },
    },
  };
}
