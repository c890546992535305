import { setTimeout as sleep } from 'node:timers/promises';
import type { Case, Measurement } from '../case.ts';
import { withRig } from '../rig.ts';
import type { Speaker } from '../speaker.ts';
import { speakers } from '../speakers/all.ts';

/** Milliseconds between the last route and the look, so that no burst is counted as what it takes to stay. */
const settle = 2000;

/** Resident memory of all processes of a speaker, with a session that is up. */
export const memory: Case = {
  name: 'memory',
  title: 'Resident memory',
  speakers,
  runs: 1,
  seconds: 90,
  measure: async (speaker, routes) => [
    { metric: 'no routes', ...(await resident(speaker, 0)) },
    { metric: `${routes.toLocaleString('en')} routes announced to one peer`, ...(await resident(speaker, routes)) },
  ],
};

function resident(speaker: Speaker, routes: number): Promise<Omit<Measurement, 'metric'>> {
  return withRig(speaker, routes, async (rig) => {
    const sink = await rig.listen(routes);
    await sink.saw('done');
    await sleep(settle);
    return { unit: 'MB', value: rig.resident() };
  });
}
