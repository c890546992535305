import { now, type Sink } from './sink.ts';
import type { Originator } from './speaker.ts';

export type Change = 'announce' | 'withdraw';

/** `count` routes from `first` on, one at a time: for each the milliseconds from the call of the API to the bytes at the peer's socket. */
export async function timeSingles(
  originator: Originator,
  sink: Sink,
  change: Change,
  first: number,
  count: number,
): Promise<number[]> {
  const times: number[] = [];
  for (let route = first; route < first + count; route++) {
    const start = now();
    const answer = change === 'announce' ? originator.add(route) : originator.remove(route);
    const [{ ms }] = await Promise.all([sink.saw(`${change} ${route}`, 5), answer]);
    times.push(ms - start);
  }
  return times;
}
