import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { manifestOf, type Plain } from '../controlplane/plain.ts';
import { type ManifestFile, type Manifests, readManifests } from '../controlplane/resources/manifests.ts';
import { codeOf } from './socket.ts';

/** What cannot be read; the message says what and why. */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
}

/** The file at `path`, or every manifest in the directory there and in those below it, by name. Throws UnreadableError. */
export function manifestFilesAt(path: string): ManifestFile[] {
  return filesAt(path).map((file) => ({ file, text: reading(file, () => readFileSync(file, 'utf8')) }));
}

/** The directories there are at `path`, itself too: what to watch. Throws UnreadableError. */
export function directoriesAt(path: string): string[] {
  return reading(path, () =>
    statSync(path).isDirectory()
      ? [path, ...subdirectories(path).flatMap((directory) => directoriesAt(directory))]
      : [],
  );
}

function filesAt(path: string): string[] {
  return reading(path, () => {
    if (!statSync(path).isDirectory()) return [path];
    // Links, as those of a mounted ConfigMap, count as what they lead to; what is hidden is not looked at.
    return readdirSync(path)
      .filter((name) => !name.startsWith('.'))
      .toSorted()
      .map((name) => join(path, name))
      .flatMap((entry) =>
        statSync(entry).isDirectory() ? filesAt(entry) : /\.(ya?ml|json)$/.test(entry) ? [entry] : [],
      );
  });
}

function subdirectories(path: string): string[] {
  return readdirSync(path)
    .filter((name) => !name.startsWith('.'))
    .map((name) => join(path, name))
    .filter((entry) => statSync(entry).isDirectory());
}

function reading<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UnreadableError) throw error;
    const reasons: Readonly<Record<string, string>> = {
      ENOENT: 'there is no such file or directory',
      EACCES: 'this user may not read it',
    };
    const code = codeOf(error);
    throw new UnreadableError(`${path}: ${reasons[code] ?? `cannot be read (${code})`}`);
  }
}

/** Manifests as a request carries them. */
export interface Request extends Omit<Manifests, 'resources'> {
  readonly resources: readonly { readonly manifest: Plain; readonly where: string }[];
}

/** Reads and checks manifests, as the daemon will. Never throws. */
export function readRequest(files: readonly ManifestFile[]): Request {
  const { resources, ...rest } = readManifests(files);
  return { ...rest, resources: resources.map(({ resource, where }) => ({ manifest: manifestOf(resource), where })) };
}
