import { startBird } from '../../lab/start.ts';
import { until } from '../../lab/until.ts';
import { lines } from '../routes.ts';
import { config, debian, patience, type Speaker } from '../speaker.ts';

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
    return {};
  },
};
