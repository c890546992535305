import { SecretText } from './secret-text.ts';
import type { CiliumBGPNodeConfig, Resource, ResourceKey } from './types.ts';

export function keyOf({ kind, metadata: { namespace, name } }: Resource | CiliumBGPNodeConfig): ResourceKey {
  return namespace === undefined ? { kind, name } : { kind, namespace, name };
}

/** `Service default/web`, `CiliumBGPPeerConfig tor`: one text for each key. */
export function keyText({ kind, namespace, name }: ResourceKey): string {
  return namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}

/** Whether two resources, or parts of them, say the same; the order of a map's keys says nothing. */
export function sameResource(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (one instanceof SecretText || other instanceof SecretText) {
    return one instanceof SecretText && other instanceof SecretText && one.equals(other);
  }
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && sameResource(Reflect.get(one, key), Reflect.get(other, key)))
  );
}
