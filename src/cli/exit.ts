/** What the process ends with. */
export const exitCode = {
  ok: 0,
  /** The daemon refused the request, or something went wrong. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** No daemon answers. */
  unreachable: 3,
  /** The configuration or a manifest has faults. */
  config: 4,
  /** `run`: a socket or port cannot be used. */
  bind: 5,
  /** `run`: the state directory cannot be used. */
  state: 6,
  /** `diff`: there are differences. */
  differs: 7,
  /** `doctor`: something stops routes from working. */
  unwell: 8,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** For `--help`. */
export const exitCodeHelp = `
Exit codes:
  0  done
  1  the daemon refused the request, or something went wrong
  2  the command line is wrong
  3  no daemon answers
  4  the configuration or a manifest has faults
  5  run: a socket or port cannot be used
  6  run: the state directory cannot be used
  7  diff: there are differences
  8  doctor: something stops routes from working`;

/** An end of the command: what to say on standard error, and the exit code. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;

  constructor(code: ExitCode, message: string) {
    super(message);
    this.exitCode = code;
  }
}
