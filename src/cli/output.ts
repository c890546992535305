import { once } from 'node:events';
import { type Column, Table } from './table.ts';

export const formats = ['table', 'wide', 'json', 'yaml'] as const;
export type Format = (typeof formats)[number];

/** What one command prints: rows for people, values for programs. */
export interface Output<Row> {
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** What json and yaml have; a list that may be long is made as it is written. */
  readonly values: Iterable<unknown>;
  /** Instead of a table without rows. */
  readonly empty: string;
}

/** What a command prints that may be more than fits into memory: items as they come, each of them some rows for people. */
export interface OutputStream<Item, Row> {
  readonly items: AsyncIterable<readonly Item[]>;
  /** Of the items that come first, by which a table is laid out; `isAll` when there are no others. */
  readonly columns: (first: readonly Item[], isAll: boolean) => readonly Column<Row>[];
  readonly rowsOf: (item: Item) => readonly Row[];
  /** What json and yaml have of an item. */
  readonly valueOf: (item: Item) => unknown;
  readonly empty: string;
}

/** Items that a table is laid out by, and that are put in order. */
export const mostAtOnce = 10_000;

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
      const table = new Table(shownOf(format, columns), rows);
      return printLines(table.lines(rows));
    }
  }
}

/** As `print`, holding no more than it has to. */
export async function printStream<Item, Row>(format: Format, output: OutputStream<Item, Row>): Promise<void> {
  switch (format) {
    case 'json':
      return printLines(jsonLines(valuesOf(output)));
    case 'yaml':
      return printLines(yamlLines(valuesOf(output)));
    case 'table':
    case 'wide':
      return printLines(streamedLines(format, output));
  }
}

async function* valuesOf<Item, Row>({ items, valueOf }: OutputStream<Item, Row>): AsyncGenerator<unknown> {
  for await (const some of items) for (const item of some) yield valueOf(item);
}

async function* streamedLines<Item, Row>(
  format: Format,
  { items, columns, rowsOf, empty }: OutputStream<Item, Row>,
): AsyncGenerator<string> {
  const first: Item[] = [];
  let table: Table<Row> | undefined;
  const begin = (isAll: boolean) => new Table(shownOf(format, columns(first, isAll)), first.flatMap(rowsOf));
  for await (const some of items) {
    if (table !== undefined) {
      yield* table.rows(some.flatMap(rowsOf));
      continue;
    }
    for (const item of some) first.push(item);
    if (first.length <= mostAtOnce) continue;
    table = begin(false);
    yield* table.lines(first.splice(0).flatMap(rowsOf));
  }
  if (table !== undefined) return;
  if (first.length === 0) yield empty;
  else yield* begin(true).lines(first.flatMap(rowsOf));
}

function shownOf<Row>(format: Format, columns: readonly Column<Row>[]): readonly Column<Row>[] {
  return columns.filter((column) => format === 'wide' || column.wide !== true);
}

/** A JSON array, one element after the other: a full table would not fit into one string. */
async function* jsonLines(values: Iterable<unknown> | AsyncIterable<unknown>): AsyncGenerator<string> {
  let last: string | undefined;
  for await (const value of values) {
    yield last === undefined ? '[' : `${last},`;
    last = JSON.stringify(value, null, 2).replace(/^/gm, '  ');
  }
  yield last === undefined ? '[]' : `${last}\n]`;
}

/** As `jsonLines`: a sequence of YAML is its elements, one behind the other. */
async function* yamlLines(values: AsyncIterable<unknown>): AsyncGenerator<string> {
  const { stringify } = await import('yaml');
  let isEmpty = true;
  for await (const value of values) {
    yield stringify([value]).trimEnd();
    isEmpty = false;
  }
  if (isEmpty) yield '[]';
}

/** Writes lines to standard output, no faster than they are read there. */
export async function printLines(lines: Iterable<string> | AsyncIterable<string>): Promise<void> {
  let chunk = '';
  for await (const text of lines) {
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
