import type { Case } from './case.ts';
import { dump } from './cases/dump.ts';
import { memory } from './cases/memory.ts';
import { single } from './cases/single.ts';
import type { Speaker } from './speaker.ts';
import { bird } from './speakers/bird.ts';
import { gobgp } from './speakers/gobgp.ts';
import { herald } from './speakers/herald.ts';

const routes = 100_000;

/** How often each is measured before a target counts as missed. */
const tries = 5;

/** One number that must be below a limit: a figure of Herald's, or its ratio to that of another. */
interface Target {
  readonly name: string;
  readonly case: Case;
  readonly metric: string;
  readonly limit: number;
  readonly other?: Speaker;
}

const table = routes.toLocaleString('en');
const targets: readonly Target[] = [
  { name: 'dump', case: dump, metric: `TCP accept to the last of ${table} routes`, limit: 0.25, other: bird },
  { name: 'single', case: single, metric: 'add, p50', limit: 0.5 },
  { name: 'single', case: single, metric: 'delete, p50', limit: 0.5 },
  { name: 'single', case: single, metric: 'add, p99', limit: 1, other: gobgp },
  { name: 'single', case: single, metric: 'delete, p99', limit: 1, other: gobgp },
  { name: 'memory', case: memory, metric: `${table} routes announced to one peer`, limit: 120 },
];

/**
 * Measures until every target is met, a few times at most; prints a line for each. False when one is missed. What counts is the best
 * figure of each speaker: other work on the machine can only make it worse.
 */
export async function check(progress: (line: string) => void): Promise<boolean> {
  const best = new Map<string, number>();
  const key = (speaker: Speaker, metric: string) => `${speaker.name} ${metric}`;
  const value = ({ metric, other }: Target): number => {
    const own = best.get(key(herald, metric)) ?? Number.NaN;
    return other === undefined ? own : own / (best.get(key(other, metric)) ?? Number.NaN);
  };
  const isMet = (target: Target): boolean => value(target) < target.limit;

  for (const one of new Set(targets.map((target) => target.case))) {
    const own = targets.filter((target) => target.case === one);
    const others = new Set(own.flatMap(({ other }) => (other === undefined ? [] : [other])));
    for (let i = 1; i <= tries && !own.every(isMet); i++) {
      for (const speaker of [herald, ...others]) {
        for (const measured of await one.measure(speaker, routes)) {
          progress(
            `${one.name}, try ${i}: ${speaker.title}: ${measured.metric}: ${measured.value.toFixed(3)} ${measured.unit}`,
          );
          const name = key(speaker, measured.metric);
          best.set(name, Math.min(measured.value, best.get(name) ?? measured.value));
        }
      }
    }
  }
  for (const target of targets) {
    const what = target.other === undefined ? target.metric : `${target.metric}, by that of ${target.other.title}`;
    const figures = `${value(target).toFixed(3)}, must be below ${target.limit}`;
    console.log(`${isMet(target) ? 'met   ' : 'MISSED'}  ${target.name}: ${what}: ${figures}`);
  }
  return targets.every(isMet);
}
