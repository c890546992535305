import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import type { ClientWritableStream, ServiceError } from '@grpc/grpc-js';
import { call, connect, rpc } from '../../../src/api/client.ts';
import type { RouterServiceClient } from '../../../src/gen/herald/v1/router_service.ts';
import { PathAttributes, TableType } from '../../../src/gen/herald/v1/types.ts';
import { startHerald } from '../../lab/start.ts';
import { firstRoute, packed, partsOf, prefixOf } from '../routes.ts';
import { type Bulk, config, type Originator, patience, type Speaker, sinkAddress } from '../speaker.ts';
import { listing, unary } from '../unary.ts';
import { crowd } from './crowd.ts';
import { insideOf } from './gobgp.ts';

/** Routes in one message of a stream. */
const batch = 10_000;

export const herald: Speaker = {
  name: 'herald',
  title: 'Herald',
  image: 'herald:latest',
  dials: 'sink',
  start: async (node, routes, { peers = 0, sets = 1 } = {}) => {
    await node.write('/etc/herald/herald.yaml', config('herald.yaml') + crowd(peers, peer));
    await startHerald(node);
    const client = connect({ kind: 'unix', path: insideOf(node, '/run/herald/herald.sock') });
    const bulk = bulkOf(client);
    if (sets > 1) await injectSets(client, routes, sets);
    else if (routes > 0) await bulk.inject(firstRoute, routes);
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
  const messages = (first: number, count: number) => batches(first, count, form);
  const options = (count: number) => ({ deadline: Date.now() + patience(count) * 1000 });
  return {
    inject: (first, count) => sent(messages(first, count), (done) => client.advertisePaths(options(count), done)),
    withdraw: (first, count) => sent(messages(first, count), (done) => client.withdrawPaths(options(count), done)),
  };
}

/** A message is made when those before it are on their way, so that client and server work at the same time. */
function sent<Message>(
  messages: Iterable<Message>,
  open: (done: (error: ServiceError | null) => void) => ClientWritableStream<Message>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = open((error) => (error === null ? resolve() : reject(error)));
    const write = async () => {
      for (const message of messages) await (stream.write(message) ? turn() : once(stream, 'drain'));
      stream.end();
    };
    write().catch(reject);
  });
}

/** Each set in a message of its own. */
function injectSets(client: RouterServiceClient, routes: number, sets: number): Promise<void> {
  return sent(messagesOfSets(routes, sets), (done) =>
    client.advertisePaths({ deadline: Date.now() + patience(routes) * 1000 }, done),
  );
}

function* messagesOfSets(routes: number, sets: number) {
  for (const { first, count, community } of partsOf(routes, sets)) {
    const attributes = PathAttributes.fromPartial({ communities: [`${community >>> 16}:${community & 0xffff}`] });
    yield { ...common, attributes, family, ...packedForm(first, count) };
  }
}

function* batches(first: number, count: number, form: Form) {
  for (let done = 0; done < count; done += batch)
    yield { ...common, family, ...form(first + done, Math.min(batch, count - done)) };
}
