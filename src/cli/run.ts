import { formatEndpoint } from '../api/endpoint.ts';
import { CliError, exitCode } from './exit.ts';
import { ownVersion } from './version.ts';

export interface RunOptions {
  readonly config?: string;
  readonly restarted?: boolean;
}

/** Runs the daemon until a signal ends it. With a lab in its configuration it also shows what to try. */
export async function run({ config: path, restarted }: RunOptions): Promise<void> {
  const daemon = await import('../daemon/run.ts');
  const {
    config,
    daemon: running,
    ended,
  } = await daemon.run(path, ownVersion(), restarted).catch((error: unknown) => {
    if (error instanceof daemon.StartError) throw new CliError(exitCode[error.kind], error.message);
    throw error;
  });
  const [endpoint] = running.endpoints;
  const [node] = config.instances;
  if (config.lab !== undefined && node !== undefined && endpoint !== undefined) {
    const { showLab } = await import('./lab.ts');
    const stop = new AbortController();
    void ended.then(() => stop.abort());
    await showLab({ server: formatEndpoint(endpoint), node: node.name, router: config.lab.name, ended: stop.signal });
  }
  await ended;
}
