import { createRequire } from 'node:module';
import { call, rpc } from '../api/client.ts';
import { formatEndpoint } from '../api/endpoint.ts';
import { type CommonOptions, endpointOf, withClient } from './daemon.ts';
import { CliError, exitCode } from './exit.ts';
import { print } from './output.ts';

/** This package's version. */
export function ownVersion(): string {
  // By the name of the package, for where this file is in it is the bundler's choice.
  return (createRequire(import.meta.url)('herald/package.json') as { version: string }).version;
}

interface Row {
  readonly what: string;
  readonly version: string;
}

/** The version of this command and, when one answers, of the daemon. */
export async function version(options: CommonOptions): Promise<void> {
  const daemon = await daemonVersion(options);
  const rows: Row[] = [
    { what: 'herald', version: ownVersion() },
    { what: `daemon at ${formatEndpoint(endpointOf(options))}`, version: daemon ?? 'does not answer' },
  ];
  const columns = [
    { head: 'Component', cell: ({ what }: Row) => what },
    { head: 'Version', cell: (row: Row) => row.version },
  ];
  await print(options.output, { columns, rows, values: [{ herald: ownVersion(), daemon: daemon ?? null }], empty: '' });
}

async function daemonVersion(options: CommonOptions): Promise<string | undefined> {
  try {
    return await withClient(options, async (client) => (await call(client, rpc.getBgp, { instance: '' })).version);
  } catch (error) {
    if (error instanceof CliError && error.exitCode === exitCode.unreachable) return undefined;
    throw error;
  }
}
