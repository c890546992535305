import { setTimeout } from 'node:timers/promises';
import { call, rpc } from '../api/client.ts';
import { DrainPhase, type PeerState } from '../gen/herald/v1/types.ts';
import { Address, AddressError } from '../ip/address.ts';
import { type Client, type CommonOptions, instancesOf, withClient } from './daemon.ts';
import { parseSeconds } from './duration.ts';
import { CliError, exitCode } from './exit.ts';
import { drainJson } from './json.ts';
import { print } from './output.ts';
import { placeOf } from './peers.ts';

export interface UndrainOptions extends CommonOptions {
  /** An address; absent: all peers. */
  readonly peer?: string;
}

export interface DrainOptions extends UndrainOptions {
  /** Wait for the withdrawal; a text says how long it takes to come. */
  readonly wait?: true | string;
}

const poll = 100;

/** Drains every instance that is no lab's, or the one that is named. */
export async function drain(options: DrainOptions): Promise<void> {
  const { wait } = options;
  const peerAddress = addressOf(options);
  const waitSeconds = typeof wait === 'string' ? secondsOf(wait) : undefined;
  const values = await withClient(options, async (client) => {
    const names = await namesOf(client, options);
    for (const instance of names)
      await call(client, rpc.drain, { instance, peerAddress, ...(waitSeconds !== undefined && { waitSeconds }) });
    if (wait !== undefined) for (const instance of names) await withdrawn(client, instance, peerAddress);
    return Promise.all(
      names.map(async (instance) => ({ instance, ...(await stateOf(client, instance, peerAddress)) })),
    );
  });
  const columns = [
    { head: 'Instance', cell: (row: Value) => row.instance },
    { head: 'Drain', cell: (row: Value) => `${row['phase']}` },
    { head: 'Withdraws At', cell: (row: Value) => `${row['withdraw-at']}` },
  ];
  await print(options.output, { columns, rows: values, values, empty: '' });
}

export async function undrain(options: UndrainOptions): Promise<void> {
  const peerAddress = addressOf(options);
  const values = await withClient(options, async (client) => {
    const names = await namesOf(client, options);
    for (const instance of names) await call(client, rpc.undrain, { instance, peerAddress });
    return names.map((instance) => ({ instance, phase: 'none' }));
  });
  const columns = [
    { head: 'Instance', cell: (row: Value) => row.instance },
    { head: 'Drain', cell: (row: Value) => `${row['phase']}` },
  ];
  await print(options.output, { columns, rows: values, values, empty: '' });
}

type Value = { readonly instance: string } & Record<string, unknown>;

/** As the daemon writes it; empty: all peers. */
function addressOf({ peer }: UndrainOptions): string {
  if (peer === undefined) return '';
  try {
    return Address.parse(peer).toString();
  } catch (error) {
    if (error instanceof AddressError) throw new CliError(exitCode.usage, `--peer ${peer}: ${error.message}`);
    throw error;
  }
}

function secondsOf(text: string): number {
  const seconds = parseSeconds(text);
  if (seconds !== undefined) return seconds;
  throw new CliError(exitCode.usage, `--wait ${text}: must be a duration, as 30s or 1m30s`);
}

/** One peer is a peer of one instance. */
async function namesOf(client: Client, options: UndrainOptions): Promise<string[]> {
  const instances = await instancesOf(client, options);
  if (options.peer !== undefined && instances.length > 1)
    throw new CliError(exitCode.usage, 'there are several instances: name that of the peer with --instance');
  return instances.map(({ name }) => name);
}

async function peersOf(client: Client, instance: string, address: string): Promise<readonly PeerState[]> {
  const { peers } = await call(client, rpc.getPeerState, { instance });
  return address === '' ? peers : peers.filter((peer) => peer.peerAddress === address || placeOf(peer) === address);
}

async function stateOf(client: Client, instance: string, address: string): Promise<Record<string, unknown>> {
  const { instances } = await call(client, rpc.getBgp, { instance });
  const [peer] = address === '' ? [] : await peersOf(client, instance, address);
  const found = address === '' ? instances[0]?.drain : peer?.drain;
  return found === undefined ? { phase: 'none' } : drainJson(found);
}

/** Until the peers have been sent every withdrawal. Throws CliError when somebody ends the drain meanwhile. */
async function withdrawn(client: Client, instance: string, address: string): Promise<void> {
  for (;;) {
    const peers = await peersOf(client, instance, address);
    const { phase } = await stateOf(client, instance, address);
    if (phase === 'none')
      throw new CliError(exitCode.failed, `the drain of ${address === '' ? instance : address} was ended meanwhile`);
    const isDone = ({ families, pendingBytes, drain: state }: PeerState) =>
      state?.phase === DrainPhase.DRAINED &&
      pendingBytes === 0n &&
      families.every(({ advertised }) => advertised === 0n);
    if (phase === 'drained' && peers.every(isDone)) return;
    await setTimeout(poll);
  }
}
