import * as z from 'zod';
import type { Definition, Note } from './definition.ts';
import { asn, metadata, name, objectName, peerAddress, peerAsn, port, stored } from './fields.ts';
import { labelSelector } from './labels.ts';
import { placesOf } from './places.ts';
import { differIn, isMap, rules } from './rules.ts';
import type { AutoDiscovery, CiliumBGPClusterConfig } from './types.ts';

const modes = ['DefaultGateway', 'Unnumbered'] as const;

const autoDiscovery = z
  .object({
    mode: z.enum(modes),
    defaultGateway: z.exactOptional(z.object({ addressFamily: z.enum(['ipv4', 'ipv6']) })),
    unnumbered: z.exactOptional(z.object({ interface: z.exactOptional(name) })),
  })
  .superRefine(
    ...rules(({ mode, defaultGateway }, report) => {
      if (mode === 'DefaultGateway' && defaultGateway === undefined) {
        report(['defaultGateway'], "defaultGateway field is required for the 'DefaultGateway' mode");
      }
    }),
  )
  // What the rule and `not-yet-supported.ts` refuse does not get here as a resource.
  .transform(
    ({ defaultGateway = { addressFamily: 'ipv6' } }): AutoDiscovery => ({ mode: 'DefaultGateway', defaultGateway }),
  );

const peerFields = {
  name,
  peerAddress: z.exactOptional(peerAddress),
  peerASN: z.exactOptional(peerAsn),
};

const peer = z
  .object({
    ...peerFields,
    autoDiscovery: z.exactOptional(autoDiscovery),
    peerInterface: z.exactOptional(name),
    peerConfigRef: z.exactOptional(z.object({ name: objectName })),
  })
  .transform(({ peerInterface, ...rest }) => rest);

const peerV2alpha1 = z.object({
  ...peerFields,
  peerConfigRef: z.exactOptional(
    z
      .object({ group: z.exactOptional(z.string()), kind: z.exactOptional(z.string()), name: objectName })
      .transform(({ name }) => ({ name })),
  ),
});

function schema<P extends typeof peer | typeof peerV2alpha1>(peer: P) {
  const instance = z.object({
    name,
    localASN: z.exactOptional(asn),
    localPort: z.exactOptional(port),
    peers: z.exactOptional(z.array(peer).superRefine(...differIn('name', 'name'))),
  });
  return z.object({
    apiVersion: stored('cilium.io/v2'),
    kind: z.literal('CiliumBGPClusterConfig'),
    metadata,
    spec: z.object({
      nodeSelector: z.exactOptional(labelSelector),
      bgpInstances: z
        .array(instance)
        .min(1)
        .max(16)
        .superRefine(...differIn('name', 'name')),
    }),
  });
}

export const clusterConfig: Definition<CiliumBGPClusterConfig> = {
  kind: 'CiliumBGPClusterConfig',
  plural: 'ciliumbgpclusterconfigs',
  shortNames: ['cbgpcluster'],
  namespaced: false,
  versions: new Map([
    ['cilium.io/v2', schema(peer)],
    ['cilium.io/v2alpha1', schema(peerV2alpha1)],
  ]),
  unknownFields: 'refused',
  statusIsOurs: true,
  notesOn: (given) =>
    placesOf(given, 'spec.bgpInstances[].peers[]').flatMap(({ path, value }) => notesOnPeer(path, value)),
};

function notesOnPeer(path: readonly PropertyKey[], peer: unknown): readonly Note[] {
  if (!isMap(peer)) return [];
  const notes: Note[] = [];
  const { peerAddress, autoDiscovery, peerConfigRef } = peer;
  if (peerAddress === undefined && autoDiscovery === undefined) {
    notes.push({ path, message: 'has neither peerAddress nor autoDiscovery: it is skipped' });
  }
  if (peerAddress !== undefined && autoDiscovery !== undefined) {
    notes.push({ path: [...path, 'autoDiscovery'], message: 'is ignored, as there is a peerAddress' });
  }
  for (const field of ['group', 'kind']) {
    if (!isMap(peerConfigRef) || peerConfigRef[field] === undefined) continue;
    notes.push({ path: [...path, 'peerConfigRef', field], message: 'is deprecated and ignored' });
  }
  return notes;
}
