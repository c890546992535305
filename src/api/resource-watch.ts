import { status } from '@grpc/grpc-js';
import {
  isSelected,
  type ResourceStore,
  type Selection,
  type Stored,
  type StoreEvent,
  view,
} from '../controlplane/store.ts';
import { ResourceEventType, type WatchRequest, type WatchResponse } from '../gen/herald/v1/control_plane_service.ts';
import { CallStatus } from './errors.ts';
import { toSelection } from './resource-selection.ts';
import type { Watch } from './watch.ts';

const eventTypes = {
  added: ResourceEventType.ADDED,
  modified: ResourceEventType.MODIFIED,
  deleted: ResourceEventType.DELETED,
} as const;

/** Of the resources that a request selects. Throws OUT_OF_RANGE where it goes on from too long ago. */
export function watchOf(store: ResourceStore, request: WatchRequest): Watch<StoreEvent, WatchResponse> {
  const selection = toSelection(request);
  const { resourceVersion } = request;
  const missed = resourceVersion === undefined ? undefined : store.since(Number(resourceVersion));
  if (resourceVersion !== undefined && missed === undefined) {
    const message = `what changed after resource version ${resourceVersion} is not known any more: watch from the start`;
    throw new CallStatus(status.OUT_OF_RANGE, message);
  }
  const messages = (events: readonly StoreEvent[]) => events.flatMap((event) => fromEvent(event, selection));
  const present = () => store.list(selection).map(fromPresent);
  return {
    subscribe: (listener) => store.watch(listener),
    snapshot: () => (missed === undefined ? present() : messages(missed)),
    marker: { event: { $case: 'snapshotEnd', value: { resourceVersion: BigInt(store.version) } } },
    messages,
  };
}

function fromPresent(stored: Stored): WatchResponse {
  const { resourceVersion } = stored;
  return event(ResourceEventType.PRESENT, stored, resourceVersion);
}

/** A resource whose labels change comes into a selection, or leaves it. */
function fromEvent(
  { type, stored, before = stored, resourceVersion }: StoreEvent,
  selection: Selection,
): WatchResponse[] {
  const is = isSelected(stored, selection);
  const was = isSelected(before, selection);
  if (is) return [event(eventTypes[was ? type : 'added'], stored, resourceVersion)];
  return was ? [event(ResourceEventType.DELETED, before, resourceVersion)] : [];
}

function event(type: ResourceEventType, stored: Stored, version: number): WatchResponse {
  return {
    event: { $case: 'resource', value: { type, resource: view(stored), resourceVersion: BigInt(version) } },
  };
}
