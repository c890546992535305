import type { Case } from '../case.ts';
import { withRig } from '../rig.ts';
import { firstRoute, firstSingleRoute } from '../routes.ts';
import { now } from '../sink.ts';
import { patience } from '../speaker.ts';
import { gobgp } from '../speakers/gobgp.ts';
import { herald } from '../speakers/herald.ts';
import { quantile } from '../statistics.ts';

/** Before those that count. */
const warmUp = 2000;
const peers = 10;

const nothing = Promise.resolve(undefined);

/** Single routes to the sink, while ten other peers come up and take the whole table. */
export const busy: Case = {
  name: 'busy',
  title: 'One route, from the API to the peer, while ten others are sent a whole table',
  speakers: [herald, gobgp],
  measure: (speaker, routes) =>
    withRig(
      speaker,
      routes,
      async ({ listen, crowd, speaker: { originator } }) => {
        if (originator === undefined) throw new Error('no API for single routes');
        const sink = await listen(0, { each: true });
        await sink.saw(`announce ${firstRoute + routes - 1}`, patience(routes));
        let route = firstSingleRoute;
        const add = async (): Promise<number> => {
          const start = now();
          const [{ ms }] = await Promise.all([sink.saw(`announce ${++route}`, 60), originator.add(route)]);
          return ms - start;
        };
        for (let i = 0; i < warmUp; i++) await add();
        const others = await crowd(routes);
        await others.saw('dialling', 10);
        const times: number[] = [];
        for (const done = others.saw('done', patience(routes) * peers); ; ) {
          times.push(await add());
          if ((await Promise.race([done, nothing])) !== undefined) break;
        }
        const note = `${times.length} routes meanwhile`;
        return [
          { metric: 'add meanwhile, p50', unit: 'ms', value: quantile(times, 0.5), note },
          { metric: 'add meanwhile, p99', unit: 'ms', value: quantile(times, 0.99), note },
          { metric: 'add meanwhile, longest', unit: 'ms', value: Math.max(...times) },
        ];
      },
      { peers },
    ),
};
