import type { Run, Steps } from '../rib/steps.ts';
import type { Clock } from '../session/ports.ts';

/** One step in a turn, however much there is to do: several pieces of work take theirs in rotation. */
export function inTurns(clock: Pick<Clock, 'turn'>): Run {
  const waiting: Steps[] = [];
  let isDue = false;
  const take = (steps: Steps): void => {
    if (steps.next().done !== true) waiting.push(steps);
    if (waiting.length === 0 || isDue) return;
    isDue = true;
    clock.turn(next);
  };
  const next = (): void => {
    isDue = false;
    const steps = waiting.shift();
    if (steps !== undefined) take(steps);
  };
  return take;
}
