import { call, controlPlane } from '../api/client.ts';
import { ApplyOutcome, type ApplyResult, type Operation } from '../gen/herald/v1/control_plane_service.ts';
import { outcomes } from './apply.ts';
import { type CommonOptions, withClient } from './daemon.ts';
import { type ExitCode, exitCode } from './exit.ts';
import { lineDiff } from './line-diff.ts';
import { nameOf, readManifests } from './manifests.ts';
import { print, printLines } from './output.ts';

export interface DiffOptions extends CommonOptions {
  readonly file: readonly string[];
}

/** Of one operation: so many of what it is done to are told. */
const mostSubjects = 8;

/** Shows what apply would do: to the resources, then to instances. */
export async function diff(options: DiffOptions): Promise<ExitCode> {
  const resources = readManifests(options.file).map(({ manifest }) => manifest);
  const { results, operations } = await withClient(options, (client) =>
    call(client, controlPlane.apply, { resources, dryRun: true, pruneSelector: undefined, skipInvalid: false }),
  );
  const changed = results.filter(({ outcome }) => outcome !== ApplyOutcome.UNCHANGED);
  if (options.output === 'json' || options.output === 'yaml') {
    const value = {
      resources: changed.map((result) => ({
        kind: result.kind,
        ...(result.namespace !== '' && { namespace: result.namespace }),
        name: result.name,
        result: outcomes[result.outcome],
        before: result.before,
        after: result.after,
      })),
      operations,
    };
    await print(options.output, { columns: [], rows: [], values: [value], empty: '' });
  } else {
    const { stringify } = await import('yaml');
    await printLines([
      ...changed.flatMap((result) => resourceLines(result, stringify)),
      ...operations.map(operationLine),
      ...(changed.length + operations.length === 0 ? ['nothing would change'] : []),
    ]);
  }
  return changed.length + operations.length === 0 ? exitCode.ok : exitCode.differs;
}

function resourceLines(result: ApplyResult, stringify: (value: unknown) => string): string[] {
  const text = (resource: unknown) => (resource === undefined ? [] : stringify(resource).trimEnd().split('\n'));
  return [`${nameOf(result)}: ${outcomes[result.outcome]}`, ...lineDiff(text(result.before), text(result.after))];
}

function operationLine({ instance, type, subjects }: Operation): string {
  const some = subjects.slice(0, mostSubjects).join(', ');
  const more = subjects.length > mostSubjects ? ` and ${subjects.length - mostSubjects} more` : '';
  return `instance ${instance}: ${type.replace('-', ' ')}${some === '' ? '' : ` ${some}`}${more}`;
}
