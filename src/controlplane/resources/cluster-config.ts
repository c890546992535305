import * as z from 'zod';
import type { Definition, Note } from './definition.ts';
import {
  asn,
  metadata,
  name,
  objectName,
  peerAddress,
  peerAddressOnLink,
  peerAsn,
  port,
  stored,
  zoneFault,
} from './fields.ts';
import { labelSelector } from './labels.ts';
import { placesOf } from './places.ts';
import { differIn, isMap, rules } from './rules.ts';
import type { AutoDiscovery, CiliumBGPClusterConfig } from './types.ts';

const modes = ['DefaultGateway', 'Unnumbered'] as const;

const autoDiscovery = z
  .object({
    mode: z.enum(modes),
    defaultGateway: z.exactOptional(z.object({ addressFamily: z.enum(['ipv4', 'ipv6']) })),
    unnumbered: z.exactOptional(z.object({ interface: name })),
  })
  .superRefine(
    ...rules(({ mode, defaultGateway, unnumbered }, report) => {
      if (mode === 'DefaultGateway' && defaultGateway === undefined) {
        report(['defaultGateway'], "defaultGateway field is required for the 'DefaultGateway' mode");
      }
      if (mode === 'DefaultGateway' && unnumbered !== undefined) {
        report(['unnumbered'], "unnumbered field is not allowed for the 'DefaultGateway' mode");
      }
      if (mode === 'Unnumbered' && (defaultGateway === undefined) === (unnumbered === undefined)) {
        report([], "exactly one of unnumbered and defaultGateway is required for the 'Unnumbered' mode");
      }
    }),
  )
  // What the rules refuse does not get here as a resource.
  .transform(({ mode, defaultGateway = { addressFamily: 'ipv6' }, unnumbered }): AutoDiscovery => {
    if (mode === 'DefaultGateway') return { mode, defaultGateway };
    return unnumbered === undefined ? { mode, defaultGateway } : { mode, unnumbered };
  });

const peerFields = {
  name,
  peerAddress: z.exactOptional(peerAddress),
  peerASN: z.exactOptional(peerAsn),
};

const peer = z
  .object({
    ...peerFields,
    peerAddress: z.exactOptional(peerAddressOnLink),
    autoDiscovery: z.exactOptional(autoDiscovery),
    peerInterface: z.exactOptional(name),
    peerConfigRef: z.exactOptional(z.object({ name: objectName })),
  })
  .superRefine(
    ...rules(({ peerAddress, peerInterface }, report) => {
      const device = typeof peerInterface === 'string' ? peerInterface : undefined;
      if (typeof peerAddress === 'string') {
        const fault = zoneFault(peerAddress.trim(), device);
        if (fault !== undefined) report([device === undefined ? 'peerAddress' : 'peerInterface'], fault);
      } else if (peerAddress === undefined && device !== undefined)
        report(['peerInterface'], 'is for a link-local peerAddress');
    }),
  );

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
