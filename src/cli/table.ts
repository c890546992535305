/** Lines of a table as Cilium prints them: heads, then rows, three spaces between columns, nothing after the last one. */
export function* tableLines(heads: readonly string[], rows: readonly (readonly string[])[]): Generator<string> {
  const widths = heads.map((head) => head.length);
  for (const row of rows) {
    for (let i = 0; i < widths.length; i++) widths[i] = Math.max(widths[i] as number, row[i]?.length ?? 0);
  }
  yield line(heads, widths);
  for (const row of rows) yield line(row, widths);
}

function line(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, i) => cell.padEnd(widths[i] as number))
    .join('   ')
    .trimEnd();
}
