import type { CiliumBGPNodeConfig, Resource, ResourceKey } from './types.ts';

export function keyOf({ kind, metadata: { namespace, name } }: Resource | CiliumBGPNodeConfig): ResourceKey {
  return namespace === undefined ? { kind, name } : { kind, namespace, name };
}

/** `Service default/web`, `CiliumBGPPeerConfig tor`: one text for each key. */
export function keyText({ kind, namespace, name }: ResourceKey): string {
  return namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}

export { isSame as sameResource } from '../../session/same.ts';
