import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** The root of this repository, found from the sources and from the compiled output alike. */
export const repository = ascend(import.meta.dirname);

/** A file of the runner that is not TypeScript, such as `init.sh`. */
export function asset(name: string): string {
  return join(repository, 'interop', 'lab', name);
}

/** Where root file systems and the state of labs are kept between runs. */
export function cacheDirectory(): string {
  return process.env['HERALD_CACHE'] || join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'herald');
}

function ascend(directory: string): string {
  if (existsSync(join(directory, 'package.json'))) return directory;
  const parent = dirname(directory);
  if (parent === directory) throw new Error(`${import.meta.dirname} is not inside a checkout of the repository`);
  return ascend(parent);
}
