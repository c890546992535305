import { connect } from '../../../src/api/client.ts';
import { firstSingleRoute } from '../routes.ts';
import { insideOf } from '../speakers/gobgp.ts';
import { bulkOf, HeraldApi, herald as speaker } from '../speakers/herald.ts';
import { type Announcer, configuration } from './announcer.ts';

export const herald: Announcer = {
  speaker,
  hasBfd: true,
  configure: (node, bfd) => {
    const intervals = `transmitIntervalMilliseconds: ${bfd}, receiveIntervalMilliseconds: ${bfd}`;
    const text = bfd === undefined ? '' : `bfd: { enabled: true, ${intervals} }`;
    return node.write('/etc/herald/herald.yaml', configuration('herald.yaml', text));
  },
  start: async (node) => {
    const process = node.start('herald', ['herald', 'run', '-c', '/etc/herald']);
    const client = connect({ kind: 'unix', path: insideOf(node, '/run/herald/herald.sock') });
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
