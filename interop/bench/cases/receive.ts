import { setTimeout as sleep } from 'node:timers/promises';
import type { Case, Measurement } from '../case.ts';
import { type Rig, withRig } from '../rig.ts';
import { now } from '../sink.ts';
import type { Speaker } from '../speaker.ts';
import { bird, bird2 } from '../speakers/bird.ts';
import { frr } from '../speakers/frr.ts';
import { gobgp } from '../speakers/gobgp.ts';
import { herald } from '../speakers/herald.ts';
import { openbgpd } from '../speakers/openbgpd.ts';

/** Milliseconds between the last route and the look at the memory. */
const settle = 2000;

/** Milliseconds between an answer and the next question: at least these, and as many as the answer took, for it keeps some from their work. */
const interval = 2;

/** A peer's table, until the speaker says that it has it, and what it takes to hold it. */
export const receive: Case = {
  name: 'receive',
  title: 'A whole table from a peer',
  speakers: [herald, bird, bird2, openbgpd, frr, gobgp],
  seconds: 65,
  measure: table,
};

/** Ten tables in one. */
export const receiveLarge: Case = {
  name: 'receive-large',
  title: 'A table ten times as large from a peer',
  speakers: receive.speakers,
  seconds: 200,
  measure: (speaker, routes) => table(speaker, routes * 10),
};

async function table(speaker: Speaker, routes: number): Promise<readonly Measurement[]> {
  return [
    ...(await received(speaker, routes, 1, 'one attribute set')),
    ...(await received(speaker, routes, Math.ceil(routes / 10), '10 routes in each attribute set')),
  ];
}

function received(speaker: Speaker, routes: number, sets: number, what: string): Promise<readonly Measurement[]> {
  return withRig(
    speaker,
    0,
    async (rig) => {
      const idle = rig.resident();
      const { ms, sent } = await timeReceive(rig, routes, sets);
      await sleep(settle);
      const all = routes.toLocaleString('en');
      return [
        {
          metric: `first octet sent to ${all} routes in the table, ${what}`,
          unit: 'ms',
          value: ms,
          note: `sent after ${sent.toFixed(1)} ms`,
        },
        { metric: `more memory with ${all} routes received, ${what}`, unit: 'MB', value: rig.resident() - idle },
        ...(await rig.lateness(`${all} routes received, ${what}`)),
      ];
    },
    { quiet: true },
  );
}

/** Milliseconds from the first octet that a peer sends until the speaker says that it has all, and until the last was sent. */
export async function timeReceive(
  { feed, speaker: { received: count } }: Rig,
  routes: number,
  sets: number,
): Promise<{ readonly ms: number; readonly sent: number }> {
  if (count === undefined) throw new Error('it cannot be asked how many routes it has');
  // The first answer of a connection to an API takes longer than any other.
  await count();
  const feeder = await feed(routes, sets);
  const sent = await feeder.saw('sent');
  const { ms: sending } = await feeder.saw('sending', 1);
  // Not before, for the answer costs time as well.
  for (;;) {
    const asked = now();
    if ((await count()) >= routes) break;
    await sleep(Math.max(interval, now() - asked));
  }
  return { ms: now() - sending, sent: sent.ms - sending };
}
