/** A column of a table and what it shows of a row. */
export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => string;
  /** Only with `-o wide`. */
  readonly wide?: true;
}

/** Lines of a table as Cilium prints them: heads, then rows, three spaces between columns, nothing after the last one. */
export class Table<Row> {
  readonly #columns: readonly Column<Row>[];
  readonly #widths: number[];

  /** As wide as these rows need it; a row that comes later and is wider pushes what is right of it. */
  constructor(columns: readonly Column<Row>[], rows: readonly Row[]) {
    this.#columns = columns;
    this.#widths = columns.map(({ head }) => head.length);
    for (const row of rows)
      for (const [i, { cell }] of columns.entries())
        this.#widths[i] = Math.max(this.#widths[i] as number, cell(row).length);
  }

  /** The heads and these rows. */
  *lines(rows: readonly Row[]): Generator<string> {
    yield this.#line(this.#columns.map(({ head }) => head));
    yield* this.rows(rows);
  }

  *rows(rows: readonly Row[]): Generator<string> {
    for (const row of rows) yield this.#line(this.#columns.map(({ cell }) => cell(row)));
  }

  #line(cells: readonly string[]): string {
    return cells
      .map((cell, i) => cell.padEnd(this.#widths[i] as number))
      .join('   ')
      .trimEnd();
  }
}

/** The lines of a table whose cells are there already. */
export function tableLines(heads: readonly string[], rows: readonly (readonly string[])[]): Generator<string> {
  const columns = heads.map((head, i) => ({ head, cell: (row: readonly string[]) => row[i] ?? '' }));
  return new Table(columns, rows).lines(rows);
}
