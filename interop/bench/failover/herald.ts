import { connect } from '../../../src/api/client.ts';
import { firstSingleRoute } from '../routes.ts';
import { bulkOf, HeraldApi, herald as speaker } from '../speakers/herald.ts';
import { type Announcer, configuration } from './announcer.ts';

export const herald: Announcer = {
  speaker,
  hasBfd: true,
  configure: async (node, bfd) => {
    const intervals = `transmitIntervalMilliseconds: ${bfd}, receiveIntervalMilliseconds: ${bfd}`;
    const text = bfd === undefined ? '' : `bfd: { enabled: true, ${intervals} }`;
    node.write('/etc/herald/herald.yaml', configuration('herald.yaml', text));
  },
  start: async (node) => {
    const process = node.start('herald', ['herald', 'run', '-c', '/etc/herald']);
    const client = connect({ kind: 'unix', path: node.path('/run/herald/herald.sock') });
    const api = new HeraldApi(client);
    const bulk = bulkOf(client);
    return {
      process,
      routes: async (_, count) =>
        count === 1
          ? { announce: () => api.add(firstSingleRoute), withdraw: () => api.remove(firstSingleRoute) }
          : bulk.routes(firstSingleRoute, count),
      close: () => api.close(),
    };
  },
};
