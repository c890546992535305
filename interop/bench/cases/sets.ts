import type { Case } from '../case.ts';
import { withRig } from '../rig.ts';
import { bird, bird2 } from '../speakers/bird.ts';
import { gobgp } from '../speakers/gobgp.ts';
import { herald } from '../speakers/herald.ts';

/** As `dump`, of a table with an attribute set for every ten routes: none of the UPDATEs is full. */
export const sets: Case = {
  name: 'sets',
  title: 'A whole table with many attribute sets to a new session',
  speakers: [herald, bird, bird2, gobgp],
  seconds: 11,
  measure: (speaker, routes) => {
    const count = Math.ceil(routes / 10);
    return withRig(
      speaker,
      routes,
      async (rig) => {
        const sink = await rig.listen(routes);
        const done = await sink.saw('done');
        const accept = await sink.saw('accept', 1);
        if ((done.updates ?? 0) < count)
          throw new Error(`${done.updates} UPDATEs cannot carry ${count} attribute sets`);
        return [
          {
            metric: `TCP accept to the last of ${routes.toLocaleString('en')} routes with ${count.toLocaleString('en')} attribute sets`,
            unit: 'ms',
            value: done.ms - accept.ms,
            note: `${done.updates} UPDATEs, ${done.bytes} bytes`,
          },
        ];
      },
      { sets: count },
    );
  },
};
