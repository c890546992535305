import type { ServerWritableStream } from '@grpc/grpc-js';
import type {
  GetRoutesRequest,
  GetRoutesResponse,
  RouterServiceServer,
  WatchPeersResponse,
  WatchRoutesResponse,
} from '../gen/herald/v1/router_service.ts';
import type { RoutePolicy } from '../policy/types.ts';
import { SpeakerError } from '../speaker/error.ts';
import type { PeerEvent, RouteEvent } from '../speaker/types.ts';
import { packPrefixes } from '../wire/nlri.ts';
import type { Nlri } from '../wire/update.ts';
import { pathSpecOf } from './build.ts';
import { advertisePaths, withdrawPaths } from './bulk.ts';
import { InvalidRequest } from './errors.ts';
import { toAddress, toPrefix } from './from-proto/check.ts';
import { toGlobal, toInstanceName } from './from-proto/instance.ts';
import { toListenRange } from './from-proto/listen-range.ts';
import { toNeighbor } from './from-proto/neighbor.ts';
import { toAttributes, toNextHop } from './from-proto/path.ts';
import { toPolicy, toPolicyKey } from './from-proto/policy.ts';
import { type TableRequest, toDrain, toReset, toTable } from './from-proto/requests.ts';
import { handlers } from './handlers.ts';
import { type Instance, type Instances, type Router, rangeAt, resolveInstance } from './instances.ts';
import type { Journal } from './journal.ts';
import { toSingleNlri } from './nlri.ts';
import { fullMessage, RoutesEncoder } from './routes-encoder.ts';
import { fromDrain, fromInstance } from './to-proto/instance.ts';
import { fromListenRange } from './to-proto/listen-range.ts';
import { fromPeer, fromPeerEvent, presentPeer } from './to-proto/peer.ts';
import { fromPolicy } from './to-proto/policy.ts';
import { fromRouteEvent, presentRoute, RouteWriter } from './to-proto/route.ts';
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
  /** Keeps what requests change; absent: it ends with the process. */
  readonly journal?: Journal;
}

/** Events in one message. */
const batch = 64;

export function routerService({ instances, version, report, now, journal }: RouterServiceOptions): RouterServiceServer {
  const instanceOf = (request: { readonly instance: string }): Instance => resolveInstance(instances, request.instance);
  const named = (request: { readonly instance: string }): Router => instanceOf(request).router;

  const { unary, serverStream, clientStream } = handlers(report);

  return {
    startInstance: unary(async ({ instance, global }) => {
      const name = toInstanceName(instance);
      await instances.start(name, toGlobal(global));
      await journal?.instanceStarted(
        name,
        global,
        () => void instances.stop(name, { fullDestroy: true }).catch(report),
      );
      return {};
    }),
    stopInstance: unary(async ({ instance, fullDestroy }) => {
      const { name } = resolveInstance(instances, instance);
      await instances.stop(name, { fullDestroy, ...(journal && { first: () => journal.instanceStops(name) }) });
      return {};
    }),
    getBgp: unary(({ instance }) => {
      const found = instance === '' ? instances.list() : [resolveInstance(instances, instance)];
      return { instances: found.map(fromInstance), version };
    }),

    addNeighbor: unary(async (request) => {
      const { name, router } = instanceOf(request);
      const neighbor = toNeighbor(request.neighbor);
      router.addNeighbor(neighbor);
      await journal?.neighborSet(name, request.neighbor, () => router.removeNeighbor(neighbor.address));
      return {};
    }),
    updateNeighbor: unary(async (request) => {
      const { name, router } = instanceOf(request);
      const neighbor = toNeighbor(request.neighbor);
      const before = router.peer(neighbor.address)?.neighbor ?? neighbor;
      router.updateNeighbor(neighbor);
      await journal?.neighborSet(name, request.neighbor, () => router.updateNeighbor(before));
      return {};
    }),
    removeNeighbor: unary(async (request) => {
      const { name, router } = instanceOf(request);
      const address = toAddress(request.peerAddress, 'peer_address');
      const removed = router.removeNeighbor(address);
      await journal?.neighborRemoved(name, removed.address.toString(), () => router.addNeighbor(removed));
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
    addListenRange: unary(async (request) => {
      const { name, router } = instanceOf(request);
      const range = toListenRange(request.range);
      router.addListenRange(range);
      await journal?.rangeSet(name, request.range, () => router.removeListenRange(range.prefix));
      return {};
    }),
    updateListenRange: unary(async (request) => {
      const { name, router } = instanceOf(request);
      const range = toListenRange(request.range);
      const before = rangeAt(router, range.prefix) ?? range;
      router.updateListenRange(range);
      await journal?.rangeSet(name, request.range, () => router.updateListenRange(before));
      return {};
    }),
    removeListenRange: unary(async (request) => {
      const { name, router } = instanceOf(request);
      const prefix = toPrefix(request.prefix, 'prefix');
      const before = rangeAt(router, prefix);
      router.removeListenRange(prefix);
      await journal?.rangeRemoved(name, prefix.toString(), () => before && router.addListenRange(before));
      return {};
    }),
    getListenRanges: unary((request) => ({ ranges: named(request).listenRanges().map(fromListenRange) })),
    drain: unary((request) => ({ drain: fromDrain(named(request).drain(toDrain(request))) })),
    undrain: unary((request) => {
      named(request).undrain(toDrain(request));
      return {};
    }),
    getPeerState: unary((request) => {
      const router = named(request);
      return { peers: router.peers().map((peer) => fromPeer(peer, router.global.asn)) };
    }),
    watchPeers: serverStream((call) => stream(call, peerWatch(named(call.request), now))),

    advertisePath: unary(async (request) => {
      const { name, router } = instanceOf(request);
      const nlri = toSingleNlri(request.prefix, request.pathId, 'prefix');
      const spec = pathSpecOf(nlri, toAttributes(request.attributes), toNextHop(request.nextHop));
      const [uuid] = router.advertise(spec);
      if (uuid === undefined) throw new SpeakerError('invalid-argument', `${request.prefix} was not taken`);
      await journal?.pathAdvertised(name, router, request, nlri, uuid);
      return { uuid: Buffer.from(uuid) };
    }),
    withdrawPath: unary(async (request) => {
      const { name, router } = instanceOf(request);
      switch (request.path?.$case) {
        case 'uuid': {
          const { value } = request.path;
          const nlri = withdrawn(router, value, () => journal?.pathKnownAs(name, value));
          await journal?.pathsWithdrawn(name, router, nlri);
          return {};
        }
        case 'key': {
          const { prefix, pathId } = request.path.value;
          const nlri = toSingleNlri(prefix, pathId, 'key.prefix');
          if (router.withdrawPrefixes(nlri.family, nlri) === 0) {
            throw new SpeakerError('not-found', `no path to ${prefix} that the API advertised`);
          }
          await journal?.pathsWithdrawn(name, router, [nlri]);
          return {};
        }
        case undefined:
          throw new InvalidRequest([{ field: 'path', description: 'uuid or key is required' }]);
      }
    }),
    advertisePaths: clientStream((call) => advertisePaths(call, instances, journal)),
    withdrawPaths: clientStream((call) => withdrawPaths(call, instances, journal)),
    getRoutes: serverStream((call) => getRoutes(call, named(call.request), now)),
    watchRoutes: serverStream((call) => stream(call, routeWatch(toTable(call.request), named(call.request), now))),

    addRoutePolicy: unary(async (request) => {
      const instance = instanceOf(request);
      const { router } = instance;
      const policy = toPolicy(request.policy);
      const { name, type } = policy;
      router.addRoutePolicy(policy);
      await journal?.policyAdded(instance.name, request.policy, () => router.removeRoutePolicy(name, type));
      return {};
    }),
    removeRoutePolicy: unary(async (request) => {
      const instance = instanceOf(request);
      const { router } = instance;
      const { name, type } = toPolicyKey(request.name, request.type);
      const policies = router.routePolicies();
      const place = policies.findIndex((policy) => policy.name === name && policy.type === type);
      const before = policies[place];
      router.removeRoutePolicy(name, type);
      await journal?.policyRemoved(
        instance.name,
        name,
        type,
        () => before && putBack(router, before, policies.slice(place + 1)),
      );
      return {};
    }),
    getRoutePolicies: unary((request) => ({ policies: named(request).routePolicies().map(fromPolicy) })),
  };
}

/** Gives a policy its place back: before those that came behind it. */
function putBack(router: Router, policy: RoutePolicy, followers: readonly RoutePolicy[]): void {
  const isOf = (one: RoutePolicy) => (other: RoutePolicy) => one.name === other.name && one.type === other.type;
  const there = router.routePolicies();
  const place = there.findIndex((known) => followers.some(isOf(known)));
  const behind = place === -1 ? [] : there.slice(place);
  router.editRoutePolicies({ remove: behind, add: [policy, ...behind] });
}

/** Withdraws the path with this uuid; gives what it was. `kept` is asked what the uuid named before a restart. */
function withdrawn(router: Router, uuid: Uint8Array, kept: () => Nlri | undefined): Nlri[] {
  const found: Nlri[] = [];
  const stop = router.watchRoutes({ table: 'loc-rib' }, (events) => {
    for (const { prefix, paths } of events.map(({ route }) => route)) {
      const path = paths.find((each) => each.uuid !== undefined && Buffer.compare(each.uuid, uuid) === 0);
      if (path !== undefined) found.push(packPrefixes(path.family, [prefix], [path.pathId]));
    }
  });
  try {
    router.withdraw(uuid);
  } catch (error) {
    const nlri = kept();
    if (nlri === undefined || router.withdrawPrefixes(nlri.family, nlri) === 0) throw error;
    return [nlri];
  } finally {
    stop();
  }
  return found;
}

async function getRoutes(
  call: ServerWritableStream<GetRoutesRequest, GetRoutesResponse>,
  router: Router,
  now: () => Date,
): Promise<void> {
  const encoder = new RoutesEncoder();
  const turns = new Turns();
  let at = now().getTime();
  for (const row of router.routeRows(toTable(call.request))) {
    encoder.add(row, at);
    if (encoder.size < fullMessage) continue;
    if (call.cancelled) return;
    if (!call.write(encoder.take())) await drained(call);
    await turns.give();
    at = now().getTime();
  }
  if (encoder.size > 0) call.write(encoder.take());
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
