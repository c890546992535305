import { definitionOf, parseKind } from '../controlplane/resources/kinds.ts';
import type { LabelSelector, ResourceKey } from '../controlplane/resources/types.ts';
import type { Selection } from '../controlplane/store.ts';
import type { GetRequest, WatchRequest } from '../gen/herald/v1/control_plane_service.ts';
import { InvalidRequest } from './errors.ts';
import { parseLabelSelector } from './label-selector.ts';

// What a request selects. Each throws InvalidRequest.

export function invalid(field: string, description: string): InvalidRequest {
  return new InvalidRequest([{ field, description }]);
}

function toKind(text: string): ResourceKey['kind'] {
  const kind = parseKind(text);
  if (kind === undefined) throw invalid('kind', text === '' ? 'is required' : `${text} is not a known kind`);
  return kind;
}

export function toKey({ kind: text, namespace, name }: Pick<GetRequest, 'kind' | 'namespace' | 'name'>): ResourceKey {
  const kind = toKind(text);
  if (name === '') throw invalid('name', 'is required');
  if (definitionOf(kind)?.namespaced === true) {
    return { kind, namespace: namespace === '' ? 'default' : namespace, name };
  }
  if (namespace !== '') throw invalid('namespace', `a ${kind} is in no namespace`);
  return { kind, name };
}

export function toSelection(request: Pick<WatchRequest, 'kind' | 'namespace' | 'labelSelector'>): Selection {
  const { kind, namespace, labelSelector } = request;
  return {
    ...(kind !== '' && { kind: toKind(kind) }),
    ...(namespace !== '' && { namespace }),
    ...(labelSelector !== '' && { labels: toLabels('label_selector', labelSelector) }),
  };
}

export function toPruneSelector(text: string): LabelSelector {
  if (text.trim() === '') throw invalid('prune_selector', 'must select by labels: without any, everything would go');
  return toLabels('prune_selector', text);
}

function toLabels(field: string, text: string): LabelSelector {
  const labels = parseLabelSelector(text);
  if (labels === undefined)
    throw invalid(field, `${text} is no label selector; it is written as app=web,tier in (a, b)`);
  return labels;
}
