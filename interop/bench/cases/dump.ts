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

export function measureDump(speaker: Speaker, routes: number): Promise<readonly Measurement[]> {
  return withRig(speaker, routes, async (rig) => {
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
