import { figure, type Row, type Run, rowsOf, unableIn } from './report.ts';
import { ours } from './verdict.ts';

/** What a block of bars is of. */
export interface Charted {
  readonly case: { readonly name: string };
  readonly metric: string;
}

const columns = 2;
const columnWidth = 450;
const margin = 20;
const labelWidth = 88;
/** To the right of the longest bar. */
const figureWidth = 70;
const barHeight = 13;
const gap = 4;
/** Of the line above a block, and of the block's head. */
const headHeight = 40;
const titleHeight = 52;

const [ink, faint, own, other, rule] = ['#0f172a', '#64748b', '#2563eb', '#a3b1c6', '#e2e8f0'];

interface Block {
  readonly head: Charted;
  readonly rows: readonly Row[];
  readonly unable: readonly (readonly [string, string])[];
  readonly height: number;
}

/** An SVG with a block of bars for each metric that more than one speaker has, the best speaker first. Bars begin at nothing. */
export function chart(runs: readonly Run[], charted: readonly Charted[], machine: string): string {
  const all = rowsOf(runs);
  const parts = [
    text(margin, 26, 'Herald beside other BGP speakers', `font-size="17" font-weight="bold" fill="${ink}"`),
    text(margin, 44, `Medians, shorter is better. ${machine}`, `fill="${faint}"`),
  ];
  const blocks = charted.flatMap((head): Block[] => {
    const rows = all.filter((row) => row.case === head.case.name && row.metric === head.metric);
    if (rows.length < 2) return [];
    const unable = [...unableIn(head.case, runs)].filter(([title]) => rows.every((row) => row.speaker !== title));
    const bars = rows.length + unable.length;
    const sorted = rows.toSorted((a, b) => a.median - b.median);
    return [{ head, rows: sorted, unable, height: headHeight + bars * (barHeight + gap) + 22 }];
  });
  let y = titleHeight;
  for (let i = 0; i < blocks.length; i += columns) {
    const line = blocks.slice(i, i + columns);
    line.forEach((block, column) => parts.push(...drawn(block, margin + column * (columnWidth + margin), y)));
    y += Math.max(...line.map(({ height }) => height));
  }
  const size = `width="${columns * (columnWidth + margin) + margin}" height="${y}"`;
  const head = `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="Helvetica, Arial, sans-serif" font-size="11">`;
  return `${head}\n<rect width="100%" height="100%" fill="white"/>\n${parts.join('\n')}\n</svg>\n`;
}

function drawn({ head, rows, unable }: Block, x: number, top: number): string[] {
  const most = Math.max(...rows.map(({ median }) => median), Number.MIN_VALUE);
  const parts = [
    `<path d="M${x} ${top + 4.5}h${columnWidth}" stroke="${rule}"/>`,
    text(x, top + 20, head.case.name, `font-size="12" font-weight="bold" fill="${ink}"`),
    text(x, top + 34, head.metric, `fill="${faint}"`),
  ];
  let y = top + headHeight;
  for (const { speaker, median, unit } of rows) {
    const length = Math.max(1, (Math.max(0, median) / most) * (columnWidth - labelWidth - figureWidth));
    const isOurs = speaker === ours;
    const weight = isOurs ? 'font-weight="bold" ' : '';
    parts.push(
      text(x, y + 10, speaker, `${weight}fill="${ink}"`),
      `<rect x="${x + labelWidth}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" rx="1.5" fill="${isOurs ? own : other}"/>`,
      text(x + labelWidth + length + 5, y + 10, `${figure(median)} ${unit}`, `${weight}fill="${ink}"`),
    );
    y += barHeight + gap;
  }
  for (const [speaker, reason] of unable) {
    parts.push(
      text(x, y + 10, speaker, `fill="${ink}"`),
      text(x + labelWidth, y + 10, reason, `font-style="italic" fill="${faint}"`),
    );
    y += barHeight + gap;
  }
  return parts;
}

function text(x: number, y: number, content: string, more = ''): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y}" ${more}>${escaped}</text>`;
}
