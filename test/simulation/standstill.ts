import type { Address } from '../../src/ip/address.ts';
import type { Clock, Timer } from '../../src/session/ports.ts';
import type { SimulatedNetwork } from './network.ts';

/** A process that can be stopped (SIGSTOP) and go on: its timers and what is sent to it wait. */
export class StoppableProcess {
  readonly clock: Clock;
  readonly #network: SimulatedNetwork;
  readonly #address: Address;
  readonly #others: readonly Address[];
  #due: Set<() => void> | undefined;

  /** `others`: whom it talks with. */
  constructor(network: SimulatedNetwork, address: Address, others: readonly Address[]) {
    this.#network = network;
    this.#address = address;
    this.#others = others;
    const { clock } = network;
    this.clock = {
      now: () => clock.now(),
      date: () => clock.date(),
      timer: (ms, call) => this.#timer(ms, call),
      turn: (call) => void this.#timer(0, call),
    };
  }

  stop(): void {
    this.#due = new Set();
    for (const other of this.#others) this.#network.cut(this.#address, other);
  }

  /** As an event loop does: first the timers that are due, then what there is to read. */
  goOn(): void {
    const due = this.#due ?? [];
    this.#due = undefined;
    for (const callback of due) callback();
    for (const other of this.#others) this.#network.heal(this.#address, other);
  }

  #timer(milliseconds: number, callback: () => void): Timer {
    const expired = () => {
      if (this.#due === undefined) callback();
      else this.#due.add(expired);
    };
    const timer = this.#network.clock.timer(milliseconds, expired);
    return {
      cancel: () => {
        timer.cancel();
        this.#due?.delete(expired);
      },
    };
  }
}
