import type { Case, Measurement } from '../case.ts';
import { withRig } from '../rig.ts';
import { firstRoute } from '../routes.ts';
import { now, type Sink } from '../sink.ts';
import type { Bulk } from '../speaker.ts';
import { bird, bird2 } from '../speakers/bird.ts';
import { gobgp } from '../speakers/gobgp.ts';
import { herald } from '../speakers/herald.ts';

/** A whole table given to a speaker whose session is up, and taken back: from the first call to the last octet at the peer. */
export const inject: Case = {
  name: 'inject',
  title: 'A whole table into a session that is up',
  speakers: [herald, bird, bird2, gobgp],
  seconds: 20,
  measure: (speaker, routes) =>
    withRig(
      speaker,
      0,
      async ({ listen, lateness, speaker: { bulk } }) => {
        if (bulk === undefined) throw new Error('it takes no routes while it runs');
        const sink = await listen(routes);
        await sink.saw('established', 30);
        const [packed, readable] = bulk;
        const fast = await both(packed, sink, routes);
        // Who has one way takes part with it in both comparisons.
        const slow = readable === undefined ? fast : await both(readable, sink, routes);
        const table = routes.toLocaleString('en');
        return [
          measurement(`announce ${table} routes as packed NLRI`, fast.announced),
          measurement(`withdraw ${table} routes as packed NLRI`, fast.withdrawn),
          measurement(`announce ${table} routes as text`, slow.announced),
          measurement(`withdraw ${table} routes as text`, slow.withdrawn),
          ...(await lateness(`${table} routes in and out`)),
        ];
      },
      { quiet: true },
    ),
};

async function both(bulk: Bulk, sink: Sink, routes: number) {
  const time = async (work: Promise<void>, event: string): Promise<number> => {
    const start = now();
    const [{ ms }] = await Promise.all([sink.saw(event), work]);
    return ms - start;
  };
  const announced = await time(bulk.inject(firstRoute, routes), 'done');
  const withdrawn = await time(bulk.withdraw(firstRoute, routes), 'gone');
  return { announced, withdrawn };
}

function measurement(metric: string, value: number): Measurement {
  return { metric, unit: 'ms', value };
}
