import type { SecretText } from '../../../session/secret-text.ts';
import type { Condition, Labels, NamespacedMetadata } from './metadata.ts';

// Kubernetes' own kinds: the fields that matter here; all others are dropped.

export type IPFamily = 'IPv4' | 'IPv6';
export type TrafficPolicy = 'Cluster' | 'Local';
export type Protocol = 'TCP' | 'UDP' | 'SCTP';

export interface Service {
  readonly apiVersion: 'v1';
  readonly kind: 'Service';
  readonly metadata: NamespacedMetadata;
  readonly spec: {
    /** Default: ClusterIP. */
    readonly type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
    /** An address, empty, or `None` for a headless service. */
    readonly clusterIP?: string;
    readonly clusterIPs?: readonly string[];
    readonly externalIPs?: readonly string[];
    readonly loadBalancerClass?: string;
    readonly loadBalancerIP?: string;
    /** Default: Cluster. */
    readonly externalTrafficPolicy?: TrafficPolicy;
    /** Default: Cluster. */
    readonly internalTrafficPolicy?: TrafficPolicy;
    readonly ipFamilies?: readonly IPFamily[];
    readonly ipFamilyPolicy?: 'SingleStack' | 'PreferDualStack' | 'RequireDualStack';
    readonly publishNotReadyAddresses?: boolean;
    readonly healthCheckNodePort?: number;
    readonly ports?: readonly ServicePort[];
    readonly selector?: Labels;
  };
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly LoadBalancerIngress[] };
    readonly conditions?: readonly Condition[];
  };
}

export interface ServicePort {
  readonly name?: string;
  /** Default: TCP. */
  readonly protocol?: Protocol;
  readonly port: number;
  readonly targetPort?: number | string;
  readonly nodePort?: number;
}

export interface LoadBalancerIngress {
  readonly ip?: string;
  readonly hostname?: string;
  readonly ipMode?: 'VIP' | 'Proxy';
}

/** The label of an EndpointSlice that names its Service. */
export const serviceNameLabel = 'kubernetes.io/service-name';

export interface EndpointSlice {
  readonly apiVersion: 'discovery.k8s.io/v1';
  readonly kind: 'EndpointSlice';
  /** Its Service is the label `serviceNameLabel`, in the same namespace. */
  readonly metadata: NamespacedMetadata;
  readonly addressType: 'IPv4' | 'IPv6' | 'FQDN';
  readonly endpoints: readonly Endpoint[];
  readonly ports?: readonly EndpointPort[];
}

export interface Endpoint {
  /** At least one. */
  readonly addresses: readonly string[];
  readonly conditions?: {
    /** Absent: true. */
    readonly ready?: boolean;
    /** Absent: as ready. */
    readonly serving?: boolean;
    /** Absent: false. */
    readonly terminating?: boolean;
  };
  readonly nodeName?: string;
  readonly hostname?: string;
  readonly zone?: string;
}

export interface EndpointPort {
  readonly name?: string;
  readonly protocol?: Protocol;
  readonly port?: number;
}

/** Write-only: its values never leave the process, and print as `[redacted]`. */
export interface Secret {
  readonly apiVersion: 'v1';
  readonly kind: 'Secret';
  readonly metadata: NamespacedMetadata;
  readonly type?: string;
  /** `data` decoded, with `stringData` over it. */
  readonly data: Readonly<Record<string, SecretText>>;
}
