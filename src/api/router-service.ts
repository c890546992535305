import {
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type ServerReadableStream,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import type {
  GetRoutesRequest,
  GetRoutesResponse,
  RouterServiceServer,
  WatchPeersResponse,
  WatchRoutesResponse,
} from '../gen/herald/v1/router_service.ts';
import { SpeakerError } from '../speaker/error.ts';
import type { PeerEvent, RouteEvent } from '../speaker/types.ts';
import { pathSpecOf } from './build.ts';
import { advertisePaths, withdrawPaths } from './bulk.ts';
import { InvalidRequest, serviceError, statusOf } from './errors.ts';
import {
  type TableRequest,
  toAddress,
  toAttributes,
  toGlobal,
  toInstanceName,
  toNeighbor,
  toNextHop,
  toPolicy,
  toPolicyKey,
  toReset,
  toTable,
} from './from-proto.ts';
import { type Instances, type Router, resolveInstance } from './instances.ts';
import { toSingleNlri } from './nlri.ts';
import {
  fromInstance,
  fromPeer,
  fromPeerEvent,
  fromPolicy,
  fromRouteEvent,
  presentPeer,
  presentRoute,
  RouteWriter,
} from './to-proto.ts';
import { Turns } from './turns.ts';
import { drained, stream, type Watch } from './watch.ts';

export interface RouterServiceOptions {
  readonly instances: Instances;
  /** The daemon's own version. */
  readonly version: string;
  /** Told of what is nobody's mistake but ours. */
  readonly report: (error: unknown) => void;
  /** The time of day. */
  readonly now: () => Date;
}

/** Routes in one message: a few kilobytes, which is where the cost per message no longer shows. */
const batch = 64;

export function routerService({ instances, version, report, now }: RouterServiceOptions): RouterServiceServer {
  const named = (request: { readonly instance: string }): Router => resolveInstance(instances, request.instance).router;

  function unary<Request, Response>(
    answer: (request: Request) => Response | Promise<Response>,
  ): handleUnaryCall<Request, Response> {
    return (call, reply) => {
      Promise.resolve()
        .then(() => answer(call.request))
        .then(
          (response) => reply(null, response),
          (error: unknown) => reply(statusOf(error, report)),
        );
    };
  }

  function serverStream<Request, Response>(
    run: (call: ServerWritableStream<Request, Response>) => Promise<void>,
  ): handleServerStreamingCall<Request, Response> {
    return (call) => {
      call.on('error', () => {});
      Promise.resolve()
        .then(() => run(call))
        .then(
          () => call.end(),
          (error: unknown) => call.emit('error', serviceError(error, report)),
        );
    };
  }

  function clientStream<Request, Response>(
    run: (call: ServerReadableStream<Request, Response>) => Promise<Response>,
  ): handleClientStreamingCall<Request, Response> {
    return (call, reply) => {
      run(call).then(
        (response) => reply(null, response),
        (error: unknown) => (call.cancelled ? undefined : reply(statusOf(error, report))),
      );
    };
  }

  return {
    startInstance: unary(async ({ instance, global }) => {
      await instances.start(toInstanceName(instance), toGlobal(global));
      return {};
    }),
    stopInstance: unary(async ({ instance, fullDestroy }) => {
      await instances.stop(resolveInstance(instances, instance).name, { fullDestroy });
      return {};
    }),
    getBgp: unary(({ instance }) => {
      const found = instance === '' ? instances.list() : [resolveInstance(instances, instance)];
      return { instances: found.map(fromInstance), version };
    }),

    addNeighbor: unary((request) => {
      named(request).addNeighbor(toNeighbor(request.neighbor));
      return {};
    }),
    updateNeighbor: unary((request) => {
      named(request).updateNeighbor(toNeighbor(request.neighbor));
      return {};
    }),
    removeNeighbor: unary((request) => {
      named(request).removeNeighbor(toAddress(request.peerAddress, 'peer_address'));
      return {};
    }),
    resetNeighbor: unary((request) => {
      named(request).resetNeighbor(toAddress(request.peerAddress, 'peer_address'), toReset(request));
      return {};
    }),
    resetAllNeighbors: unary((request) => {
      named(request).resetAllNeighbors(toReset(request));
      return {};
    }),
    getPeerState: unary((request) => {
      const router = named(request);
      return { peers: router.peers().map((peer) => fromPeer(peer, router.global.asn, now())) };
    }),
    watchPeers: serverStream((call) => stream(call, peerWatch(named(call.request), now))),

    advertisePath: unary((request) => {
      const nlri = toSingleNlri(request.prefix, request.pathId, 'prefix');
      const spec = pathSpecOf(nlri, toAttributes(request.attributes), toNextHop(request.nextHop));
      const [uuid] = named(request).advertise(spec);
      if (uuid === undefined) throw new SpeakerError('invalid-argument', `${request.prefix} was not taken`);
      return { uuid: Buffer.from(uuid) };
    }),
    withdrawPath: unary((request) => {
      const router = named(request);
      switch (request.path?.$case) {
        case 'uuid':
          router.withdraw(request.path.value);
          return {};
        case 'key': {
          const { prefix, pathId } = request.path.value;
          const nlri = toSingleNlri(prefix, pathId, 'key.prefix');
          if (router.withdrawPrefixes(nlri.family, nlri) === 0) {
            throw new SpeakerError('not-found', `no path to ${prefix} that the API advertised`);
          }
          return {};
        }
        case undefined:
          throw new InvalidRequest([{ field: 'path', description: 'uuid or key is required' }]);
      }
    }),
    advertisePaths: clientStream((call) => advertisePaths(call, instances)),
    withdrawPaths: clientStream((call) => withdrawPaths(call, instances)),
    getRoutes: serverStream((call) => getRoutes(call, named(call.request), now)),
    watchRoutes: serverStream((call) => stream(call, routeWatch(toTable(call.request), named(call.request), now))),

    addRoutePolicy: unary((request) => {
      named(request).addRoutePolicy(toPolicy(request.policy));
      return {};
    }),
    removeRoutePolicy: unary((request) => {
      const { name, type } = toPolicyKey(request.name, request.type);
      named(request).removeRoutePolicy(name, type);
      return {};
    }),
    getRoutePolicies: unary((request) => ({ policies: named(request).routePolicies().map(fromPolicy) })),
  };
}

async function getRoutes(
  call: ServerWritableStream<GetRoutesRequest, GetRoutesResponse>,
  router: Router,
  now: () => Date,
): Promise<void> {
  const writer = new RouteWriter();
  const turns = new Turns();
  for (const routes of chunked(router.routes(toTable(call.request)))) {
    const at = now();
    if (call.cancelled) return;
    if (!call.write({ routes: routes.map((route) => writer.write(route, at)) })) await drained(call);
    await turns.give();
  }
}

function peerWatch(router: Router, now: () => Date): Watch<PeerEvent, WatchPeersResponse> {
  return {
    subscribe: (listener) => router.watchPeers((event) => listener([event])),
    *snapshot() {
      for (const peer of router.peers()) {
        yield { event: { $case: 'peer', value: presentPeer(peer, router.global.asn, now()) } };
      }
    },
    marker: { event: { $case: 'snapshotEnd', value: {} } },
    *messages(events) {
      for (const event of events) {
        yield { event: { $case: 'peer', value: fromPeerEvent(event, router.global.asn) } };
      }
    },
  };
}

function routeWatch(
  { table, ...filter }: TableRequest,
  router: Router,
  now: () => Date,
): Watch<RouteEvent, WatchRoutesResponse> {
  if (table === 'adj-rib-out') {
    throw new InvalidRequest([{ field: 'table_type', description: 'adj-rib-out cannot be watched' }]);
  }
  const writer = new RouteWriter();
  return {
    subscribe: (listener) => router.watchRoutes({ table, ...filter }, listener),
    *snapshot() {
      for (const routes of chunked(router.routes({ table, ...filter }))) {
        const at = now();
        yield { events: routes.map((route) => presentRoute(route, writer, at)), snapshotEnd: undefined };
      }
    },
    marker: { events: [], snapshotEnd: {} },
    *messages(events) {
      for (const some of chunked(events)) {
        yield { events: some.map((event) => fromRouteEvent(event, writer)), snapshotEnd: undefined };
      }
    },
  };
}

/** Batches of at most 64, made one at a time. */
function* chunked<T>(items: Iterable<T>): Generator<T[]> {
  let chunk: T[] = [];
  for (const item of items) {
    chunk.push(item);
    if (chunk.length === batch) {
      yield chunk;
      chunk = [];
    }
  }
  if (chunk.length > 0) yield chunk;
}
