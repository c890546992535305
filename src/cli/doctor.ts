import { call, rpc } from '../api/client.ts';
import { ConfigError } from '../daemon/config/error.ts';
import { daemonCheck, type Finding, type LocalNeighbor, type Problem, type Running } from '../daemon/doctor/types.ts';
import { type CommonOptions, withClient } from './daemon.ts';
import { CliError, type ExitCode, exitCode } from './exit.ts';
import { print, printLines } from './output.ts';

export interface DoctorOptions extends CommonOptions {
  readonly config?: string;
}

const marks = { ok: 'ok', skipped: '-', warning: 'WARN', error: 'FAIL' } as const;

/** What on this machine stops routes from working: those of a configuration, and to the peers of a daemon that runs. Each with the line that fixes it. */
export async function doctor(options: DoctorOptions): Promise<ExitCode> {
  const { config: path, output } = options;
  const { loadConfig } = await import('../daemon/config/load.ts');
  const { examine } = await import('../daemon/doctor/doctor.ts');
  const { thisSystem } = await import('../daemon/doctor/system.ts');
  try {
    const config = path === undefined ? { instances: [] } : loadConfig(path);
    const findings = await examine(config, await ask(options), thisSystem());
    await show(findings, output);
    return findings.some(({ result }) => result === 'error') ? exitCode.unwell : exitCode.ok;
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError(exitCode.config, error.message);
    throw error;
  }
}

/** What the daemon says of its peers; a lab's routers are not on this machine's links. */
async function ask(options: DoctorOptions): Promise<Running> {
  const { toNeighbor } = await import('../api/from-proto/neighbor.ts');
  try {
    return await withClient(options, async (client) => {
      const { instances } = await call(client, rpc.getBgp, { instance: options.instance });
      const states = await Promise.all(
        instances.filter(({ lab }) => !lab).map(({ name }) => call(client, rpc.getPeerState, { instance: name })),
      );
      const peers = states.flatMap((state) => state.peers);
      // The daemon tells nobody a password; that there is one is all that matters here.
      const neighbors = peers.flatMap(({ neighbor, localAsn, tcpPasswordEnabled }): LocalNeighbor[] => {
        if (neighbor === undefined) return [];
        return [{ ...toNeighbor({ ...neighbor, authPassword: tcpPasswordEnabled ? 'unknown' : '' }), localAsn }];
      });
      return { answers: true, neighbors };
    });
  } catch (error) {
    if (!(error instanceof CliError) || error.exitCode !== exitCode.unreachable) throw error;
    return { answers: false, reason: error.message };
  }
}

async function show(findings: readonly Finding[], output: DoctorOptions['output']): Promise<void> {
  if (output === 'json' || output === 'yaml') {
    await print(output, { columns: [], rows: [], values: findings, empty: '' });
    return;
  }
  const shown =
    output === 'wide'
      ? findings
      : findings.filter(({ check, result }) => result !== 'skipped' || check === daemonCheck);
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
