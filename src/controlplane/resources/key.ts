import { Texts } from './texts.ts';
import type { CiliumBGPNodeConfig, Resource, ResourceKey } from './types.ts';

export function keyOf({ kind, metadata: { namespace, name } }: Resource | CiliumBGPNodeConfig): ResourceKey {
  return namespace === undefined ? { kind, name } : { kind, namespace, name };
}

/** `Service default/web`, `CiliumBGPPeerConfig tor`: one text for each key. */
export function keyText({ kind, namespace, name }: ResourceKey): string {
  return texts.shared(namespace === undefined ? flat(kind, ' ', name) : flat(kind, ' ', namespace, '/', name));
}

/** Enough for those that change together, each of which has several places. */
const texts = new Texts(8192);

/** As a template, in one piece: what a template makes V8 keeps as a tree of its parts, which for the keys of many resources is a lot. */
export function flat(...parts: readonly string[]): string {
  return parts.join('');
}

export { isSame as sameResource } from '../../session/same.ts';
