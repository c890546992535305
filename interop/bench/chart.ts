import type { Row } from './report.ts';

const width = 860;
const labelWidth = 110;
const barHeight = 14;
const gap = 4;
/** To the right of the longest bar. */
const figureWidth = 110;

/** An SVG with one block of bars for each metric, the best speaker first; bars are by the logarithm where the slowest takes a hundred times as long. */
export function chart(rows: readonly Row[]): string {
  const parts: string[] = [];
  let y = 10;
  for (const metric of new Set(rows.map((row) => `${row.case}: ${row.metric} (${row.unit})`))) {
    const own = rows
      .filter((row) => `${row.case}: ${row.metric} (${row.unit})` === metric)
      .toSorted((a, b) => a.median - b.median);
    y += 18;
    parts.push(text(10, y, metric, 'font-weight="bold"'));
    y += 8;
    const most = own.at(-1)?.median ?? 1;
    const least = own[0]?.median ?? 1;
    const scale = scaleOf(least, most);
    for (const { speaker, median } of own) {
      const length = Math.max(1, scale(median) * (width - labelWidth - figureWidth));
      const fill = speaker === 'Herald' ? '#2563eb' : '#94a3b8';
      parts.push(
        text(10, y + 11, speaker),
        `<rect x="${labelWidth}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" fill="${fill}"/>`,
        text(labelWidth + length + 6, y + 11, median.toPrecision(3)),
      );
      y += barHeight + gap;
    }
    y += 6;
  }
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y + 10}" font-family="sans-serif" font-size="12">`;
  return `${head}\n<rect width="100%" height="100%" fill="white"/>\n${parts.join('\n')}\n</svg>\n`;
}

/** The share of the longest bar that a value has. */
function scaleOf(least: number, most: number): (value: number) => number {
  if (most < 100 * least) return (value) => value / most;
  return (value) => (1 + Math.log10(value / least)) / (1 + Math.log10(most / least));
}

function text(x: number, y: number, content: string, more = ''): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y}" ${more}>${escaped}</text>`;
}
