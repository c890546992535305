import { call, connect, rpc } from '../../../src/api/client.ts';
import type { RouterServiceClient } from '../../../src/gen/herald/v1/router_service.ts';
import { startHerald } from '../../lab/start.ts';
import { firstRoute, packed, prefixOf } from '../routes.ts';
import { config, type Originator, patience, type Speaker } from '../speaker.ts';
import { unary } from '../unary.ts';
import { insideOf } from './gobgp.ts';

/** Routes in one message of a stream. */
const batch = 10_000;

export const herald: Speaker = {
  name: 'herald',
  title: 'Herald',
  image: 'herald:latest',
  dials: 'sink',
  start: async (node, routes) => {
    await node.write('/etc/herald/herald.yaml', config('herald.yaml'));
    await startHerald(node);
    const client = connect({ kind: 'unix', path: insideOf(node, '/run/herald/herald.sock') });
    await load(client, routes);
    return {
      originator: new HeraldApi(client),
      received: async () => {
        const { peers } = await call(client, rpc.getPeerState, { instance: '' });
        return Number(peers[0]?.families[0]?.received ?? 0);
      },
    };
  },
};

class HeraldApi implements Originator {
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

function load(client: RouterServiceClient, routes: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = client.advertisePaths({ deadline: Date.now() + patience(routes) * 1000 }, (error) =>
      error === null ? resolve() : reject(error),
    );
    for (let done = 0; done < routes; done += batch) {
      stream.write({
        instance: '',
        attributes: undefined,
        nextHop: '',
        prefixes: [],
        family: { afi: 'ipv6', safi: 'unicast' },
        nlri: packed(firstRoute + done, Math.min(batch, routes - done)),
        addPath: false,
      });
    }
    stream.end();
  });
}
