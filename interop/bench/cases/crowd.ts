import { setTimeout as sleep } from 'node:timers/promises';
import type { Case, Measurement } from '../case.ts';
import { withRig } from '../rig.ts';
import type { Speaker } from '../speaker.ts';
import { bird, bird2 } from '../speakers/bird.ts';
import { frr } from '../speakers/frr.ts';
import { gobgp } from '../speakers/gobgp.ts';
import { herald } from '../speakers/herald.ts';
import { openbgpd } from '../speakers/openbgpd.ts';

/** Milliseconds between the last message and the look at the memory. */
const settle = 2000;

/** ExaBGP has a thread of control for each peer, and no more than one peer at a time has its ear. */
const speakers = [herald, bird, bird2, openbgpd, frr, gobgp];

/** A table to many peers that dial at once: from the first SYN to the last route of the last peer. */
export const peers: Case = {
  name: 'peers',
  title: 'A tenth of the table to many peers that come at once',
  speakers,
  seconds: 140,
  measure: async (speaker, routes) => [
    ...(await toAll(speaker, Math.ceil(routes / 10), 50)),
    ...(await toAll(speaker, Math.ceil(routes / 10), 500)),
  ],
};

/** All of them hang up and come back, for the whole table. */
export const storm: Case = {
  name: 'storm',
  title: 'Five hundred peers that hang up and come back at once',
  speakers,
  seconds: 420,
  measure: (speaker, routes) =>
    withRig(
      speaker,
      routes,
      async (rig) => {
        await sleep(settle);
        const idle = rig.resident();
        const crowd = await rig.crowd(routes);
        await crowd.saw('done');
        await sleep(settle);
        const taken = rig.resident() - idle;
        crowd.again();
        const { ms: start } = await crowd.saw('dialling', 10);
        const { ms: up } = await crowd.saw('established');
        const { ms: done } = await crowd.saw('done');
        await sleep(settle);
        const table = routes.toLocaleString('en');
        return [
          { metric: 'first SYN to 500 sessions up again', unit: 'ms', value: up - start },
          { metric: `first SYN to ${table} routes at each of 500 peers again`, unit: 'ms', value: done - start },
          { metric: `more memory with ${table} routes at each of 500 peers`, unit: 'MB', value: taken },
          {
            metric: 'more memory for each route at each of 500 peers',
            unit: 'B',
            value: (taken * 1e6) / (routes * 500),
          },
          { metric: 'more memory after the storm', unit: 'MB', value: rig.resident() - idle - taken },
          ...(await rig.lateness('500 peers that hang up and come back')),
        ];
      },
      { peers: 500, quiet: true, seconds: 180 },
    ),
};

/** Sessions without a route. */
export const sessions: Case = {
  name: 'sessions',
  title: 'A thousand sessions',
  speakers,
  seconds: 32,
  measure: (speaker) =>
    withRig(
      speaker,
      0,
      async (rig) => {
        await sleep(settle);
        const idle = rig.resident();
        const crowd = await rig.crowd(0);
        const { ms: start } = await crowd.saw('dialling', 10);
        const { ms: up } = await crowd.saw('established');
        await sleep(settle);
        return [
          { metric: 'first SYN to 1,000 sessions established', unit: 'ms', value: up - start },
          { metric: 'memory for each of 1,000 sessions', unit: 'kB', value: rig.resident() - idle },
          ...(await rig.lateness('1,000 sessions that come up')),
        ];
      },
      { peers: 1000, quiet: true },
    ),
};

function toAll(speaker: Speaker, routes: number, count: number): Promise<readonly Measurement[]> {
  return withRig(
    speaker,
    routes,
    async (rig) => {
      await sleep(settle);
      const idle = rig.resident();
      const crowd = await rig.crowd(routes);
      const { ms: start } = await crowd.saw('dialling', 10);
      const { ms: up } = await crowd.saw('established');
      const done = await crowd.saw('done');
      await sleep(settle);
      const table = routes.toLocaleString('en');
      return [
        {
          metric: `first SYN to ${table} routes at each of ${count} peers`,
          unit: 'ms',
          value: done.ms - start,
          note: `all sessions up after ${(up - start).toFixed(1)} ms; ${done.updates} UPDATEs, ${done.bytes} bytes`,
        },
        { metric: `more memory with ${count} peers and ${table} routes`, unit: 'MB', value: rig.resident() - idle },
        ...(await rig.lateness(`${table} routes to ${count} peers`)),
      ];
    },
    { peers: count, quiet: true },
  );
}
