import { setTimeout as sleep } from 'node:timers/promises';
import type { Case, Measurement } from '../case.ts';
import { withRig } from '../rig.ts';
import { patience, type Speaker } from '../speaker.ts';
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
  measure: (speaker, routes) =>
    withRig(
      speaker,
      routes,
      async (rig) => {
        const crowd = await rig.crowd(routes);
        await crowd.saw('done', patience(routes) * 25);
        await sleep(settle);
        const before = rig.resident();
        crowd.again();
        const { ms: start } = await crowd.saw('dialling', 10);
        const { ms: up } = await crowd.saw('established', patience(routes) * 25);
        const { ms: done } = await crowd.saw('done', patience(routes) * 25);
        await sleep(settle);
        const table = routes.toLocaleString('en');
        return [
          { metric: 'first SYN to 500 sessions up again', unit: 'ms', value: up - start },
          { metric: `first SYN to ${table} routes at each of 500 peers again`, unit: 'ms', value: done - start },
          { metric: `memory with ${table} routes at each of 500 peers`, unit: 'MB', value: before },
          { metric: 'more memory after the storm', unit: 'MB', value: rig.resident() - before },
        ];
      },
      { peers: 500 },
    ),
};

/** Sessions without a route. */
export const sessions: Case = {
  name: 'sessions',
  title: 'A thousand sessions',
  speakers,
  measure: (speaker) =>
    withRig(
      speaker,
      0,
      async (rig) => {
        await sleep(settle);
        const idle = rig.resident();
        const crowd = await rig.crowd(0);
        const { ms: start } = await crowd.saw('dialling', 10);
        const { ms: up } = await crowd.saw('established', patience(0));
        await sleep(settle);
        return [
          { metric: 'first SYN to 1,000 sessions established', unit: 'ms', value: up - start },
          { metric: 'memory for each of 1,000 sessions', unit: 'kB', value: rig.resident() - idle },
        ];
      },
      { peers: 1000 },
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
      const { ms: up } = await crowd.saw('established', patience(routes) * 25);
      const done = await crowd.saw('done', patience(routes) * 25);
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
      ];
    },
    { peers: count },
  );
}
