import { aligned, figure, type Row } from './report.ts';
import type { Target } from './targets.ts';

/** Who has the targets. */
export const ours = 'Herald';

/** Milliseconds that a keepalive may be late, in every case that has a quiet peer. */
const latest = 250;

export interface Verdict {
  readonly asked: string;
  readonly got: string;
  readonly met: boolean;
}

/** Which of a row's figures counts. */
export type Pick = (row: Row) => number;

/** Whether a target is met by what was measured; not if Herald has no figure, or nobody that it could be compared with. */
export function judge(
  { case: { name, speakers }, metric, limit, others }: Target,
  rows: readonly Row[],
  pick: Pick,
): Verdict {
  const of = (title: string) => rows.find((row) => row.case === name && row.metric === metric && row.speaker === title);
  const own = of(ours);
  const what = `${name}: ${metric}`;
  if (others === undefined) {
    const asked = limit === Number.POSITIVE_INFINITY ? `${what}, at all` : `${what}: below ${limited(limit, own)}`;
    return own === undefined ? missing(asked) : { asked, got: withUnit(own, pick), met: pick(own) < limit };
  }
  const isAll = others.length === speakers.length - 1;
  const names = others.map(({ title }) => title);
  const whose = names.length === 1 ? names.join() : isAll ? 'the best other' : `the better of ${names.join(' and ')}`;
  const asked = `${what}: ${limit === 1 ? 'below' : `${share(limit)} of`} ${whose}`;
  const [best] = others.flatMap(({ title }) => of(title) ?? []).toSorted((a, b) => pick(a) - pick(b));
  if (own === undefined || best === undefined) return missing(asked);
  const ratio = pick(own) / pick(best);
  return {
    asked,
    got: `${withUnit(own, pick)}, ${share(ratio)} of ${best.speaker}'s ${withUnit(best, pick)}`,
    met: ratio < limit,
  };
}

/** A verdict for each time that Herald's keepalives were watched: the latest of all runs counts. */
export function judgeLateness(rows: readonly Row[]): Verdict[] {
  return rows
    .filter((row) => row.speaker === ours && row.metric.startsWith('keepalive late'))
    .map((row) => ({
      asked: `${row.case}: ${row.metric}: below ${latest} ms`,
      got: withUnit(row, ({ max }) => max),
      met: row.max < latest,
    }));
}

/** As a Markdown table. */
export function verdictTable(verdicts: readonly Verdict[]): string {
  const lines = verdicts.map(({ asked, got, met }) => [asked, got, met ? 'yes' : '**no**']);
  return aligned([['asked', 'got', 'met'], ...lines], 3);
}

function missing(asked: string): Verdict {
  return { asked, got: 'not measured', met: false };
}

function withUnit(row: Row, pick: Pick): string {
  return `${figure(pick(row))} ${row.unit}`;
}

function limited(limit: number, row: Row | undefined): string {
  return `${figure(limit)}${row === undefined ? '' : ` ${row.unit}`}`;
}

/** As a fraction that has a 1 above, up to a half. */
function share(ratio: number): string {
  return ratio <= 1 / 2 ? `1/${figure(1 / ratio).replace(/\.0+$/, '')}` : figure(ratio);
}
