import { call, rpc } from '../api/client.ts';
import { SoftResetDirection } from '../gen/herald/v1/router_service.ts';
import { type CommonOptions, instancesOf, withClient } from './daemon.ts';
import { matching, notThere } from './describe.ts';
import { CliError, exitCode } from './exit.ts';
import { print } from './output.ts';
import { type FoundPeer, findPeers } from './peers.ts';
import type { softResets } from './soft-resets.ts';

export interface ResetOptions extends CommonOptions {
  readonly all?: true;
  /** Keep the session, and send (out) or ask for (in) all routes again. */
  readonly soft?: (typeof softResets)[number];
  /** Peers forget our routes at once, whatever graceful restart says (RFC 8538). */
  readonly hard?: true;
  /** For the peer's operator. */
  readonly message?: string;
}

const directions = {
  in: SoftResetDirection.IN,
  out: SoftResetDirection.OUT,
  both: SoftResetDirection.BOTH,
} as const;

/** Ends the session with one peer, found by its address or its name, or with all; or, soft, exchanges routes again without that. */
export async function reset(wanted: string | undefined, options: ResetOptions): Promise<void> {
  const { all, soft, hard = false, message = '' } = options;
  if ((wanted === undefined) === (all === undefined))
    throw new CliError(exitCode.usage, 'name a peer, as in reset 2001:db8::1, or say --all');
  if (soft !== undefined && message !== '')
    throw new CliError(exitCode.usage, '--message goes with the end of a session, which --soft keeps');
  if (soft !== undefined && hard) throw new CliError(exitCode.usage, '--hard and --soft exclude each other');
  const how = {
    hard,
    soft: soft !== undefined,
    softResetDirection: soft === undefined ? SoftResetDirection.UNSPECIFIED : directions[soft],
    adminCommunication: message,
  };
  const rows = await withClient(options, async (client) => {
    const peers = await findPeers(client, await instancesOf(client, options));
    const chosen = wanted === undefined ? peers : matching(peers, wanted);
    if (wanted !== undefined && chosen.length === 0) throw new CliError(exitCode.failed, notThere(peers, wanted));
    if (wanted !== undefined && chosen.length > 1) throw new CliError(exitCode.usage, several(chosen, wanted));
    if (wanted === undefined)
      for (const instance of new Set(chosen.map((one) => one.instance)))
        await call(client, rpc.resetAllNeighbors, { instance, ...how });
    else
      for (const { instance, peer } of chosen)
        await call(client, rpc.resetNeighbor, { instance, peerAddress: peer.peerAddress, ...how });
    return chosen;
  });
  const done = soft === undefined ? 'reset' : `soft reset ${soft}`;
  await print(options.output, {
    columns: [
      { head: 'Instance', cell: ({ instance }: FoundPeer) => instance },
      { head: 'Peer', cell: ({ peer }: FoundPeer) => peer.name },
      { head: 'Peer Address', cell: ({ peer }: FoundPeer) => peer.peerAddress },
      { head: 'Done', cell: () => done },
    ],
    rows,
    values: rows.map(({ instance, peer }) => ({
      instance,
      name: peer.name,
      'peer-address': peer.peerAddress,
      reset: soft === undefined ? 'session' : `soft ${soft}`,
    })),
    empty: 'no peers',
  });
}

function several(peers: readonly FoundPeer[], wanted: string): string {
  return `there are several peers ${wanted}, in instances ${peers.map(({ instance }) => instance).join(', ')}: name one with --instance`;
}
