import { expect, test } from 'vitest';
import { good } from './good.ts';
import { faultsIn, ofKind, resourceOf, warningsOn } from './validated.ts';

test.each<[unknown, string]>([
  [ofKind.policy('spec.virtualRouters', []), 'spec.virtualRouters: must have at least 1 entry'],
  [ofKind.policy('spec.virtualRouters.0.localASN', undefined), 'spec.virtualRouters[0].localASN: is required'],
  [
    ofKind.policy('spec.virtualRouters.0.neighbors', []),
    'spec.virtualRouters[0].neighbors: must have at least 1 entry',
  ],
  [
    ofKind.policy('spec.virtualRouters.0.neighbors.0.peerAddress', '192.0.2.1'),
    "spec.virtualRouters[0].neighbors[0].peerAddress: '192.0.2.1' is not a prefix: the length is missing, as in 192.0.2.1/32",
  ],
  [
    ofKind.policy('spec.virtualRouters.0.neighbors.0.peerAddress', '192.0.2.0/24'),
    'spec.virtualRouters[0].neighbors[0].peerAddress: must be a prefix of one address, /32 or /128',
  ],
  [
    ofKind.policy('spec.virtualRouters.0.neighbors.0.keepAliveTimeSeconds', 10),
    'spec.virtualRouters[0].neighbors[0]: keepAliveTimeSeconds can not be larger than holdTimeSeconds',
  ],
  [
    ofKind.policy('spec.virtualRouters.0.neighbors', [
      { peerAddress: '2001:db8::1/128', peerASN: 1 },
      { peerAddress: '2001:DB8:0::1/128', peerASN: 2 },
    ]),
    'spec.virtualRouters[0].neighbors[1].peerAddress: the address 2001:db8::1/128 is already that of entry 0',
  ],
])('CiliumBGPPeeringPolicy: %#', (given, fault) => {
  expect(faultsIn(given)).toEqual([fault]);
});

test('each field of a legacy policy that is there, once, with what took its place', () => {
  const at = (field: string, successor: string) => `${field}: is deprecated; in its place is ${successor}`;
  const router = 'spec.virtualRouters[0]';
  const neighbor = `${router}.neighbors[0]`;
  const adverts = 'of a CiliumBGPAdvertisement';
  expect(warningsOn(good.CiliumBGPPeeringPolicy).toSorted()).toEqual(
    [
      at('spec.nodeSelector', 'nodeSelector of a CiliumBGPClusterConfig'),
      at('spec.virtualRouters', 'bgpInstances[] of a CiliumBGPClusterConfig'),
      at(`${router}.exportPodCIDR`, `advertisementType PodCIDR ${adverts}`),
      at(`${router}.podIPPoolSelector`, `advertisementType CiliumPodIPPool with its selector ${adverts}`),
      at(`${router}.serviceSelector`, `advertisementType Service with its selector ${adverts}`),
      at(`${router}.serviceAdvertisements`, `service.addresses ${adverts}`),
      at(`${router}.neighbors`, 'bgpInstances[].peers[] of a CiliumBGPClusterConfig'),
      at(
        `${neighbor}.peerAddress`,
        'peerAddress without a length, in bgpInstances[].peers[] of a CiliumBGPClusterConfig',
      ),
      at(`${neighbor}.peerPort`, 'transport.peerPort of a CiliumBGPPeerConfig'),
      at(`${neighbor}.authSecretRef`, 'authSecretRef of a CiliumBGPPeerConfig'),
      at(`${neighbor}.eBGPMultihopTTL`, 'ebgpMultihop of a CiliumBGPPeerConfig'),
      at(`${neighbor}.connectRetryTimeSeconds`, 'timers.connectRetryTimeSeconds of a CiliumBGPPeerConfig'),
      at(`${neighbor}.holdTimeSeconds`, 'timers.holdTimeSeconds of a CiliumBGPPeerConfig'),
      at(`${neighbor}.keepAliveTimeSeconds`, 'timers.keepAliveTimeSeconds of a CiliumBGPPeerConfig'),
      at(`${neighbor}.gracefulRestart`, 'gracefulRestart of a CiliumBGPPeerConfig'),
      at(`${neighbor}.families`, 'families of a CiliumBGPPeerConfig'),
      at(`${neighbor}.advertisedPathAttributes`, `attributes ${adverts}`),
    ].toSorted(),
  );
});

test('an unknown field of a legacy policy is left out', () => {
  expect(resourceOf(ofKind.policy('spec.oops', 1))).toEqual(good.CiliumBGPPeeringPolicy);
});
