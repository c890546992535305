import { birdProcess } from '../../lab/start.ts';
import { firstSingleRoute } from '../routes.ts';
import { ask, bird as speaker, table } from '../speakers/bird.ts';
import { type Announcer, configuration } from './announcer.ts';

export const bird: Announcer = {
  speaker,
  hasBfd: true,
  configure: async (node, bfd) => {
    node.write('/etc/bird/routes.conf', '');
    const protocol = `protocol bfd { interface "eth1" { interval ${bfd} ms; multiplier 3; }; }\n`;
    node.write(
      '/etc/bird/bird.conf',
      bfd === undefined ? configuration('bird.conf', '') : `${protocol}${configuration('bird.conf', 'bfd on;')}`,
    );
    await node.exec(['install', '-d', '-o', 'bird', '-g', 'bird', '/run/bird']);
  },
  start: async (node) => {
    const control = node.path('/run/bird/bird.ctl');
    return {
      process: birdProcess(node),
      routes: async (_, count) => {
        node.write('/etc/bird/routes.conf', table(firstSingleRoute, count));
        await ask(control, 'configure', /^0003 /m);
        return {
          announce: async () => void (await ask(control, 'enable pods', /pods: enabled/)),
          withdraw: async () => void (await ask(control, 'disable pods', /pods: disabled/)),
        };
      },
      close: () => undefined,
    };
  },
};
