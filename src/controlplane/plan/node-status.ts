import type { PeerState } from '../../speaker/types.ts';
import { familyName } from '../../wire/family.ts';
import type { Afi, BGPNodeInstanceStatus, BGPNodePeerStatus, Safi } from '../resources/types.ts';
import type { Plan } from './types.ts';

/** The status of the node's CiliumBGPNodeConfig beside its conditions: each configured peer, with its session when it has one. */
export function instanceStatuses(
  plan: Plan,
  node: string,
  peersOf: (instance: string) => readonly PeerState[],
): readonly BGPNodeInstanceStatus[] {
  return (plan.nodeConfigs.get(node)?.spec.bgpInstances ?? []).map(({ name, localASN, peers = [] }) => {
    const states = peersOf(name);
    return {
      name,
      ...(localASN !== undefined && { localASN }),
      peers: peers.map((peer): BGPNodePeerStatus => {
        const state = states.find(({ neighbor }) => neighbor.name === peer.name);
        if (state !== undefined) return peerStatus(state);
        return {
          name: peer.name,
          peerAddress: peer.peerAddress ?? '',
          ...(peer.peerASN !== undefined && { peerASN: peer.peerASN }),
        };
      }),
    };
  });
}

function peerStatus({ neighbor, sessionState, negotiated, establishedAt, families }: PeerState): BGPNodePeerStatus {
  return {
    name: neighbor.name,
    peerAddress: neighbor.address.toString(),
    peerASN: negotiated?.peerAsn ?? neighbor.asn,
    peeringState: sessionState,
    ...(negotiated && {
      timers: {
        appliedHoldTimeSeconds: negotiated.holdTime,
        appliedKeepaliveSeconds: negotiated.keepaliveTime,
      },
      ...(establishedAt && { establishedTime: establishedAt.toISOString().replace(/\.\d{3}Z$/, 'Z') }),
      routeCount: families.map(({ family, received, advertised }) => {
        const [afi, safi] = familyName(family).split('/') as [Afi, Safi];
        return { afi, safi, received, advertised };
      }),
    }),
  };
}
