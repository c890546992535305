import type { Case, Measurement } from '../case.ts';
import { withRig } from '../rig.ts';
import { firstRoute } from '../routes.ts';
import { now, type Sink } from '../sink.ts';
import type { Bulk, Speaker } from '../speaker.ts';
import { bird, bird2 } from '../speakers/bird.ts';
import { gobgp } from '../speakers/gobgp.ts';
import { herald } from '../speakers/herald.ts';

/** A whole table given to a speaker whose session is up, and taken back: from the first call to the last octet at the peer. */
export const inject: Case = {
  name: 'inject',
  title: 'A whole table into a session that is up',
  speakers: [herald, bird, bird2, gobgp],
  seconds: 20,
  measure: injected,
};

/** Ten tables in one. */
export const injectLarge: Case = {
  ...inject,
  name: 'inject-large',
  title: 'A table ten times as large into a session that is up',
  seconds: 120,
  measure: (speaker, routes) => injected(speaker, routes * 10),
};

function injected(speaker: Speaker, routes: number): Promise<readonly Measurement[]> {
  return withRig(
    speaker,
    0,
    async ({ listen, lateness, speaker: { bulk } }) => {
      if (bulk === undefined) throw new Error('it takes no routes while it runs');
      const sink = await listen(routes);
      await sink.saw('established', 30);
      const [packed, readable] = bulk;
      const fast = await timeBulk(packed, sink, routes);
      // Who has one way takes part with it in both comparisons.
      const slow = readable === undefined ? fast : await timeBulk(readable, sink, routes);
      const table = routes.toLocaleString('en');
      return [
        ...measured(fast, table, 'packed NLRI'),
        ...measured(slow, table, 'text'),
        ...(await lateness(`${table} routes in and out`)),
      ];
    },
    { quiet: true },
  );
}

/** Milliseconds from the first call to the last octet at the peer. */
interface Times {
  readonly announced: number;
  readonly withdrawn: number;
}

export async function timeBulk(bulk: Bulk, sink: Sink, routes: number): Promise<Times> {
  const { announce, withdraw } = await bulk.routes(firstRoute, routes);
  const time = async (work: () => Promise<void>, event: string): Promise<number> => {
    const start = now();
    const [{ ms }] = await Promise.all([sink.saw(event), work()]);
    return ms - start;
  };
  return { announced: await time(announce, 'done'), withdrawn: await time(withdraw, 'gone') };
}

function measured({ announced, withdrawn }: Times, table: string, form: string): Measurement[] {
  const of = (verb: string, value: number): Measurement => ({
    metric: `${verb} ${table} routes as ${form}`,
    unit: 'ms',
    value,
  });
  return [of('announce', announced), of('withdraw', withdrawn)];
}
