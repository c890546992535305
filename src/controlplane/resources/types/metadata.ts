/** The part of an object's metadata that is looked at. */
export interface Metadata {
  /** A DNS subdomain. */
  readonly name: string;
  /** Namespaced kinds only, and always there on them. */
  readonly namespace?: string;
  readonly labels?: Labels;
  readonly annotations?: Readonly<Record<string, string>>;
  /** RFC 3339; only of what comes from a cluster. */
  readonly creationTimestamp?: string;
}

/** Metadata of a kind that lives in a namespace; `default` where the manifest names none. */
export interface NamespacedMetadata extends Metadata {
  readonly namespace: string;
}

export type Labels = Readonly<Record<string, string>>;

/** All requirements must hold; an empty selector selects everything. What an absent one does is said where it is used. */
export interface LabelSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly LabelRequirement[];
}

export type LabelRequirement =
  | { readonly key: string; readonly operator: 'In' | 'NotIn'; readonly values: readonly string[] }
  | { readonly key: string; readonly operator: 'Exists' | 'DoesNotExist'; readonly values?: readonly [] };

/** metav1.Condition. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  /** RFC 3339. */
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}

export interface ConditionStatus {
  readonly conditions?: readonly Condition[];
}
