import type { Address } from '../../ip/address.ts';
import type { Prefix } from '../../ip/prefix.ts';
import type { SortedMap } from '../../policy/sorted-map.ts';
import type { RoutePolicy } from '../../policy/types.ts';
import type { BgpGlobal, Neighbor } from '../../speaker/types.ts';
import type { Attributes, NextHop } from '../../wire/update.ts';
import type { CiliumBGPNodeConfig, Condition, Labels, ResourceKey } from '../resources/types.ts';

/** What the plan has to know of the machine that it is for. */
export interface NodeFacts {
  /** Of its CiliumNode. */
  readonly name: string;
  /** Of a machine that is in no cluster. Absent: nothing is planned before the CiliumNode is there. */
  readonly labels?: Labels;
  readonly interfaces: readonly InterfaceFacts[];
  readonly defaultRoutes: readonly DefaultRoute[];
  /** Cilium's name: pod prefixes are announced in `kubernetes` and `cluster-pool`, pod pools in `multi-pool`. */
  readonly ipam: string;
  readonly routerId:
    | { readonly mode: 'default' }
    /** IPv4; one id for each node and instance. */
    | { readonly mode: 'ip-pool'; readonly pool: Prefix };
  /** Where the Secrets of `authSecretRef` are. */
  readonly secretsNamespace?: string;
  readonly services: ServiceFacts;
  readonly capabilities: {
    /** The transport can sign with a password (RFC 2385). */
    readonly md5: boolean;
  };
}

export interface ServiceFacts {
  /** False until the state of all services is known and the datapath can take their traffic: none is announced before. */
  readonly ready: boolean;
  /** A service is announced though nothing is behind it. */
  readonly announceWithoutEndpoints: boolean;
  /** LoadBalancer addresses have the origin INCOMPLETE, as other announcers give them. */
  readonly legacyOrigin: boolean;
}

export interface InterfaceFacts {
  readonly name: string;
  /** Without zones. */
  readonly addresses: readonly Address[];
  readonly adminUp: boolean;
  /** RFC 2863, as the kernel writes it: `up`, `down`, `unknown` (loopback and dummy interfaces)... */
  readonly operState: string;
}

export interface DefaultRoute {
  readonly family: 'ipv4' | 'ipv6';
  /** Absent: the link itself. */
  readonly gateway?: Address;
  readonly device: string;
  /** The lowest one is used. */
  readonly metric: number;
  readonly deviceUp: boolean;
}

/** What the node is to run, and what to say of the resources. A value: nothing in it changes afterwards. */
export interface Plan {
  /** By name. */
  readonly instances: ReadonlyMap<string, InstancePlan>;
  /** Peers that are configured and not run, and why. */
  readonly held: readonly HeldPeer[];
  /** Instances that cannot run, and why. */
  readonly errors: readonly InstanceError[];
  /** Of every node that an instance is for, by node name; their status holds conditions only. */
  readonly nodeConfigs: ReadonlyMap<string, PlannedNodeConfig>;
  readonly statuses: readonly ResourceStatus[];
  /** Router ids given out of the pool, by `node/instance`: to be kept, and given to the next planner. */
  readonly routerIds: RouterIds;
}

export type RouterIds = ReadonlyMap<string, string>;

export interface InstancePlan {
  readonly name: string;
  readonly global: BgpGlobal;
  /** By `neighborKey`: all that cannot change without another session. */
  readonly neighbors: ReadonlyMap<string, PlannedNeighbor>;
  /** By name. */
  readonly policies: ReadonlyMap<string, RoutePolicy>;
  /** By prefix. */
  readonly paths: SortedMap<PlannedPath>;
}

export type PlannedNeighbor = Neighbor;

export interface PlannedPath {
  readonly prefix: Prefix;
  readonly attributes: Attributes;
  /** Absent: each session's own address. */
  readonly nextHop?: NextHop;
  /** The resources for whose sake it is there: it stays until the last one is gone. Sorted, as text. */
  readonly owners: readonly string[];
}

export type HeldReason =
  | 'NoPeerAddress'
  | 'NoDefaultGateway'
  | 'NoSourceAddress'
  | 'InvalidAddress'
  | 'DuplicatePeer'
  | 'MissingPeerConfig'
  | 'MissingAuthSecret'
  | 'PasswordUnsupported'
  | 'UnsupportedFamilies';

export interface HeldPeer {
  readonly instance: string;
  readonly peer: string;
  readonly reason: HeldReason;
  /** What to do about it, in a user's words. */
  readonly message: string;
}

export interface InstanceError {
  readonly instance: string;
  readonly message: string;
}

/** When a condition came to be as it is only who stores it knows. */
export type PlannedCondition = Omit<Condition, 'lastTransitionTime'>;

export interface PlannedNodeConfig extends Omit<CiliumBGPNodeConfig, 'status'> {
  /** The CiliumBGPClusterConfig that it follows from. */
  readonly owner: string;
}

export interface ResourceStatus {
  readonly key: ResourceKey;
  /** Every type there is for the kind, `True` or `False`. */
  readonly conditions: readonly PlannedCondition[];
}

/** Two neighbors with the same key differ in nothing that needs another peer. */
export function neighborKey({ name, address, asn }: Neighbor): string {
  return `${name} ${address} ${asn}`;
}
