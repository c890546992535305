import { setTimeout as sleep } from 'node:timers/promises';
import type { Case } from '../case.ts';
import { withRig } from '../rig.ts';
import { bird, bird2 } from '../speakers/bird.ts';
import { frr } from '../speakers/frr.ts';
import { gobgp } from '../speakers/gobgp.ts';
import { herald } from '../speakers/herald.ts';
import { openbgpd } from '../speakers/openbgpd.ts';

/** Milliseconds between the last route and the look, so that no burst is counted as what it takes to stay. */
const settle = 2000;

/** Ten tables in one. */
export const large: Case = {
  name: 'large',
  title: 'A table ten times as large to a new session',
  speakers: [herald, bird, bird2, openbgpd, frr, gobgp],
  seconds: 300,
  measure: async (speaker, routes) => {
    const count = routes * 10;
    const table = count.toLocaleString('en');
    const idle = await withRig(speaker, 0, async ({ listen, resident }) => {
      const sink = await listen(0);
      await sink.saw('done');
      await sleep(settle);
      return resident();
    });
    return withRig(
      speaker,
      count,
      async ({ listen, resident, lateness }) => {
        const sink = await listen(count);
        const done = await sink.saw('done');
        const { ms: accept } = await sink.saw('accept', 1);
        await sleep(settle);
        return [
          { metric: `TCP accept to the last of ${table} routes`, unit: 'ms', value: done.ms - accept },
          { metric: `more memory with ${table} routes announced to one peer`, unit: 'MB', value: resident() - idle },
          ...(await lateness(`${table} routes to a new session`)),
        ];
      },
      { quiet: true },
    );
  },
};
