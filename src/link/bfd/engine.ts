import type { Address } from '../../ip/address.ts';
import type { Timer } from '../../session/ports.ts';
import type { Timing } from './fsm.ts';
import { decodeControl } from './packet.ts';
import type { BfdRequest, BfdStatus, Datagrams } from './ports.ts';
import { Runner, type RunnerWorld } from './runner.ts';

/** Milliseconds until a port that could not be had is tried again. */
const listenAgain = 5000;

/** Milliseconds for which AdminDown is said at most, and to a neighbor whose detection time is not known. */
const lingering = 3000;

/** Milliseconds: what BGP has to say of its end comes first, for some routers take AdminDown for a failure of the link. */
const courtesy = 50;

interface Entry {
  readonly remote: Address;
  readonly runner: Runner;
  /** Present once it was closed. */
  ending?: Timer;
}

/** All sessions of this machine: finds the one that a packet is for (RFC 5880, 6.8.6; RFC 5881, 3). */
export class Engine {
  readonly #world: RunnerWorld;
  readonly #datagrams: Datagrams;
  readonly #byRemote = new Map<string, Entry>();
  readonly #byDiscriminator = new Map<number, Entry>();
  /** Kinds of address whose packets we fail to receive. */
  readonly #deaf = new Map<'ipv4' | 'ipv6', string>();
  #again: Timer | undefined;

  constructor(world: RunnerWorld, datagrams: Datagrams) {
    this.#world = world;
    this.#datagrams = datagrams;
  }

  /** In place of a session with the same neighbor that there may be. */
  open({ remote, local, timing }: BfdRequest, counters: Uint32Array, changed: (status: BfdStatus) => void): void {
    this.#byRemote.get(remote.toString())?.runner.disable();
    this.#forget(remote);
    const sender = this.#datagrams.sender(remote, local);
    const parts = { world: this.#world, sender, counters };
    const runner = new Runner(this.#discriminator(), timing, parts, changed);
    const entry = { remote, runner };
    this.#byRemote.set(remote.toString(), entry);
    this.#byDiscriminator.set(runner.discriminator, entry);
    this.#listen();
  }

  change(remote: Address, timing: Timing): void {
    this.#byRemote.get(remote.toString())?.runner.configure(timing);
  }

  /** Says AdminDown for a detection time (RFC 5880, 6.8.16). */
  close(remote: Address): void {
    const entry = this.#byRemote.get(remote.toString());
    if (entry === undefined || entry.ending !== undefined) return;
    const { clock } = this.#world;
    entry.ending = clock.timer(courtesy, () => {
      entry.runner.disable();
      const wait = Math.min(entry.runner.detectionTime ?? lingering, lingering);
      entry.ending = clock.timer(wait, () => this.#forget(remote));
    });
  }

  /** Says AdminDown once to each neighbor, and ends; then it is done. */
  end(done: () => void): void {
    this.#again?.cancel();
    this.#world.clock.timer(courtesy, () => {
      for (const { remote, runner } of this.#byRemote.values()) {
        runner.disable();
        this.#forget(remote);
      }
      this.#datagrams.close();
      done();
    });
  }

  #listen(): void {
    this.#again?.cancel();
    this.#again = undefined;
    const kinds = new Set([...this.#byRemote.values()].map(({ remote }) => kindOf(remote)));
    for (const kind of kinds) {
      const able = this.#datagrams.listen(kind, (from, bytes) => this.#received(from, bytes));
      if (able.ok && !this.#deaf.delete(kind)) continue;
      if (!able.ok) this.#deaf.set(kind, able.reason);
      for (const { remote, runner } of this.#byRemote.values())
        if (kindOf(remote) === kind) runner.complain(able.ok ? undefined : able.reason);
    }
    if (this.#deaf.size > 0) this.#again = this.#world.clock.timer(listenAgain, () => this.#listen());
  }

  #received(from: Address, bytes: Uint8Array | 'too-far'): void {
    const byRemote = this.#byRemote.get(from.toString());
    if (bytes === 'too-far') {
      byRemote?.runner.discarded('their hop limit is not 255, so that they may come from beyond the link');
      return;
    }
    const decoded = decodeControl(bytes);
    if (decoded.type === 'malformed') {
      byRemote?.runner.discarded(decoded.reason);
      return;
    }
    const { packet } = decoded;
    const found = packet.yourDiscriminator === 0 ? byRemote : this.#byDiscriminator.get(packet.yourDiscriminator);
    if (found !== undefined && found.remote.equals(from)) found.runner.received(packet);
    else byRemote?.runner.discarded(`no session has discriminator ${packet.yourDiscriminator}`);
  }

  #forget(remote: Address): void {
    const entry = this.#byRemote.get(remote.toString());
    if (entry === undefined) return;
    entry.ending?.cancel();
    entry.runner.close();
    this.#byRemote.delete(remote.toString());
    this.#byDiscriminator.delete(entry.runner.discriminator);
  }

  /** Random, so that packets for a session before a restart are not taken for the new one's (RFC 5880, 6.8.1). */
  #discriminator(): number {
    for (;;) {
      const candidate = Math.floor(this.#world.entropy() * 2 ** 32);
      if (candidate !== 0 && !this.#byDiscriminator.has(candidate)) return candidate;
    }
  }
}

function kindOf({ isIPv4 }: Address): 'ipv4' | 'ipv6' {
  return isIPv4 ? 'ipv4' : 'ipv6';
}
