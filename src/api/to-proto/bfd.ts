import type * as proto from '../../gen/herald/v1/types.ts';
import { diagnosticName } from '../../link/bfd/packet.ts';
import type { BfdOptions, PeerBfdState } from '../../speaker/types.ts';

// BFD of a peer as messages.

export function fromBfdOptions(bfd: BfdOptions): proto.NeighborBfd {
  return {
    enabled: true,
    transmitIntervalMilliseconds: bfd.transmitInterval,
    receiveIntervalMilliseconds: bfd.receiveInterval,
    detectionMultiplier: bfd.detectionMultiplier,
    strict: bfd.strict,
  };
}

export function fromBfd({ state, diagnostic, remote, ...bfd }: PeerBfdState): proto.PeerBfd {
  return {
    state,
    diagnostic: diagnosticName(diagnostic),
    remoteState: remote?.state ?? '',
    remoteDiagnostic: remote === undefined ? '' : diagnosticName(remote.diagnostic),
    localDiscriminator: bfd.localDiscriminator,
    remoteDiscriminator: remote?.discriminator ?? 0,
    transmitIntervalNanoseconds: nanoseconds(bfd.transmitInterval),
    detectionTimeNanoseconds: nanoseconds(bfd.detectionTime),
    packetsSent: BigInt(bfd.sent),
    packetsReceived: BigInt(bfd.received),
    packetsDiscarded: BigInt(bfd.discarded),
    downs: BigInt(bfd.downs),
    since: bfd.since,
    problem: bfd.problem ?? '',
  };
}

function nanoseconds(milliseconds = 0): bigint {
  return BigInt(Math.round(milliseconds * 1000)) * 1000n;
}
