import { once } from 'node:events';
import type { ClientWritableStream, ServiceError } from '@grpc/grpc-js';
import { call, rpc } from '../api/client.ts';
import { Origin, type PathAttributes } from '../gen/herald/v1/types.ts';
import { CommunityError, parseExtendedCommunity } from '../wire/community.ts';
import { type Client, type CommonOptions, withClient } from './daemon.ts';
import { CliError, exitCode } from './exit.ts';
import { print } from './output.ts';
import { pack, parsePrefix, readPrefixes } from './prefix-list.ts';
import { formatUuid } from './uuid.ts';

export interface AdvertiseOptions extends CommonOptions {
  readonly nextHop: string;
  readonly community: readonly string[];
  readonly largeCommunity: readonly string[];
  readonly extendedCommunity: readonly string[];
  readonly pathId?: number;
  readonly med?: number;
  readonly localPreference?: number;
  readonly asPathPrepend: readonly number[];
  readonly origin: 'igp' | 'egp' | 'incomplete';
  readonly file?: string;
  readonly stdin?: boolean;
}

/** The file to read prefixes from, if any. */
export function fileOf({ file, stdin }: Pick<AdvertiseOptions, 'file' | 'stdin'>): string | undefined {
  return stdin === true ? '-' : file;
}

/** Originates paths: some, each with its uuid, or a file full of them. */
export async function advertise(prefixes: readonly string[], options: AdvertiseOptions): Promise<void> {
  const file = fileOf(options);
  if (prefixes.length === 0 && file === undefined) {
    throw new CliError(
      exitCode.usage,
      'name a prefix, as in herald advertise 2001:db8:a:2::/64, or a file of them with -f',
    );
  }
  if (prefixes.length > 0 && file !== undefined)
    throw new CliError(exitCode.usage, 'name prefixes, or a file of them with -f, not both');
  for (const prefix of prefixes) parsePrefix(prefix);
  const many = file === undefined ? undefined : readPrefixes(file);
  await withClient(options, (client) =>
    many === undefined ? advertiseEach(client, prefixes, options) : advertiseMany(client, many, options),
  );
}

async function advertiseEach(client: Client, prefixes: readonly string[], options: AdvertiseOptions): Promise<void> {
  const rows: { prefix: string; uuid: string }[] = [];
  const { instance, nextHop, pathId } = options;
  const attributes = attributesOf(options);
  for (const prefix of prefixes) {
    const { uuid } = await call(client, rpc.advertisePath, {
      instance,
      prefix,
      nextHop,
      attributes,
      ...(pathId !== undefined && { pathId }),
    });
    rows.push({ prefix, uuid: formatUuid(uuid) });
  }
  const columns = [
    { head: 'Prefix', cell: (row: (typeof rows)[number]) => row.prefix },
    { head: 'UUID', cell: (row: (typeof rows)[number]) => row.uuid },
  ];
  await print(options.output, { columns, rows, values: rows, empty: '' });
}

async function advertiseMany(
  client: Client,
  prefixes: ReturnType<typeof readPrefixes>,
  options: AdvertiseOptions,
): Promise<void> {
  const { instance, nextHop, pathId } = options;
  const attributes = attributesOf(options);
  const { advertised } = await sendAll(
    (done: (error: ServiceError | null, answer: { advertised: bigint }) => void) => client.advertisePaths(done),
    pack(prefixes, pathId),
    (packed) => ({ instance, attributes, nextHop, prefixes: [], ...packed }),
  );
  await printCount(options, 'advertised', advertised);
}

/** Says how many. */
export async function printCount(
  { output }: Pick<CommonOptions, 'output'>,
  what: string,
  count: bigint,
): Promise<void> {
  const row = { [what]: Number(count) };
  const head = `${what[0]?.toUpperCase()}${what.slice(1)}`;
  await print(output, { columns: [{ head, cell: () => `${count}` }], rows: [row], values: [row], empty: '' });
}

/** Sends all of `items`, no faster than they are taken, and gives the answer. Rejects with the call's error, also while it sends. */
export async function sendAll<Item, Request, Answer>(
  start: (done: (error: ServiceError | null, answer: Answer) => void) => ClientWritableStream<Request>,
  items: Iterable<Item>,
  requestOf: (item: Item) => Request,
): Promise<Answer> {
  const over = new AbortController();
  let finish: (error: ServiceError | null, answer: Answer) => void = () => {};
  const answer = new Promise<Answer>((resolve, reject) => {
    finish = (error, response) => (error === null ? resolve(response) : reject(error));
  });
  const stream = start((error, response) => {
    // The call may end before all is sent, when the daemon refuses a part.
    over.abort();
    finish(error, response);
  });
  for (const item of items) {
    if (over.signal.aborted) break;
    if (!stream.write(requestOf(item))) await once(stream, 'drain', over).catch(() => undefined);
  }
  stream.end();
  return answer;
}

const origins = { igp: Origin.IGP, egp: Origin.EGP, incomplete: Origin.INCOMPLETE } as const;

function attributesOf(options: AdvertiseOptions): PathAttributes {
  return {
    origin: origins[options.origin],
    asPathPrepend: [...options.asPathPrepend],
    ...(options.med !== undefined && { med: options.med }),
    ...(options.localPreference !== undefined && { localPreference: options.localPreference }),
    communities: [...options.community],
    largeCommunities: [...options.largeCommunity],
    extendedCommunities: options.extendedCommunity.map(extendedCommunityOf),
  };
}

function extendedCommunityOf(text: string): Buffer {
  try {
    return Buffer.from(parseExtendedCommunity(text));
  } catch (error) {
    if (error instanceof CommunityError) throw new CliError(exitCode.usage, error.message);
    throw error;
  }
}
