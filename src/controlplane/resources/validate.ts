import * as z from 'zod';
import type { Definition, Note } from './definition.ts';
import type { Fault } from './fault.ts';
import { definitionOf, definitions, nodeConfigNames } from './kinds.ts';
import { nearest } from './nearest.ts';
import { isMap, type Loose } from './rules.ts';
import { faultsOf, unknownFields } from './schema-faults.ts';
import { Texts } from './texts.ts';
import type { Resource } from './types.ts';

export type Validation =
  | { readonly ok: true; readonly resource: Resource; readonly warnings: readonly Note[] }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** The bounds of one resource; what is over them is refused unread. */
const MAX_DEPTH = 32;
const MAX_VALUES = 1_000_000;
/** Of those that are told. */
const MAX_FAULTS = 1000;

/**
 * The one check of all doors: takes what a YAML document, a gRPC message or a Kubernetes object came to. A field that is
 * null is as if it were absent. Finds every fault at once; never throws.
 */
export function validate(value: unknown): Validation {
  const given = withoutNulls(value);
  if (typeof given === 'string') return refused([{ path: [], message: given, isKey: false }]);
  const found = definitionFor(given);
  if ('fault' in found) return refused([found.fault]);
  const { definition } = found;
  if (definition.statusIsOurs) delete given['status'];
  const { apiVersion, version, faults } = versionOf(definition, given);
  const { refusals, warnings } = looseEnds(definition, apiVersion, version, given);
  const result = parse(version, given);
  if (!result.success) return refused([...faults, ...refusals, ...result.faults]);
  if (faults.length + refusals.length > 0) return refused([...faults, ...refusals]);
  return { ok: true, resource: result.data, warnings: warnings.concat(definition.notesOn(given, apiVersion)) };
}

function refused(faults: readonly Fault[]): Validation {
  if (faults.length <= MAX_FAULTS) return { ok: false, faults };
  const more = { path: [], message: `has ${faults.length - MAX_FAULTS} more faults`, isKey: false };
  return { ok: false, faults: [...faults.slice(0, MAX_FAULTS), more] };
}

/** `spec.bgpInstances[0].name`; empty for the resource itself. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.length === 0 ? '' : z.core.toDotPath([...path]);
}

function definitionFor(given: Loose): { definition: Definition } | { fault: Fault } {
  const { kind } = given;
  const fault = (message: string) => ({ fault: { path: ['kind'], message, isKey: false } });
  if (kind === undefined) return fault('is required');
  if (typeof kind !== 'string') return fault('must be text');
  const definition = definitionOf(kind);
  if (definition !== undefined) return { definition };
  if (kind === nodeConfigNames.kind) {
    return fault(`${kind} can only be read: it follows from CiliumBGPClusterConfig and CiliumBGPNodeConfigOverride`);
  }
  const known = definitions.map((each) => each.kind);
  const meant = nearest(kind, known);
  return fault(
    meant === undefined
      ? `is not a known kind: it is one of ${known.join(', ')}`
      : `is not a known kind; did you mean ${meant}?`,
  );
}

/** The schema to check against: of a version that is not known, the first one, so that the other faults come up too. */
function versionOf(
  definition: Definition,
  given: Loose,
): { apiVersion: string; version: z.ZodType<Resource>; faults: Fault[] } {
  const [first] = definition.versions;
  if (first === undefined) throw new Error(`${definition.kind} has no version`);
  const { apiVersion } = given;
  const version = typeof apiVersion === 'string' ? definition.versions.get(apiVersion) : undefined;
  if (typeof apiVersion === 'string' && version !== undefined) return { apiVersion, version, faults: [] };
  if (typeof apiVersion !== 'string') return { apiVersion: first[0], version: first[1], faults: [] };
  const message = `must be ${[...definition.versions.keys()].join(' or ')} for ${definition.kind}`;
  return { apiVersion: first[0], version: first[1], faults: [{ path: ['apiVersion'], message, isKey: false }] };
}

/** Fields that the schema does not know, or that a kind has no use for. Those warned of are removed. */
function looseEnds(definition: Definition, apiVersion: string, version: z.ZodType, given: Loose) {
  const { kind, unknownFields: policy, namespaced } = definition;
  const { metadata, ...body } = given;
  const unknown = policy === 'dropped' ? [] : unknownFields(jsonSchemaOf(version), body);
  const isWarned = policy === 'warned of';
  const refusals = isWarned ? [] : unknown;
  const warnings: Note[] = isWarned
    ? unknown.map(({ path, message }) => ({ path, message: `${message} (ignored)` }))
    : [];
  if (!namespaced && isMap(metadata) && metadata['namespace'] !== undefined) {
    warnings.push({ path: ['metadata', 'namespace'], message: `is ignored: a ${kind} is in no namespace` });
  }
  if (apiVersion !== [...definition.versions.keys()][0] && kind.startsWith('CiliumBGP')) {
    const [current] = definition.versions.keys();
    warnings.push({ path: ['apiVersion'], message: `${apiVersion} is deprecated: use ${current}` });
  }
  return { refusals, warnings };
}

function parse(
  schema: z.ZodType<Resource>,
  given: Loose,
): { success: true; data: Resource } | { success: false; faults: Fault[] } {
  try {
    const result = schema.safeParse(given);
    return result.success ? result : { success: false, faults: faultsOf(result.error, given) };
  } catch (error) {
    // The schema library hands issues on as arguments of a call, of which there can only be so many.
    if (!(error instanceof RangeError)) throw error;
    return { success: false, faults: [{ path: [], message: 'has more faults than can be listed', isKey: false }] };
  }
}

const jsonSchemas = new WeakMap<z.ZodType, z.core.JSONSchema.BaseSchema>();

function jsonSchemaOf(schema: z.ZodType): z.core.JSONSchema.BaseSchema {
  let json = jsonSchemas.get(schema);
  if (json === undefined) {
    json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
    jsonSchemas.set(schema, json);
  }
  return json;
}

/** A copy without the fields that are null or undefined; text that says why, when it is no map or over the bounds. */
function withoutNulls(value: unknown): Record<string, unknown> | string {
  let left = MAX_VALUES;
  const copy = (value: unknown, depth: number): unknown => {
    if (--left < 0) throw new OverBounds(`has more than ${MAX_VALUES} values`);
    if (typeof value === 'string') return value.length > MAX_WORD ? value : words.shared(value);
    if (typeof value !== 'object' || value === null) return value;
    if (depth === MAX_DEPTH) throw new OverBounds(`is nested more than ${MAX_DEPTH} levels deep`);
    if (Array.isArray(value)) return value.map((element) => copy(element, depth + 1));
    const fields = Object.entries(value).filter(([, field]) => field !== null && field !== undefined);
    return Object.fromEntries(fields.map(([key, field]) => [key, copy(field, depth + 1)]));
  };
  if (!isMap(value)) return 'must be a map of fields';
  try {
    return copy(value, 0) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof OverBounds) return error.message;
    throw error;
  }
}

class OverBounds extends Error {}

/** Words that many resources say, such as their kind. */
const words = new Texts(1024);
const MAX_WORD = 32;
