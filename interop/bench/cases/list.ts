import type { Case, Measurement } from '../case.ts';
import { withRig } from '../rig.ts';
import { now } from '../sink.ts';
import type { Speaker, Started } from '../speaker.ts';
import { gobgp } from '../speakers/gobgp.ts';
import { herald } from '../speakers/herald.ts';

/** A whole table over the gRPC API, to a client that only keeps the octets. */
export const list: Case = {
  name: 'list',
  title: 'A whole table over the API',
  speakers: [herald, gobgp],
  seconds: 6,
  measure: listed,
};

/** Ten tables in one. */
export const listLarge: Case = {
  ...list,
  name: 'list-large',
  title: 'A table ten times as large over the API',
  seconds: 45,
  measure: (speaker, routes) => listed(speaker, routes * 10),
};

function listed(speaker: Speaker, routes: number): Promise<readonly Measurement[]> {
  return withRig(
    speaker,
    routes,
    async ({ lateness, speaker: { list: read } }) => {
      const value = await timeList(read, routes);
      const metric = `${routes.toLocaleString('en')} routes listed`;
      return [{ metric, unit: 'ms', value }, ...(await lateness(metric))];
    },
    { quiet: true },
  );
}

/** Milliseconds until the last of all routes is there. */
export async function timeList(read: Started['list'], routes: number): Promise<number> {
  if (read === undefined) throw new Error('it has no API that lists routes');
  const start = now();
  const count = await read();
  const time = now() - start;
  if (count() !== routes) throw new Error(`it listed ${count()} of ${routes} routes`);
  return time;
}
