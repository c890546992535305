import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { AdvertiseOptions } from './advertise.ts';
import type { ApplyOptions } from './apply.ts';
import type { CommonOptions } from './daemon.ts';
import type { DecodeOptions } from './decode.ts';
import type { DeleteOptions } from './delete.ts';
import type { DiffOptions } from './diff.ts';
import type { DoctorOptions } from './doctor.ts';
import type { DrainOptions, UndrainOptions } from './drain.ts';
import { CliError, type ExitCode, exitCode, exitCodeHelp } from './exit.ts';
import type { GetOptions } from './get.ts';
import { formats } from './output.ts';
import type { ResetOptions } from './reset.ts';
import type { RunOptions } from './run.ts';
import { softResets } from './soft-resets.ts';
import type { WithdrawOptions } from './withdraw.ts';

// What each command does is imported when it is called: the time to start is what a user of a command line feels.

/**
 * The command line of `herald`. Its actions throw CliError, and CommanderError for what is wrong with the words; `finish` is told when one ends well with
 * another code than 0.
 */
function createProgram(finish: (code: ExitCode) => void): Command {
  const program = new Command('herald')
    .description('A BGP speaker: announces what lives on this machine to the routers above it.')
    .addOption(
      new Option(
        '--server <address>',
        'the daemon: host:port, [v6]:port or unix:/path; else the socket that is there',
      ).env('HERALD_SERVER'),
    )
    .option('--instance <name>', 'the BGP instance; needed when there are several')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(formats).default('table'))
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', exitCodeHelp)
    .exitOverride();
  const common = (): CommonOptions => ({ instance: '', ...program.opts<Omit<CommonOptions, 'instance'>>() });

  program
    .command('run')
    .description('run the daemon until SIGTERM or SIGINT; SIGHUP reads the configuration again')
    .option(
      '-c, --config <path>',
      'a YAML file, or a directory of them; none: an empty daemon, to be driven by the API',
    )
    .option(
      '--restarted',
      'this process goes on where another left off: peers with graceful restart still have its routes (a stateDir says so by itself)',
    )
    .action(async (options: RunOptions) => (await import('./run.ts')).run(options));

  withManifests(
    program
      .command('apply')
      .description('make resources of the BGP control plane be as manifests say: all of them, or none'),
  )
    .option('--dry-run', 'only say what would be done')
    .option('--prune', 'also delete what is selected, was applied before, and is not in the manifests')
    .option('-l, --selector <selector>', 'the labels of what --prune may delete, as app=web')
    .action(async (options: Omit<ApplyOptions, keyof CommonOptions>) =>
      (await import('./apply.ts')).apply({ ...common(), ...options }),
    );

  program
    .command('get')
    .description('resources of the BGP control plane with their status; yaml and json are what apply takes')
    .argument('<kind>', 'a kind, its plural or its short name, or all')
    .argument('[name]')
    .option('-n, --namespace <namespace>', 'of a Service, EndpointSlice or Secret')
    .option('-l, --selector <selector>', 'those with these labels, as app=web')
    .action(async (kind: string, name: string | undefined, options: Omit<GetOptions, keyof CommonOptions>) =>
      (await import('./get.ts')).get(kind, name, { ...common(), ...options }),
    );

  withManifests(program.command('delete').description('delete a resource, or those that manifests name'))
    .argument('[kind]', 'a kind, its plural or its short name')
    .argument('[name]')
    .option('-n, --namespace <namespace>', 'of a Service, EndpointSlice or Secret')
    .action(
      async (kind: string | undefined, name: string | undefined, options: Omit<DeleteOptions, keyof CommonOptions>) =>
        (await import('./delete.ts')).remove(kind, name, { ...common(), ...options }),
    );

  withManifests(
    program.command('diff').description('what apply would do: to resources, and then to sessions, policies and paths'),
  ).action(async (options: Omit<DiffOptions, keyof CommonOptions>) =>
    finish(await (await import('./diff.ts')).diff({ ...common(), ...options })),
  );

  program
    .command('peers')
    .description('how each peer is doing')
    .option('-c, --capabilities', 'what the two sides said they can do')
    .action(async (options: { capabilities?: boolean }) =>
      (await import('./peers.ts')).peers({ ...common(), ...options }),
    );

  program
    .command('listen-ranges')
    .description('where peers may appear by themselves, and how many did')
    .action(async () => (await import('./listen-ranges.ts')).listenRanges(common()));

  program
    .command('reset')
    .description(
      'end the session with a peer, or with all, and start it over; --soft exchanges routes again without that',
    )
    .argument('[peer]', 'its address or its name')
    .option('--all', 'every peer; of an instance all or, where one of them cannot be, none')
    .addOption(
      new Option('--soft <direction>', 'keep the session, and ask for (in) or send (out) all routes again').choices(
        softResets,
      ),
    )
    .option('--hard', 'peers forget our routes at once, whatever graceful restart says (RFC 8538)')
    .option('--message <text>', 'for the peer’s operator (RFC 9003)')
    .action(async (peer: string | undefined, options: Omit<ResetOptions, keyof CommonOptions>) =>
      (await import('./reset.ts')).reset(peer, { ...common(), ...options }),
    );

  program
    .command('drain')
    .description('make our routes the last resort (RFC 8326), and withdraw them after a wait; sessions stay up')
    .option('--peer <address>', 'of one peer; else of all')
    .option('--wait [duration]', 'end only when the routes are withdrawn, after so long, as 30s: for a preStop hook')
    .addHelpText('after', '\nRoutes are withdrawn after 15s where --wait does not say otherwise.')
    .action(async (options: Omit<DrainOptions, keyof CommonOptions>) =>
      (await import('./drain.ts')).drain({ ...common(), ...options }),
    );

  program
    .command('undrain')
    .description('announce again as before a drain')
    .option('--peer <address>', 'to one peer; else to all')
    .action(async (options: Omit<UndrainOptions, keyof CommonOptions>) =>
      (await import('./drain.ts')).undrain({ ...common(), ...options }),
    );

  program
    .command('describe')
    .description(
      'all that is known of a peer: timers, counters, capabilities, routes, the last error and its likely cause',
    )
    .usage('peer ADDRESS|NAME')
    .argument('[words...]')
    .action(async (words: string[]) => (await import('./describe.ts')).describe(words, common()));

  program
    .command('routes')
    .description('the routes of a table: available (Loc-RIB), advertised (Adj-RIB-Out) or received (Adj-RIB-In)')
    .usage('[available|advertised|received] [FAMILY] [vrouter ASN] [peer ADDRESS]')
    .argument('[words...]')
    .addHelpText(
      'after',
      '\nDefaults: available, ipv6/unicast, every instance, every peer.\nExample: herald routes received ipv6/unicast peer 2001:db8::1',
    )
    .action(async (words: string[]) => (await import('./routes.ts')).routes(words, common()));

  program
    .command('route-policies')
    .alias('policies')
    .description('the route policies, in the order in which they apply')
    .usage('[vrouter ASN]')
    .argument('[words...]')
    .action(async (words: string[]) => (await import('./route-policies.ts')).routePolicies(words, common()));

  withPrefixFile(
    program.command('advertise').description('originate paths').argument('[prefix...]', 'as in 2001:db8:a:2::/64'),
  )
    .option('--next-hop <address>', 'self, an address, or GLOBAL,LINK-LOCAL', 'self')
    .option('--path-id <number>', 'tells apart several paths of a prefix, for peers with ADD-PATH', wholeNumber)
    .addOption(repeated('--community <community>', 'as 65001:100 or no-export; may be repeated'))
    .addOption(repeated('--large-community <community>', 'as 65001:1:2; may be repeated'))
    .addOption(
      repeated('--extended-community <community>', 'as link-bandwidth:65001:1.25e9 or rt:65001:1; may be repeated'),
    )
    .option('--med <number>', 'the multi-exit discriminator', wholeNumber)
    .option('--local-preference <number>', 'for internal peers', wholeNumber)
    .addOption(
      new Option('--as-path-prepend <asns>', 'AS numbers to start the path with, as 65001,65001')
        .argParser(wholeNumbers)
        .default([], 'none'),
    )
    .addOption(
      new Option('--origin <origin>', 'the ORIGIN attribute').choices(['igp', 'egp', 'incomplete']).default('igp'),
    )
    .action(async (prefixes: string[], options: Omit<AdvertiseOptions, keyof CommonOptions>) =>
      (await import('./advertise.ts')).advertise(prefixes, { ...common(), ...options }),
    );

  withPrefixFile(program.command('withdraw').description('withdraw paths that were advertised').argument('[prefix...]'))
    .option('--path-id <number>', 'the path with this identifier', wholeNumber)
    .addOption(repeated('--uuid <uuid>', 'the path that advertise gave this uuid; may be repeated'))
    .action(async (prefixes: string[], options: Omit<WithdrawOptions, keyof CommonOptions>) =>
      (await import('./withdraw.ts')).withdraw(prefixes, { ...common(), ...options }),
    );

  program
    .command('monitor')
    .description(
      'print what is there, then what happens, until interrupted; json is one object a line, yaml one element',
    )
    .usage('[peers|routes] [available|received] [FAMILY] [vrouter ASN] [peer ADDRESS]')
    .argument('[words...]')
    .action(async (words: string[]) => (await import('./monitor.ts')).monitor(words, common()));

  program
    .command('decode')
    .description('show the BGP messages in bytes: a file of messages, a capture (pcap, pcapng), or hexadecimal digits')
    .argument('[file]', '- is standard input')
    .option('--hex <digits>', 'the bytes as hexadecimal digits; blanks and colons are ignored')
    .option('--port <port>', 'the port of BGP in a capture', wholeNumber)
    .option('--two-octet-as', 'AS numbers in the messages have two octets (not in a capture, which tells)')
    .option('--add-path', 'prefixes in the messages have path identifiers (not in a capture, which tells)')
    .action(async (file: string | undefined, options: Omit<DecodeOptions, keyof CommonOptions>) =>
      (await import('./decode.ts')).decode(file, { ...common(), ...options }),
    );

  program
    .command('doctor')
    .description('what on this machine stops routes from working, each with the line that fixes it')
    .option('-c, --config <path>', 'the configuration of the daemon: a YAML file, or a directory of them')
    .addHelpText(
      'after',
      '\nThe peers that a running daemon has are looked at too. Run it as the user that runs the daemon. -o wide also lists what there was no need to look at.',
    )
    .action(async (options: Omit<DoctorOptions, keyof CommonOptions>) =>
      finish(await (await import('./doctor.ts')).doctor({ ...common(), ...options })),
    );

  program
    .command('schema')
    .description('the JSON schema of the configuration file, for editors')
    .action(async () => (await import('./schema.ts')).schema());

  program
    .command('version')
    .description('the version of this command and of the daemon')
    .action(async () => (await import('./version.ts')).version(common()));

  program
    .command('completion')
    .description('a script that completes commands: source <(herald completion bash)')
    .argument('<shell>', 'bash, zsh or fish')
    .action(async (shell: string) => (await import('./completion.ts')).completion(shell, program));

  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, 'herald: ').replace(/\n+(?=.)/g, ' ')),
    });
  }
  return program;
}

/** Runs a command line, without `node` and the script. Errors are told on standard error; gives what the process is to end with. */
export async function execute(args: readonly string[]): Promise<ExitCode> {
  try {
    let code: ExitCode = exitCode.ok;
    await createProgram((other) => {
      code = other;
    }).parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    // Commander has told about it already, or it is none: --help.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
    const isExpected = error instanceof CliError;
    const text = error instanceof Error && !isExpected ? (error.stack ?? error.message) : (error as Error).message;
    process.stderr.write(`herald: ${text}\n`);
    return isExpected ? error.exitCode : exitCode.failed;
  }
}

function withPrefixFile(command: Command): Command {
  return command
    .option('-f, --file <file>', 'prefixes from a file, one a line; - is standard input')
    .option('--stdin', 'the same as -f -');
}

function withManifests(command: Command): Command {
  return command.addOption(
    repeated('-f, --file <path>', 'a file of manifests, a directory of them, or - for standard input; may be repeated'),
  );
}

function repeated(flags: string, description: string): Option {
  const collect = (value: string, before: readonly string[]) => [...before, value];
  return new Option(flags, description).argParser(collect).default([], 'none');
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= 0xffffffff) return value;
  throw new InvalidArgumentError('It must be a whole number from 0 to 4294967295.');
}

function wholeNumbers(text: string): number[] {
  return text.split(',').map(wholeNumber);
}
