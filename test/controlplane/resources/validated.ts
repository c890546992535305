import type { Resource } from '../../../src/controlplane/resources/types.ts';
import { pathText, validate } from '../../../src/controlplane/resources/validate.ts';
import { change } from './change.ts';
import { good, secret } from './good.ts';

/** As `path: message`, in order; none of what is right. */
export function faultsIn(value: unknown): string[] {
  const result = validate(value);
  return result.ok ? [] : result.faults.map(({ path, message }) => `${pathText(path)}: ${message}`);
}

/** As `faultsIn`, of what is right. */
export function warningsOn(value: unknown): string[] {
  const result = validate(value);
  if (!result.ok) throw new Error(result.faults.map(({ message }) => message).join());
  return result.warnings.map(({ path, message }) => `${pathText(path)}: ${message}`);
}

export function resourceOf(value: unknown): Resource {
  const result = validate(value);
  if (!result.ok) throw new Error(faultsIn(value).join());
  return result.resource;
}

/** A right manifest with one place changed. */
export const ofKind = {
  cluster: (path: string, to: unknown) => change(good.CiliumBGPClusterConfig, path, to),
  peer: (path: string, to: unknown) => change(good.CiliumBGPPeerConfig, path, to),
  advert: (path: string, to: unknown) => change(good.CiliumBGPAdvertisement, path, to),
  override: (path: string, to: unknown) => change(good.CiliumBGPNodeConfigOverride, path, to),
  lbPool: (path: string, to: unknown) => change(good.CiliumLoadBalancerIPPool, path, to),
  podPool: (path: string, to: unknown) => change(good.CiliumPodIPPool, path, to),
  node: (path: string, to: unknown) => change(good.CiliumNode, path, to),
  service: (path: string, to: unknown) => change(good.Service, path, to),
  slice: (path: string, to: unknown) => change(good.EndpointSlice, path, to),
  secret: (path: string, to: unknown) => change(secret, path, to),
  policy: (path: string, to: unknown) => change(good.CiliumBGPPeeringPolicy, path, to),
};
