import { call, rpc } from '../api/client.ts';
import {
  MatchType,
  RouteAction,
  type RoutePolicy,
  type RoutePolicyActions,
  type RoutePolicyStatement,
} from '../gen/herald/v1/types.ts';
import { type CommonOptions, instancesToShow, withClient } from './daemon.ts';
import { CliError, exitCode } from './exit.ts';
import { matchTypeNames, policyJson, policyTypeNames, routeActionNames } from './json.ts';
import { print } from './output.ts';
import type { Column } from './table.ts';
import { takeVrouter } from './vrouter.ts';

interface Row {
  readonly instance: string;
  readonly policy: RoutePolicy;
  readonly statement: RoutePolicyStatement | undefined;
  /** Another statement of the policy above. */
  readonly continues: boolean;
}

const once = (cell: (row: Row) => string) => (row: Row) => (row.continues ? '' : cell(row));

const columns: readonly Column<Row>[] = [
  { head: 'Instance', cell: once(({ instance }) => instance) },
  { head: 'Policy Name', cell: once(({ policy }) => policy.name) },
  { head: 'Type', cell: once(({ policy }) => policyTypeNames[policy.type]) },
  { head: 'Statement Name', cell: ({ statement }) => statement?.name ?? '' },
  { head: 'Match Peers', cell: ({ statement }) => neighborsOf(statement) },
  { head: 'Match Families', cell: ({ statement }) => familiesOf(statement) },
  { head: 'Match Prefixes (Min..Max Len)', cell: ({ statement }) => prefixesOf(statement) },
  {
    head: 'RIB Action',
    cell: ({ statement }) => routeActionNames[statement?.actions?.routeAction ?? RouteAction.NONE],
  },
  { head: 'Path Actions', cell: ({ statement }) => actionsOf(statement?.actions) },
];

/** The route policies, in the order in which they apply; `args` may be `vrouter ASN`. */
export async function routePolicies(args: readonly string[], options: CommonOptions): Promise<void> {
  const words = [...args];
  const asn = takeVrouter(words);
  if (words.length > 0) throw new CliError(exitCode.usage, `invalid argument: ${words[0]}, expected vrouter ASN`);
  const found = await withClient(options, async (client) => {
    const instances = await instancesToShow(client, options, asn);
    const lists = await Promise.all(
      instances.map(({ name }) => call(client, rpc.getRoutePolicies, { instance: name })),
    );
    return instances.map((instance, i) => ({ instance, policies: lists[i]?.policies ?? [] }));
  });
  await print(options.output, {
    columns,
    rows: found.flatMap(({ instance, policies }) => policies.flatMap((policy) => rowsOf(instance.name, policy))),
    values: found.flatMap(({ instance, policies }) =>
      policies.map((policy) => policyJson(instance.name, instance.global?.asn ?? 0, policy)),
    ),
    empty: 'no route policies',
  });
}

function rowsOf(instance: string, policy: RoutePolicy): Row[] {
  if (policy.statements.length === 0) return [{ instance, policy, statement: undefined, continues: false }];
  return policy.statements.map((statement, index) => ({ instance, policy, statement, continues: index > 0 }));
}

/** One entry bare, several as `(any) {a} {b}`. */
function list(entries: readonly string[], type: MatchType = MatchType.ANY): string {
  const [only = '', ...more] = entries;
  const isPlain = matchTypeNames[type] === 'any';
  if (more.length === 0) return isPlain || only === '' ? only : `(${matchTypeNames[type]}) ${only}`;
  return `(${matchTypeNames[type]}) ${entries.map((entry) => `{${entry}}`).join(' ')}`;
}

function neighborsOf(statement: RoutePolicyStatement | undefined): string {
  const match = statement?.conditions?.matchNeighbors;
  return list(match?.neighbors ?? [], match?.type);
}

function familiesOf(statement: RoutePolicyStatement | undefined): string {
  return list((statement?.conditions?.matchFamilies ?? []).map(({ afi, safi }) => `${afi}/${safi}`));
}

function prefixesOf(statement: RoutePolicyStatement | undefined): string {
  const match = statement?.conditions?.matchPrefixes;
  const prefixes = (match?.prefixes ?? []).map(
    ({ cidr, prefixLenMin, prefixLenMax }) => `${cidr} (${prefixLenMin}..${prefixLenMax})`,
  );
  return list(prefixes, match?.type);
}

function actionsOf(actions: RoutePolicyActions | undefined): string {
  if (actions === undefined) return '';
  const { setLocalPreference, addCommunities, addLargeCommunities, nextHop } = actions;
  return [
    ...(setLocalPreference === undefined ? [] : [`{SetLocalPreference: ${setLocalPreference}}`]),
    ...(addCommunities.length === 0 ? [] : [`{AddCommunities: [${addCommunities.join(' ')}]}`]),
    ...(addLargeCommunities.length === 0 ? [] : [`{AddLargeCommunities: [${addLargeCommunities.join(' ')}]}`]),
    ...(nextHop?.self === true ? ['{NextHop: self}'] : []),
    ...(nextHop?.unchanged === true ? ['{NextHop: unchanged}'] : []),
  ].join(' ');
}
