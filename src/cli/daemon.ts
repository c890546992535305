import { type ServiceError, status } from '@grpc/grpc-js';
import { call, connect, rpc } from '../api/client.ts';
import { findSocketPath } from '../api/default-endpoint.ts';
import { type ApiEndpoint, formatEndpoint, parseEndpoint } from '../api/endpoint.ts';
import type { RouterServiceClient } from '../gen/herald/v1/router_service.ts';
import type { BgpInstance } from '../gen/herald/v1/types.ts';
import { CliError, exitCode } from './exit.ts';
import type { Format } from './output.ts';

/** The options that every command has. */
export interface CommonOptions {
  readonly server?: string;
  /** Empty: the only one. */
  readonly instance: string;
  readonly output: Format;
}

export type Client = RouterServiceClient;

/** The daemon to talk to: the option, else HERALD_SERVER (the option's own default), else the socket that is there. */
export function endpointOf({ server }: Pick<CommonOptions, 'server'>): ApiEndpoint {
  if (server === undefined || server === '') return { kind: 'unix', path: findSocketPath() };
  const endpoint = parseEndpoint(server);
  if (endpoint !== undefined) return endpoint;
  throw new CliError(exitCode.usage, `--server ${server}: must be host:port, [v6]:port or unix:/path`);
}

/** Runs `work` with a connection to the daemon, which is closed afterwards. Throws CliError for what the daemon or gRPC refuse. */
export async function withClient<T>(
  options: Pick<CommonOptions, 'server'>,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const endpoint = endpointOf(options);
  const client = connect(endpoint);
  try {
    return await work(client);
  } catch (error) {
    throw isServiceError(error) ? explain(error, endpoint) : error;
  } finally {
    client.close();
  }
}

const noInstance = 'the daemon runs no instance; give it one with herald run -c FILE or herald apply -f FILE';

/** The instance that the options name, or else all that are no lab's router; with `asn` those of that AS alone. At least one. */
export async function instancesOf(
  client: Client,
  options: Pick<CommonOptions, 'instance'>,
  asn?: number,
): Promise<BgpInstance[]> {
  const instances = await chosen(client, options, asn);
  if (instances.length === 0) throw new CliError(exitCode.failed, noInstance);
  return instances;
}

/** As `instancesOf`, for who only looks: of a daemon without instances there is nothing to see, and standard error says why. */
export async function instancesToShow(
  client: Client,
  options: Pick<CommonOptions, 'instance'>,
  asn?: number,
): Promise<BgpInstance[]> {
  const instances = await chosen(client, options, asn);
  if (instances.length === 0) process.stderr.write(`${noInstance}\n`);
  return instances;
}

async function chosen(
  client: Client,
  { instance }: Pick<CommonOptions, 'instance'>,
  asn: number | undefined,
): Promise<BgpInstance[]> {
  const { instances } = await call(client, rpc.getBgp, { instance });
  const found = instance === '' ? instances.filter(({ lab }) => !lab) : instances;
  const ofAs = asn === undefined ? found : found.filter(({ global }) => global?.asn === asn);
  if (ofAs.length === 0 && found.length > 0)
    throw new CliError(exitCode.failed, `no instance has AS ${asn}; herald peers -o wide shows them`);
  return ofAs;
}

export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'details' in error && 'code' in error && typeof error.code === 'number';
}

function explain(error: ServiceError, endpoint: ApiEndpoint): CliError {
  switch (error.code) {
    case status.UNAVAILABLE:
      // The daemon itself says so when it cannot keep what it was given.
      if (error.details.startsWith('nothing was changed')) return new CliError(exitCode.failed, error.details);
      return new CliError(
        exitCode.unreachable,
        `no daemon answers at ${formatEndpoint(endpoint)}${reason(error)}; start one with herald run, or name its address with --server`,
      );
    case status.UNIMPLEMENTED:
      return new CliError(
        exitCode.failed,
        `the daemon at ${formatEndpoint(endpoint)} does not know this request; is it of another version?`,
      );
    default:
      return new CliError(exitCode.failed, error.details);
  }
}

function reason({ details }: ServiceError): string {
  if (details.includes('ENOENT')) return ' (there is no such socket)';
  if (details.includes('EACCES')) return ' (this user may not use that socket)';
  return details.includes('ECONNREFUSED') ? ' (connection refused)' : '';
}
