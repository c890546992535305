import { until } from '../../lab/until.ts';
import { firstRoute } from '../routes.ts';
import { install } from '../sink.ts';
import { debian, patience, type Speaker } from '../speaker.ts';

/** No speaker: bytes that are ready before the session is, and a write. What the sink takes from it, it takes from all. */
export const wire: Speaker = {
  name: 'wire',
  title: 'prepared bytes',
  image: debian,
  dials: 'sink',
  start: async (node, routes) => {
    const program = await install(node, 'sink');
    node.start('blast', [program, 'blast', String(firstRoute), String(routes), String(patience(routes))]);
    await until(
      () => node.logs(),
      (log) => log.includes('listening'),
      { what: 'the writer to listen' },
    );
    return {};
  },
};
