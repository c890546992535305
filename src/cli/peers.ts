import { call, rpc } from '../api/client.ts';
import { formatEndpoint } from '../api/endpoint.ts';
import type { BgpInstance, PeerFamilyState, PeerState } from '../gen/herald/v1/types.ts';
import { Address } from '../ip/address.ts';
import { capabilityLines } from './capabilities.ts';
import { type Client, type CommonOptions, instancesToShow, withClient } from './daemon.ts';
import { formatDuration } from './duration.ts';
import { drainPhaseNames, peerJson } from './json.ts';
import { print, printLines } from './output.ts';
import type { Column } from './table.ts';

interface Row {
  readonly instance: string;
  readonly peer: PeerState;
  readonly family: PeerFamilyState | undefined;
  /** Another family of the peer above: only its own columns are shown. */
  readonly continues: boolean;
}

const once = (cell: (row: Row) => string) => (row: Row) => (row.continues ? '' : cell(row));

/** Without a session there is only what was kept of an earlier one. */
const count = (which: (family: PeerFamilyState) => bigint) => (row: Row) => {
  const value = row.family === undefined ? 0n : which(row.family);
  return row.family !== undefined && (row.peer.sessionState === 'established' || value > 0n) ? `${value}` : '-';
};

const columns: readonly Column<Row>[] = [
  { head: 'Instance', cell: once(({ instance }) => instance) },
  { head: 'Peer', cell: once(({ peer }) => nameOf(peer)) },
  { head: 'Local AS', wide: true, cell: once(({ peer }) => `${peer.localAsn}`) },
  { head: 'Peer AS', wide: true, cell: once(({ peer }) => `${peer.peerAsn}`) },
  { head: 'Peer Address', wide: true, cell: once(({ peer }) => withPort(peer)) },
  { head: 'Session State', cell: once(({ peer }) => stateOf(peer)) },
  {
    head: 'Uptime',
    cell: once(({ peer }) => (peer.uptimeNanoseconds === 0n ? '-' : formatDuration(peer.uptimeNanoseconds))),
  },
  { head: 'Family', cell: ({ family }) => familyOf(family) },
  { head: 'Received', cell: count(({ received }) => received) },
  { head: 'Accepted', cell: count(({ accepted }) => accepted) },
  { head: 'Advertised', cell: count(({ advertised }) => advertised) },
  { head: 'Stale', wide: true, cell: count(({ stale }) => stale) },
  { head: 'BFD', wide: true, cell: once(({ peer }) => peer.bfd?.state ?? '-') },
  { head: 'Router ID', wide: true, cell: once(({ peer }) => peer.peerRouterId || '-') },
  { head: 'Hold', wide: true, cell: once(({ peer }) => formatDuration(peer.timers?.appliedHoldNanoseconds ?? 0n)) },
  { head: 'Last Down', wide: true, cell: once(({ peer }) => peer.lastDown?.text ?? '-') },
];

/** How each peer is doing; with `capabilities`, what the two OPENs claimed. */
export async function peers(options: CommonOptions & { readonly capabilities?: boolean }): Promise<void> {
  const states = await withClient(options, async (client) => findPeers(client, await instancesToShow(client, options)));
  const forPeople = options.output === 'table' || options.output === 'wide';
  if (options.capabilities === true && forPeople) {
    await printLines(states.flatMap(({ peer }) => capabilityLines(peer)));
    return;
  }
  await print(options.output, {
    columns,
    rows: states.flatMap(({ instance, peer }) => rowsOf(instance, peer)),
    values: states.map(({ instance, peer }) => peerJson(instance, peer)),
    empty: 'no peers',
  });
}

export interface FoundPeer {
  readonly instance: string;
  readonly peer: PeerState;
}

/** By instance and address. */
export async function findPeers(client: Client, instances: readonly BgpInstance[]): Promise<FoundPeer[]> {
  const lists = await Promise.all(instances.map(({ name }) => call(client, rpc.getPeerState, { instance: name })));
  return lists.flatMap(({ peers: list }, i) => {
    const instance = instances[i]?.name ?? '';
    return list
      .map((peer) => ({ instance, peer, address: Address.parse(peer.peerAddress) }))
      .toSorted((a, b) => a.address.compare(b.address))
      .map(({ peer }) => ({ instance, peer }));
  });
}

function rowsOf(instance: string, peer: PeerState): Row[] {
  if (peer.families.length === 0) return [{ instance, peer, family: undefined, continues: false }];
  return peer.families.map((family, index) => ({ instance, peer, family, continues: index > 0 }));
}

function familyOf(state: PeerFamilyState | undefined): string {
  return state?.family === undefined ? '-' : `${state.family.afi}/${state.family.safi}`;
}

/** One that appeared by itself in a listen range is marked. */
function nameOf({ name, listenRange }: PeerState): string {
  return listenRange === '' ? name : `${name} (dynamic)`;
}

/** A session that is up and announces nothing on request looks well in Cilium's columns, so the state says it. */
function stateOf({ sessionState, drain }: PeerState): string {
  return drain === undefined ? sessionState : `${sessionState} (${drainPhaseNames[drain.phase]})`;
}

/** The address of a peer; of one known by its interface, that of the router there, and while none was found, what it is known by. */
export function placeOf({ peerAddress, remoteAddress }: PeerState): string {
  return remoteAddress === '' ? peerAddress : remoteAddress;
}

function withPort(peer: PeerState): string {
  return formatEndpoint({ kind: 'tcp', host: placeOf(peer), port: peer.peerPort });
}
