import type { Case, Measurement } from '../case.ts';
import { withRig } from '../rig.ts';
import type { Speaker } from '../speaker.ts';
import { bird, bird2 } from '../speakers/bird.ts';
import { gobgp } from '../speakers/gobgp.ts';
import { herald } from '../speakers/herald.ts';
import { openbgpd } from '../speakers/openbgpd.ts';

/** As `dump`, of a table with an attribute set for every ten routes: none of the UPDATEs is full. */
export const sets: Case = {
  name: 'sets',
  title: 'A whole table with many attribute sets to a new session',
  speakers: [herald, bird, bird2, openbgpd, gobgp],
  seconds: 11,
  measure: ofSets,
};

/** Ten tables in one. */
export const setsLarge: Case = {
  ...sets,
  name: 'sets-large',
  title: 'A table ten times as large with many attribute sets to a new session',
  seconds: 90,
  measure: (speaker, routes) => ofSets(speaker, routes * 10),
};

function ofSets(speaker: Speaker, routes: number): Promise<readonly Measurement[]> {
  const count = Math.ceil(routes / 10);
  return withRig(
    speaker,
    routes,
    async (rig) => {
      const sink = await rig.listen(routes);
      const done = await sink.saw('done');
      const accept = await sink.saw('accept', 1);
      if ((done.updates ?? 0) < count) throw new Error(`${done.updates} UPDATEs cannot carry ${count} attribute sets`);
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
}
