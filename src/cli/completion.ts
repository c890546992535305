import type { Command } from 'commander';
import { CliError, exitCode } from './exit.ts';
import { printLines } from './output.ts';
import { softResets } from './soft-resets.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;

/** Words that commands take, beside their options. */
const wordsOf: Readonly<Record<string, readonly string[]>> = {
  describe: ['peer'],
  routes: ['available', 'advertised', 'received', 'ipv6/unicast', 'ipv4/unicast', 'peer'],
  monitor: ['peers', 'routes', 'available', 'received', 'ipv6/unicast', 'ipv4/unicast', 'peer'],
  completion: shells,
};

/** A script that completes commands, options and words. */
export async function completion(shell: string, program: Command): Promise<void> {
  const commands = program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    words: [...(wordsOf[command.name()] ?? []), ...flagsOf(command), ...flagsOf(program)],
  }));
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
}

function flagsOf(command: Command): string[] {
  return command.options.filter(({ hidden }) => !hidden).flatMap(({ long }) => long ?? []);
}

function bash(commands: readonly Described[]): string[] {
  return [
    '_herald() {',
    '  local word="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" words',
    '  case "$previous" in',
    '    -f|--file|-c|--config) compopt -o default; COMPREPLY=(); return ;;',
    `    --soft) COMPREPLY=($(compgen -W "${softResets.join(' ')}" -- "$word")); return ;;`,
    '    -o|--output) COMPREPLY=($(compgen -W "table wide json yaml" -- "$word")); return ;;',
    '  esac',
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    words="${commands.map(({ name }) => name).join(' ')}"`,
    '  else',
    '    case "${COMP_WORDS[1]}" in',
    ...commands.map(({ name, words }) => `      ${name}) words="${words.join(' ')}" ;;`),
    '    esac',
    '  fi',
    '  COMPREPLY=($(compgen -W "$words" -- "$word"))',
    '}',
    'complete -o default -F _herald herald',
  ];
}

function fish(commands: readonly Described[]): string[] {
  return commands.flatMap(({ name, description, words }) => [
    `complete -c herald -n __fish_use_subcommand -f -a ${name} -d ${JSON.stringify(description)}`,
    ...words.map((word) =>
      word.startsWith('--')
        ? `complete -c herald -n "__fish_seen_subcommand_from ${name}" -l ${word.slice(2)}`
        : `complete -c herald -n "__fish_seen_subcommand_from ${name}" -a ${word}`,
    ),
  ]);
}
