import { type ServiceError, status } from '@grpc/grpc-js';
import { call, rpc } from '../api/client.ts';
import type { WithdrawPathRequest } from '../gen/herald/v1/router_service.ts';
import { fileOf, printCount, sendAll } from './advertise.ts';
import { type Client, type CommonOptions, isServiceError, withClient } from './daemon.ts';
import { CliError, exitCode } from './exit.ts';
import { print } from './output.ts';
import { pack, parsePrefix, readPrefixes } from './prefix-list.ts';
import { parseUuid } from './uuid.ts';

export interface WithdrawOptions extends CommonOptions {
  readonly uuid: readonly string[];
  readonly pathId?: number;
  readonly file?: string;
  readonly stdin?: boolean;
}

interface Row {
  readonly path: string;
  readonly withdrawn: boolean;
}

/** Withdraws paths that `advertise` or another client of the API originated. Those not there are told, and make it fail in the end. */
export async function withdraw(prefixes: readonly string[], options: WithdrawOptions): Promise<void> {
  const file = fileOf(options);
  const requests = requestsOf(prefixes, options);
  if (requests.length === 0 && file === undefined) {
    throw new CliError(exitCode.usage, 'name a prefix, a path with --uuid, or a file of prefixes with -f');
  }
  if (requests.length > 0 && file !== undefined)
    throw new CliError(exitCode.usage, 'name prefixes and paths, or a file of prefixes with -f, not both');
  if (file !== undefined) {
    const many = readPrefixes(file);
    await withClient(options, (client) => withdrawMany(client, many, options));
    return;
  }
  const rows = await withClient(options, async (client) => {
    const done: Row[] = [];
    for (const { text, path } of requests) {
      done.push({ path: text, withdrawn: await withdrawOne(client, { instance: options.instance, path }) });
    }
    return done;
  });
  const columns = [
    { head: 'Path', cell: ({ path }: Row) => path },
    { head: 'Withdrawn', cell: ({ withdrawn }: Row) => (withdrawn ? 'yes' : 'not there') },
  ];
  await print(options.output, { columns, rows, values: rows, empty: '' });
  const missing = rows.filter(({ withdrawn }) => !withdrawn);
  if (missing.length === 0) return;
  throw new CliError(
    exitCode.failed,
    `not originated through the API: ${missing.map(({ path }) => path).join(', ')}; see herald routes available`,
  );
}

function requestsOf(
  prefixes: readonly string[],
  { uuid, pathId }: WithdrawOptions,
): { readonly text: string; readonly path: WithdrawPathRequest['path'] }[] {
  return [
    ...prefixes.map((text) => ({
      text,
      path: {
        $case: 'key' as const,
        value: { prefix: parsePrefix(text).toString(), ...(pathId !== undefined && { pathId }) },
      },
    })),
    ...uuid.map((text) => {
      const value = parseUuid(text);
      if (value === undefined) throw new CliError(exitCode.usage, `--uuid ${text}: is not a uuid`);
      return { text, path: { $case: 'uuid' as const, value } };
    }),
  ];
}

async function withdrawOne(client: Client, request: WithdrawPathRequest): Promise<boolean> {
  try {
    await call(client, rpc.withdrawPath, request);
    return true;
  } catch (error) {
    // An instance that is not there is NOT_FOUND too, but that concerns the command as a whole.
    if (isServiceError(error) && error.code === status.NOT_FOUND && !error.details.startsWith('no instance'))
      return false;
    throw error;
  }
}

async function withdrawMany(
  client: Client,
  prefixes: ReturnType<typeof readPrefixes>,
  options: WithdrawOptions,
): Promise<void> {
  const { withdrawn } = await sendAll(
    (done: (error: ServiceError | null, answer: { withdrawn: bigint }) => void) => client.withdrawPaths(done),
    pack(prefixes, options.pathId),
    (packed) => ({ instance: options.instance, prefixes: [], ...packed }),
  );
  await printCount(options, 'withdrawn', withdrawn);
}
