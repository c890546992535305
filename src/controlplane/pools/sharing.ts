import { sameResource } from '../resources/key.ts';
import type { Service } from '../resources/types.ts';
import { serviceWithDefaults } from '../resources/with-defaults.ts';

const keyAnnotation = 'lbipam.cilium.io/sharing-key';
const namespacesAnnotation = 'lbipam.cilium.io/sharing-cross-namespace';

/** Services with the same key share an address where they can; undefined: with nobody. */
export function sharingKey({ metadata: { annotations } }: Service): string | undefined {
  const key = annotations?.[keyAnnotation];
  return key === '' ? undefined : key;
}

/** Whether two services can have one address: nothing tells their traffic apart but ports. */
export function canShare(one: Service, other: Service): boolean {
  const key = sharingKey(one);
  return (
    key !== undefined &&
    key === sharingKey(other) &&
    allows(one, other) &&
    allows(other, one) &&
    !portsClash(one, other) &&
    (hasSameEndpoints(one, other) || !(isLocal(one) || isLocal(other)))
  );
}

/** The annotation lists namespaces, or is `*`. */
function allows({ metadata: { namespace, annotations } }: Service, { metadata: other }: Service): boolean {
  if (namespace === other.namespace) return true;
  const allowed = (annotations?.[namespacesAnnotation] ?? '').split(',').map((part) => part.trim());
  return allowed.includes('*') || allowed.includes(other.namespace);
}

function portsClash(one: Service, other: Service): boolean {
  const taken = new Set(serviceWithDefaults(one).ports.map(({ protocol, port }) => `${protocol} ${port}`));
  return serviceWithDefaults(other).ports.some(({ protocol, port }) => taken.has(`${protocol} ${port}`));
}

function isLocal(service: Service): boolean {
  return serviceWithDefaults(service).externalTrafficPolicy === 'Local';
}

/** With externalTrafficPolicy Local an address is announced by the nodes that have endpoints: these must be the same. */
function hasSameEndpoints(one: Service, other: Service): boolean {
  return (
    one.metadata.namespace === other.metadata.namespace &&
    sameResource(one.spec.selector ?? {}, other.spec.selector ?? {})
  );
}
