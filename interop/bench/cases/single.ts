import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Case, Measurement } from '../case.ts';
import { withRig } from '../rig.ts';
import { firstSingleRoute } from '../routes.ts';
import { now } from '../sink.ts';
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
  measure: (speaker) =>
    withRig(speaker, 0, async ({ listen, speaker: { originator } }) => {
      if (originator === undefined) throw new Error('no API for single routes');
      const sink = await listen(0, { each: true });
      await sink.saw('established', 30);

      const time = async (kind: 'announce' | 'withdraw', route: number): Promise<number> => {
        const start = now();
        const answer = kind === 'announce' ? originator.add(route) : originator.remove(route);
        const [{ ms }] = await Promise.all([sink.saw(`${kind} ${route}`, 5), answer]);
        return ms - start;
      };
      const timeAll = async (kind: 'announce' | 'withdraw', first: number, many: number): Promise<number[]> => {
        const times: number[] = [];
        for (let i = 0; i < many; i++) {
          if (i % 20 === 0) collectGarbage();
          times.push(await time(kind, first + i));
        }
        return times;
      };
      for (const kind of ['announce', 'withdraw'] as const) await timeAll(kind, firstSingleRoute + count, warmUp);
      const adds = await timeAll('announce', firstSingleRoute, count);
      const deletes = await timeAll('withdraw', firstSingleRoute, count);
      return [...summary('add', adds), ...summary('delete', deletes)];
    }),
};

setFlagsFromString('--expose-gc');
/** Called between two routes, so that it seldom happens by itself while one is on its way: the client is not what is measured. */
const collectGarbage = runInNewContext('() => gc({ type: "minor" })') as () => void;

function summary(name: string, times: readonly number[]): Measurement[] {
  return [
    { metric: `${name}, p50`, unit: 'ms', value: quantile(times, 0.5) },
    { metric: `${name}, p99`, unit: 'ms', value: quantile(times, 0.99) },
  ];
}
