import { cpus } from 'node:os';
import type { Case, Measurement } from './case.ts';
import type { Speaker } from './speaker.ts';
import { median } from './statistics.ts';

/** What one run of one speaker gave. */
export interface Run {
  readonly case: Case;
  readonly speaker: Speaker;
  readonly outcome: { readonly measurements: readonly Measurement[] } | { readonly failure: string };
}

export interface Row {
  readonly case: string;
  readonly metric: string;
  readonly unit: Measurement['unit'];
  readonly speaker: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Its median by that of the best other speaker: below 1 it is the best. Absent if there is no other. */
  readonly ratio?: number;
  readonly runs: number;
}

/** A row for each speaker and metric, in the order in which they first came. */
export function rowsOf(runs: readonly Run[]): Row[] {
  const groups = new Map<string, { run: Run; measurement: Measurement; values: number[] }>();
  for (const run of runs) {
    for (const measurement of 'failure' in run.outcome ? [] : run.outcome.measurements) {
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
    return others.length === 0 ? row : { ...row, ratio: row.median / Math.min(...others) };
  });
}

function isRival(other: Omit<Row, 'ratio'>, row: Omit<Row, 'ratio'>): boolean {
  return other.case === row.case && other.metric === row.metric && other.speaker !== row.speaker;
}

/** A Markdown table for each metric, the best speaker first; then what failed. */
export function markdown(runs: readonly Run[]): string {
  const rows = rowsOf(runs);
  const parts = [...new Set(runs.map((run) => run.case))].flatMap((one) => {
    const own = rows.filter((row) => row.case === one.name);
    const tables = [...new Set(own.map((row) => row.metric))].map((metric) =>
      table(own.filter((row) => row.metric === metric)),
    );
    return [`## ${one.name}: ${one.title}`, ...tables];
  });
  const failed = runs.flatMap(({ case: { name }, speaker, outcome }) =>
    'failure' in outcome ? [`- ${name}, ${speaker.title}: ${outcome.failure.split('\n')[0]}`] : [],
  );
  if (failed.length > 0) parts.push('## Failed', failed.join('\n'));
  return `${parts.join('\n\n')}\n`;
}

/** What the numbers of a report hold for. */
export function machine(): string {
  const all = cpus();
  return `${all.length} × ${all[0]?.model.trim() ?? 'CPU'}, Node.js ${process.version}`;
}

function table(rows: readonly Row[]): string {
  const sorted = rows.toSorted((a, b) => a.median - b.median);
  const [{ metric, unit, runs } = { metric: '', unit: '', runs: 0 }] = sorted;
  const lines = sorted.map((row) => [
    row.speaker,
    figure(row.median),
    figure(row.min),
    figure(row.max),
    row.ratio === undefined ? '' : figure(row.ratio),
  ]);
  const cells = [[`${metric} (${unit}, ${runs} runs)`, 'median', 'min', 'max', 'to the best other'], ...lines];
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0))) ?? [];
  const [head = '', ...body] = cells.map((line) => {
    const padded = line.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    return `| ${padded.join(' | ')} |`;
  });
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [head, rule, ...body].join('\n');
}

/** Three digits, or more before the point. */
function figure(value: number): string {
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3);
}
