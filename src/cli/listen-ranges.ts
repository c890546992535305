import { call, rpc } from '../api/client.ts';
import type { AsnRange, ListenRangeState } from '../gen/herald/v1/types.ts';
import { type CommonOptions, instancesToShow, withClient } from './daemon.ts';
import { neighborJson } from './json.ts';
import { print } from './output.ts';
import type { Column } from './table.ts';

interface Row {
  readonly instance: string;
  readonly state: ListenRangeState;
}

const columns: readonly Column<Row>[] = [
  { head: 'Instance', cell: ({ instance }) => instance },
  { head: 'Range', cell: ({ state }) => state.range?.name ?? '' },
  { head: 'Prefix', cell: ({ state }) => state.range?.prefix ?? '' },
  { head: 'Peers', cell: ({ state }) => `${state.peers}/${state.range?.limit}` },
  { head: 'Peer AS', cell: ({ state }) => asnsOf(state.range?.peerAsns ?? []) },
  { head: 'Refused', cell: ({ state }) => `${state.refused}` },
  { head: 'Problem', cell: ({ state }) => state.problem || '-' },
];

/** Where peers may appear by themselves, and how many did. */
export async function listenRanges(options: CommonOptions): Promise<void> {
  const rows = await withClient(options, async (client) => {
    const instances = await instancesToShow(client, options);
    const lists = await Promise.all(instances.map(({ name }) => call(client, rpc.getListenRanges, { instance: name })));
    return lists.flatMap(({ ranges }, i) => ranges.map((state) => ({ instance: instances[i]?.name ?? '', state })));
  });
  await print(options.output, { columns, rows, values: rows.map(jsonOf), empty: 'no listen ranges' });
}

function formatAsnRange({ first, last }: AsnRange): string {
  return first === last ? `${first}` : `${first}-${last}`;
}

function asnsOf(asns: readonly AsnRange[]): string {
  return asns.length === 0 ? 'any' : asns.map(formatAsnRange).join(',');
}

function jsonOf({ instance, state: { range, peers, refused, problem } }: Row): Record<string, unknown> {
  return {
    instance,
    name: range?.name,
    prefix: range?.prefix,
    limit: range?.limit,
    'peer-asns': range?.peerAsns.map(formatAsnRange),
    ...(range?.template && { template: neighborJson(range.template) }),
    peers,
    refused: Number(refused),
    ...(problem !== '' && { problem }),
  };
}
