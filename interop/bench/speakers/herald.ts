import { call, connect, rpc } from '../../../src/api/client.ts';
import type { RouterServiceClient } from '../../../src/gen/herald/v1/router_service.ts';
import { PathAttributes, TableType } from '../../../src/gen/herald/v1/types.ts';
import { startHerald } from '../../lab/start.ts';
import { firstRoute, packed, partsOf, prefixOf } from '../routes.ts';
import { type Bulk, config, type Originator, patience, type Speaker, sinkAddress } from '../speaker.ts';
import { listing, OpenStream, streaming, unary } from '../unary.ts';
import { crowd } from './crowd.ts';

/** Routes in one message of a stream. */
const batch = 10_000;

export const herald: Speaker = {
  name: 'herald',
  title: 'Herald',
  image: 'herald:latest',
  dials: 'sink',
  start: async (node, routes, { peers = 0, sets = 1 } = {}) => {
    node.write('/etc/herald/herald.yaml', config('herald.yaml') + crowd(peers, peer));
    await startHerald(node);
    const client = connect({ kind: 'unix', path: node.path('/run/herald/herald.sock') });
    const bulk = bulkOf(client);
    if (sets > 1) await injectSets(client, routes, sets);
    else if (routes > 0) await (await bulk.routes(firstRoute, routes)).announce();
    return {
      originator: new HeraldApi(client),
      bulk: [bulk, bulkOf(client, textForm)],
      list: async () => {
        const { path, requestSerialize, responseDeserialize } = rpc.getRoutes;
        const request = requestSerialize({ instance: '', tableType: TableType.LOC_RIB, family, neighbor: '' });
        const answers = await listing(client, path, request);
        return () => answers.reduce((sum, answer) => sum + responseDeserialize(answer).routes.length, 0);
      },
      received: async () => {
        const { peers } = await call(client, rpc.getPeerState, { instance: '' });
        return Number(peers.find(({ peerAddress }) => peerAddress === sinkAddress)?.families[0]?.received ?? 0);
      },
    };
  },
};

function peer(address: string, number: number): string {
  return `      - name: peer-${number}
        peerAddress: ${address}
        peerASN: 65000
        families: [ipv6/unicast]
        timers: { holdTimeSeconds: 240, keepAliveTimeSeconds: 80, connectRetryTimeSeconds: 1 }
        transport: { passive: true }
`;
}

export class HeraldApi implements Originator {
  readonly #client: RouterServiceClient;

  constructor(client: RouterServiceClient) {
    this.#client = client;
  }

  async add(route: number): Promise<void> {
    const request = { instance: '', prefix: `${prefixOf(route)}/64`, pathId: undefined, nextHop: '' };
    const { path, requestSerialize } = rpc.advertisePath;
    await unary(this.#client, path, requestSerialize({ ...request, attributes: undefined }));
  }

  async remove(route: number): Promise<void> {
    const key = { prefix: `${prefixOf(route)}/64`, pathId: undefined };
    const { path, requestSerialize } = rpc.withdrawPath;
    await unary(this.#client, path, requestSerialize({ instance: '', path: { $case: 'key', value: key } }));
  }

  streams(): Originator {
    const { advertisePaths, withdrawPaths } = rpc;
    const adds = new OpenStream(this.#client, advertisePaths.path);
    const removals = new OpenStream(this.#client, withdrawPaths.path);
    const of = (route: number) => ({ ...common, family, ...textForm(route, 1) });
    return {
      add: async (route) => adds.send(advertisePaths.requestSerialize(of(route))),
      remove: async (route) => removals.send(withdrawPaths.requestSerialize(of(route))),
      close: () => {
        adds.close();
        removals.close();
      },
    };
  }

  close(): void {
    this.#client.close();
  }
}

const common = { instance: '', attributes: undefined, nextHop: '', addPath: false } as const;
const family = { afi: 'ipv6', safi: 'unicast' } as const;

/** A batch of routes in a form that the API takes. */
type Form = (first: number, count: number) => { readonly prefixes: string[]; readonly nlri: Buffer };

const packedForm: Form = (first, count) => ({ prefixes: [], nlri: packed(first, count) });
const textForm: Form = (first, count) => ({
  prefixes: Array.from({ length: count }, (_, i) => `${prefixOf(first + i)}/64`),
  nlri: Buffer.alloc(0),
});

export function bulkOf(client: RouterServiceClient, form: Form = packedForm): Bulk {
  return {
    routes: async (first, count) => {
      const messages = [...batches(first, count, form)];
      const call = ({ path, requestSerialize }: typeof rpc.advertisePaths | typeof rpc.withdrawPaths) => {
        const requests = messages.map((message) => requestSerialize(message));
        return () => streaming(client, path, requests, patience(count));
      };
      return { announce: call(rpc.advertisePaths), withdraw: call(rpc.withdrawPaths) };
    },
  };
}

/** Each set in a message of its own. */
function injectSets(client: RouterServiceClient, routes: number, sets: number): Promise<void> {
  const { path, requestSerialize } = rpc.advertisePaths;
  const requests = Array.from(partsOf(routes, sets), ({ first, count, community }) => {
    const attributes = PathAttributes.fromPartial({ communities: [`${community >>> 16}:${community & 0xffff}`] });
    return requestSerialize({ ...common, attributes, family, ...packedForm(first, count) });
  });
  return streaming(client, path, requests, patience(routes));
}

function* batches(first: number, count: number, form: Form) {
  for (let done = 0; done < count; done += batch)
    yield { ...common, family, ...form(first + done, Math.min(batch, count - done)) };
}
