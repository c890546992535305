import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { faultsOf } from '../../api/issues.ts';
import { codeOf } from '../../api/socket.ts';
import type { Fault } from '../../controlplane/resources/fault.ts';
import { type Source as Document, type Position, readYaml } from '../../controlplane/resources/yaml.ts';
import { ConfigError } from './error.ts';
import { type Config, configSchema, jsonSchema } from './schema.ts';

interface Problem extends Position {
  readonly message: string;
}

function configError(problems: readonly Problem[], files: readonly { readonly file: string }[]): ConfigError {
  const rank = new Map(files.map(({ file }, index) => [file, index]));
  const order = ({ file, line, column }: Problem) => [rank.get(file) ?? 0, line, column] as const;
  const sorted = problems.toSorted((a, b) => {
    const [x, y] = [order(a), order(b)];
    return x[0] - y[0] || x[1] - y[1] || x[2] - y[2];
  });
  return new ConfigError(sorted.map(({ file, line, column, message }) => `${file}:${line}:${column} ${message}`));
}

/** A YAML document that is a map of fields. */
interface Source {
  readonly positionOf: Document['positionOf'];
  readonly value: Readonly<Record<string, unknown>>;
}

/** Where something of the merged configuration comes from. */
interface Origin {
  readonly source: Source;
  readonly path: readonly PropertyKey[];
}

/** Reads a YAML file, or every one of a directory as if they were one. Throws ConfigError. */
export function loadConfig(path: string): Config {
  return parseConfig(filesAt(path).map((file) => ({ file, text: read(file) })));
}

function filesAt(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const files = readdirSync(path).filter((name) => /\.ya?ml$/.test(name));
    if (files.length === 0) throw new ConfigError([`${path}: there is no .yaml file in this directory`]);
    return files.toSorted().map((name) => join(path, name));
  } catch (error) {
    throw error instanceof ConfigError ? error : unreadable(path, error);
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(path: string, error: unknown): ConfigError {
  const code = codeOf(error);
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file or directory',
    EACCES: 'this user may not read it',
  };
  return new ConfigError([`${path}: ${reasons[code] ?? `cannot be read (${code})`}`]);
}

/** As `loadConfig`, of text at hand. Lists of instances are joined; everything else may be in one document only. */
export function parseConfig(files: readonly { readonly file: string; readonly text: string }[]): Config {
  const problems: Problem[] = [];
  const sources = files.flatMap(({ file, text }) => documentsOf(file, text, problems));
  if (problems.length > 0) throw configError(problems, files);
  const { value, originOf } = merge(sources, problems);
  const result = configSchema.safeParse(value);
  if (!result.success)
    problems.push(...faultsOf(result.error, keysAt).map((fault) => problemOf(fault, originOf, files)));
  if (problems.length > 0 || !result.success) throw configError(problems, files);
  return result.data;
}

function documentsOf(file: string, text: string, problems: Problem[]): Source[] {
  const read = readYaml(file, text);
  problems.push(...read.problems);
  return read.sources.flatMap(({ value, positionOf }) => {
    if (isRecord(value)) return [{ value, positionOf }];
    problems.push({ ...positionOf([]), message: 'must be a map of fields' });
    return [];
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The documents as one, and from where in them each part comes. */
function merge(
  sources: readonly Source[],
  problems: Problem[],
): { value: Record<string, unknown>; originOf: (path: readonly PropertyKey[]) => Origin | undefined } {
  const value: Record<string, unknown> = {};
  const owners = new Map<string, Source>();
  const instances: Origin[] = [];
  for (const source of sources) {
    for (const [key, part] of Object.entries(source.value)) {
      if (key === 'instances' && Array.isArray(part)) {
        instances.push(...part.map((_, index) => ({ source, path: ['instances', index] })));
        value[key] = [...((value[key] as unknown[] | undefined) ?? []), ...(part as unknown[])];
        continue;
      }
      const other = owners.get(key);
      if (other !== undefined) {
        const message = `${key}: is already in ${other.positionOf([]).file}`;
        problems.push({ ...source.positionOf([key], 'key'), message });
        continue;
      }
      owners.set(key, source);
      value[key] = part;
    }
  }
  const originOf = (path: readonly PropertyKey[]): Origin | undefined => {
    const [key, index, ...rest] = path;
    const owner = owners.get(String(key));
    if (owner !== undefined) return { source: owner, path };
    const instance = key === 'instances' && typeof index === 'number' ? instances[index] : undefined;
    if (instance !== undefined) return { source: instance.source, path: [...instance.path, ...rest] };
    const [first] = sources;
    return first && { source: first, path };
  };
  return { value, originOf };
}

function problemOf(
  { path, message, isKey }: Fault,
  originOf: (path: readonly PropertyKey[]) => Origin | undefined,
  files: readonly { readonly file: string }[],
): Problem {
  const origin = originOf(path);
  const name = z.core.toDotPath([...(origin?.path ?? path)]);
  const text = name === '' ? message : `${name}: ${message}`;
  if (origin === undefined) return { file: files[0]?.file ?? '', line: 1, column: 1, message: text };
  return { ...origin.source.positionOf(origin.path, isKey ? 'key' : 'value'), message: text };
}

/** The fields that the schema knows at a place, and those one level below it as `transport.peerPort`. */
function keysAt(path: readonly PropertyKey[]): string[] {
  let schema: z.core.JSONSchema.BaseSchema | undefined = jsonSchema();
  for (const step of path) {
    const next: unknown = typeof step === 'number' ? schema?.items : schema?.properties?.[String(step)];
    schema = next as z.core.JSONSchema.BaseSchema | undefined;
  }
  return Object.entries(schema?.properties ?? {}).flatMap(([key, field]) => [
    key,
    ...below(field).map((name) => `${key}.${name}`),
  ]);
}

function below(field: z.core.JSONSchema._JSONSchema): string[] {
  return typeof field === 'boolean' ? [] : Object.keys(field.properties ?? {});
}
