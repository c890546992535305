import type { Timing } from './fsm.ts';
import { type Bfd, type BfdHandle, type BfdRequest, type BfdStatus, statusAtFirst } from './ports.ts';
import { column, columns } from './runner.ts';
import type { FromThread, ToThread } from './thread-messages.ts';

/** The other thread, as `Worker` is. */
export interface Thread {
  postMessage(message: ToThread): void;
  on(event: 'message', listener: (message: FromThread) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  unref(): void;
  terminate(): Promise<number>;
}

interface Member {
  readonly timing: () => Timing;
  readonly changed: () => void;
}

interface Shared {
  readonly members: Set<Member>;
  readonly counters: Uint32Array;
  status: BfdStatus;
}

/** Milliseconds that a thread may take to say goodbye to its neighbors. */
const patience = 500;

/** BFD in a thread of its own, which starts with the first session. */
export class BfdThread implements Bfd {
  readonly #start: () => Thread;
  readonly #sessions = new Map<string, Shared>();
  #thread: Thread | undefined;
  #problem: string | undefined;
  #ended: (() => void) | undefined;

  constructor(start: () => Thread) {
    this.#start = start;
  }

  open({ remote, local, timing: first }: BfdRequest, changed: () => void): BfdHandle {
    const key = remote.toString();
    let timing = first;
    const member: Member = { timing: () => timing, changed };
    const shared = this.#sessions.get(key) ?? { members: new Set(), counters: newCounters(), status: statusAtFirst };
    shared.members.add(member);
    if (this.#sessions.has(key)) this.#change(key, shared);
    else {
      this.#sessions.set(key, shared);
      this.#tell({
        type: 'open',
        remote: key,
        ...(local && { local: local.toString() }),
        timing,
        counters: shared.counters,
      });
    }
    const problem = () => this.#problem;
    return {
      get status() {
        const found = problem();
        return found === undefined ? shared.status : { ...statusAtFirst, problem: found };
      },
      get counters() {
        const count = (at: number) => shared.counters[at] ?? 0;
        return { sent: count(column.sent), received: count(column.received), discarded: count(column.discarded) };
      },
      change: (next) => {
        timing = next;
        this.#change(key, shared);
      },
      close: () => {
        if (!shared.members.delete(member)) return;
        if (shared.members.size > 0) {
          this.#change(key, shared);
          return;
        }
        this.#sessions.delete(key);
        this.#tell({ type: 'close', remote: key });
      },
    };
  }

  /** Tells every neighbor that it is our will, and ends the thread. */
  async close(): Promise<void> {
    const thread = this.#thread;
    if (thread === undefined) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patience);
      this.#ended = () => {
        clearTimeout(timer);
        resolve();
      };
      thread.postMessage({ type: 'end' });
    });
    await thread.terminate();
    this.#thread = undefined;
  }

  /** The quickest that anybody asks for. */
  #change(key: string, { members }: Shared): void {
    const timings = [...members].map(({ timing }) => timing());
    const least = (field: keyof Timing) => Math.min(...timings.map((timing) => timing[field]));
    const timing = {
      desiredMinTx: least('desiredMinTx'),
      requiredMinRx: least('requiredMinRx'),
      detectMultiplier: least('detectMultiplier'),
    };
    this.#tell({ type: 'change', remote: key, timing });
  }

  #tell(message: ToThread): void {
    this.#thread ??= this.#started();
    this.#thread.postMessage(message);
  }

  #started(): Thread {
    const thread = this.#start();
    thread.unref();
    thread.on('message', (message) => this.#heard(message));
    thread.on('error', (error) => {
      // No neighbor is gone because of it: a session is as if it had no BFD.
      this.#problem = `BFD does not run: ${error.message}`;
      for (const { members } of this.#sessions.values()) for (const { changed } of members) changed();
      this.#ended?.();
    });
    return thread;
  }

  #heard(message: FromThread): void {
    if (message.type === 'ended') {
      this.#ended?.();
      return;
    }
    const shared = this.#sessions.get(message.remote);
    if (shared === undefined) return;
    shared.status = message.status;
    for (const { changed } of shared.members) changed();
  }
}

function newCounters(): Uint32Array {
  return new Uint32Array(new SharedArrayBuffer(columns * Uint32Array.BYTES_PER_ELEMENT));
}
