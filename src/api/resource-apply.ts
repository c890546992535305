import { status } from '@grpc/grpc-js';
import type { ControlPlane } from '../controlplane/control-plane.ts';
import type { Operation } from '../controlplane/diff.ts';
import type { Edits } from '../controlplane/edits.ts';
import { type Plain, shown } from '../controlplane/plain.ts';
import { keyOf, keyText } from '../controlplane/resources/key.ts';
import { definitionOf } from '../controlplane/resources/kinds.ts';
import { convertPeeringPolicy } from '../controlplane/resources/legacy.ts';
import { isMap } from '../controlplane/resources/rules.ts';
import type { LabelSelector, Resource, ResourceKey } from '../controlplane/resources/types.ts';
import { pathText, validate } from '../controlplane/resources/validate.ts';
import type { ResourceStore, Stored } from '../controlplane/store.ts';
import {
  ApplyOutcome,
  type ApplyRequest,
  type ApplyResponse,
  type ApplyResult,
  type FieldFault,
  type Operation as OperationMessage,
} from '../gen/herald/v1/control_plane_service.ts';
import type { FieldViolation } from './bad-request.ts';
import { CallStatus, InvalidRequest } from './errors.ts';
import { invalid, toPruneSelector } from './resource-selection.ts';

/** Resources of one request. */
const mostInRequest = 65536;
/** Resources in all. */
const mostResources = 1 << 18;

/** Of all that it is given. */
const holder = { kind: 'api' } as const;

/** A resource of a request, and what there is to say of it. */
type Item = {
  readonly identity: Pick<ApplyResult, 'kind' | 'namespace' | 'name'>;
  readonly warnings: readonly FieldFault[];
} & ({ readonly resource: Resource } | { readonly faults: readonly FieldFault[] });

/** Makes resources be as a request says: all of them or none, or those without a fault where it wants that. Throws InvalidRequest and CallStatus. */
export async function apply(controlPlane: ControlPlane, request: ApplyRequest): Promise<ApplyResponse> {
  const { dryRun, skipInvalid } = request;
  if (request.resources.length > mostInRequest)
    throw invalid('resources', `must have at most ${mostInRequest} entries`);
  const prune = request.pruneSelector === undefined ? undefined : toPruneSelector(request.pruneSelector);
  const items = itemsOf(request.resources);
  let results: ApplyResult[] = [];
  const decide = (store: ResourceStore): Edits => {
    const checked = items.map((item) => withHolder(item, store));
    if (!skipInvalid) refuseFaults(checked);
    const resources = checked.flatMap((item) => ('resource' in item ? [item.resource] : []));
    const pruned = prune === undefined ? [] : toPrune(store, prune, checked);
    if (store.size + resources.length - pruned.length > mostResources) {
      throw new CallStatus(status.RESOURCE_EXHAUSTED, `there can be ${mostResources} resources at most`);
    }
    results = [
      ...checked.map((item) => resultOf(item, store, controlPlane, dryRun)),
      ...pruned.map((stored) => prunedResult(stored, dryRun)),
    ];
    return {
      put: resources.map((resource) => ({ resource, holder })),
      remove: pruned.map(({ key }) => key),
    };
  };
  const operations = dryRun ? await controlPlane.preview(decide) : [];
  if (!dryRun) await controlPlane.change((store) => changing(decide(store), store));
  return {
    results,
    operations: operations.map(operationOf),
    resourceVersion: BigInt(controlPlane.store.version),
  };
}

/** Without what is there already, so that nothing is written for it. */
function changing({ put, remove }: Edits, store: ResourceStore): Edits {
  return { put: put.filter(({ resource }) => store.outcomeOf(resource) !== 'unchanged'), remove };
}

function itemsOf(given: readonly unknown[]): Item[] {
  const known = new Map<string, number>();
  return given.map((value, index): Item => {
    const result = validate(value);
    if (!result.ok) return { identity: identityOf(value), warnings: [], faults: result.faults.map(toFault) };
    const { resource } = result;
    const key = keyOf(resource);
    const item = { identity: identity(key), warnings: result.warnings.map(toFault) };
    const other = known.get(keyText(key));
    known.set(keyText(key), index);
    if (other === undefined) return { ...item, resource };
    return { ...item, faults: [{ field: 'metadata.name', message: `${keyText(key)} is already resources[${other}]` }] };
  });
}

function withHolder(item: Item, store: ResourceStore): Item {
  if (!('resource' in item)) return item;
  const key = keyOf(item.resource);
  const holder = store.get(key)?.holder;
  if (holder?.kind !== 'manifests' || store.outcomeOf(item.resource) === 'unchanged') return item;
  const { identity, warnings } = item;
  return { identity, warnings, faults: [{ field: '', message: heldBy(key, holder.where) }] };
}

function refuseFaults(items: readonly Item[]): void {
  const violations = items.flatMap((item, index): FieldViolation[] => {
    if (!('faults' in item)) return [];
    const at = `resources[${index}]`;
    return item.faults.map(({ field, message }) => ({
      field: field === '' ? at : field.startsWith('[') ? `${at}${field}` : `${at}.${field}`,
      description: message,
    }));
  });
  if (violations.length > 0) throw new InvalidRequest(violations);
}

function toPrune(store: ResourceStore, labels: LabelSelector, items: readonly Item[]): readonly Stored[] {
  // One that is given with a fault is meant to stay.
  const given = new Set(items.map(({ identity }) => identityText(identity)));
  return store
    .list({ labels })
    .filter(({ key, holder }) => holder.kind === 'api' && !given.has(identityText(identity(key))));
}

const outcomes = {
  created: ApplyOutcome.CREATED,
  configured: ApplyOutcome.CONFIGURED,
  unchanged: ApplyOutcome.UNCHANGED,
} as const;

function resultOf(item: Item, store: ResourceStore, { node }: ControlPlane, dryRun: boolean): ApplyResult {
  const base = { ...item.identity, warnings: [...item.warnings], faults: [], became: [], before: undefined };
  if ('faults' in item) return { ...base, outcome: ApplyOutcome.INVALID, faults: [...item.faults], after: undefined };
  const { resource } = item;
  const before = store.get(keyOf(resource));
  return {
    ...base,
    outcome: outcomes[store.outcomeOf(resource)],
    became: becameOf(resource, node),
    before: dryRun && before !== undefined ? shown(before.given) : undefined,
    after: dryRun ? shown(resource) : undefined,
  };
}

function prunedResult({ key, given }: Stored, dryRun: boolean): ApplyResult {
  return {
    ...identity(key),
    outcome: ApplyOutcome.DELETED,
    faults: [],
    warnings: [],
    became: [],
    before: dryRun ? shown(given) : undefined,
    after: undefined,
  };
}

function becameOf(resource: Resource, node: ControlPlane['node']): Plain[] {
  if (resource.kind !== 'CiliumBGPPeeringPolicy') return [];
  const { clusterConfig, peerConfigs, advertisements, override } = convertPeeringPolicy(resource, node);
  return [clusterConfig, ...peerConfigs, ...advertisements, ...(override ? [override] : [])].map(shown);
}

function identity({ kind, namespace = '', name }: ResourceKey): Item['identity'] {
  return { kind, namespace, name };
}

/** What a resource that may be wrong says that it is. */
function identityOf(value: unknown): Item['identity'] {
  if (!isMap(value)) return { kind: '', namespace: '', name: '' };
  const { kind, metadata } = value;
  const { namespace, name } = isMap(metadata) ? metadata : {};
  const isNamespaced = definitionOf(textOf(kind))?.namespaced === true;
  return { kind: textOf(kind), namespace: isNamespaced ? textOf(namespace) || 'default' : '', name: textOf(name) };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function identityText({ kind, namespace, name }: Item['identity']): string {
  return `${kind} ${namespace}/${name}`;
}

function toFault({ path, message }: { readonly path: readonly PropertyKey[]; readonly message: string }): FieldFault {
  return { field: pathText(path), message };
}

function operationOf(operation: Operation): OperationMessage {
  const { instance, type } = operation;
  return { instance, type, subjects: subjectsOf(operation) };
}

function subjectsOf(operation: Operation): string[] {
  switch (operation.type) {
    case 'start-instance':
      return [`AS ${operation.global.asn}, router ID ${operation.global.routerId}`];
    case 'stop-instance':
      return [];
    case 'add-peer':
    case 'update-peer':
    case 'remove-peer':
      return [`${operation.neighbor.name} (${operation.neighbor.address})`];
    case 'add-policy':
    case 'update-policy':
      return [operation.policy.name];
    case 'remove-policy':
      return [operation.name];
    case 'advertise':
      return operation.paths.map(({ prefix }) => prefix.toString());
    case 'withdraw':
      return operation.prefixes.map(String);
  }
}

/** Why a resource cannot be changed here. */
export function heldBy(key: ResourceKey, where: string): string {
  return `${keyText(key)} is held by ${where}: change it there`;
}
