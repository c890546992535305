import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../lab/paths.ts';
import { type Feature, features } from './router.ts';

/** `fails` is only until the test is mended; a text says why the router has it not. */
export type Cell = 'works' | 'fails' | { readonly lacks: string };

const readme = join(repository, 'interop', 'README.md');
const [begin, end] = ['<!-- matrix: written by the run -->', '<!-- end of the matrix -->'];

/** Puts the table into the README; rows are routers. */
export function writeTable(rows: ReadonlyMap<string, ReadonlyMap<Feature, Cell>>): void {
  const notes: string[] = [];
  const mark = (cell: Cell | undefined): string => {
    if (cell === undefined) return '';
    if (typeof cell === 'string') return cell === 'works' ? '✓' : '✗';
    if (!notes.includes(cell.lacks)) notes.push(cell.lacks);
    return `– (${notes.indexOf(cell.lacks) + 1})`;
  };
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const table = [
    line(['', ...features]),
    line(['---', ...features.map(() => '---')]),
    ...[...rows].map(([title, cells]) => line([title, ...features.map((feature) => mark(cells.get(feature)))])),
  ];
  const text = [begin, ...table, '', ...notes.map((note, i) => `${i + 1}. ${note}`), end].join('\n');
  const before = readFileSync(readme, 'utf8');
  const [from, to] = [before.indexOf(begin), before.indexOf(end)];
  if (from === -1 || to === -1) throw new Error(`${readme} has no place for the matrix`);
  writeFileSync(readme, `${before.slice(0, from)}${text}${before.slice(to + end.length)}`);
}
