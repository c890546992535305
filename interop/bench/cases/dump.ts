import { setTimeout as sleep } from 'node:timers/promises';
import type { Case, Measurement } from '../case.ts';
import { withRig } from '../rig.ts';
import type { Speaker } from '../speaker.ts';
import { speakers } from '../speakers/all.ts';

/** A table that is loaded before the session: from the TCP connection to the last route. */
export const dump: Case = {
  name: 'dump',
  title: 'A whole table to a new session',
  speakers,
  seconds: 70,
  measure: measureDump,
};

/** A tenth of it, where what a session costs counts more than its routes. */
export const small: Case = {
  name: 'small',
  title: 'A table a tenth as large to a new session',
  speakers,
  seconds: 20,
  measure: (speaker, routes) => measureDump(speaker, Math.ceil(routes / 10)),
};

/** Milliseconds from when the routes are there to the session. */
const settle = 2000;

/** Both to a session that comes later: by then a speaker has compiled itself, if that is how it works. */
export const settled: Case = {
  name: 'settled',
  title: 'The same to a session two seconds later',
  speakers,
  seconds: 100,
  measure: async (speaker, routes) => [
    ...(await measureDump(speaker, Math.ceil(routes / 10), settle)),
    ...(await measureDump(speaker, routes, settle)),
  ],
};

export function measureDump(speaker: Speaker, routes: number, pause = 0): Promise<readonly Measurement[]> {
  return withRig(speaker, routes, async (rig) => {
    await sleep(pause);
    const sink = await rig.listen(routes);
    const done = await sink.saw('done');
    const [accept, open, first] = [await sink.saw('accept', 1), await sink.saw('open', 1), await sink.saw('first', 1)];
    const after = (ms: number) => `${(ms - accept.ms).toFixed(1)} ms`;
    return [
      {
        metric: `TCP accept to the last of ${routes.toLocaleString('en')} routes`,
        unit: 'ms',
        value: done.ms - accept.ms,
        note: `OPEN at ${after(open.ms)}, first UPDATE at ${after(first.ms)}; ${done.updates} UPDATEs, ${done.bytes} bytes`,
      },
    ];
  });
}
