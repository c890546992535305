import { cpus } from 'node:os';
import type { Case, Measurement } from './case.ts';
import type { Speaker } from './speaker.ts';
import { median } from './statistics.ts';

/** What one run of one speaker gave. */
export interface Run {
  readonly case: Case;
  readonly speaker: Speaker;
  readonly outcome: Outcome;
}

export type Outcome =
  | { readonly kind: 'measured'; readonly measurements: readonly Measurement[] }
  /** It cannot do it, in the time and with the memory that there is. */
  | { readonly kind: 'out-of-reach'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

export interface Row {
  readonly case: string;
  readonly metric: string;
  readonly unit: Measurement['unit'];
  readonly speaker: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Its median by that of the best other speaker: below 1 it is the best. Absent if there is no other, or its median is nothing. */
  readonly ratio?: number;
  readonly runs: number;
}

/** A row for each speaker and metric, in the order in which they first came. */
export function rowsOf(runs: readonly Run[]): Row[] {
  const groups = new Map<string, { run: Run; measurement: Measurement; values: number[] }>();
  for (const run of runs) {
    for (const measurement of run.outcome.kind === 'measured' ? run.outcome.measurements : []) {
      const key = [run.case.name, measurement.metric, run.speaker.name].join('\n');
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { run, measurement, values: [measurement.value] });
      else group.values.push(measurement.value);
    }
  }
  const rows = [...groups.values()].map(({ run, measurement: { metric, unit }, values }) => ({
    case: run.case.name,
    metric,
    unit,
    speaker: run.speaker.title,
    median: median(values),
    min: Math.min(...values),
    max: Math.max(...values),
    runs: values.length,
  }));
  return rows.map((row) => {
    const others = rows.filter((other) => isRival(other, row)).map((other) => other.median);
    const best = Math.min(...others);
    return others.length === 0 || best <= 0 ? row : { ...row, ratio: row.median / best };
  });
}

function isRival(other: Omit<Row, 'ratio'>, row: Omit<Row, 'ratio'>): boolean {
  return other.case === row.case && other.metric === row.metric && other.speaker !== row.speaker;
}

/** A Markdown table for each metric, the best speaker first and last who has no figure; who has fewer runs than others says why; then what failed. */
export function markdown(runs: readonly Run[]): string {
  const rows = rowsOf(runs);
  const parts = [...new Set(runs.map((run) => run.case))].flatMap((one) => {
    const own = rows.filter((row) => row.case === one.name);
    const unable = unableIn(one, runs);
    const without = [...unable].filter(([speaker]) => own.every((row) => row.speaker !== speaker));
    const tables = [...new Set(own.map((row) => row.metric))].map((metric) =>
      table(
        own.filter((row) => row.metric === metric),
        unable,
        without,
      ),
    );
    if (tables.length === 0) tables.push(without.map((line) => `- ${line.join(': ')}`).join('\n'));
    return [`## ${one.name}: ${one.title}`, ...tables];
  });
  const failed = runs.flatMap(({ case: { name }, speaker, outcome }) =>
    outcome.kind === 'failed' ? [`- ${name}, ${speaker.title}: ${outcome.reason.split('\n')[0]}`] : [],
  );
  if (failed.length > 0) parts.push('## Failed', failed.join('\n'));
  return `${parts.join('\n\n')}\n`;
}

/** What the numbers of a report hold for. */
export function machine(): string {
  const all = cpus();
  return `${all.length} × ${all[0]?.model.trim() ?? 'CPU'}, Node.js ${process.version}`;
}

/** Who could not do it, and why; the first line of that. */
export function unableIn(one: Pick<Case, 'name'>, runs: readonly Run[]): ReadonlyMap<string, string> {
  return new Map(
    runs.flatMap(({ case: { name }, speaker, outcome }) =>
      name !== one.name || outcome.kind === 'measured' ? [] : [[speaker.title, outcome.reason.split('\n')[0] ?? '']],
    ),
  );
}

function table(
  rows: readonly Row[],
  unable: ReadonlyMap<string, string>,
  without: readonly (readonly [string, string])[],
): string {
  const sorted = rows.toSorted((a, b) => a.median - b.median);
  const [{ metric, unit } = { metric: '', unit: '' }] = sorted;
  const most = Math.max(...rows.map(({ runs }) => runs));
  const lines = sorted.map(({ speaker, runs, ...row }) => [
    runs < most ? `${speaker}, ${count(runs)}: ${unable.get(speaker) ?? 'not measured again'}` : speaker,
    figure(row.median),
    figure(row.min),
    figure(row.max),
    row.ratio === undefined ? '' : figure(row.ratio),
  ]);
  return aligned([
    [`${metric} (${unit}, ${count(most)})`, 'median', 'min', 'max', 'to the best other'],
    ...lines,
    ...without.map(([speaker, reason]) => [speaker, '', '', '', reason]),
  ]);
}

function count(runs: number): string {
  return runs === 1 ? '1 run' : `${runs} runs`;
}

/** A Markdown table: the head, then a line for each; all columns but the first `left` are flush right. */
export function aligned(cells: readonly (readonly string[])[], left = 1): string {
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0))) ?? [];
  const [head = '', ...body] = cells.map((line) => {
    const padded = line.map((cell, column) =>
      column < left ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    return `| ${padded.join(' | ')} |`;
  });
  const rule = `| ${widths.map((width, column) => (column < left ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [head, rule, ...body].join('\n');
}

/** Three digits, or more before the point. */
export function figure(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}
