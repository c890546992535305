import type * as rpc from '../../gen/herald/v1/router_service.ts';
import { PeerEventType } from '../../gen/herald/v1/router_service.ts';
import type * as proto from '../../gen/herald/v1/types.ts';
import type { DownReason } from '../../session/types.ts';
import type { PeerEvent, PeerState } from '../../speaker/types.ts';
import { type Capability, encodeCapabilities } from '../../wire/capability.ts';
import { formatCapability } from '../../wire/text.ts';
import { fromBfd } from './bfd.ts';
import { fromDrain } from './instance.ts';
import { fromNeighbor } from './neighbor.ts';
import { asBuffer, milliseconds, namesOf, seconds } from './scalars.ts';

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
    listenRange: neighbor.range?.name ?? '',
  };
}

function fromTimers(timers: PeerState['timers']): Record<string, bigint> {
  return Object.fromEntries(
    Object.entries(timers).map(([name, left]) => [name, BigInt(Math.ceil(left)) * 1_000_000n] as const),
  );
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
