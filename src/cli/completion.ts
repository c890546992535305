import type { Command, Option } from 'commander';
import { CliError, exitCode } from './exit.ts';
import { printLines } from './output.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;

/** Words that commands take, beside their options. */
const wordsOf: Readonly<Record<string, readonly string[]>> = {
  describe: ['peer'],
  routes: ['available', 'advertised', 'received', 'ipv6/unicast', 'ipv4/unicast', 'vrouter', 'peer'],
  'route-policies': ['vrouter'],
  monitor: ['peers', 'routes', 'available', 'received', 'ipv6/unicast', 'ipv4/unicast', 'vrouter', 'peer'],
  completion: shells,
};

/** A script that completes commands, options and words. */
export async function completion(shell: string, program: Command): Promise<void> {
  const commands = program.commands.flatMap((command) =>
    [command.name(), ...command.aliases()].map((name) => ({
      name,
      description: command.description(),
      words: wordsOf[command.name()] ?? [],
      options: [...optionsOf(command), ...optionsOf(program)],
    })),
  );
  switch (shell) {
    case 'bash':
      return printLines(bash(commands));
    case 'zsh':
      return printLines(['#compdef herald', 'autoload -U +X bashcompinit && bashcompinit', ...bash(commands)]);
    case 'fish':
      return printLines(fish(commands));
    default:
      throw new CliError(exitCode.usage, `unknown shell ${shell}: expected ${shells.join(', ')}`);
  }
}

interface Described {
  readonly name: string;
  readonly description: string;
  readonly words: readonly string[];
  readonly options: readonly Option[];
}

function optionsOf(command: Command): readonly Option[] {
  return command.options.filter(({ hidden }) => !hidden);
}

function flagsOf({ options }: Described): string[] {
  return options.flatMap(({ long }) => long ?? []);
}

/** The options that take one of some words, each once. */
function choicesOf(
  commands: readonly Described[],
): { readonly flags: string[]; readonly choices: readonly string[] }[] {
  const options = new Set(commands.flatMap((command) => command.options));
  return [...options].flatMap(({ short, long, argChoices: choices }) =>
    choices === undefined ? [] : [{ flags: [short, long].filter((flag) => flag !== undefined), choices }],
  );
}

function bash(commands: readonly Described[]): string[] {
  return [
    '_herald() {',
    '  local word="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" words',
    '  case "$previous" in',
    '    -f|--file|-c|--config) compopt -o default; COMPREPLY=(); return ;;',
    ...choicesOf(commands).map(
      ({ flags, choices }) =>
        `    ${flags.join('|')}) COMPREPLY=($(compgen -W "${choices.join(' ')}" -- "$word")); return ;;`,
    ),
    '  esac',
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    words="${commands.map(({ name }) => name).join(' ')}"`,
    '  else',
    '    case "${COMP_WORDS[1]}" in',
    ...commands.map(
      (command) => `      ${command.name}) words="${[...command.words, ...flagsOf(command)].join(' ')}" ;;`,
    ),
    '    esac',
    '  fi',
    '  COMPREPLY=($(compgen -W "$words" -- "$word"))',
    '}',
    'complete -o default -F _herald herald',
  ];
}

function fish(commands: readonly Described[]): string[] {
  return commands.flatMap(({ name, description, words, options }) => {
    const within = `complete -c herald -n "__fish_seen_subcommand_from ${name}"`;
    return [
      `complete -c herald -n __fish_use_subcommand -f -a ${name} -d ${JSON.stringify(description)}`,
      ...words.map((word) => `${within} -a ${word}`),
      ...options.flatMap(({ long, argChoices: choices }) => {
        if (typeof long !== 'string') return [];
        return [`${within} -l ${long.slice(2)}${choices === undefined ? '' : ` -x -a "${choices.join(' ')}"`}`];
      }),
    ];
  });
}
