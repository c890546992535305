import type { Finding, Problem } from '../daemon/doctor/types.ts';
import type { CommonOptions } from './daemon.ts';
import { CliError, type ExitCode, exitCode } from './exit.ts';
import { print, printLines } from './output.ts';

export interface DoctorOptions extends CommonOptions {
  readonly config?: string;
}

const marks = { ok: 'ok', skipped: '-', warning: 'WARN', error: 'FAIL' } as const;

/** What on this machine stops the routes of a configuration from working, each with the line that fixes it. */
export async function doctor({ config: path, output }: DoctorOptions): Promise<ExitCode> {
  const { ConfigError, loadConfig } = await import('../daemon/config/load.ts');
  const { examine } = await import('../daemon/doctor/doctor.ts');
  const { thisSystem } = await import('../daemon/doctor/system.ts');
  try {
    const findings = await examine(path === undefined ? { instances: [] } : loadConfig(path), thisSystem());
    await show(findings, output);
    return findings.some(({ result }) => result === 'error') ? exitCode.unwell : exitCode.ok;
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError(exitCode.config, error.message);
    throw error;
  }
}

async function show(findings: readonly Finding[], output: DoctorOptions['output']): Promise<void> {
  if (output === 'json' || output === 'yaml') {
    await print(output, { columns: [], rows: [], values: findings, empty: '' });
    return;
  }
  const shown = output === 'wide' ? findings : findings.filter(({ result }) => result !== 'skipped');
  await printLines(shown.flatMap(linesOf));
}

function linesOf({ check, result, note, problems }: Finding): string[] {
  return [
    `${marks[result].padEnd(4)}  ${check}${note === undefined ? '' : `: ${note}`}`,
    ...problems.flatMap(problemLines),
  ];
}

function problemLines({ text, fix }: Problem): string[] {
  return [`      ${text}`, `      fix: ${fix}`];
}
