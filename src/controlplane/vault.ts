/** What is kept: each table holds one sort of thing, by key. Their order is how they are told apart where they are kept: new ones come last. */
export const tables = [
  'resources',
  'load-balancer-addresses',
  'pod-prefixes',
  'router-ids',
  'instances',
  'neighbors',
  'policies',
  'paths',
  'uuids',
  'listen-ranges',
] as const;
export type Table = (typeof tables)[number];

/** One value to keep, or, without a value, to forget. */
export interface Change {
  readonly table: Table;
  readonly key: Uint8Array;
  readonly value?: Uint8Array;
}

export interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Where things are kept that must outlive the process. */
export interface Vault {
  get(table: Table, key: Uint8Array): Uint8Array | undefined;
  /** Those whose keys start with `prefix`, in the order of their keys. */
  entries(table: Table, prefix?: Uint8Array): Iterable<Entry>;
  /** All of them or, when it rejects with a VaultError, none. Once it resolves they outlive the process. */
  commit(changes: readonly Change[]): Promise<void>;
}

/** Something could not be kept. */
export class VaultError extends Error {
  override readonly name = 'VaultError';
  /** `full`: there is no room. */
  readonly reason: 'full' | 'failed';

  constructor(reason: VaultError['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Keeps nothing: everything ends with the process. */
export const forgetful: Vault = {
  get: () => undefined,
  entries: () => [],
  commit: () => Promise.resolve(),
};

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}

export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
