import { readFileSync } from 'node:fs';
import { manifestFilesAt, type Request, readRequest, UnreadableError } from '../api/manifests.ts';
import { CliError, exitCode } from './exit.ts';

/** The manifests of files, directories and `-` (standard input). Warnings go to standard error; throws CliError for any fault. */
export function readManifests(paths: readonly string[]): Request['resources'] {
  if (paths.length === 0)
    throw new CliError(
      exitCode.usage,
      'name a file of manifests, a directory of them, or - for standard input, with -f',
    );
  const { resources, problems, warnings } = readRequest(paths.flatMap(filesAt));
  for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
  if (problems.length > 0) throw new CliError(exitCode.config, problems.join('\n'));
  if (resources.length === 0) throw new CliError(exitCode.config, `${paths.join(', ')}: there is no manifest in it`);
  return resources;
}

function filesAt(path: string) {
  if (path === '-') return [{ file: '-', text: readFileSync(0, 'utf8') }];
  try {
    return manifestFilesAt(path);
  } catch (error) {
    if (error instanceof UnreadableError) throw new CliError(exitCode.usage, error.message);
    throw error;
  }
}

/** `Service default/web`. */
export function nameOf({
  kind,
  namespace,
  name,
}: {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}): string {
  return namespace === '' ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}
