import type { Address } from '../ip/address.ts';
import type { Timing } from '../link/bfd/fsm.ts';
import { diagnosticName } from '../link/bfd/packet.ts';
import { type Bfd, type BfdHandle, type BfdStatus, statusAtFirst } from '../link/bfd/ports.ts';
import type { Clock } from '../session/ports.ts';
import { isSame } from '../session/same.ts';
import type { BfdOptions, PeerBfdState } from './types.ts';

/** What a peer is told of its neighbor's liveness. */
export interface LivenessHandler {
  /** Also on changes that have no consequence, for those who watch. */
  changed(): void;
  up(): void;
  /** It was up, and is gone: not because its administrator wants it so. */
  lost(text: string): void;
}

const notRun: BfdStatus = { ...statusAtFirst, problem: 'BFD is not part of this speaker' };

/** BFD for one peer (RFC 5882): runs it where it is configured, and tells what it means for BGP. */
export class Liveness {
  readonly #bfd: Bfd | undefined;
  readonly #clock: Clock;
  readonly #handler: LivenessHandler;
  #options: BfdOptions | undefined;
  /** Both ends. */
  #path = '';
  #handle: BfdHandle | undefined;
  #known: BfdStatus = statusAtFirst;
  #since: Date | undefined;
  #downs = 0;

  constructor(bfd: Bfd | undefined, clock: Clock, handler: LivenessHandler) {
    this.#bfd = bfd;
    this.#clock = clock;
    this.#handler = handler;
  }

  /** BGP has to wait for it. */
  get holds(): boolean {
    return this.#options?.strict === true && this.#known.state !== 'up';
  }

  /** Undefined where BFD is not configured. */
  get state(): PeerBfdState | undefined {
    if (this.#options === undefined) return undefined;
    const status = this.#handle?.status ?? notRun;
    const counters = this.#handle?.counters ?? { sent: 0, received: 0, discarded: 0 };
    return { ...status, ...counters, downs: this.#downs, ...(this.#since && { since: this.#since }) };
  }

  /** Begins or changes it; begins anew where the path is another. */
  apply(bfd: BfdOptions, remote: Address, local: Address | undefined): void {
    const before = this.#options;
    const path = `${remote} ${local}`;
    if (path !== this.#path) this.close();
    this.#options = bfd;
    this.#path = path;
    if (this.#handle !== undefined) {
      if (!isSame(before, bfd)) this.#handle.change(timingOf(bfd));
      return;
    }
    const request = { remote, timing: timingOf(bfd), ...(local && { local }) };
    this.#handle = this.#bfd?.open(request, () => this.#changed());
    this.#known = this.#handle?.status ?? notRun;
  }

  close(): void {
    this.#handle?.close();
    this.#handle = undefined;
    this.#options = undefined;
    this.#known = statusAtFirst;
    this.#since = undefined;
  }

  #changed(): void {
    const before = this.#known;
    const status = this.#handle?.status;
    if (status === undefined) return;
    this.#known = status;
    if (status.state !== before.state) this.#since = this.#clock.date();
    const isLost = before.state === 'up' && status.state !== 'up';
    if (isLost) this.#downs++;
    // RFC 5882, 3.2: that the administrator of the neighbor turns BFD off says nothing of the path.
    const isMeant = status.remote?.state === 'admin-down' || status.problem !== undefined;
    if (isLost && !isMeant) this.#handler.lost(`BFD went down: ${diagnosticName(status.diagnostic)}`);
    else if (before.state !== 'up' && status.state === 'up') this.#handler.up();
    if (status.state !== before.state || status.problem !== before.problem) this.#handler.changed();
  }
}

function timingOf({ transmitInterval, receiveInterval, detectionMultiplier }: BfdOptions): Timing {
  return {
    desiredMinTx: transmitInterval * 1000,
    requiredMinRx: receiveInterval * 1000,
    detectMultiplier: detectionMultiplier,
  };
}
