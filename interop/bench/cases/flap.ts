import { setTimeout as sleep } from 'node:timers/promises';
import type { Case } from '../case.ts';
import { withRig } from '../rig.ts';
import { firstRoute, firstSingleRoute } from '../routes.ts';
import { now } from '../sink.ts';
import { herald } from '../speakers/herald.ts';

const flaps = 20;
const settle = 2000;

/** A table that comes and goes faster than the peer reads: what is out of date by the time that it could be sent need not be. */
export const flap: Case = {
  name: 'flap',
  title: 'A table that flaps twenty times, to a peer that reads slowly',
  // GoBGP sends each change in an UPDATE of its own: the peer has not read them all after a quarter of an hour.
  speakers: [herald],
  seconds: 8,
  measure: (speaker, routes) =>
    withRig(
      speaker,
      0,
      async ({ listen, resident, lateness, speaker: { bulk, originator } }) => {
        if (bulk === undefined || originator === undefined) throw new Error('it takes no routes while it runs');
        const [api] = bulk;
        // One more than the table: the last route of all, so that nothing before it can be all that there is.
        const sink = await listen(routes + 1, { slow: true });
        await sink.saw('established', 30);
        const { announce, withdraw } = await api.routes(firstRoute, routes);
        await announce();
        await sleep(settle);
        const before = resident();
        const start = now();
        let most = before;
        for (let i = 0; i < flaps; i++) {
          await withdraw();
          await announce();
          most = Math.max(most, resident());
        }
        const taken = now();
        await originator.add(firstSingleRoute);
        const { ms, told = 0 } = await sink.saw('done');
        const changes = routes * (1 + 2 * flaps) + 1;
        const table = routes.toLocaleString('en');
        return [
          { metric: `${flaps} flaps of ${table} routes: the peer has it right`, unit: 'ms', value: ms - start },
          { metric: `${flaps} flaps of ${table} routes: taken by the API`, unit: 'ms', value: taken - start },
          { metric: 'changes that were sent', unit: '%', value: (100 * told) / changes },
          { metric: 'more memory at most', unit: 'MB', value: most - before },
          ...(await lateness(`${flaps} flaps`)),
        ];
      },
      { quiet: true },
    ),
};
