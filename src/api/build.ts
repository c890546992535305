import type { Address } from '../ip/address.ts';
import type { Prefix } from '../ip/prefix.ts';
import type { PrefixMatch, RoutePolicyActions } from '../policy/types.ts';
import type { Role } from '../session/role.ts';
import type { SecretText } from '../session/secret-text.ts';
import { defaults, keepAliveTimeFor } from '../speaker/defaults.ts';
import { defaultGracefulRestart } from '../speaker/graceful-restart.ts';
import type { NextHopMode } from '../speaker/next-hop.ts';
import { routerOn, targetOf } from '../speaker/target.ts';
import type { BfdOptions, LongLivedRestart, Neighbor, PathSpec } from '../speaker/types.ts';
import type { AddPathFamily } from '../wire/capability.ts';
import { type Family, familyName, ipv4Unicast, ipv6Unicast } from '../wire/family.ts';
import type { Attributes, NextHop, Nlri, Origin } from '../wire/update.ts';
import type { Self } from './fields.ts';

// From fields that were checked to what a speaker takes: the defaults of all doors are here.

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The same fields without those that are undefined. */
export function defined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}

export interface NeighborFields {
  readonly name: string | undefined;
  readonly address: Address;
  readonly asn: number;
  readonly connectRetryTime: number | undefined;
  readonly holdTime: number | undefined;
  readonly keepAliveTime: number | undefined;
  readonly delayOpenTime: number | undefined;
  readonly localAddress: Address | undefined;
  readonly localPort: number | undefined;
  readonly peerPort: number | undefined;
  readonly passive: boolean | undefined;
  readonly password: SecretText | undefined;
  readonly ttlSecurity: boolean | undefined;
  readonly ebgpMultihop: number | undefined;
  readonly bindToDevice: string | undefined;
  readonly sourceInterface: string | undefined;
  readonly userTimeout: number | undefined;
  readonly families: readonly Family[];
  readonly addPaths: readonly AddPathFamily[];
  readonly gracefulRestart: GracefulRestartFields | undefined;
  readonly nextHop: NextHopMode | undefined;
  readonly bfd: BfdFields | undefined;
  readonly exportAction: 'accept' | 'reject' | undefined;
  readonly importAction: 'accept' | 'reject' | undefined;
  readonly adminDown: string | undefined;
  readonly maximumPrefixes: readonly MaximumPrefixesFields[];
  readonly role: Role | undefined;
  readonly roleStrict: boolean | undefined;
}

export interface MaximumPrefixesFields {
  readonly family: Family;
  readonly limit: number;
  readonly warningThreshold: number | undefined;
  readonly restartSeconds: number | undefined;
}

export interface BfdFields {
  readonly enabled: boolean;
  readonly transmitIntervalMilliseconds?: number | undefined;
  readonly receiveIntervalMilliseconds?: number | undefined;
  readonly detectionMultiplier?: number | undefined;
  readonly strict?: boolean | undefined;
}

export interface GracefulRestartFields {
  readonly enabled: boolean;
  readonly restartTime?: number | undefined;
  readonly stalePathTime?: number | undefined;
  readonly longLived?: readonly LongLivedRestart[] | undefined;
}

/**
 * What a peer is known by: its address, an interface that has one router, or a link-local address on an interface. Text says what is
 * wrong: of the interface where there is one, else of the address.
 */
export function peerAddressOf(address: Address | undefined, device: string | undefined): Address | string {
  if (device === undefined) return address ?? 'is required, unless there is an interface for whichever router is on it';
  if (address === undefined) return routerOn(device);
  if (!address.isLinkLocal) return `is for a link-local address, and ${address} is none`;
  if (address.zone !== undefined && address.zone !== device) return `is not the interface of ${address}`;
  return address.withZone(device);
}

/** For people: the interface of a peer that has no other address. */
function nameOf(address: Address): string {
  const target = targetOf({ address });
  return target.kind === 'interface' ? target.interface : address.toString();
}

export function neighborOf(fields: NeighborFields): Neighbor {
  const holdTime = fields.holdTime ?? defaults.holdTime;
  return {
    name: fields.name ?? nameOf(fields.address),
    address: fields.address,
    asn: fields.asn,
    timers: {
      connectRetry: fields.connectRetryTime ?? defaults.connectRetryTime,
      holdTime,
      keepaliveInterval: fields.keepAliveTime ?? keepAliveTimeFor(holdTime),
      delayOpen: fields.delayOpenTime ?? defaults.delayOpenTime,
    },
    transport: defined({
      localAddress: fields.localAddress,
      localPort: fields.localPort,
      remotePort: fields.peerPort ?? defaults.peerPort,
      passive: fields.passive ?? false,
      password: fields.password,
      ttlSecurity: fields.ttlSecurity === true ? true : undefined,
      ebgpMultihop: fields.ebgpMultihop,
      bindToDevice: fields.bindToDevice,
      sourceInterface: fields.sourceInterface,
      userTimeout: fields.userTimeout,
    }),
    families: familiesOf(fields),
    ...(fields.addPaths.length > 0 && { addPaths: fields.addPaths }),
    ...gracefulRestartOf(fields),
    ...(fields.nextHop && fields.nextHop.kind !== 'auto' && { nextHop: fields.nextHop }),
    ...(fields.bfd?.enabled === true && { bfd: bfdOf(fields.bfd) }),
    defaultExportAction: fields.exportAction ?? 'accept',
    defaultImportAction: fields.importAction ?? 'reject',
    ...defined({
      adminDown: fields.adminDown,
      maximumPrefixes:
        fields.maximumPrefixes.length === 0 ? undefined : fields.maximumPrefixes.map((limit) => defined(limit)),
      role: fields.role,
      roleStrict: fields.roleStrict === true ? true : undefined,
    }),
  };
}

function bfdOf(fields: BfdFields): BfdOptions {
  return {
    transmitInterval: fields.transmitIntervalMilliseconds ?? defaults.bfdInterval,
    receiveInterval: fields.receiveIntervalMilliseconds ?? defaults.bfdInterval,
    detectionMultiplier: fields.detectionMultiplier ?? defaults.detectionMultiplier,
    strict: fields.strict ?? false,
  };
}

function gracefulRestartOf({ gracefulRestart }: NeighborFields): Pick<Neighbor, 'gracefulRestart'> {
  if (gracefulRestart?.enabled !== true) return {};
  const { restartTime, stalePathTime } = gracefulRestart;
  const longLived = gracefulRestart.longLived?.length === 0 ? undefined : gracefulRestart.longLived;
  return { gracefulRestart: { ...defaultGracefulRestart, ...defined({ restartTime, stalePathTime, longLived }) } };
}

function familiesOf({ families }: Pick<NeighborFields, 'families'>): readonly Family[] {
  return families.length > 0 ? [...new Set(families)] : [ipv6Unicast, ipv4Unicast];
}

/** What is wrong between a neighbor's fields, with the field to blame; undefined when nothing is. */
export function neighborFault(
  fields: Pick<
    NeighborFields,
    | 'address'
    | 'localAddress'
    | 'sourceInterface'
    | 'holdTime'
    | 'keepAliveTime'
    | 'ttlSecurity'
    | 'ebgpMultihop'
    | 'families'
    | 'gracefulRestart'
    | 'addPaths'
    | 'maximumPrefixes'
    | 'role'
    | 'roleStrict'
    | 'bfd'
  >,
):
  | {
      readonly field:
        | 'address'
        | 'localAddress'
        | 'timers'
        | 'ebgpMultihop'
        | 'gracefulRestart'
        | 'addPaths'
        | 'maximumPrefixes'
        | 'roleStrict'
        | 'bfd';
      readonly message: string;
    }
  | undefined {
  const { address, localAddress } = fields;
  const holdTime = fields.holdTime ?? defaults.holdTime;
  if (fields.keepAliveTime !== undefined && holdTime !== 0 && fields.keepAliveTime > holdTime) {
    return { field: 'timers', message: 'keepAliveTimeSeconds can not be larger than holdTimeSeconds' };
  }
  if (address.isUnspecified || address.isMulticast)
    return { field: 'address', message: 'must be the address of one host' };
  if (address.isLinkLocal && address.isIPv6 && address.zone === undefined) {
    return { field: 'address', message: `a link-local address needs its interface, as in ${address}%eth0` };
  }
  if (localAddress !== undefined && fields.sourceInterface !== undefined)
    return { field: 'localAddress', message: 'localAddress and sourceInterface exclude each other' };
  if (localAddress !== undefined && localAddress.isIPv4 !== address.isIPv4) {
    return { field: 'localAddress', message: 'must be of the same kind, IPv4 or IPv6, as the peer’s address' };
  }
  if (fields.ttlSecurity === true && fields.ebgpMultihop !== undefined)
    return { field: 'ebgpMultihop', message: 'ttlSecurity and ebgpMultihop exclude each other' };
  const lasting = (fields.gracefulRestart?.longLived ?? []).map(({ family }) => family);
  for (const [index, family] of lasting.entries()) {
    const what = `longLived: ${familyName(family)} is`;
    if (!familiesOf(fields).includes(family))
      return { field: 'gracefulRestart', message: `${what} not among the families` };
    if (lasting.indexOf(family) !== index) return { field: 'gracefulRestart', message: `${what} there twice` };
  }
  for (const [index, { family }] of fields.addPaths.entries()) {
    const what = `${familyName(family)} is`;
    if (!familiesOf(fields).includes(family)) return { field: 'addPaths', message: `${what} not among the families` };
    if (fields.addPaths.findIndex((other) => other.family === family) !== index)
      return { field: 'addPaths', message: `${what} there twice` };
  }
  const twice = fields.maximumPrefixes.find(
    ({ family }, i) => fields.maximumPrefixes.findIndex((other) => other.family === family) !== i,
  );
  if (twice !== undefined) return { field: 'maximumPrefixes', message: `${familyName(twice.family)} has two limits` };
  if (fields.roleStrict === true && fields.role === undefined) return { field: 'roleStrict', message: 'needs a role' };
  if (fields.bfd?.enabled === true && (fields.ebgpMultihop ?? 1) > 1)
    return { field: 'bfd', message: 'bfd and ebgpMultihop exclude each other: BFD is for a neighbor on the link' };
  return undefined;
}

export interface AttributeFields {
  readonly origin: Origin | undefined;
  readonly asPathPrepend: readonly number[];
  readonly med: number | undefined;
  readonly localPreference: number | undefined;
  readonly communities: readonly number[];
  readonly largeCommunities: readonly (readonly [number, number, number])[];
  readonly extendedCommunities: readonly Uint8Array[];
}

export function attributesOf(fields: AttributeFields): Attributes {
  const { asPathPrepend, communities, largeCommunities, extendedCommunities } = fields;
  return defined({
    origin: fields.origin ?? 'igp',
    asPath: asPathPrepend.length === 0 ? [] : [{ type: 'sequence' as const, asns: asPathPrepend }],
    med: fields.med,
    localPref: fields.localPreference,
    communities: communities.length === 0 ? undefined : [...new Set(communities)],
    largeCommunities:
      largeCommunities.length === 0
        ? undefined
        : [...new Map(largeCommunities.map((community) => [community.join(), community])).values()],
    extendedCommunities: extendedCommunities.length === 0 ? undefined : extendedCommunities,
  });
}

export function pathSpecOf(nlri: Nlri, attributes: Attributes, nextHop: NextHop | Self): PathSpec {
  const spec = { family: nlri.family, nlri, attributes };
  return nextHop.kind === 'self' ? spec : { ...spec, nextHop };
}

export function prefixMatchOf(cidr: Prefix, lengthMin: number | undefined, lengthMax: number | undefined): PrefixMatch {
  const min = lengthMin ?? cidr.length;
  return { cidr, lengthMin: min, lengthMax: lengthMax ?? min };
}

/** What is wrong with the lengths; undefined when nothing is. */
export function prefixMatchFault({ cidr, lengthMin, lengthMax }: PrefixMatch): string | undefined {
  const most = cidr.isIPv4 ? 32 : 128;
  return cidr.length <= lengthMin && lengthMin <= lengthMax && lengthMax <= most
    ? undefined
    : `lengths must satisfy ${cidr.length} <= min <= max <= ${most}`;
}

export interface ActionFields {
  readonly routeAction: RoutePolicyActions['routeAction'] | undefined;
  readonly addCommunities: readonly number[];
  readonly addLargeCommunities: readonly (readonly [number, number, number])[];
  readonly setLocalPreference: number | undefined;
  readonly nextHop: RoutePolicyActions['nextHop'] | undefined;
}

export function actionsOf(fields: ActionFields): RoutePolicyActions {
  return defined({ ...fields, routeAction: fields.routeAction ?? 'none' });
}
