import type { Case, Measurement } from '../case.ts';
import { withRig } from '../rig.ts';
import { firstSingleRoute } from '../routes.ts';
import { timeSingles } from '../singles.ts';
import type { Originator } from '../speaker.ts';
import { gobgp } from '../speakers/gobgp.ts';
import { herald } from '../speakers/herald.ts';
import { quantile } from '../statistics.ts';

/** Before those that count, so that the connection is warm, and the code of the client and of the speaker: V8 compiles on for 8,000 calls. */
const warmUp = 6000;
/** The hundredth part of it, which p99 leaves out, is to be more than the few calls that the machine’s own work falls on. */
const count = 2000;

/** One route at a time on a session that is up: from the call of the API to the bytes at the peer's socket. */
export const single: Case = {
  name: 'single',
  title: 'One route, from the API to the peer',
  speakers: [herald, gobgp],
  seconds: 20,
  measure: (speaker) =>
    withRig(speaker, 0, async ({ listen, speaker: { originator } }) => {
      if (originator === undefined) throw new Error('no API for single routes');
      const sink = await listen(0, { each: true });
      await sink.saw('established', 30);

      const timed = async (way: Originator, how: string): Promise<Measurement[]> => {
        for (const change of ['announce', 'withdraw'] as const) {
          await timeSingles(way, sink, change, firstSingleRoute + count, warmUp);
        }
        const adds = await timeSingles(way, sink, 'announce', firstSingleRoute, count);
        const deletes = await timeSingles(way, sink, 'withdraw', firstSingleRoute, count);
        return [...summary(`add${how}`, adds), ...summary(`delete${how}`, deletes)];
      };
      const calls = await timed(originator, '');
      const streams = originator.streams?.();
      if (streams === undefined) return calls;
      try {
        return [...calls, ...(await timed(streams, ' on an open stream'))];
      } finally {
        streams.close();
      }
    }),
};

function summary(name: string, times: readonly number[]): Measurement[] {
  return [
    { metric: `${name}, p50`, unit: 'ms', value: quantile(times, 0.5) },
    { metric: `${name}, p99`, unit: 'ms', value: quantile(times, 0.99) },
  ];
}
