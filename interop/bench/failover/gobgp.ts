import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { firstRoute, firstSingleRoute } from '../routes.ts';
import { socket, gobgp as speaker, startProcess } from '../speakers/gobgp.ts';
import { GobgpApi } from '../speakers/gobgp-api.ts';
import { type Announcer, configuration } from './announcer.ts';

export const gobgp: Announcer = {
  speaker,
  hasBfd: false,
  configure: async (node) => {
    node.write('/etc/gobgpd.toml', configuration('gobgp.toml', ''));
    await node.exec(['rm', '-f', socket]);
  },
  start: async (node) => {
    const process = startProcess(node);
    // Its configuration has no routes: what starts it announces the first.
    while (!(await accepts(node.path(socket))) && process.exitCode === undefined) await sleep(1);
    const api = new GobgpApi(node.path(socket));
    await api.add(firstRoute);
    return {
      process,
      routes: async (_, count) =>
        count === 1
          ? { announce: () => api.add(firstSingleRoute), withdraw: () => api.remove(firstSingleRoute) }
          : api.bulk.routes(firstSingleRoute, count),
      close: () => api.close(),
    };
  },
};

/** Its file is there a moment before anybody listens. */
async function accepts(path: string): Promise<boolean> {
  const connection = connect(path);
  try {
    await once(connection, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    connection.destroy();
  }
}
