import { advertisementKind } from './advertisement.ts';
import { clusterConfig } from './cluster-config.ts';
import { endpointSlice, secret, service } from './core.ts';
import type { Definition } from './definition.ts';
import { loadBalancerIPPool, podIPPool } from './ip-pools.ts';
import { node } from './node.ts';
import { nodeConfigOverride } from './node-config-override.ts';
import { peerConfig } from './peer-config.ts';
import { peeringPolicy } from './peering-policy.ts';
import type { CiliumBGPNodeConfig, Kind } from './types.ts';

/** Every kind that can be applied. */
export const definitions: readonly Definition[] = [
  clusterConfig,
  peerConfig,
  advertisementKind,
  nodeConfigOverride,
  loadBalancerIPPool,
  podIPPool,
  node,
  service,
  endpointSlice,
  secret,
  peeringPolicy,
];

const byKind: ReadonlyMap<string, Definition> = new Map(definitions.map((definition) => [definition.kind, definition]));

export function definitionOf(kind: string): Definition | undefined {
  return byKind.get(kind);
}

/** The kind that is only read. */
export const nodeConfigNames: Pick<Definition, 'plural' | 'shortNames' | 'namespaced'> & {
  readonly kind: CiliumBGPNodeConfig['kind'];
} = {
  kind: 'CiliumBGPNodeConfig',
  plural: 'ciliumbgpnodeconfigs',
  shortNames: ['cbgpnode'],
  namespaced: false,
};

/** The kind that kubectl would take the text for, in any case: its name, its plural or a short name. */
export function parseKind(text: string): Kind | CiliumBGPNodeConfig['kind'] | undefined {
  const wanted = text.toLowerCase();
  return [...definitions, nodeConfigNames].find(
    ({ kind, plural, shortNames }) => kind.toLowerCase() === wanted || plural === wanted || shortNames.includes(wanted),
  )?.kind;
}
