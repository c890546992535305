import { call, controlPlane } from '../api/client.ts';
import { type CommonOptions, withClient } from './daemon.ts';
import { CliError, exitCode } from './exit.ts';
import { nameOf, readManifests } from './manifests.ts';
import { print } from './output.ts';

export interface DeleteOptions extends CommonOptions {
  readonly namespace?: string;
  readonly file: readonly string[];
}

interface Target {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** Deletes one resource, or each that manifests name. The first that cannot be deleted ends it. */
export async function remove(
  kind: string | undefined,
  name: string | undefined,
  options: DeleteOptions,
): Promise<void> {
  const targets = targetsOf(kind, name, options);
  await withClient(options, async (client) => {
    for (const target of targets) await call(client, controlPlane.delete, target);
  });
  const values = targets.map((target) => ({ ...target, result: 'deleted' }));
  const columns = [
    { head: 'Resource', cell: nameOf },
    { head: 'Result', cell: () => 'deleted' },
  ];
  await print(options.output, { columns, rows: targets, values, empty: 'nothing to delete' });
}

function targetsOf(kind: string | undefined, name: string | undefined, options: DeleteOptions): Target[] {
  const { file, namespace = '' } = options;
  if (file.length === 0) {
    if (kind === undefined || name === undefined)
      throw new CliError(
        exitCode.usage,
        'name a kind and a resource, as in herald delete cbgppeer tor, or manifests with -f',
      );
    return [{ kind, namespace, name }];
  }
  if (kind !== undefined)
    throw new CliError(exitCode.usage, 'name a kind and a resource, or manifests with -f, not both');
  return readManifests(file).map(({ manifest }) => {
    const { kind, metadata } = manifest as { kind: string; metadata: { name: string; namespace?: string } };
    return { kind, namespace: metadata.namespace ?? '', name: metadata.name };
  });
}
