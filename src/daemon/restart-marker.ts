import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// A file in the state directory that is there from the start of a process until it stops for good. Whoever finds it goes on where
// another left off, killed or not.

const bootIdFile = '/proc/sys/kernel/random/boot_id';

/** Leaves the mark, and says whether there was one of the same boot: what was forwarded then still is, for that is the kernel's to do. */
export function takeOver(directory: string, boot: string = bootId()): boolean {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, 'running');
  const found = read(path);
  writeFileSync(path, boot, { mode: 0o600 });
  return found === boot;
}

/** Nothing is left for another to go on with. */
export function leaveForGood(directory: string): void {
  rmSync(join(directory, 'running'), { force: true });
}

function bootId(): string {
  return read(bootIdFile) ?? '';
}

/** Undefined when it cannot be read. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
