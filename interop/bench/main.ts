import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { repository } from '../lab/paths.ts';
import { cases } from './cases/all.ts';
import { chart } from './chart.ts';
import { check } from './check.ts';
import { measure, planOf } from './measure.ts';
import { machine, markdown, type Row, type Run, rowsOf } from './report.ts';
import { speakers } from './speakers/all.ts';
import { guardOf, type Target, targetsOf } from './targets.ts';
import { judge, judgeLateness, verdictTable } from './verdict.ts';

/** How many routes the guard takes, which is to be quick. */
const guarded = 50_000;

interface Options {
  readonly case?: readonly string[];
  readonly speaker?: readonly string[];
  readonly routes: number;
  readonly runs: number;
  readonly output: 'table' | 'json';
  readonly check?: boolean;
  readonly guard?: boolean;
}

const program = new Command('bench')
  .description('Measures Herald beside other BGP speakers, each alone in a namespace. Needs root.')
  .addOption(new Option('--case <name...>', 'only these cases; default: all').choices(cases.map(({ name }) => name)))
  .addOption(
    new Option('--speaker <name...>', 'only these speakers; default: all').choices(speakers.map(({ name }) => name)),
  )
  .option('--routes <count>', 'how many routes a table has', positive, 100_000)
  .option('--runs <count>', 'how often each is measured', positive, 3)
  .addOption(new Option('-o, --output <format>', 'how to print').choices(['table', 'json']).default('table'))
  .option(
    '--guard',
    'only see whether Herald has fallen back behind the others, in less than a minute; exit code 1 when it has',
  )
  .option('--check', 'only see whether Herald meets its targets; exit code 1 when it does not')
  .action(bench);

async function bench(options: Options): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('namespaces need root');
  if (options.guard === true) {
    process.exitCode = (await check({ targets: guardOf(guarded), routes: guarded, isTimely: false }, progress)) ? 0 : 1;
    return;
  }
  const chosen = cases.filter(({ name }) => options.case?.includes(name) ?? true);
  const targets = targetsOf(options.routes).filter((target) => chosen.includes(target.case));
  if (options.check === true) {
    process.exitCode = (await check({ targets, routes: options.routes, isTimely: true }, progress)) ? 0 : 1;
    return;
  }
  const compared = new Set(speakers.map(({ name }) => name));
  const steps = planOf(
    chosen,
    options.runs,
    (_, { name }) => !compared.has(name) || (options.speaker?.includes(name) ?? true),
  );
  const isWhole = options.case === undefined && options.speaker === undefined;
  const runs = await measure(steps, options.routes, progress, (some) => {
    if (isWhole) write(some, targets, options.routes);
  });
  console.log(options.output === 'json' ? JSON.stringify(rowsOf(runs), null, 2) : report(runs, targets));
  if (runs.some(({ outcome }) => outcome.kind === 'failed')) process.exitCode = 1;
}

function report(runs: readonly Run[], targets: readonly Target[]): string {
  const rows = rowsOf(runs);
  const median = (row: Row) => row.median;
  const verdicts = [...targets.map((target) => judge(target, rows, median)), ...judgeLateness(rows)];
  return `${markdown(runs)}\n## Targets\n\n${verdictTable(verdicts)}\n`;
}

/** What a whole run has so far, so that nothing is lost when it is cut short. */
function write(runs: readonly Run[], targets: readonly Target[], routes: number): void {
  const title = `# Results\n\nFrom \`npm run bench\` on ${machine()}.\n\n![Medians](results.svg)\n\n`;
  const wanted = [...guardOf(routes), ...targets];
  const inOrder = cases.flatMap((one) => wanted.filter((target) => target.case === one));
  const charted = [...new Map(inOrder.map((target) => [`${target.case.name}: ${target.metric}`, target])).values()];
  writeFileSync(join(repository, 'interop', 'bench', 'results.md'), title + report(runs, targets));
  writeFileSync(join(repository, 'interop', 'bench', 'results.svg'), chart(runs, charted, machine()));
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

function positive(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('must be a number from 1 to 9999999.');
  return Number(text);
}

// What a measurement that was given up still waits for fails with its rig.
process.on('unhandledRejection', (reason) => progress(`not waited for: ${String(reason)}`));
try {
  await program.parseAsync();
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
// A measurement that failed may have left something waiting, which must not keep the process.
process.exit();
