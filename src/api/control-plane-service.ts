import type { ServerWritableStream } from '@grpc/grpc-js';
import type { ControlPlane } from '../controlplane/control-plane.ts';
import { keyText } from '../controlplane/resources/key.ts';
import type { ResourceKey } from '../controlplane/resources/types.ts';
import { type ResourceStore, type Stored, view } from '../controlplane/store.ts';
import type {
  ApplyRequest,
  DeleteRequest,
  GetRequest,
  ListRequest,
  WatchRequest,
  WatchResponse,
} from '../gen/herald/v1/control_plane_service.ts';
import { SpeakerError } from '../speaker/error.ts';
import { apply, heldBy } from './resource-apply.ts';
import { toKey, toSelection } from './resource-selection.ts';
import { watchOf } from './resource-watch.ts';
import { stream } from './watch.ts';

/** What each call of ControlPlaneService does. Throws as handlers expect. */
export function controlPlaneCalls(controlPlane: ControlPlane) {
  const { store } = controlPlane;
  return {
    apply: (request: ApplyRequest) => apply(controlPlane, request),
    get: (request: GetRequest) => {
      controlPlane.refresh();
      return { resource: view(found(store, toKey(request))) };
    },
    list: (request: ListRequest) => {
      controlPlane.refresh();
      return { resources: store.list(toSelection(request)).map(view), resourceVersion: BigInt(store.version) };
    },
    delete: async (request: DeleteRequest) => {
      const key = toKey(request);
      await controlPlane.change(() => {
        const { holder } = found(store, key);
        if (holder.kind === 'manifests') throw new SpeakerError('failed-precondition', heldBy(key, holder.where));
        if (holder.kind === 'plan') {
          const message = `${keyText(key)} follows from CiliumBGPClusterConfig ${holder.owner}: delete or change that`;
          throw new SpeakerError('failed-precondition', message);
        }
        return { put: [], remove: [key] };
      });
      return { resourceVersion: BigInt(store.version) };
    },
    watch: (call: ServerWritableStream<WatchRequest, WatchResponse>) => {
      controlPlane.refresh();
      return stream(call, watchOf(store, call.request));
    },
  };
}

function found(store: ResourceStore, key: ResourceKey): Stored {
  const stored = store.get(key);
  if (stored === undefined) throw new SpeakerError('not-found', `there is no ${keyText(key)}`);
  return stored;
}
