import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { repository } from '../lab/paths.ts';
import { cases } from './cases/all.ts';
import { chart } from './chart.ts';
import { check, guard, targets } from './check.ts';
import { machine, markdown, type Run, rowsOf } from './report.ts';
import { speakers } from './speakers/all.ts';

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
  if (options.check === true || options.guard === true) {
    process.exitCode = (await check(options.guard === true ? guard : targets, progress)) ? 0 : 1;
    return;
  }
  const runs = await measure(options);
  if (options.output === 'json') console.log(JSON.stringify(rowsOf(runs), null, 2));
  else console.log(markdown(runs));
  const isWhole = options.case === undefined && options.speaker === undefined;
  if (isWhole) {
    const text = `# Results\n\nFrom \`npm run bench\` on ${machine()}.\n\n![Medians](results.svg)\n\n${markdown(runs)}`;
    writeFileSync(join(repository, 'interop', 'bench', 'results.md'), text);
    writeFileSync(join(repository, 'interop', 'bench', 'results.svg'), chart(rowsOf(runs)));
  }
  if (runs.some(({ outcome }) => 'failure' in outcome)) process.exitCode = 1;
}

/** The speakers take turns, so that what else the machine does falls on all of them. */
async function measure(options: Options): Promise<Run[]> {
  const runs: Run[] = [];
  for (const one of cases.filter(({ name }) => options.case?.includes(name) ?? true)) {
    for (let i = 1; i <= options.runs; i++) {
      for (const speaker of one.speakers) {
        const isCompared = speakers.some(({ name }) => name === speaker.name);
        if (isCompared && options.speaker?.includes(speaker.name) === false) continue;
        const name = `${one.name} ${i}/${options.runs} ${speaker.title}`;
        try {
          const measurements = await one.measure(speaker, options.routes);
          for (const { metric, value, unit, note } of measurements) {
            progress(`${name}: ${metric}: ${value.toFixed(3)} ${unit}${note === undefined ? '' : ` (${note})`}`);
          }
          runs.push({ case: one, speaker, outcome: { measurements } });
        } catch (error) {
          const failure = error instanceof Error ? error.message : String(error);
          progress(`${name}: failed: ${failure}`);
          runs.push({ case: one, speaker, outcome: { failure } });
        }
      }
    }
  }
  return runs;
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

function positive(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('must be a number from 1 to 9999999.');
  return Number(text);
}

try {
  await program.parseAsync();
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
// A measurement that failed may have left something waiting, which must not keep the process.
process.exit();
