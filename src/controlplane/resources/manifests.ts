import { keyOf, keyText } from './key.ts';
import { isMap } from './rules.ts';
import type { Resource } from './types.ts';
import { pathText, validate } from './validate.ts';
import { type Problem, readYaml, type Source } from './yaml.ts';

export interface ManifestFile {
  readonly file: string;
  readonly text: string;
}

export interface Manifests {
  /** Those without a fault, `where` each starts as `file:line:column`. */
  readonly resources: readonly { readonly resource: Resource; readonly where: string }[];
  /** Each `file:line:column path: message`, in the order of the files. Nothing should be applied when there is one. */
  readonly problems: readonly string[];
  /** As problems, of what can be applied nevertheless. */
  readonly warnings: readonly string[];
}

/** Reads the files of one set: YAML of any number of documents, or JSON, with `kind: List` too. Never throws. */
export function readManifests(files: readonly ManifestFile[]): Manifests {
  const resources: { resource: Resource; where: string }[] = [];
  const problems: string[] = [];
  const warnings: string[] = [];
  const known = new Map<string, string>();
  for (const { file, text } of files) {
    const { sources, problems: found } = readYaml(file, text);
    const cautions: Problem[] = [];
    for (const { source, path, value } of sources.flatMap(itemsOf)) {
      const note = (below: readonly PropertyKey[], message: string, want?: 'key' | 'value'): Problem => {
        const place = [...path, ...below];
        return { ...source.positionOf(place, want), path: pathText(place), message };
      };
      const result = validate(value);
      if (!result.ok) {
        for (const fault of result.faults) found.push(note(fault.path, fault.message, fault.isKey ? 'key' : 'value'));
        continue;
      }
      for (const warning of result.warnings) cautions.push(note(warning.path, warning.message, 'key'));
      const { line, column } = source.positionOf(path);
      const where = `${file}:${line}:${column}`;
      const key = keyText(keyOf(result.resource));
      const other = known.get(key);
      if (other === undefined) {
        known.set(key, where);
        resources.push({ resource: result.resource, where });
      } else found.push(note(['metadata', 'name'], `${key} is already at ${other}`));
    }
    for (const problem of inOrder(found)) problems.push(problemText(problem));
    for (const caution of inOrder(cautions)) warnings.push(problemText(caution));
  }
  return { resources, problems, warnings };
}

interface Item {
  readonly source: Source;
  /** Of the resource in its document. */
  readonly path: readonly PropertyKey[];
  readonly value: unknown;
}

/** What kubectl prints of several resources is one `List`. */
function itemsOf(source: Source): readonly Item[] {
  const { value } = source;
  if (!isMap(value) || value['kind'] !== 'List' || !Array.isArray(value['items'])) return [{ source, path: [], value }];
  return value['items'].map((item: unknown, index) => ({ source, path: ['items', index], value: item }));
}

function inOrder(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

/** `file:line:column path: message`. */
function problemText({ file, line, column, path, message }: Problem): string {
  return `${file}:${line}:${column} ${path === '' ? message : `${path}: ${message}`}`;
}
