import type { Note } from './definition.ts';
import { placesOf } from './places.ts';

const instance = 'bgpInstances[] of a CiliumBGPClusterConfig';
const peer = 'bgpInstances[].peers[] of a CiliumBGPClusterConfig';
const peerConfig = 'of a CiliumBGPPeerConfig';
const advertisement = 'of a CiliumBGPAdvertisement';
const router = 'spec.virtualRouters[]';
const neighbor = `${router}.neighbors[]`;

/** What took the place of each field of a CiliumBGPPeeringPolicy. */
const successors: readonly (readonly [field: string, successor: string])[] = [
  ['spec.nodeSelector', 'nodeSelector of a CiliumBGPClusterConfig'],
  ['spec.virtualRouters', instance],
  [`${router}.exportPodCIDR`, `advertisementType PodCIDR ${advertisement}`],
  [`${router}.podIPPoolSelector`, `advertisementType CiliumPodIPPool with its selector ${advertisement}`],
  [`${router}.serviceSelector`, `advertisementType Service with its selector ${advertisement}`],
  [`${router}.serviceAdvertisements`, `service.addresses ${advertisement}`],
  [`${router}.neighbors`, peer],
  [`${neighbor}.peerAddress`, `peerAddress without a length, in ${peer}`],
  [`${neighbor}.peerPort`, `transport.peerPort ${peerConfig}`],
  [`${neighbor}.authSecretRef`, `authSecretRef ${peerConfig}`],
  [`${neighbor}.eBGPMultihopTTL`, `ebgpMultihop ${peerConfig}`],
  [`${neighbor}.connectRetryTimeSeconds`, `timers.connectRetryTimeSeconds ${peerConfig}`],
  [`${neighbor}.holdTimeSeconds`, `timers.holdTimeSeconds ${peerConfig}`],
  [`${neighbor}.keepAliveTimeSeconds`, `timers.keepAliveTimeSeconds ${peerConfig}`],
  [`${neighbor}.gracefulRestart`, `gracefulRestart ${peerConfig}`],
  [`${neighbor}.families`, `families ${peerConfig}`],
  [`${neighbor}.advertisedPathAttributes`, `attributes ${advertisement}`],
];

/** A note on each deprecated field that a policy has, where it has it first. */
export function deprecatedIn(policy: unknown): readonly Note[] {
  return successors.flatMap(([field, successor]) =>
    placesOf(policy, field)
      .slice(0, 1)
      .map(({ path }) => ({ path, message: `is deprecated; in its place is ${successor}` })),
  );
}
