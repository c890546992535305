import { call, controlPlane } from '../api/client.ts';
import { type CommonOptions, withClient } from './daemon.ts';
import { formatDuration } from './duration.ts';
import { print, printLines } from './output.ts';
import type { Column } from './table.ts';

export interface GetOptions extends CommonOptions {
  readonly namespace?: string;
  readonly selector?: string;
}

/** As much of a resource as its table shows. */
interface Shown {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly creationTimestamp?: string;
    readonly generation?: number;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message: string }[];
    readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[] };
  };
}

/** Prints the resources of a kind, or one of them: as a table with Cilium's columns, or as manifests that apply takes again. */
export async function get(kind: string, name: string | undefined, options: GetOptions): Promise<void> {
  const { namespace = '', selector = '', output } = options;
  const found = await withClient(options, async (client) => {
    if (name !== undefined) {
      const { resource } = await call(client, controlPlane.get, { kind, namespace, name });
      return [resource];
    }
    const list = await call(client, controlPlane.list, {
      kind: kind === 'all' ? '' : kind,
      namespace,
      labelSelector: selector,
    });
    return list.resources;
  });
  if (output === 'json' || output === 'yaml') {
    const [only] = found;
    await printManifest(name === undefined ? { apiVersion: 'v1', kind: 'List', items: found } : only, output);
    return;
  }
  const rows = found.flatMap((resource) => (resource === undefined ? [] : [resource as Shown]));
  const kinds = new Set(rows.map((row) => row.kind));
  const [single = ''] = kinds;
  await print(output, {
    columns: columnsOf(kinds.size === 1 ? single : '', rows),
    rows,
    values: [],
    empty: 'no resources',
  });
}

async function printManifest(manifest: unknown, format: 'json' | 'yaml'): Promise<void> {
  if (format === 'json') return printLines([JSON.stringify(manifest, null, 2)]);
  const { stringify } = await import('yaml');
  return printLines([stringify(manifest).trimEnd()]);
}

function columnsOf(kind: string, rows: readonly Shown[]): Column<Shown>[] {
  return [
    ...(kind === '' ? [{ head: 'Kind', cell: (row: Shown) => row.kind }] : []),
    ...(rows.some(({ metadata }) => metadata.namespace !== undefined)
      ? [{ head: 'Namespace', cell: ({ metadata }: Shown) => metadata.namespace ?? '' }]
      : []),
    { head: 'Name', cell: ({ metadata }) => metadata.name },
    ...(ofKind[kind] ?? []),
    { head: 'Age', cell: ageOf },
    { head: 'Generation', wide: true, cell: ({ metadata }) => `${metadata.generation ?? ''}` },
    { head: 'Conditions', wide: true, cell: problemsOf },
    { head: 'Labels', wide: true, cell: labelsOf },
  ];
}

const ofKind: Readonly<Record<string, readonly Column<Shown>[]>> = {
  CiliumLoadBalancerIPPool: [
    { head: 'Disabled', cell: ({ spec }) => textOf(spec?.['disabled'] ?? false) },
    { head: 'Conflicting', cell: (row) => conditionOf(row, 'cilium.io/PoolConflict')?.status ?? '' },
    { head: 'IPs Available', cell: (row) => conditionOf(row, 'cilium.io/IPsAvailable')?.message ?? '' },
  ],
  Service: [
    { head: 'Type', cell: ({ spec }) => textOf(spec?.['type'] ?? 'ClusterIP') },
    { head: 'Cluster-IP', cell: ({ spec }) => textOf(spec?.['clusterIP'] ?? '<none>') },
    { head: 'External-IP', cell: externalIPs },
  ],
};

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function conditionOf({ status }: Shown, type: string) {
  return status?.conditions?.find((condition) => condition.type === type);
}

function externalIPs({ spec, status }: Shown): string {
  const given = spec?.['externalIPs'];
  const addresses = [
    ...(status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname ?? ''),
    ...(Array.isArray(given) ? given.map(String) : []),
  ];
  return addresses.length === 0 ? '<none>' : addresses.join(',');
}

function ageOf({ metadata }: Shown): string {
  const created = Date.parse(metadata.creationTimestamp ?? '');
  return Number.isNaN(created) ? '' : formatDuration(BigInt(Math.max(0, Date.now() - created)) * 1_000_000n);
}

/** The types of those that say that something is wrong. */
function problemsOf({ status }: Shown): string {
  const wrong = (status?.conditions ?? []).filter(({ type, status }) =>
    type === 'io.cilium/lb-ipam-request-satisfied' ? status === 'False' : status === 'True',
  );
  return wrong.map(({ type }) => type.replace(/^.*\//, '')).join(',') || '-';
}

function labelsOf({ metadata }: Shown): string {
  const labels = Object.entries(metadata.labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return labels.join(',') || '-';
}
