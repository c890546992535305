import type {
  Capability,
  Neighbor,
  NeighborBfd,
  PeerFamilyState,
  Route,
  RoutePolicyStatement,
} from '../gen/herald/v1/types.ts';
import {
  AddPathsMode,
  DefaultAction,
  type Drain,
  DrainPhase,
  MatchType,
  Origin,
  type Path,
  type PeerBfd,
  type PeerState,
  Role,
  RouteAction,
  type RoutePolicy,
  RoutePolicyType,
} from '../gen/herald/v1/types.ts';
import { gracefulRestartOf } from './capabilities.ts';
import { formatUuid } from './uuid.ts';

// What `-o json` and `-o yaml` print: Cilium's names, as its agent and its shell commands emit them. What Cilium does not have
// keeps to the same form. A zero is a zero and is printed.

export function peerJson(instance: string, peer: PeerState): Record<string, unknown> {
  const { timers, counters, lastDown, neighbor } = peer;
  return {
    instance,
    name: peer.name,
    'peer-address': peer.peerAddress,
    'remote-address': peer.remoteAddress,
    ...(peer.listenRange !== '' && { 'listen-range': peer.listenRange }),
    'peer-port': peer.peerPort,
    'peer-asn': peer.peerAsn,
    'local-asn': peer.localAsn,
    'session-state': peer.sessionState,
    'uptime-nanoseconds': Number(peer.uptimeNanoseconds),
    families: peer.families.map(familyJson),
    timers: {
      'applied-hold-nanoseconds': Number(timers?.appliedHoldNanoseconds ?? 0),
      'applied-keep-alive-nanoseconds': Number(timers?.appliedKeepAliveNanoseconds ?? 0),
      'configured-hold-nanoseconds': Number(timers?.configuredHoldNanoseconds ?? 0),
      'configured-keep-alive-nanoseconds': Number(timers?.configuredKeepAliveNanoseconds ?? 0),
      'connect-retry-nanoseconds': Number(timers?.connectRetryNanoseconds ?? 0),
      'running-nanoseconds': numbers(peer.runningTimersNanoseconds),
    },
    'ebgp-multihop-ttl': neighbor?.transport?.ebgpMultihop ?? 1,
    'graceful-restart': gracefulRestartJson(peer.localCapabilities),
    'local-capabilities': peer.localCapabilities.map(capabilityJson),
    'remote-capabilities': peer.remoteCapabilities.map(capabilityJson),
    ...(peer.peerRouterId !== '' && { 'peer-router-id': peer.peerRouterId }),
    ...(peer.localAddress !== '' && {
      'local-address': peer.localAddress,
      'local-port': peer.localPort,
      'remote-port': peer.remotePort,
    }),
    'pending-bytes': Number(peer.pendingBytes),
    'received-bytes': Number(peer.receivedBytes),
    'tcp-password-enabled': peer.tcpPasswordEnabled,
    ...(peer.drain && { drain: drainJson(peer.drain) }),
    ...(peer.bfd && { bfd: bfdJson(peer.bfd) }),
    ...(neighbor && { configured: neighborJson(neighbor) }),
    ...(counters && { counters: numbers(counters) }),
    ...(lastDown && {
      'last-down': {
        kind: lastDown.kind,
        text: lastDown.text,
        code: lastDown.code,
        subcode: lastDown.subcode,
        at: lastDown.at?.toISOString(),
      },
    }),
  };
}

export const drainPhaseNames = {
  [DrainPhase.UNSPECIFIED]: 'unspecified',
  [DrainPhase.DRAINING]: 'draining',
  [DrainPhase.DRAINED]: 'drained',
} as const;

export function drainJson({ phase, since, withdrawAt }: Drain): Record<string, unknown> {
  return {
    phase: drainPhaseNames[phase],
    since: since?.toISOString(),
    'withdraw-at': withdrawAt?.toISOString(),
  };
}

function familyJson({
  family,
  received,
  accepted,
  advertised,
  looped,
  stale,
  leaked,
  unsent,
}: PeerFamilyState): Record<string, unknown> {
  return {
    afi: family?.afi,
    safi: family?.safi,
    received: Number(received),
    accepted: Number(accepted),
    advertised: Number(advertised),
    looped: Number(looped),
    stale: Number(stale),
    leaked: Number(leaked),
    unsent: Number(unsent),
  };
}

function capabilityJson({ name, text, raw }: Capability): Record<string, unknown> {
  return { name, text, capabilities: raw.toString('base64') };
}

/** What our OPEN says of it. */
function gracefulRestartJson(capabilities: readonly Capability[]): Record<string, unknown> {
  const claimed = gracefulRestartOf(capabilities);
  return { enabled: claimed !== undefined, 'restart-time-nanoseconds': (claimed?.time ?? 0) * 1e9 };
}

export function neighborJson({
  asn,
  timers,
  transport,
  families,
  gracefulRestart,
  nextHop,
  addPaths,
  bfd,
  ...actions
}: Neighbor): Record<string, unknown> {
  return {
    asn,
    families: families.map(({ afi, safi }) => ({ afi, safi })),
    'next-hop': nextHop,
    ...(addPaths.length > 0 && {
      'add-paths': addPaths.map(({ family, mode }) => ({
        afi: family?.afi,
        safi: family?.safi,
        mode: addPathsNames[mode],
      })),
    }),
    passive: transport?.passive ?? false,
    ...(transport !== undefined && transport.localAddress !== '' && { 'local-address': transport.localAddress }),
    ...(transport?.localPort !== undefined && { 'local-port': transport.localPort }),
    'ttl-security': transport?.ttlSecurity ?? false,
    ...(transport?.ebgpMultihop !== undefined && { 'ebgp-multihop': transport.ebgpMultihop }),
    ...(transport !== undefined &&
      transport.sourceInterface !== '' && { 'source-interface': transport.sourceInterface }),
    ...(transport?.tcpUserTimeoutMilliseconds !== undefined && {
      'tcp-user-timeout-nanoseconds': transport.tcpUserTimeoutMilliseconds * 1e6,
    }),
    ...(transport !== undefined && transport.bindToDevice !== '' && { 'bind-to-device': transport.bindToDevice }),
    ...(gracefulRestart !== undefined && {
      'graceful-restart': {
        'restart-time-nanoseconds': gracefulRestart.restartTime * 1e9,
        'stale-path-time-nanoseconds': gracefulRestart.stalePathTime * 1e9,
        'long-lived': gracefulRestart.longLived.map(({ family, staleTime }) => ({
          afi: family?.afi,
          safi: family?.safi,
          'stale-time-nanoseconds': staleTime * 1e9,
        })),
      },
    }),
    ...(bfd?.enabled === true && { bfd: bfdOptionsJson(bfd) }),
    'delay-open-nanoseconds': (timers?.delayOpen ?? 0) * 1e9,
    'default-export-action': defaultActionNames[actions.defaultExportAction],
    'default-import-action': defaultActionNames[actions.defaultImportAction],
    ...(actions.adminDown !== undefined && { 'admin-down': actions.adminDown }),
    ...(actions.maximumPrefixes.length > 0 && {
      'maximum-prefixes': actions.maximumPrefixes.map(({ family, limit, warningThreshold, restartSeconds }) => ({
        afi: family?.afi,
        safi: family?.safi,
        limit,
        ...(warningThreshold !== undefined && { 'warning-threshold-percent': warningThreshold }),
        ...(restartSeconds !== undefined && { 'restart-seconds': restartSeconds }),
      })),
    }),
    ...(actions.role !== Role.UNSPECIFIED && { role: roleNames[actions.role], 'role-strict': actions.roleStrict }),
  };
}

function bfdOptionsJson({ transmitIntervalMilliseconds = 0, receiveIntervalMilliseconds = 0, ...bfd }: NeighborBfd) {
  return {
    'transmit-interval-nanoseconds': transmitIntervalMilliseconds * 1e6,
    'receive-interval-nanoseconds': receiveIntervalMilliseconds * 1e6,
    'detection-multiplier': bfd.detectionMultiplier,
    strict: bfd.strict,
  };
}

function bfdJson(bfd: PeerBfd): Record<string, unknown> {
  return {
    state: bfd.state,
    diagnostic: bfd.diagnostic,
    ...(bfd.remoteState !== '' && { 'remote-state': bfd.remoteState, 'remote-diagnostic': bfd.remoteDiagnostic }),
    'local-discriminator': bfd.localDiscriminator,
    'remote-discriminator': bfd.remoteDiscriminator,
    'transmit-interval-nanoseconds': Number(bfd.transmitIntervalNanoseconds),
    'detection-time-nanoseconds': Number(bfd.detectionTimeNanoseconds),
    'packets-sent': Number(bfd.packetsSent),
    'packets-received': Number(bfd.packetsReceived),
    'packets-discarded': Number(bfd.packetsDiscarded),
    downs: Number(bfd.downs),
    ...(bfd.since && { since: bfd.since.toISOString() }),
    ...(bfd.problem !== '' && { problem: bfd.problem }),
  };
}

function numbers<T extends object>(values: T): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [kebab(name), Number(value)]));
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Where routes come from. */
export interface RouteSource {
  readonly instance: string;
  readonly asn: number;
  /** Of an Adj-RIB. */
  readonly neighbor: string | undefined;
}

export function routeJson({ instance, asn, neighbor }: RouteSource, { prefix, paths }: Route): Record<string, unknown> {
  return {
    instance,
    'router-asn': asn,
    ...(neighbor !== undefined && { neighbor }),
    prefix,
    paths: paths.map(pathJson),
  };
}

export const originNames = { [Origin.IGP]: 'igp', [Origin.EGP]: 'egp', [Origin.INCOMPLETE]: 'incomplete' } as const;

function pathJson(path: Path): Record<string, unknown> {
  return {
    nlri: { base64: path.nlri.toString('base64') },
    'path-attributes': path.pathAttributes.map((attribute) => ({ base64: attribute.toString('base64') })),
    family: path.family && { afi: path.family.afi, safi: path.family.safi },
    'age-nanoseconds': Number(path.ageNanoseconds),
    best: path.best,
    ...(path.uuid.length > 0 && { uuid: formatUuid(path.uuid) }),
    'source-asn': path.sourceAsn,
    ...(path.pathId !== 0 && { 'path-id': path.pathId }),
    'next-hops': path.nextHops,
    ...(path.origin !== Origin.UNSPECIFIED && { origin: originNames[path.origin] }),
    'as-path': path.asPath,
    ...(path.med !== undefined && { med: path.med }),
    ...(path.localPreference !== undefined && { 'local-preference': path.localPreference }),
    ...(path.communities.length > 0 && { communities: path.communities }),
    ...(path.largeCommunities.length > 0 && { 'large-communities': path.largeCommunities }),
    ...(path.extendedCommunities.length > 0 && {
      'extended-communities': path.extendedCommunities.map((community) => ({ base64: community.toString('base64') })),
    }),
  };
}

export const addPathsNames = {
  [AddPathsMode.UNSPECIFIED]: 'unspecified',
  [AddPathsMode.RECEIVE]: 'receive',
  [AddPathsMode.SEND]: 'send',
  [AddPathsMode.BOTH]: 'both',
} as const;

export const defaultActionNames = {
  [DefaultAction.UNSPECIFIED]: 'unspecified',
  [DefaultAction.ACCEPT]: 'accept',
  [DefaultAction.REJECT]: 'reject',
} as const;

export const roleNames = {
  [Role.UNSPECIFIED]: 'none',
  [Role.PROVIDER]: 'provider',
  [Role.RS]: 'rs',
  [Role.RS_CLIENT]: 'rs-client',
  [Role.CUSTOMER]: 'customer',
  [Role.PEER]: 'peer',
} as const;

export const policyTypeNames = {
  [RoutePolicyType.UNSPECIFIED]: 'export',
  [RoutePolicyType.EXPORT]: 'export',
  [RoutePolicyType.IMPORT]: 'import',
} as const;

export const matchTypeNames = {
  [MatchType.UNSPECIFIED]: 'any',
  [MatchType.ANY]: 'any',
  [MatchType.ALL]: 'all',
  [MatchType.INVERT]: 'invert',
} as const;

export const routeActionNames = {
  [RouteAction.UNSPECIFIED]: 'none',
  [RouteAction.NONE]: 'none',
  [RouteAction.ACCEPT]: 'accept',
  [RouteAction.REJECT]: 'reject',
} as const;

export function policyJson(instance: string, asn: number, policy: RoutePolicy): Record<string, unknown> {
  return {
    instance,
    'router-asn': asn,
    name: policy.name,
    type: policyTypeNames[policy.type],
    statements: policy.statements.map(statementJson),
  };
}

function statementJson({ name, conditions, actions }: RoutePolicyStatement): Record<string, unknown> {
  const { matchNeighbors, matchPrefixes, matchFamilies = [] } = conditions ?? {};
  return {
    name,
    ...(matchNeighbors && {
      'match-neighbors': { type: matchTypeNames[matchNeighbors.type], neighbors: matchNeighbors.neighbors },
    }),
    ...(matchFamilies.length > 0 && { 'match-families': matchFamilies.map(({ afi, safi }) => ({ afi, safi })) }),
    ...(matchPrefixes && {
      'match-prefixes': {
        type: matchTypeNames[matchPrefixes.type],
        prefixes: matchPrefixes.prefixes.map(({ cidr, prefixLenMin, prefixLenMax }) => ({
          cidr,
          'prefix-len-min': prefixLenMin,
          'prefix-len-max': prefixLenMax,
        })),
      },
    }),
    'route-action': routeActionNames[actions?.routeAction ?? RouteAction.UNSPECIFIED],
    'add-communities': actions?.addCommunities ?? [],
    'add-large-communities': actions?.addLargeCommunities ?? [],
    ...(actions?.setLocalPreference !== undefined && { 'set-local-preference': actions.setLocalPreference }),
    ...(actions?.nextHop && { nexthop: { self: actions.nextHop.self, unchanged: actions.nextHop.unchanged } }),
  };
}
