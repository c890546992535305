import type { Case, Measurement } from '../case.ts';
import { withRig } from '../rig.ts';
import { firstSingleRoute } from '../routes.ts';
import { timeSingles } from '../singles.ts';
import type { Speaker } from '../speaker.ts';
import { bird } from '../speakers/bird.ts';
import { herald } from '../speakers/herald.ts';
import { median } from '../statistics.ts';
import { timeBulk } from './inject.ts';
import { timeList } from './list.ts';
import { timeReceive } from './receive.ts';

/** Single routes before those that count, and these. */
const warmUp = 6000;
const singles = 1000;

/** What a route costs in a small table and in a large one: 1 is as much, where time is in proportion to the routes. */
export const growth: Case = {
  name: 'growth',
  title: 'What one route costs, by how many there are',
  speakers: [herald, bird],
  seconds: 80,
  measure: async (speaker, routes) => {
    const sizes = [Math.ceil(routes / 10), routes, routes * 10];
    if (speaker !== herald)
      return [...(await grown(sizes, measureDump(speaker))), ...(await grown(sizes, measureReceive(speaker)))];
    const larger = [...sizes, routes * 40];
    return [
      ...(await grown(larger, measureDump(speaker))),
      ...(await grown(larger, measureReceive(speaker))),
      ...(await grown(sizes, measureBulk(speaker, 0, 'as packed NLRI'))),
      ...(await grown(sizes, measureBulk(speaker, 1, 'as text'))),
      ...(await grown(sizes, measureList(speaker))),
      ...(await grownAdd(speaker, [Math.ceil(routes / 100), routes * 10])),
    ];
  },
};

/** Milliseconds for so many routes, of each thing that is measured of them. */
type Measure = (routes: number) => Promise<Readonly<Record<string, number>>>;

/** What each route takes of it, for each size, and for all sizes but the first by that of the one before. */
async function grown(sizes: readonly number[], measure: Measure): Promise<readonly Measurement[]> {
  const measured: Measurement[] = [];
  const before = new Map<string, { readonly size: number; readonly value: number }>();
  for (const size of sizes)
    for (const [what, ms] of Object.entries(await measure(size))) {
      const value = (1000 * ms) / size;
      measured.push({ metric: `${what}, each of ${text(size)} routes`, unit: 'µs', value });
      const last = before.get(what);
      if (last !== undefined)
        measured.push({ metric: by(what, size, last.size), unit: '×', value: value / last.value });
      before.set(what, { size, value });
    }
  return measured;
}

/** One change costs the same, whatever there is beside it. */
async function grownAdd(speaker: Speaker, sizes: readonly [number, number]): Promise<readonly Measurement[]> {
  const what = 'one add, p50';
  const [small, large] = [await measureAdd(speaker, sizes[0]), await measureAdd(speaker, sizes[1])];
  return [
    { metric: `${what}, with ${text(sizes[0])} routes`, unit: 'ms', value: small },
    { metric: `${what}, with ${text(sizes[1])} routes`, unit: 'ms', value: large },
    { metric: by(what, sizes[1], sizes[0]), unit: '×', value: large / small },
  ];
}

/** What a metric is called that has a figure for each route by that of a smaller table. */
export function by(what: string, size: number, smaller: number): string {
  return `${what}, with ${text(size)} routes by that with ${text(smaller)}`;
}

function measureDump(speaker: Speaker): Measure {
  return (routes) =>
    withRig(speaker, routes, async ({ listen }) => {
      const sink = await listen(routes);
      const done = await sink.saw('done');
      const accept = await sink.saw('accept', 1);
      return { dump: done.ms - accept.ms };
    });
}

function measureReceive(speaker: Speaker): Measure {
  return (routes) =>
    withRig(speaker, 0, async (rig) => ({ receive: (await timeReceive(rig, routes, Math.ceil(routes / 10))).ms }));
}

function measureBulk(speaker: Speaker, form: 0 | 1, name: string): Measure {
  return (routes) =>
    withRig(speaker, 0, async ({ listen, speaker: { bulk } }) => {
      const way = bulk?.[form];
      if (way === undefined) throw new Error(`it takes no routes ${name}`);
      const sink = await listen(routes);
      await sink.saw('established', 30);
      const { announced, withdrawn } = await timeBulk(way, sink, routes);
      return {
        [`announce ${name}`]: announced,
        [`withdraw ${name}`]: withdrawn,
      };
    });
}

function measureList(speaker: Speaker): Measure {
  return (routes) =>
    withRig(speaker, routes, async ({ speaker: { list } }) => ({ list: await timeList(list, routes) }));
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
