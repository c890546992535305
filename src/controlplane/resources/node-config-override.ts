import * as z from 'zod';
import type { Definition } from './definition.ts';
import { asn, hostAddress, metadata, name, port, routerId, stored } from './fields.ts';
import { differIn } from './rules.ts';
import type { CiliumBGPNodeConfigOverride } from './types.ts';

const peer = z.object({
  name,
  localAddress: z.exactOptional(hostAddress),
  localPort: z.exactOptional(port),
});

const instance = z.object({
  name,
  routerID: z.exactOptional(routerId),
  localPort: z.exactOptional(port),
  localASN: z.exactOptional(asn),
  peers: z.exactOptional(z.array(peer).superRefine(...differIn('name', 'name'))),
});

const schema = z.object({
  apiVersion: stored('cilium.io/v2'),
  kind: z.literal('CiliumBGPNodeConfigOverride'),
  metadata,
  spec: z.object({
    bgpInstances: z
      .array(instance)
      .min(1)
      .superRefine(...differIn('name', 'name')),
  }),
});

export const nodeConfigOverride: Definition<CiliumBGPNodeConfigOverride> = {
  kind: 'CiliumBGPNodeConfigOverride',
  plural: 'ciliumbgpnodeconfigoverrides',
  shortNames: ['cbgpnodeoverride'],
  namespaced: false,
  versions: new Map([
    ['cilium.io/v2', schema],
    ['cilium.io/v2alpha1', schema],
  ]),
  unknownFields: 'refused',
  statusIsOurs: false,
  notesOn: () => [],
};
