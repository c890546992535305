import type { Case } from './case.ts';
import { OutOfReach } from './reach.ts';
import type { Run } from './report.ts';
import type { Speaker } from './speaker.ts';

/** One run of one speaker in one case. */
export interface Step {
  readonly case: Case;
  readonly speaker: Speaker;
  /** Counted from 1, and how many there are. */
  readonly run: number;
  readonly of: number;
}

/** The speakers take turns, so that what else the machine does falls on all of them. */
export function planOf(
  cases: readonly Case[],
  runs: number,
  takesPart: (one: Case, speaker: Speaker) => boolean,
): readonly Step[] {
  const steps: Step[] = [];
  for (const one of cases) {
    const of = Math.min(runs, one.runs ?? runs);
    for (let run = 1; run <= of; run++) {
      for (const speaker of one.speakers) if (takesPart(one, speaker)) steps.push({ case: one, speaker, run, of });
    }
  }
  return steps;
}

/** Takes every step, and hands over after each what there is; none fails the others. Who cannot do a case is not asked again. */
export async function measure(
  steps: readonly Step[],
  routes: number,
  progress: (line: string) => void,
  taken: (runs: readonly Run[]) => void = () => undefined,
): Promise<readonly Run[]> {
  const runs: Run[] = [];
  const estimate = new Estimate(steps);
  for (const step of steps) {
    const { case: one, speaker, run, of } = step;
    const isOut = runs.some((r) => r.case === one && r.speaker === speaker && r.outcome.kind === 'out-of-reach');
    if (!isOut) {
      const outcome = await attempt(step, routes);
      estimate.took(step);
      const name = `${estimate.text()} ${one.name} ${run}/${of} ${speaker.title}`;
      if (outcome.kind !== 'measured') progress(`${name}: ${outcome.reason}`);
      else
        for (const { metric, value, unit, note } of outcome.measurements) {
          progress(`${name}: ${metric}: ${value.toFixed(3)} ${unit}${note === undefined ? '' : ` (${note})`}`);
        }
      runs.push({ case: one, speaker, outcome });
      taken(runs);
    } else estimate.took(step);
  }
  return runs;
}

async function attempt({ case: one, speaker }: Step, routes: number): Promise<Run['outcome']> {
  try {
    return { kind: 'measured', measurements: await one.measure(speaker, routes) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { kind: error instanceof OutOfReach ? 'out-of-reach' : 'failed', reason };
  }
}

/** What is left, by what the cases say of themselves and how much longer they took so far. */
class Estimate {
  readonly #start = Date.now();
  #done = 0;
  #left: number;

  constructor(steps: readonly Step[]) {
    this.#left = steps.reduce((sum, step) => sum + expected(step), 0);
  }

  took(step: Step): void {
    this.#done += expected(step);
    this.#left -= expected(step);
  }

  text(): string {
    const elapsed = (Date.now() - this.#start) / 1000;
    // The first steps say little about the others.
    const pace = (elapsed + 60) / (this.#done + 60);
    return `[${minutes(elapsed)}, ${minutes(this.#left * pace)} left]`;
  }
}

/** Seconds. */
function expected({ case: one }: Step): number {
  return one.seconds / one.speakers.length;
}

function minutes(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
}
