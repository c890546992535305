import { keepAliveTimeFor, defaults as ofNeighbors } from '../../speaker/defaults.ts';
import { defaultGracefulRestart } from '../../speaker/graceful-restart.ts';
import type {
  BfdSpec,
  BGPFamilyWithAdverts,
  CiliumLoadBalancerIPPool,
  CiliumPodIPPool,
  Endpoint,
  PeerConfigSpec,
  Protocol,
  Service,
  ServicePort,
  TrafficPolicy,
} from './types.ts';

// What absent fields mean. A resource itself is kept as it was given.

/** Seconds where it is a time. */
export const peerConfigDefaults = {
  peerPort: ofNeighbors.peerPort,
  connectRetryTimeSeconds: ofNeighbors.connectRetryTime,
  holdTimeSeconds: ofNeighbors.holdTime,
  restartTimeSeconds: defaultGracefulRestart.restartTime,
  bfd: {
    enabled: false,
    transmitIntervalMilliseconds: ofNeighbors.bfdInterval,
    receiveIntervalMilliseconds: ofNeighbors.bfdInterval,
    detectionMultiplier: ofNeighbors.detectionMultiplier,
    strict: false,
  },
  ebgpMultihop: 1,
  families: [
    { afi: 'ipv6', safi: 'unicast' },
    { afi: 'ipv4', safi: 'unicast' },
  ],
} as const;

export interface PeerConfigWithDefaults {
  readonly transport: { readonly peerPort: number; readonly sourceInterface?: string };
  readonly timers: {
    readonly connectRetryTimeSeconds: number;
    readonly holdTimeSeconds: number;
    readonly keepAliveTimeSeconds: number;
  };
  readonly authSecretRef?: string;
  readonly gracefulRestart: { readonly enabled: boolean; readonly restartTimeSeconds: number };
  readonly bfd: Required<BfdSpec>;
  /** 1: none. */
  readonly ebgpMultihop: number;
  readonly nextHop?: string;
  /** At least one. */
  readonly families: readonly BGPFamilyWithAdverts[];
}

/** Of a peer that refers to no CiliumBGPPeerConfig: of `{}`. */
export function peerConfigWithDefaults(spec: PeerConfigSpec): PeerConfigWithDefaults {
  const defaults = peerConfigDefaults;
  const { transport, timers, gracefulRestart, families = [] } = spec;
  const holdTimeSeconds = timers?.holdTimeSeconds ?? defaults.holdTimeSeconds;
  return {
    transport: { peerPort: defaults.peerPort, ...transport },
    timers: {
      connectRetryTimeSeconds: timers?.connectRetryTimeSeconds ?? defaults.connectRetryTimeSeconds,
      holdTimeSeconds,
      keepAliveTimeSeconds: timers?.keepAliveTimeSeconds ?? keepAliveTimeFor(holdTimeSeconds),
    },
    ...(spec.authSecretRef !== undefined && { authSecretRef: spec.authSecretRef }),
    gracefulRestart: {
      enabled: gracefulRestart?.enabled ?? false,
      restartTimeSeconds: gracefulRestart?.restartTimeSeconds ?? defaults.restartTimeSeconds,
    },
    bfd: { ...defaults.bfd, ...spec.bfd },
    ebgpMultihop: spec.ebgpMultihop ?? defaults.ebgpMultihop,
    ...(spec.nextHop !== undefined && { nextHop: spec.nextHop }),
    families: families.length > 0 ? families : defaults.families,
  };
}

export interface ServiceWithDefaults {
  readonly type: NonNullable<Service['spec']['type']>;
  readonly externalTrafficPolicy: TrafficPolicy;
  readonly internalTrafficPolicy: TrafficPolicy;
  readonly ports: readonly (ServicePort & { readonly protocol: Protocol })[];
}

export function serviceWithDefaults({ spec }: Service): ServiceWithDefaults {
  return {
    type: spec.type ?? 'ClusterIP',
    externalTrafficPolicy: spec.externalTrafficPolicy ?? 'Cluster',
    internalTrafficPolicy: spec.internalTrafficPolicy ?? 'Cluster',
    ports: (spec.ports ?? []).map((port) => ({ protocol: 'TCP', ...port })),
  };
}

export interface EndpointConditions {
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
}

export function endpointConditions({ conditions }: Endpoint): EndpointConditions {
  const ready = conditions?.ready ?? true;
  return { ready, serving: conditions?.serving ?? ready, terminating: conditions?.terminating ?? false };
}

export interface LoadBalancerIPPoolWithDefaults {
  readonly allowFirstLastIPs: boolean;
  readonly disabled: boolean;
}

export function loadBalancerIPPoolWithDefaults({ spec }: CiliumLoadBalancerIPPool): LoadBalancerIPPoolWithDefaults {
  return { allowFirstLastIPs: spec.allowFirstLastIPs !== 'No', disabled: spec.disabled ?? false };
}

export interface PodIPPoolWithDefaults {
  readonly allowFirstIP: boolean;
  readonly allowLastIP: boolean;
}

export function podIPPoolWithDefaults({ spec }: CiliumPodIPPool): PodIPPoolWithDefaults {
  return { allowFirstIP: spec.allowFirstIP ?? false, allowLastIP: spec.allowLastIP ?? false };
}
