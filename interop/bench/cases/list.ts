import type { Case } from '../case.ts';
import { withRig } from '../rig.ts';
import { now } from '../sink.ts';
import { gobgp } from '../speakers/gobgp.ts';
import { herald } from '../speakers/herald.ts';

/** A whole table over the gRPC API, to a client that only keeps the octets. */
export const list: Case = {
  name: 'list',
  title: 'A whole table over the API',
  speakers: [herald, gobgp],
  measure: (speaker, routes) =>
    withRig(speaker, routes, async ({ speaker: { list: read } }) => {
      if (read === undefined) throw new Error('it has no API that lists routes');
      const start = now();
      const count = await read();
      const value = now() - start;
      if (count() !== routes) throw new Error(`it listed ${count()} of ${routes} routes`);
      return [{ metric: `${routes.toLocaleString('en')} routes listed`, unit: 'ms', value }];
    }),
};
