import { status } from '@grpc/grpc-js';
import { call, messages, rpc } from '../api/client.ts';
import { type Family, Origin, type Path, type Route, TableType } from '../gen/herald/v1/types.ts';
import { Address } from '../ip/address.ts';
import { Prefix } from '../ip/prefix.ts';
import { type Client, type CommonOptions, instancesToShow, withClient } from './daemon.ts';
import { formatDuration } from './duration.ts';
import { CliError, exitCode } from './exit.ts';
import { takeFamily } from './family.ts';
import { type RouteSource, routeJson } from './json.ts';
import { mostAtOnce, printStream } from './output.ts';
import type { Column } from './table.ts';
import { formatUuid } from './uuid.ts';
import { takeVrouter } from './vrouter.ts';

export const tables = {
  available: TableType.LOC_RIB,
  advertised: TableType.ADJ_RIB_OUT,
  received: TableType.ADJ_RIB_IN,
} as const;
export type TableName = keyof typeof tables;

export interface RouteQuery {
  readonly table: TableName;
  readonly family: Family;
  /** Of instances with this AS number; undefined: of all. */
  readonly asn: number | undefined;
  readonly peer: string | undefined;
}

/** Reads `[available|advertised|received] [FAMILY] [vrouter ASN] [peer ADDRESS]`; what is left out is the Loc-RIB, ipv6/unicast, and all instances and peers. */
export function parseQuery(args: readonly string[]): RouteQuery {
  const words = [...args];
  const isTable = words[0] !== undefined && Object.hasOwn(tables, words[0]);
  const table = isTable ? (words.shift() as TableName) : 'available';
  const family = takeFamily(words) ?? { afi: 'ipv6', safi: 'unicast' };
  const asn = takeVrouter(words);
  const [word, peer, ...more] = words;
  if (word === undefined) return { table, family, asn, peer: undefined };
  if (word !== 'peer' && word !== 'neighbor') {
    const expected = isTable ? 'a family, vrouter ASN or peer ADDRESS' : 'available, advertised or received';
    throw new CliError(exitCode.usage, `invalid argument: ${word}, expected ${expected}`);
  }
  if (peer === undefined) throw new CliError(exitCode.usage, 'missing peer IP address');
  if (more.length > 0) throw new CliError(exitCode.usage, `invalid argument: ${more[0]}, expected nothing more`);
  if (table === 'available') {
    throw new CliError(exitCode.usage, 'available routes belong to no peer; ask for advertised or received');
  }
  return { table, family, asn, peer };
}

export interface Found {
  readonly source: RouteSource;
  readonly route: Route;
}

interface Row extends Found {
  readonly path: Path;
}

/** Path identifiers are shown where a path has one. */
const columnsOf = ({ table }: RouteQuery, hasPathIds: boolean): Column<Row>[] => [
  { head: 'Instance', cell: ({ source }) => source.instance },
  ...(table === 'available' ? [] : [{ head: 'Peer', cell: ({ source }: Row) => source.neighbor ?? '' }]),
  { head: 'Prefix', cell: ({ route }) => route.prefix },
  ...(hasPathIds ? [{ head: 'Path ID', cell: ({ path }: Row) => `${path.pathId}` }] : []),
  { head: 'NextHop', cell: ({ path }) => path.nextHops.join(',') || '0.0.0.0' },
  ...(table === 'available' ? [{ head: 'Best', cell: ({ path }: Row) => `${path.best}` }] : []),
  { head: 'Age', cell: ({ path }) => formatDuration(path.ageNanoseconds) },
  { head: 'Attrs', cell: ({ path }) => formatAttributes(path) },
  { head: 'Source AS', wide: true, cell: ({ path }) => `${path.sourceAsn}` },
  { head: 'UUID', wide: true, cell: ({ path }) => formatUuid(path.uuid) || '-' },
];

/** The routes of a table. */
export async function routes(args: readonly string[], options: CommonOptions): Promise<void> {
  const query = parseQuery(args);
  await withClient(options, (client) => printRoutes(query, findRoutes(client, query, options), options));
}

export async function printRoutes(
  query: RouteQuery,
  found: AsyncIterable<readonly Found[]>,
  { output }: Pick<CommonOptions, 'output'>,
): Promise<void> {
  const hasPathId = ({ route }: Found): boolean => route.paths.some(({ pathId }) => pathId !== 0);
  await printStream(output, {
    items: found,
    columns: (first, isAll) => columnsOf(query, !isAll || first.some(hasPathId)),
    rowsOf: ({ source, route }) => route.paths.map((path) => ({ source, route, path })),
    valueOf: ({ source, route }) => routeJson(source, route),
    empty: `no ${query.table} routes for ${query.family.afi}/${query.family.safi}`,
  });
}

/** By instance, peer and, unless a table is too large to be held for that, prefix. */
export async function* findRoutes(
  client: Client,
  { table, family, asn, peer }: RouteQuery,
  options: Pick<CommonOptions, 'instance'>,
): AsyncGenerator<readonly Found[]> {
  for (const { name, global } of await instancesToShow(client, options, asn)) {
    for (const neighbor of await neighborsOf(client, name, table, peer)) {
      const source = { instance: name, asn: global?.asn ?? 0, neighbor };
      const request = { instance: name, tableType: tables[table], family, neighbor: neighbor ?? '' };
      try {
        for await (const some of inOrder(client.getRoutes(request))) yield some.map((route) => ({ source, route }));
      } catch (error) {
        // Of all peers, those without the family are left out; one that was asked for is worth the error.
        if (peer !== undefined || !isFailedPrecondition(error)) throw error;
      }
    }
  }
}

/** A table by prefix; one that is too large for that as it comes. */
async function* inOrder(answers: ReturnType<Client['getRoutes']>): AsyncGenerator<readonly Route[]> {
  const first: Route[] = [];
  let isLarge = false;
  for await (const { routes: some } of messages(answers)) {
    if (isLarge) {
      yield some;
      continue;
    }
    for (const route of some) first.push(route);
    isLarge = first.length > mostAtOnce;
    if (isLarge) yield first.splice(0);
  }
  if (!isLarge) yield sorted(first);
}

function isFailedPrecondition(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === status.FAILED_PRECONDITION;
}

async function neighborsOf(
  client: Client,
  instance: string,
  table: TableName,
  peer: string | undefined,
): Promise<(string | undefined)[]> {
  if (table === 'available') return [undefined];
  if (peer !== undefined) return [peer];
  const { peers } = await call(client, rpc.getPeerState, { instance });
  return peers
    .map(({ peerAddress }) => Address.parse(peerAddress))
    .toSorted((a, b) => a.compare(b))
    .map(String);
}

function sorted(routes: readonly Route[]): Route[] {
  return routes
    .map((route) => ({ route, prefix: Prefix.parse(route.prefix) }))
    .toSorted((a, b) => a.prefix.compare(b.prefix))
    .map(({ route }) => route);
}

const originLetters = {
  [Origin.UNSPECIFIED]: '?',
  [Origin.IGP]: 'i',
  [Origin.EGP]: 'e',
  [Origin.INCOMPLETE]: '?',
} as const;

/** As Cilium prints them: `[{Origin: i} {AsPath: 65001} {Nexthop: 2001:db8::1}]`. */
export function formatAttributes(path: Path): string {
  const parts = [
    `{Origin: ${originLetters[path.origin]}}`,
    `{AsPath: ${path.asPath}}`,
    `{Nexthop: ${path.nextHops.join(',')}}`,
    ...(path.med === undefined ? [] : [`{Med: ${path.med}}`]),
    ...(path.localPreference === undefined ? [] : [`{LocalPref: ${path.localPreference}}`]),
    ...(path.communities.length === 0 ? [] : [`{Communities: ${path.communities.join(', ')}}`]),
    ...(path.largeCommunities.length === 0 ? [] : [`{LargeCommunity: [ ${path.largeCommunities.join(', ')}]}`]),
  ];
  return `[${parts.join(' ')}]`;
}
