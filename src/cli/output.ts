import { once } from 'node:events';
import { tableLines } from './table.ts';

export const formats = ['table', 'wide', 'json', 'yaml'] as const;
export type Format = (typeof formats)[number];

/** A column of a table and what it shows of a row. */
export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => string;
  /** Only with `-o wide`. */
  readonly wide?: true;
}

/** What one command prints: rows for people, values for programs. */
export interface Output<Row> {
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** What json and yaml have; a list that may be long is made as it is written. */
  readonly values: Iterable<unknown>;
  /** Instead of a table without rows. */
  readonly empty: string;
}

export async function print<Row>(format: Format, { columns, rows, values, empty }: Output<Row>): Promise<void> {
  switch (format) {
    case 'json':
      return printLines(jsonLines(values));
    case 'yaml': {
      const { stringify } = await import('yaml');
      return printLines([stringify([...values]).trimEnd()]);
    }
    case 'table':
    case 'wide': {
      if (rows.length === 0) return printLines([empty]);
      const shown = columns.filter((column) => format === 'wide' || column.wide !== true);
      const cells = rows.map((row) => shown.map((column) => column.cell(row)));
      return printLines(
        tableLines(
          shown.map(({ head }) => head),
          cells,
        ),
      );
    }
  }
}

/** A JSON array, one element after the other: a full table would not fit into one string. */
function* jsonLines(values: Iterable<unknown>): Generator<string> {
  let last: string | undefined;
  for (const value of values) {
    yield last === undefined ? '[' : `${last},`;
    last = JSON.stringify(value, null, 2).replace(/^/gm, '  ');
  }
  yield last === undefined ? '[]' : `${last}\n]`;
}

/** Writes lines to standard output, no faster than they are read there. */
export async function printLines(lines: Iterable<string>): Promise<void> {
  let chunk = '';
  for (const text of lines) {
    chunk += `${text}\n`;
    if (chunk.length < 65536) continue;
    await write(chunk);
    chunk = '';
  }
  if (chunk !== '') await write(chunk);
}

async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
