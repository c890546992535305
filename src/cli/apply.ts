import { call, controlPlane } from '../api/client.ts';
import { ApplyOutcome, type ApplyResult } from '../gen/herald/v1/control_plane_service.ts';
import { type CommonOptions, withClient } from './daemon.ts';
import { CliError, exitCode } from './exit.ts';
import { nameOf, readManifests } from './manifests.ts';
import { print } from './output.ts';
import type { Column } from './table.ts';

export interface ApplyOptions extends CommonOptions {
  readonly file: readonly string[];
  readonly dryRun?: boolean;
  readonly prune?: boolean;
  /** Of what to prune. */
  readonly selector?: string;
}

export const outcomes = {
  [ApplyOutcome.UNSPECIFIED]: 'unknown',
  [ApplyOutcome.CREATED]: 'created',
  [ApplyOutcome.CONFIGURED]: 'configured',
  [ApplyOutcome.UNCHANGED]: 'unchanged',
  [ApplyOutcome.DELETED]: 'deleted',
  [ApplyOutcome.INVALID]: 'invalid',
} as const;

/** Makes the daemon's resources be as the manifests say: all of them, or none when one has a fault. */
export async function apply(options: ApplyOptions): Promise<void> {
  const { dryRun = false, prune = false, selector } = options;
  if (prune && selector === undefined)
    throw new CliError(exitCode.usage, '--prune needs a selector of what it may delete, as in -l app=web');
  if (!prune && selector !== undefined) throw new CliError(exitCode.usage, '-l is for --prune');
  const resources = readManifests(options.file);
  const { results } = await withClient(options, (client) =>
    call(client, controlPlane.apply, {
      resources: resources.map(({ manifest }) => manifest),
      dryRun,
      pruneSelector: prune ? selector : undefined,
      skipInvalid: false,
    }),
  );
  for (const result of results) {
    for (const { kind, metadata } of result.became as { kind: string; metadata: { name: string } }[]) {
      process.stderr.write(`${nameOf(result)} became ${kind} ${metadata.name}; -o yaml shows it\n`);
    }
  }
  const columns: Column<ApplyResult>[] = [
    { head: 'Resource', cell: nameOf },
    { head: 'Result', cell: ({ outcome }) => `${outcomes[outcome]}${dryRun ? ' (dry run)' : ''}` },
  ];
  await print(options.output, { columns, rows: results, values: results.map(resultJson), empty: 'nothing to apply' });
}

function resultJson({ kind, namespace, name, outcome, became }: ApplyResult): Record<string, unknown> {
  return {
    kind,
    ...(namespace !== '' && { namespace }),
    name,
    result: outcomes[outcome],
    ...(became.length > 0 && { became }),
  };
}
