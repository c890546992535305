import { call, messages, rpc } from '../api/client.ts';
import { TableType } from '../gen/herald/v1/types.ts';
import { type Client, withClient } from './daemon.ts';
import { CliError } from './exit.ts';
import { printLines } from './output.ts';
import { findRoutes, printRoutes, type RouteQuery } from './routes.ts';

export interface Lab {
  /** The daemon's address. */
  readonly server: string;
  /** The instance that announces. */
  readonly node: string;
  /** The lab's router. */
  readonly router: string;
  /** The daemon has ended: nothing is left to show. */
  readonly ended: AbortSignal;
}

const family = { afi: 'ipv6', safi: 'unicast' };
const available: RouteQuery = { table: 'available', family, asn: undefined, peer: undefined };
const received: RouteQuery = { table: 'received', family, asn: undefined, peer: undefined };

/** Waits until the router has what the node announces, then shows the router's table and what to try next. */
export async function showLab(lab: Lab): Promise<void> {
  const { node, router } = lab;
  try {
    await withClient(lab, async (client) => {
      lab.ended.addEventListener('abort', () => client.close());
      let announced = 0;
      for await (const some of findRoutes(client, available, { instance: node })) announced += some.length;
      await arrived(client, router, announced);
      await printLines(['', `BGP is up: this is what ${router} has learned from ${node}.`, '']);
      await printRoutes(received, findRoutes(client, received, { instance: router }), { output: 'table' });
    });
  } catch (error) {
    // The daemon is ending, and with it what there was to show.
    if (error instanceof CliError) return;
    throw error;
  }
  await printLines([
    '',
    'It goes on running; in another terminal, try:',
    '',
    '  npm run -s herald -- peers',
    '  npm run -s herald -- advertise 2001:db8:a:2::/64 --community 65001:100',
    `  npm run -s herald -- routes received --instance ${lab.router}`,
    '',
  ]);
}

/** Resolves when the router's peer has sent so many routes. */
async function arrived(client: Client, router: string, count: number): Promise<void> {
  const { peers } = await call(client, rpc.getPeerState, { instance: router });
  const neighbor = peers[0]?.peerAddress ?? '';
  const stream = client.watchRoutes({ instance: router, tableType: TableType.ADJ_RIB_IN, family, neighbor });
  const seen = new Set<string>();
  for await (const { events } of messages(stream)) {
    for (const { route } of events) if (route !== undefined) seen.add(route.prefix);
    if (seen.size >= count) break;
  }
  // Leaving the loop ends the reading, not the call.
  stream.on('error', () => {});
  stream.cancel();
}
