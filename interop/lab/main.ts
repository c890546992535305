import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { Lab } from './lab.ts';
import type { Result } from './process.ts';
import { execJson, inspectJson, inspectTable, type NodeStatus } from './report.ts';
import { forget, labDirectory, recall, remember } from './state.ts';
import { readTopology, type Topology } from './topology.ts';
import { words } from './words.ts';

interface Selection {
  readonly topo?: string;
}

interface Formatted extends Selection {
  readonly format: 'json' | 'table' | 'plain';
}

const topo = new Option('-t, --topo <file>', 'topology file, or a directory that has one').env('CLAB_TOPO');

function format(...choices: readonly string[]): Option {
  return new Option('-f, --format <format>', 'how to print').choices(choices).default(choices[0]);
}

const program = new Command('lab').description(
  'Runs containerlab topologies in namespaces, without a container engine. Needs root.',
);

program
  .command('deploy')
  .description('bring a lab up; it stays up until it is destroyed')
  .addOption(topo)
  .addOption(format('table', 'json'))
  .option('-c, --reconfigure', 'destroy the lab first if it is up')
  .action(async (options: Formatted & { readonly reconfigure?: boolean }) => {
    const topology = select(options);
    const old = recall(topology);
    if (old?.nodes.some((node) => node.running()) === true) {
      if (options.reconfigure !== true) {
        throw new Error(`lab ${topology.name} is up; destroy it first, or add --reconfigure`);
      }
      await old.kill();
    }
    if (old !== undefined) forget(old, true);
    const lab = await Lab.deploy(topology.path, {
      directory: labDirectory(topology.name),
      dieWithRunner: false,
      onBoot: remember,
    });
    print(options, lab);
  });

program
  .command('inspect')
  .description('show the nodes of a lab')
  .addOption(topo)
  .addOption(format('table', 'json'))
  .action((options: Formatted) => print(options, deployed(options)));

program
  .command('exec')
  .description('run a command in the nodes of a lab')
  .addOption(topo)
  .addOption(format('plain', 'json'))
  .requiredOption('--cmd <command>', 'the command; may be repeated', append)
  .option('--label <key=value>', 'only in nodes with this label, such as clab-node-name=r1; may be repeated', append)
  .action(async (options: Formatted & { readonly cmd: readonly string[]; readonly label?: readonly string[] }) => {
    const lab = deployed(options);
    const nodes = lab.nodes.filter(({ spec }) => {
      const labels = {
        ...spec.labels,
        containerlab: lab.topology.name,
        'clab-node-name': spec.name,
        'clab-node-kind': spec.kind,
      };
      return (options.label ?? []).every((wanted) => Object.entries(labels).some((pair) => pair.join('=') === wanted));
    });
    if (nodes.length === 0) throw new Error(`no node has the label ${(options.label ?? []).join(' ')}`);
    const results: [string, Result][] = [];
    for (const cmd of options.cmd) {
      for (const node of nodes) results.push([node.spec.container, await node.attempt(words(cmd))]);
    }
    if (options.format === 'json') console.log(JSON.stringify(execJson(results), null, 2));
    else for (const [container, { stdout, stderr }] of results) console.log(`${container}:\n${stdout}${stderr}`);
    process.exitCode = results.find(([, { code }]) => code !== 0)?.[1].code ?? 0;
  });

program
  .command('destroy')
  .description('end a lab')
  .addOption(topo)
  .option('-c, --cleanup', 'remove its logs too')
  .action(async (options: Selection & { readonly cleanup?: boolean }) => {
    const lab = deployed(options);
    await lab.kill();
    forget(lab, options.cleanup === true);
  });

/** The topology file that `-t` names, or the only one in the directory that it names, or in this one. */
function select({ topo: path = '.' }: Selection): Topology {
  if (!statSync(path).isDirectory()) return readTopology(path, process.env);
  const files = readdirSync(path).filter((file) => /\.clab\.ya?ml$/.test(file));
  const [file] = files;
  if (file === undefined || files.length > 1)
    throw new Error(`${files.length} topology files in ${path}; name one with -t`);
  return readTopology(join(path, file), process.env);
}

function deployed(options: Selection): Lab {
  const topology = select(options);
  const lab = recall(topology);
  if (lab === undefined) throw new Error(`lab ${topology.name} is not deployed`);
  return lab;
}

function print({ format: wanted }: Formatted, lab: Lab): void {
  const nodes = lab.nodes.map(
    (node): NodeStatus => ({
      lab: lab.topology.name,
      path: lab.topology.path,
      spec: node.spec,
      pid: node.handle.pid,
      running: node.running(),
    }),
  );
  console.log(wanted === 'json' ? JSON.stringify(inspectJson(nodes), null, 2) : inspectTable(nodes));
}

function append(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

try {
  await program.parseAsync();
} catch (error) {
  console.error(`lab: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
