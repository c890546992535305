import { startExabgp } from '../../lab/start.ts';
import { lines } from '../routes.ts';
import { config, debian, type Speaker } from '../speaker.ts';

export const exabgp: Speaker = {
  name: 'exabgp',
  title: 'ExaBGP 5.0',
  image: debian,
  dials: 'speaker',
  start: async (node, routes) => {
    const unicast = lines(routes, (prefix) => `      unicast ${prefix}/64 next-hop self;`);
    node.write('/etc/exabgp/exabgp.conf', `${config('exabgp.conf')}${unicast}    }\n  }\n}\n`);
    // It reads its file to the end before it dials.
    await startExabgp(node);
    return {};
  },
};
