import type { Clock, Entropy, Timer } from '../../session/ports.ts';
import {
  type BfdEvent,
  type BfdSession,
  detectionTime,
  initialSession,
  jittered,
  step,
  type Timing,
  transmitInterval,
} from './fsm.ts';
import { type ControlPacket, encodeControl } from './packet.ts';
import type { BfdStatus, Sender } from './ports.ts';

/** Columns of the counters that two threads share. */
export const column = { sent: 0, received: 1, discarded: 2 } as const;
export const columns = 3;

export interface RunnerWorld {
  readonly clock: Clock;
  readonly entropy: Entropy;
}

/** Runs one session: its two timers, and what it sends. */
export class Runner {
  readonly #world: RunnerWorld;
  readonly #sender: Sender;
  readonly #counters: Uint32Array;
  readonly #changed: (status: BfdStatus) => void;
  #session: BfdSession;
  #transmit: Timer | undefined;
  #detection: Timer | undefined;
  /** When the last packet went, and how long the jitter of the next lets it wait of each interval. */
  #sentAt: number;
  /** Of the receiving side, or the last packet that could not be used. */
  #problem: string | undefined;
  #told = '';

  constructor(
    discriminator: number,
    timing: Timing,
    parts: { readonly world: RunnerWorld; readonly sender: Sender; readonly counters: Uint32Array },
    changed: (status: BfdStatus) => void,
  ) {
    this.#world = parts.world;
    this.#sender = parts.sender;
    this.#counters = parts.counters;
    this.#changed = changed;
    this.#session = initialSession(discriminator, timing);
    this.#sentAt = this.#world.clock.now();
    this.#step({ type: 'transmit-timer' });
  }

  get discriminator(): number {
    return this.#session.discriminator;
  }

  /** Milliseconds; see `BfdStatus`. */
  get detectionTime(): number | undefined {
    return milliseconds(detectionTime(this.#session));
  }

  received(packet: ControlPacket): void {
    this.#count('received');
    this.#problem = undefined;
    this.#step({ type: 'packet', packet });
  }

  discarded(reason: string): void {
    this.#count('discarded');
    this.complain(`packets from the neighbor are discarded: ${reason}`);
  }

  /** Says why it cannot work, until a packet comes that can be used. */
  complain(problem: string | undefined): void {
    this.#problem = problem;
    this.#tell();
  }

  configure(timing: Timing): void {
    this.#step({ type: 'configure', timing });
  }

  /** RFC 5880, 6.8.16: goes on sending, so that the neighbor hears of it. */
  disable(): void {
    this.#step({ type: 'admin-down' });
  }

  close(): void {
    this.#transmit?.cancel();
    this.#detection?.cancel();
    this.#sender.close();
  }

  #step(event: BfdEvent): void {
    const { session, actions } = step(this.#session, event);
    this.#session = session;
    for (const action of actions) {
      switch (action.type) {
        case 'send':
          this.#count('sent');
          this.#sentAt = this.#world.clock.now();
          this.#sender.send(encodeControl(action.packet));
          break;
        case 'pace':
          this.#pace(action.microseconds);
          break;
        case 'start-detection':
          this.#detection?.cancel();
          this.#detection = this.#world.clock.timer(action.microseconds / 1000, () =>
            this.#step({ type: 'detection-timer' }),
          );
          break;
        case 'stop-detection':
          this.#detection?.cancel();
          this.#detection = undefined;
          break;
      }
    }
    this.#tell();
  }

  /** Counted from the last packet, so that a neighbor that changes its mind often cannot keep us silent. */
  #pace(microseconds: number | undefined): void {
    this.#transmit?.cancel();
    this.#transmit = undefined;
    if (microseconds === undefined) return;
    const { clock, entropy } = this.#world;
    const wait = jittered(microseconds / 1000, this.#session.timing.detectMultiplier, entropy());
    const left = Math.max(0, this.#sentAt + wait - clock.now());
    this.#transmit = clock.timer(left, () => this.#step({ type: 'transmit-timer' }));
  }

  #count(what: keyof typeof column): void {
    this.#counters[column[what]] = (this.#counters[column[what]] ?? 0) + 1;
  }

  #tell(): void {
    const { status } = this;
    const text = JSON.stringify(status);
    if (text === this.#told) return;
    this.#told = text;
    this.#changed(status);
  }

  get status(): BfdStatus {
    const { state, diagnostic, discriminator, remote } = this.#session;
    const interval = milliseconds(transmitInterval(this.#session));
    const detection = this.detectionTime;
    const problem = this.#problem ?? this.#sender.problem;
    return {
      state,
      diagnostic,
      localDiscriminator: discriminator,
      ...(remote && {
        remote: { state: remote.state, diagnostic: remote.diagnostic, discriminator: remote.discriminator },
      }),
      ...(interval !== undefined && { transmitInterval: interval }),
      ...(detection !== undefined && { detectionTime: detection }),
      ...(problem !== undefined && { problem }),
    };
  }
}

function milliseconds(microseconds: number | undefined): number | undefined {
  return microseconds === undefined ? undefined : microseconds / 1000;
}
