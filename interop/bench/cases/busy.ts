import { setTimeout as sleep } from 'node:timers/promises';
import type { Case, Measurement } from '../case.ts';
import { type Rig, withRig } from '../rig.ts';
import { firstRoute, firstSingleRoute } from '../routes.ts';
import { now } from '../sink.ts';
import type { Speaker } from '../speaker.ts';
import { gobgp } from '../speakers/gobgp.ts';
import { herald } from '../speakers/herald.ts';
import { quantile } from '../statistics.ts';

/** Before those that count. */
const warmUp = 2000;
/** Of routes that count: the others come back until there are as many, or it has taken as long (ms). */
const enough = 500;
const longest = 20_000;

/** Milliseconds from one to the next, whether or not that one is there: who stalls is late with all that come meanwhile. */
const pace = 5;

/** Single routes to the sink, while other peers come up and take the whole table. */
export const busy: Case = {
  name: 'busy',
  title: 'One route, from the API to the peer, while others are sent a whole table',
  speakers: [herald, gobgp],
  seconds: 100,
  measure: async (speaker, routes) => [
    ...(await beside(speaker, routes, 10)),
    ...(await beside(speaker, routes * 10, 1)),
  ],
};

/** What the singles are beside, for the names of the metrics. */
export function besideName(routes: number, peers: number): string {
  return `while ${routes.toLocaleString('en')} routes are sent to ${peers === 1 ? 'another peer' : `${peers} peers`}`;
}

function beside(speaker: Speaker, routes: number, peers: number): Promise<readonly Measurement[]> {
  return withRig(
    speaker,
    routes,
    async (rig) => {
      const { times, rounds } = await timeBeside(rig, routes);
      const name = besideName(routes, peers);
      const note = `${times.length} routes in ${rounds} rounds`;
      return [
        { metric: `add ${name}, p50`, unit: 'ms', value: quantile(times, 0.5), note },
        { metric: `add ${name}, p99`, unit: 'ms', value: quantile(times, 0.99), note },
        { metric: `add ${name}, longest`, unit: 'ms', value: Math.max(...times) },
        ...(await rig.lateness(name)),
      ];
    },
    { peers, quiet: true },
  );
}

async function timeBeside({ listen, crowd, speaker: { originator } }: Rig, routes: number) {
  if (originator === undefined) throw new Error('no API for single routes');
  const sink = await listen(0, { each: true });
  await sink.saw(`announce ${firstRoute + routes - 1}`);
  let last = firstSingleRoute;
  const add = async (): Promise<number> => {
    const route = ++last;
    const start = now();
    const [{ ms }] = await Promise.all([sink.saw(`announce ${route}`), originator.add(route)]);
    return ms - start;
  };
  for (let i = 0; i < warmUp; i++) await add();
  const times: Promise<number>[] = [];
  const others = await crowd(routes);
  let rounds = 0;
  for (const start = now(); times.length < enough && now() - start < longest; rounds++) {
    if (rounds > 0) others.again();
    await others.saw('dialling', 10);
    const done = others.saw('done');
    while ((await Promise.race([done, sleep(pace)])) === undefined) {
      const time = add();
      // Whoever waits for all of them hears of it.
      time.catch(() => undefined);
      times.push(time);
    }
  }
  return { times: await Promise.all(times), rounds };
}
