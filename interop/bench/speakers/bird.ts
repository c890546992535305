import { connect } from 'node:net';
import { startBird } from '../../lab/start.ts';
import { until } from '../../lab/until.ts';
import { lines } from '../routes.ts';
import { config, debian, patience, type Speaker } from '../speaker.ts';
import { insideOf } from './gobgp.ts';

export const bird: Speaker = {
  name: 'bird',
  title: 'BIRD 3.4',
  image: debian,
  dials: 'sink',
  start: async (node, routes) => {
    await node.write('/etc/bird/bird.conf', config('bird.conf'));
    await node.write(
      '/etc/bird/routes.conf',
      lines(routes, (prefix) => `route ${prefix}/64 blackhole;`),
    );
    await startBird(node);
    await until(
      () => node.text(['birdc', 'show', 'route', 'count']),
      (text) => text.includes(`${routes} of ${routes} routes for ${routes} networks in table master6`),
      { what: 'BIRD to have its routes', within: patience(routes) },
    );
    return { received: () => routeCount(insideOf(node, '/run/bird/bird.ctl')) };
  },
};

/** What `birdc show route count` says, without the time that it takes to start birdc. */
function routeCount(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let text = '';
    socket.on('connect', () => socket.write('show route count\n'));
    socket.on('data', (bytes) => {
      text += bytes.toString();
      const count = /(\d+) of \d+ routes for \d+ networks in table master6/.exec(text)?.[1];
      if (count === undefined) return;
      socket.destroy();
      resolve(Number(count));
    });
    socket.on('error', reject);
  });
}
