import type { Case, Measurement } from '../case.ts';
import { withRig } from '../rig.ts';
import { firstSingleRoute } from '../routes.ts';
import { timeSingles } from '../singles.ts';
import type { Speaker } from '../speaker.ts';
import { bird } from '../speakers/bird.ts';
import { gobgp } from '../speakers/gobgp.ts';
import { herald } from '../speakers/herald.ts';
import { median } from '../statistics.ts';
import { timeReceive } from './receive.ts';

/** Single routes before those that count, and these. */
const warmUp = 6000;
const singles = 1000;

/** What a route costs in a small table and in a large one: 1 is as much, where time is in proportion to the routes. */
export const growth: Case = {
  name: 'growth',
  title: 'What one route costs, by how many there are',
  speakers: [herald, bird, gobgp],
  runs: 1,
  seconds: 130,
  measure: async (speaker, routes) => {
    const sizes = [Math.ceil(routes / 10), routes, routes * 10];
    return [
      ...(await grown('dump', sizes, 'µs', (size) => measureDump(speaker, size))),
      ...(await grown('receive', sizes, 'µs', (size) => measureReceive(speaker, size))),
      ...(speaker === bird
        ? []
        : await grown('one add, p50', [Math.ceil(routes / 100), routes * 10], 'ms', (size) =>
            measureAdd(speaker, size),
          )),
    ];
  },
};

/** A figure for each size, and the last by the one before it. */
async function grown(
  what: string,
  sizes: readonly number[],
  unit: 'µs' | 'ms',
  measure: (size: number) => Promise<number>,
): Promise<readonly Measurement[]> {
  const measured: (Measurement & { readonly size: number })[] = [];
  for (const size of sizes) {
    const metric = unit === 'µs' ? `${what}, each of ${text(size)} routes` : `${what}, with ${text(size)} routes`;
    measured.push({ metric, unit, value: await measure(size), size });
  }
  const [before, last] = measured.slice(-2);
  if (before === undefined || last === undefined) return measured;
  const metric = `${what}, with ${text(last.size)} routes by that with ${text(before.size)}`;
  return [...measured, { metric, unit: '×', value: last.value / before.value }];
}

/** Microseconds for each route. */
function measureDump(speaker: Speaker, routes: number): Promise<number> {
  return withRig(speaker, routes, async ({ listen }) => {
    const sink = await listen(routes);
    const done = await sink.saw('done');
    const accept = await sink.saw('accept', 1);
    return (1000 * (done.ms - accept.ms)) / routes;
  });
}

/** Microseconds for each route. */
function measureReceive(speaker: Speaker, routes: number): Promise<number> {
  return withRig(speaker, 0, async (rig) => {
    const { ms } = await timeReceive(rig, routes, Math.ceil(routes / 10));
    return (1000 * ms) / routes;
  });
}

/** Milliseconds from the API to the peer, which has the table. */
function measureAdd(speaker: Speaker, routes: number): Promise<number> {
  return withRig(speaker, routes, async ({ listen, speaker: { originator } }) => {
    if (originator === undefined) throw new Error('no API for single routes');
    const sink = await listen(routes, { each: true });
    await sink.saw('done');
    await timeSingles(originator, sink, 'announce', firstSingleRoute + singles, warmUp);
    return median(await timeSingles(originator, sink, 'announce', firstSingleRoute, singles));
  });
}

function text(count: number): string {
  return count.toLocaleString('en');
}
