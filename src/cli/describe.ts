import { formatEndpoint } from '../api/endpoint.ts';
import {
  DefaultAction,
  DrainPhase,
  type PeerCounters,
  type PeerDown,
  type PeerState,
  Role,
} from '../gen/herald/v1/types.ts';
import { Address, AddressError } from '../ip/address.ts';
import { claimLines, gracefulRestartOf } from './capabilities.ts';
import { type CommonOptions, instancesOf, withClient } from './daemon.ts';
import { formatDuration } from './duration.ts';
import { CliError, exitCode } from './exit.ts';
import { addPathsNames, defaultActionNames, drainPhaseNames, peerJson, roleNames } from './json.ts';
import { print, printLines } from './output.ts';
import { type FoundPeer, findPeers, placeOf } from './peers.ts';
import { tableLines } from './table.ts';

/** All that is known of one peer, found by its address or its name: `peer ADDRESS|NAME`. */
export async function describe(words: readonly string[], options: CommonOptions): Promise<void> {
  const [kind, wanted, ...more] = words;
  if (kind !== 'peer')
    throw new CliError(
      exitCode.usage,
      kind === undefined ? 'name a peer, as in describe peer 2001:db8::1' : `invalid argument: ${kind}, expected peer`,
    );
  if (wanted === undefined) throw new CliError(exitCode.usage, 'name a peer, as in describe peer 2001:db8::1');
  if (more.length > 0) throw new CliError(exitCode.usage, `invalid argument: ${more[0]}, expected nothing more`);
  const peers = await withClient(options, async (client) => findPeers(client, await instancesOf(client, options)));
  const found = matching(peers, wanted);
  if (found.length === 0) throw new CliError(exitCode.failed, notThere(peers, wanted));
  if (options.output === 'table' || options.output === 'wide') {
    await printLines(found.flatMap((one, index) => (index === 0 ? linesOf(one) : ['', ...linesOf(one)])));
    return;
  }
  const values = found.map(({ instance, peer }) => peerJson(instance, peer));
  await print(options.output, { columns: [], rows: [], values, empty: '' });
}

/** An address says more than a name that looks like one. */
export function matching(peers: readonly FoundPeer[], wanted: string): readonly FoundPeer[] {
  const address = canonical(wanted);
  const there = peers.filter(({ peer }) => peer.peerAddress === address || placeOf(peer) === address);
  return there.length > 0 ? there : peers.filter(({ peer }) => peer.name === wanted);
}

function canonical(text: string): string | undefined {
  try {
    return Address.parse(text).toString();
  } catch (error) {
    if (error instanceof AddressError) return undefined;
    throw error;
  }
}

export function notThere(peers: readonly FoundPeer[], wanted: string): string {
  if (peers.length === 0) return `there is no peer ${wanted}, and no other`;
  return `there is no peer ${wanted}; there is ${peers.map(({ peer }) => `${peer.name} (${peer.peerAddress})`).join(', ')}`;
}

function linesOf({ instance, peer }: FoundPeer): string[] {
  return [
    `Peer ${peer.name} of instance ${instance}`,
    ...fields([
      ['Address', endpoint(placeOf(peer), peer.peerPort)],
      ['Peer AS', peer.peerAsn === 0 ? 'any' : `${peer.peerAsn}`],
      ...(peer.listenRange === '' ? [] : [['Listen Range', peer.listenRange] as const]),
      ['Local AS', `${peer.localAsn}`],
      ['Session State', stateOf(peer)],
      ...drainOf(peer),
      ['Router ID', peer.peerRouterId || '-'],
      ['Transport', transportOf(peer)],
      ['Protection', protectionOf(peer)],
      ['Next Hop', peer.neighbor?.nextHop ?? '-'],
      ['Several Paths', severalPaths(peer)],
      ['Pending', `${peer.pendingBytes} bytes`],
      ['Received', `${peer.receivedBytes} bytes of routes`],
      ['Graceful Restart', gracefulRestart(peer)],
      ['Default Policies', defaultPolicies(peer)],
      ...limitsOf(peer),
    ]),
    ...bfdLines(peer),
    'Timers',
    ...fields(timersOf(peer)),
    'Address Families',
    ...indented(familyTable(peer)),
    'Messages',
    ...indented(messageTable(peer.counters)),
    'Capabilities',
    ...indented(claimLines(peer)),
    'Last Error',
    ...fields(lastDownOf(peer.lastDown)),
  ];
}

function bfdLines({ bfd }: PeerState): string[] {
  if (bfd === undefined) return [];
  const side = (state: string, diagnostic: string) => `${state} (${diagnostic})`;
  const changed = bfd.since === undefined ? '' : `, since ${bfd.since.toISOString()}`;
  const packets = `${bfd.packetsSent} sent, ${bfd.packetsReceived} received, ${bfd.packetsDiscarded} discarded`;
  return [
    'BFD',
    ...fields([
      ['State', `${side(bfd.state, bfd.diagnostic)}${changed}, went down ${times(bfd.downs)}`],
      ['Peer', bfd.remoteState === '' ? 'not heard' : side(bfd.remoteState, bfd.remoteDiagnostic)],
      ['Discriminators', `${bfd.localDiscriminator} here, ${bfd.remoteDiscriminator || '-'} there`],
      ['Sends every', milliseconds(bfd.transmitIntervalNanoseconds)],
      ['Detects in', milliseconds(bfd.detectionTimeNanoseconds)],
      ['Packets', packets],
      ...(bfd.problem === '' ? [] : [['Problem', bfd.problem] as const]),
    ]),
  ];
}

function milliseconds(nanoseconds: bigint): string {
  return nanoseconds === 0n ? '-' : `${Number(nanoseconds / 1000n) / 1000} ms`;
}

type Field = readonly [name: string, value: string];

function fields(list: readonly Field[]): string[] {
  const width = Math.max(...list.map(([name]) => name.length)) + 1;
  return indented(list.map(([name, value]) => `${`${name}:`.padEnd(width)} ${value}`));
}

function indented(lines: Iterable<string>): string[] {
  return Array.from(lines, (line) => `  ${line}`);
}

function endpoint(host: string, port: number): string {
  return formatEndpoint({ kind: 'tcp', host, port });
}

function stateOf({ sessionState, uptimeNanoseconds }: PeerState): string {
  return sessionState === 'established' ? `established for ${formatDuration(uptimeNanoseconds)}` : sessionState;
}

function drainOf({ drain }: PeerState): Field[] {
  if (drain === undefined) return [];
  const { phase, since, withdrawAt } = drain;
  const withdrawn = phase === DrainPhase.DRAINED ? 'routes withdrawn' : 'routes will be withdrawn';
  return [
    ['Drain', `${drainPhaseNames[phase]} since ${since?.toISOString()}, ${withdrawn} ${withdrawAt?.toISOString()}`],
  ];
}

/** Both ends of the connection; without one, what is configured for it. */
function transportOf(peer: PeerState): string {
  const { localAddress, localPort, remotePort, peerPort, neighbor } = peer;
  if (localAddress !== '') return `${endpoint(localAddress, localPort)} -> ${endpoint(placeOf(peer), remotePort)}`;
  const { transport } = neighbor ?? {};
  if (transport?.passive === true) return 'waits for the peer to connect (passive)';
  const { localAddress: configured = '', sourceInterface: device = '' } = transport ?? {};
  const source = configured || (device === '' ? 'any' : `the address of ${device}`);
  return `${source}${transport?.localPort === undefined ? '' : ` port ${transport.localPort}`} -> ${endpoint(placeOf(peer), peerPort)}, not connected`;
}

function protectionOf({ tcpPasswordEnabled, neighbor }: PeerState): string {
  const { ttlSecurity = false, ebgpMultihop } = neighbor?.transport ?? {};
  const means = [
    ...(tcpPasswordEnabled ? ['password (TCP MD5)'] : []),
    ...(ttlSecurity ? ['TTL security'] : []),
    ...(ebgpMultihop === undefined ? [] : [`TTL ${ebgpMultihop}`]),
  ];
  return means.join(', ') || 'none';
}

function severalPaths({ neighbor }: PeerState): string {
  const families = (neighbor?.addPaths ?? []).map(
    ({ family, mode }) => `${family?.afi}/${family?.safi} ${addPathsNames[mode]}`,
  );
  return families.join(', ') || 'none';
}

function gracefulRestart({ localCapabilities, remoteCapabilities, neighbor, sessionState }: PeerState): string {
  const claimed = gracefulRestartOf(localCapabilities);
  if (claimed === undefined) return 'disabled';
  const ours = `enabled, restart time ${claimed.time} s, stale path time ${neighbor?.gracefulRestart?.stalePathTime} s`;
  if (sessionState !== 'established') return ours;
  const theirs = gracefulRestartOf(remoteCapabilities);
  if (theirs === undefined) return `${ours}; not at the peer`;
  return `${ours}; the peer's restart time ${theirs.time} s${theirs.notification ? ', also after a NOTIFICATION' : ''}`;
}

/** What is configured of limits and of a role. */
function limitsOf({ neighbor }: PeerState): Field[] {
  const { maximumPrefixes = [], role = Role.UNSPECIFIED, roleStrict = false } = neighbor ?? {};
  const limits = maximumPrefixes.map(({ family, limit, restartSeconds }) => {
    const next = restartSeconds === undefined ? 'then down until a reset' : `then again after ${restartSeconds} s`;
    return `${family?.afi}/${family?.safi} ${limit}, ${next}`;
  });
  return [
    ...(limits.length === 0 ? [] : [['Maximum Prefixes', limits.join('; ')] as const]),
    ...(role === Role.UNSPECIFIED ? [] : [['Role', `${roleNames[role]}${roleStrict ? ', strict' : ''}`] as const]),
  ];
}

function defaultPolicies({ neighbor }: PeerState): string {
  const { defaultExportAction = DefaultAction.UNSPECIFIED, defaultImportAction = DefaultAction.UNSPECIFIED } =
    neighbor ?? {};
  return `export ${defaultActionNames[defaultExportAction]}, import ${defaultActionNames[defaultImportAction]}`;
}

function timersOf({ timers, runningTimersNanoseconds: running, sessionState, neighbor }: PeerState): Field[] {
  const isEstablished = sessionState === 'established';
  const line = (configured: bigint | undefined, applied: bigint | undefined, name: string) =>
    [
      `configured ${formatDuration(configured ?? 0n)}`,
      ...(isEstablished && applied !== undefined ? [`applied ${formatDuration(applied)}`] : []),
      ...(running[name] === undefined ? [] : [`${formatDuration(running[name])} left`]),
    ].join(', ');
  const seconds = (count = 0) => BigInt(count) * 1_000_000_000n;
  const listed = new Set(['hold', 'keepalive', 'connect-retry', 'delay-open']);
  const others = Object.entries(running).filter(([name]) => !listed.has(name));
  return [
    ['Hold Time', line(timers?.configuredHoldNanoseconds, timers?.appliedHoldNanoseconds, 'hold')],
    ['Keep Alive Time', line(timers?.configuredKeepAliveNanoseconds, timers?.appliedKeepAliveNanoseconds, 'keepalive')],
    ['Connect Retry Time', line(timers?.connectRetryNanoseconds, undefined, 'connect-retry')],
    ['Delay Open Time', line(seconds(neighbor?.timers?.delayOpen), undefined, 'delay-open')],
    ...others.map(([name, left]): Field => [words(name), `${formatDuration(left)} left`]),
  ];
}

/** `send-hold` as `Send Hold Time`. */
function words(timer: string): string {
  return `${timer.replace(/(?:^|-)[a-z]/g, (start) => start.replace('-', ' ').toUpperCase())} Time`;
}

function familyTable({ families, sessionState }: PeerState): Iterable<string> {
  const count = (value: bigint) => (sessionState === 'established' || value > 0n ? `${value}` : '-');
  return tableLines(
    ['Family', 'Received', 'Accepted', 'Looped', 'Leaked', 'Stale', 'Advertised', 'Unsent'],
    families.map(({ family, received, accepted, looped, leaked, stale, advertised, unsent }) => [
      `${family?.afi}/${family?.safi}`,
      ...[received, accepted, looped, leaked, stale, advertised, unsent].map(count),
    ]),
  );
}

function messageTable(counters: PeerCounters | undefined): Iterable<string> {
  if (counters === undefined) return ['-'];
  const rows: readonly (readonly [type: string, sent: bigint, received: bigint])[] = [
    ['OPEN', counters.opensSent, counters.opensReceived],
    ['UPDATE', counters.updatesSent, counters.updatesReceived],
    ['KEEPALIVE', counters.keepalivesSent, counters.keepalivesReceived],
    ['NOTIFICATION', counters.notificationsSent, counters.notificationsReceived],
    ['ROUTE-REFRESH', counters.routeRefreshesSent, counters.routeRefreshesReceived],
  ];
  const lines = tableLines(
    ['Type', 'Sent', 'Received'],
    rows.map((row) => row.map(String)),
  );
  const ups = `established ${times(counters.established)}, ${counters.collisions} collisions resolved`;
  return [...lines, `${ups}, ${counters.malformedUpdates} malformed UPDATEs`];
}

function times(count: bigint): string {
  return count === 1n ? 'once' : `${count} times`;
}

function lastDownOf(down: PeerDown | undefined): Field[] {
  if (down === undefined) return [['What', 'none']];
  const cause = likelyCause(down);
  const code = down.code === 0 ? '' : ` ${down.code}/${down.subcode}`;
  return [
    ['What', `${down.kind}${code}: ${down.text}`],
    ...(cause === undefined ? [] : [['Likely cause', cause] as const]),
    ['When', down.at?.toISOString() ?? '-'],
  ];
}

/** What mostly lies behind a NOTIFICATION; the text of a failed connection names its cause by itself. */
function likelyCause({ kind, code, subcode }: PeerDown): string | undefined {
  if (kind !== 'notification-sent' && kind !== 'notification-received') return undefined;
  const causes = kind === 'notification-sent' ? weFind : peerFinds;
  return causes.get(`${code}/${subcode}`) ?? causes.get(`${code}`);
}

const both: readonly (readonly [string, string])[] = [
  ['1', 'the two do not read the stream alike: something between them changes it, or one has a bug'],
  ['2/1', 'one of the two does not speak BGP-4'],
  ['2/3', 'both have the same router ID'],
  ['2/5', 'the two disagree on authentication'],
  ['2/6', 'the hold time is too short for one of the two'],
  ['2/11', 'the two do not agree on what they are to each other: one’s role must answer to the other’s'],
  ['2/7', 'one of the two insists on a capability that the other does not have'],
  ['5', 'a message came in a state that does not allow it: one of the two has a bug, or restarted'],
  ['6/7', 'both dialled at once, and this connection was the one to go'],
];

const weFind: ReadonlyMap<string, string> = new Map([
  ...both,
  ['2/2', 'the peer is in another AS than configured here'],
  ['3', 'the peer sent an UPDATE that cannot be read; its log and a capture tell more'],
  ['4', 'nothing came from the peer for the hold time: it is gone, overloaded, or the path loses packets (MTU?)'],
  ['6/1', 'the peer sent more prefixes than it may'],
  [
    '6/10',
    'BFD heard nothing from the peer for its detection time, or the peer said that it is down: the link or the peer failed',
  ],
]);

const peerFinds: ReadonlyMap<string, string> = new Map([
  ...both,
  ['2/2', 'the peer has another AS configured for us than our own'],
  ['3', 'the peer cannot read an UPDATE of ours; its log tells more'],
  [
    '4',
    'the peer heard nothing from us for the hold time: this machine is overloaded, or the path loses packets (MTU?)',
  ],
  ['6/1', 'we announce more prefixes than the peer allows'],
  ['6/2', 'the peer was shut down by its administrator'],
  ['6/3', 'the peer has us no longer in its configuration'],
  ['6/4', 'the peer was reset by its administrator'],
  ['6/5', 'the peer does not accept us: not configured there, or shut down'],
  ['6/6', 'the configuration of the peer changed'],
  ['6/8', 'the peer is out of memory or some other resource'],
  ['6/10', 'BFD of the peer did not hear us: the link failed, or this machine is overloaded'],
]);
