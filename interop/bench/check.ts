import type { Case } from './case.ts';
import { dump } from './cases/dump.ts';
import { list } from './cases/list.ts';
import { memory } from './cases/memory.ts';
import { receive } from './cases/receive.ts';
import { single } from './cases/single.ts';
import type { Speaker } from './speaker.ts';
import { bird } from './speakers/bird.ts';
import { gobgp } from './speakers/gobgp.ts';
import { herald } from './speakers/herald.ts';

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

/** Targets, and the size of the tables that they are for. */
export interface Goals {
  readonly routes: number;
  readonly targets: readonly Target[];
}

/** What Herald is to be. */
export const targets = goals(100_000, (table) => [
  { name: 'dump', case: dump, metric: `TCP accept to the last of ${table} routes`, limit: 0.25, other: bird },
  { name: 'single', case: single, metric: 'add, p50', limit: 0.5 },
  { name: 'single', case: single, metric: 'delete, p50', limit: 0.5 },
  { name: 'single', case: single, metric: 'add, p99', limit: 1, other: gobgp },
  { name: 'single', case: single, metric: 'delete, p99', limit: 1, other: gobgp },
  { name: 'memory', case: memory, metric: `${table} routes announced to one peer`, limit: 120 },
]);

/** What it must not fall back behind, on any machine and beside any other work: ratios alone, with more than twice as much room as it needs. */
export const guard = goals(50_000, (table) => [
  { name: 'dump', case: dump, metric: `TCP accept to the last of ${table} routes`, limit: 0.8, other: bird },
  {
    name: 'receive',
    case: receive,
    metric: `first octet sent to ${table} routes in the table, one attribute set`,
    limit: 0.9,
    other: bird,
  },
  { name: 'list', case: list, metric: `${table} routes listed`, limit: 0.9, other: gobgp },
]);

function goals(routes: number, of: (table: string) => readonly Target[]): Goals {
  return { routes, targets: of(routes.toLocaleString('en')) };
}

/**
 * Measures until every target is met, a few times at most; prints a line for each. False when one is missed. What counts is the best
 * figure of each speaker: other work on the machine can only make it worse.
 */
export async function check({ routes, targets }: Goals, progress: (line: string) => void): Promise<boolean> {
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
