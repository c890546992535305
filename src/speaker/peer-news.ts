import type { Clock } from '../session/ports.ts';
import type { DownReason, SessionState } from '../session/types.ts';
import { familyName } from '../wire/family.ts';
import type { SpeakerLog } from './log.ts';
import type { Peer } from './peer.ts';
import type { PeerEvent } from './types.ts';

type News =
  | { readonly type: 'added' | 'removed' | 'state-changed'; readonly peer: Peer }
  | { readonly type: 'down'; readonly peer: Peer; readonly reason: DownReason };

/** Tells of peers: in the log, and to those who watch. */
export class PeerNews {
  readonly #clock: Clock;
  readonly #log: SpeakerLog;
  /** What writes the line of each session that came up, which takes as long as coming up does. */
  readonly #unwritten = new Map<Peer, () => void>();
  readonly #watchers = new Set<(event: PeerEvent) => void>();

  constructor(clock: Clock, log: SpeakerLog) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Calls the listener for each event from now on; returns how to stop. */
  watch(listener: (event: PeerEvent) => void): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  tell(news: News): void {
    if (this.#watchers.size === 0) return;
    const told = { ...news, at: this.#clock.date(), peer: news.peer.peerState };
    for (const listener of this.#watchers) listener(told);
  }

  stateChanged(peer: Peer, from: SessionState, to: SessionState): void {
    if (to === 'established') {
      // As it is now, for it may be down again by then.
      const { negotiated } = peer;
      this.#unwritten.set(peer, () => {
        const detail = negotiated && { hold_time: negotiated.holdTime, families: negotiated.families.map(familyName) };
        this.#log.info({ ...fieldsOf(peer), ...detail }, 'session established');
      });
    } else if (this.#log.isLevelEnabled?.('debug') !== false)
      this.#log.debug({ ...fieldsOf(peer), from, to }, 'session state changed');
    this.tell({ type: 'state-changed', peer });
  }

  /** Writes the line that its session is up, unless that was done. */
  writeUp(peer: Peer): void {
    this.#unwritten.get(peer)?.();
    this.#unwritten.delete(peer);
  }

  changed(peer: Peer): void {
    this.writeUp(peer);
    const { bfd } = peer.peerState;
    if (bfd !== undefined) this.#log.info({ ...fieldsOf(peer), bfd: bfd.state, problem: bfd.problem }, 'BFD changed');
    this.tell({ type: 'state-changed', peer });
  }

  down(peer: Peer, reason: DownReason): void {
    this.writeUp(peer);
    const fields = { ...fieldsOf(peer), reason: reason.kind };
    if (reason.kind === 'stopped') this.#log.info(fields, reason.text);
    else this.#log.warn(fields, reason.text);
    this.tell({ type: 'down', peer, reason });
  }

  warn(peer: Peer, message: string, fields: Record<string, unknown>): void {
    this.writeUp(peer);
    this.#log.warn({ ...fieldsOf(peer), ...fields }, message);
  }
}

/** The names are those of Cilium's logs. */
export function fieldsOf(peer: Peer): Record<string, unknown> {
  return { peer: peer.neighbor.name, peer_address: peer.remote.toString(), peer_asn: peer.peerAsn };
}
