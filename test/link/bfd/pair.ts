import { Address } from '../../../src/ip/address.ts';
import { Engine } from '../../../src/link/bfd/engine.ts';
import type { Timing } from '../../../src/link/bfd/fsm.ts';
import { type BfdStatus, type Datagrams, type Receive, statusAtFirst } from '../../../src/link/bfd/ports.ts';
import { columns } from '../../../src/link/bfd/runner.ts';
import { VirtualClock } from '../../simulation/clock.ts';
import { seeded } from '../../simulation/random.ts';

/** One end of the link. */
export class End {
  readonly engine: Engine;
  readonly counters = new Uint32Array(columns);
  readonly changes: { readonly at: number; readonly status: BfdStatus }[] = [];
  receive: Receive | undefined;
  /** The packets that it sends are lost. */
  isMute = false;
  /** When each packet was sent; milliseconds. */
  readonly sentAt: number[] = [];
  problem: string | undefined;
  readonly #remote: Address;
  readonly #clock: VirtualClock;

  constructor(
    clock: VirtualClock,
    entropy: () => number,
    remote: Address,
    carry: (end: End, bytes: Uint8Array) => void,
  ) {
    this.#remote = remote;
    this.#clock = clock;
    const datagrams: Datagrams = {
      listen: (_, received) => {
        this.receive = received;
        return this.problem === undefined ? { ok: true } : { ok: false, reason: this.problem };
      },
      sender: () => ({
        problem: undefined,
        send: (bytes) => {
          this.sentAt.push(clock.now());
          if (!this.isMute) carry(this, bytes);
        },
        close() {},
      }),
      close() {},
    };
    this.engine = new Engine({ clock, entropy }, datagrams);
  }

  open(timing: Timing): void {
    this.engine.open({ remote: this.#remote, timing }, this.counters, (status) =>
      this.changes.push({ at: this.#clock.now(), status }),
    );
  }

  close(): void {
    this.engine.close(this.#remote);
  }

  get status(): BfdStatus {
    return this.changes.at(-1)?.status ?? statusAtFirst;
  }

  get state(): string {
    return this.status.state;
  }
}

/** Two ends of a link that carries each packet in `delay` milliseconds, from a seed. */
export class Pair {
  readonly clock = new VirtualClock();
  readonly a: End;
  readonly b: End;
  readonly addresses = [Address.parse('fe80::a%eth0'), Address.parse('fe80::b%eth0')] as const;

  constructor(seed: number, delay = 1, loss: (end: End) => boolean = () => false) {
    const entropy = seeded(seed);
    const [a, b] = this.addresses;
    const carry = (end: End, bytes: Uint8Array) => {
      if (loss(end)) return;
      const [to, from] = end === this.a ? [this.b, a] : [this.a, b];
      this.clock.timer(delay, () => to.receive?.(from, bytes));
    };
    this.a = new End(this.clock, entropy, b, carry);
    this.b = new End(this.clock, entropy, a, carry);
  }

  get areUp(): boolean {
    return this.a.state === 'up' && this.b.state === 'up';
  }
}
