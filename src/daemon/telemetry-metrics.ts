import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type ApiEndpoint, formatEndpoint } from '../api/endpoint.ts';
import { watchesCut } from '../api/watch.ts';
import type { SessionCounters } from '../session/types.ts';
import type { Speaker } from '../speaker/speaker.ts';
import type { PeerBfdState, PeerState } from '../speaker/types.ts';
import { familyName } from '../wire/family.ts';

/** What is measured. */
export interface Measured {
  readonly version: string;
  /** The instances there are, by name. */
  speakers(): Iterable<readonly [name: string, speaker: Speaker]>;
}

/** Told by a control plane of its work, so that Cilium's dashboards and alerts have theirs. */
export interface ReconcileObserver {
  /** One run over an instance took so long, whether it went well or not. */
  observeReconcile(instance: string, seconds: number): void;
  /** One run over an instance failed. */
  countReconcileError(instance: string): void;
}

/** Cilium's: an instance and a peer of it. */
const sessionLabels = ['instance_name', 'local_asn', 'neighbor', 'neighbor_asn'] as const;
/** Ours are without `neighbor_asn`, which a session may change: a counter has to stay the same series. */
const peerLabels = ['instance_name', 'neighbor'] as const;
const rangeLabels = ['instance_name', 'range'] as const;
const familyLabels = ['afi', 'safi'] as const;

const messages: readonly (readonly [type: string, direction: 'sent' | 'received', of: keyof SessionCounters])[] = [
  ['open', 'sent', 'opensSent'],
  ['open', 'received', 'opensReceived'],
  ['update', 'sent', 'updatesSent'],
  ['update', 'received', 'updatesReceived'],
  ['keepalive', 'sent', 'keepalivesSent'],
  ['keepalive', 'received', 'keepalivesReceived'],
  ['notification', 'sent', 'notificationsSent'],
  ['notification', 'received', 'notificationsReceived'],
  ['route-refresh', 'sent', 'routeRefreshesSent'],
  ['route-refresh', 'received', 'routeRefreshesReceived'],
];

/** The metrics of a daemon. What is busy counts in fields of its own: they are copied here when somebody asks. */
export class Metrics implements ReconcileObserver {
  readonly #measured: Measured;
  readonly #registry = new Registry();
  readonly #registers = [this.#registry];
  #reconciles: { readonly duration: Histogram; readonly errors: Counter } | undefined;

  readonly #sessionState = this.#gauge(
    'cilium_bgp_control_plane_session_state',
    'Whether the BGP session with the peer is established: 1 or 0',
    sessionLabels,
  );
  readonly #advertised = this.#gauge('cilium_bgp_control_plane_advertised_routes', 'Routes advertised to the peer', [
    ...sessionLabels,
    ...familyLabels,
  ]);
  readonly #received = this.#gauge('cilium_bgp_control_plane_received_routes', 'Routes received from the peer', [
    ...sessionLabels,
    ...familyLabels,
  ]);
  readonly #accepted = this.#gauge('herald_peer_accepted_routes', 'Received routes that import policy accepted', [
    ...peerLabels,
    ...familyLabels,
  ]);
  readonly #looped = this.#gauge(
    'herald_peer_looped_routes',
    'Routes from the peer that are not kept because our own AS is in their path',
    [...peerLabels, ...familyLabels],
  );
  readonly #stale = this.#gauge(
    'herald_peer_stale_routes',
    'Received routes of a session that ended, which the peer still has to send again',
    [...peerLabels, ...familyLabels],
  );
  readonly #leaked = this.#gauge(
    'herald_peer_leaked_routes',
    'Routes from the peer that are not kept because they are route leaks (RFC 9234)',
    [...peerLabels, ...familyLabels],
  );
  readonly #unsent = this.#gauge(
    'herald_peer_unsent_routes',
    'Changes that wait for the peer to read, at most: what a later one supersedes may be among them',
    [...peerLabels, ...familyLabels],
  );
  readonly #malformed = this.#counter(
    'herald_peer_malformed_updates_total',
    'UPDATEs from the peer with a fault that did not end the session (RFC 7606)',
    peerLabels,
  );
  readonly #messages = this.#counter('herald_peer_messages_total', 'BGP messages exchanged with the peer', [
    ...peerLabels,
    'type',
    'direction',
  ]);
  readonly #established = this.#counter(
    'herald_peer_established_total',
    'How often the session with the peer came up',
    peerLabels,
  );
  readonly #collisions = this.#counter(
    'herald_peer_collisions_total',
    'Connections closed because both sides had dialled',
    peerLabels,
  );
  readonly #refused = this.#counter(
    'herald_refused_connections_total',
    'Connections refused because they came from an address that is no peer',
    ['instance_name'],
  );

  readonly #rangePeers = this.#gauge(
    'herald_listen_range_peers',
    'Peers that appeared in the listen range',
    rangeLabels,
  );
  readonly #rangeRefused = this.#counter(
    'herald_listen_range_refused_total',
    'Connections from the listen range that were refused: it was full, or lacks what it asks for',
    rangeLabels,
  );

  readonly #bfdState = this.#gauge('herald_peer_bfd_state', 'Whether BFD with the peer is up: 1 or 0', peerLabels);
  readonly #bfdDowns = this.#counter('herald_peer_bfd_downs_total', 'How often BFD was up and went down', peerLabels);
  readonly #bfdPackets = this.#counter('herald_peer_bfd_packets_total', 'BFD control packets exchanged with the peer', [
    ...peerLabels,
    'direction',
  ]);
  readonly #bfdDiscarded = this.#counter(
    'herald_peer_bfd_discarded_packets_total',
    'BFD control packets from the peer that are malformed or came from beyond the link',
    peerLabels,
  );

  readonly #pending = this.#gauge(
    'herald_peer_pending_bytes',
    'Octets for the peer that TCP has not taken',
    peerLabels,
  );
  readonly #receivedBytes = this.#gauge(
    'herald_peer_received_bytes',
    'Octets that the routes from the peer take, near enough; attributes that routes share count for each',
    peerLabels,
  );
  readonly #tableBytes = this.#gauge(
    'herald_table_bytes',
    'Octets that the tables take, received routes and our own; room to grow is not counted',
    ['instance_name'],
  );
  readonly #drain = this.#gauge(
    'herald_peer_drain',
    'Whether the peer is drained, and how far: 1 in the phase it is in, else 0',
    [...peerLabels, 'phase'],
  );
  readonly #watchCuts = this.#counter(
    'herald_api_watch_cuts_total',
    'Watches of the API that were cut because their readers were too slow',
    [],
  );

  constructor(measured: Measured) {
    this.#measured = measured;
    collectDefaultMetrics({ register: this.#registry });
    this.#gauge('herald_build_info', 'Always 1; the label says which version runs', ['version']).set(
      { version: measured.version },
      1,
    );
  }

  /** The type of what `scrape` gives. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Everything as it is now, in Prometheus's text format. */
  scrape(): Promise<string> {
    this.#copy();
    return this.#registry.metrics();
  }

  observeReconcile(instance: string, seconds: number): void {
    const { duration, errors } = this.#reconcile();
    duration.observe({ instance_name: instance }, seconds);
    // A counter that is not there before it first counts hides that first error from `increase`.
    errors.inc({ instance_name: instance }, 0);
  }

  countReconcileError(instance: string): void {
    this.#reconcile().errors.inc({ instance_name: instance });
  }

  /** Declared with the first run: without a control plane there is nothing to tell. */
  #reconcile(): { readonly duration: Histogram; readonly errors: Counter } {
    this.#reconciles ??= {
      duration: new Histogram({
        name: 'cilium_bgp_control_plane_reconcile_run_duration_seconds',
        help: 'How long a run of the reconcilers over an instance took',
        labelNames: ['instance_name'],
        registers: this.#registers,
      }),
      errors: this.#counter(
        'cilium_bgp_control_plane_reconcile_errors_total',
        'Runs of the reconcilers over an instance that failed',
        ['instance_name'],
      ),
    };
    return this.#reconciles;
  }

  #copy(): void {
    const gauges = [
      this.#sessionState,
      this.#advertised,
      this.#received,
      this.#accepted,
      this.#looped,
      this.#stale,
      this.#leaked,
      this.#unsent,
      this.#pending,
      this.#rangePeers,
      this.#receivedBytes,
      this.#tableBytes,
      this.#bfdState,
    ];
    const counters = [
      this.#messages,
      this.#established,
      this.#collisions,
      this.#malformed,
      this.#refused,
      this.#rangeRefused,
      this.#watchCuts,
      this.#bfdDowns,
      this.#bfdPackets,
      this.#bfdDiscarded,
    ];
    this.#drain.reset();
    for (const metric of [...gauges, ...counters]) metric.reset();
    this.#watchCuts.inc(watchesCut());
    for (const [name, speaker] of this.#measured.speakers()) {
      this.#refused.inc({ instance_name: name }, speaker.refusedConnections);
      this.#tableBytes.set({ instance_name: name }, speaker.tableOctets);
      for (const { range, peers, refused } of speaker.listenRanges()) {
        this.#rangePeers.set({ instance_name: name, range: range.name }, peers);
        this.#rangeRefused.inc({ instance_name: name, range: range.name }, refused);
      }
      for (const peer of speaker.peers()) this.#copyPeer(name, speaker.global.asn, peer);
    }
  }

  #copyPeer(instance: string, localAsn: number, { neighbor, negotiated, counters, ...peer }: PeerState): void {
    const of = { instance_name: instance, neighbor: formatNeighbor(neighbor) };
    for (const [type, direction, field] of messages) this.#messages.inc({ ...of, type, direction }, counters[field]);
    this.#established.inc(of, counters.established);
    this.#collisions.inc(of, counters.collisions);
    this.#malformed.inc(of, counters.malformedUpdates);
    for (const phase of ['draining', 'drained']) this.#drain.set({ ...of, phase }, peer.drain?.phase === phase ? 1 : 0);

    if (peer.bfd !== undefined) this.#copyBfd(of, peer.bfd);
    const isEstablished = peer.sessionState === 'established';
    const session = { ...of, local_asn: localAsn, neighbor_asn: negotiated?.peerAsn ?? neighbor.asn };
    this.#sessionState.set(session, isEstablished ? 1 : 0);
    if (isEstablished) this.#pending.set(of, peer.pending);
    if (isEstablished || peer.receivedOctets > 0) this.#receivedBytes.set(of, peer.receivedOctets);
    for (const { family, advertised, received, accepted, looped, stale, leaked, unsent } of peer.families) {
      const [afi = '', safi = ''] = familyName(family).split('/');
      if (isEstablished || stale > 0) this.#stale.set({ ...of, afi, safi }, stale);
      if (!isEstablished) continue;
      this.#advertised.set({ ...session, afi, safi }, advertised);
      this.#received.set({ ...session, afi, safi }, received);
      this.#accepted.set({ ...of, afi, safi }, accepted);
      this.#looped.set({ ...of, afi, safi }, looped);
      this.#leaked.set({ ...of, afi, safi }, leaked);
      this.#unsent.set({ ...of, afi, safi }, unsent);
    }
  }

  #copyBfd(of: { readonly instance_name: string; readonly neighbor: string }, bfd: PeerBfdState): void {
    this.#bfdState.set(of, bfd.state === 'up' ? 1 : 0);
    this.#bfdDowns.inc(of, bfd.downs);
    this.#bfdPackets.inc({ ...of, direction: 'sent' }, bfd.sent);
    this.#bfdPackets.inc({ ...of, direction: 'received' }, bfd.received);
    this.#bfdDiscarded.inc(of, bfd.discarded);
  }

  #gauge<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Gauge<Label> {
    return new Gauge({ name, help, labelNames, registers: this.#registers });
  }

  #counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: this.#registers });
  }
}

/** `10.0.0.1:179`, `[2001:db8::1]:179`, `[fe80::1%eth0]:179`. */
function formatNeighbor({ address, transport }: PeerState['neighbor']): string {
  const endpoint: ApiEndpoint = { kind: 'tcp', host: address.toString(), port: transport.remotePort };
  return formatEndpoint(endpoint);
}
